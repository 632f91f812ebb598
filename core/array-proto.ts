import { arrayDataTypes, type ArrayProto } from "../protos/array-proto.ts";
import { cast, type Element } from "./cast.ts";
import { type DType, dtypes, isDType } from "./dtype.ts";
import { fromHalf, type HalfType } from "./half.ts";
import { lengths, misfit, Tensor } from "./tensor.ts";

/** Names on the wire that differ from numpy's. */
const aliases: { readonly [name: string]: string } = {
  float: "float32",
  double: "float64",
  half: "float16",
  int: "int32", // of a field
};

/** The element type of a name on the wire. Quantized ones are the integers that they are held in. */
export function dtypeOf(name = ""): DType | undefined {
  const plain = name.toLowerCase().replace(/^q|_val$|^dt_q?/g, ""), dtype = aliases[plain] ?? plain;
  return isDType(dtype) ? dtype : undefined;
}

/** The element type at each number. */
const types: readonly (DType | undefined)[] = /* @__PURE__ */ arrayDataTypes.map((name) => dtypeOf(name));

/** The field that holds the elements. */
export function fieldOf(dtype: DType): keyof ArrayProto {
  const { array } = dtypes[dtype];
  if (array === Float32Array || isHalf(dtype)) return "float_val";
  if (array === Float64Array) return "double_val";
  return /^str|^boo|^int64/.test(dtype) ? `${dtype as "string"}_val` : "int_val"; // or another of the three
}

/**
 * Number of an element type on the wire.
 *
 * @param what Name in messages of what has this type.
 * @throws {TypeError} when the wire has no such element type.
 */
export function numberOf(dtype: DType, what: string): number {
  const number = types.findIndex((known, number) => known === dtype && arrayDataTypes[number]![0] !== "Q");
  if (number < 0) throw new TypeError(`Cannot send ${what}: processors have no ${dtype}`);
  return number;
}

/**
 * Makes an array for a processor.
 *
 * @param what The tensor's name in messages.
 * @param type Number of the element type on the wire; by default, that of the tensor's element type.
 * @throws {TypeError} when the wire has no such element type.
 * @throws {RangeError} when the elements don't fill the shape, since their memory was taken away.
 */
export function toArrayProto(
  { dtype, shape, data, isComplete }: Tensor,
  what: string,
  type: number = numberOf(dtype, what),
): ArrayProto {
  if (!isComplete) throw misfit(data.length, shape);
  return {
    dtype: type,
    array_shape: { dim: shape },
    [fieldOf(dtype)]: isHalf(dtype) ? fromHalf(dtype, data as Uint16Array) : data, // the bits of its elements
  };
}

/**
 * Reads a processor's array. Of an unknown element type, it is the one of the field that has elements. When the elements
 * don't fill the shape, the tensor says so, see {@linkcode Tensor.isComplete}.
 *
 * @throws {RangeError} when a length or an element is outside of what its type can hold.
 */
export function fromArrayProto(array: ArrayProto): Tensor {
  const dtype = types[array.dtype ?? 0] ??
    dtypeOf(Object.keys(array).find((name) => /_val/.test(name))) ?? "float32";
  const elements = (array[fieldOf(dtype)] ?? []) as ArrayLike<Element>; // every type on the wire has one
  const { array: List, slots } = dtypes[dtype];
  const data = !List || elements instanceof List && !isHalf(dtype) ? elements : cast(elements, dtype);
  const { dim = [] } = array.array_shape ?? { dim: [data.length / slots] };
  const shape: number[] = [];
  for (let axis = 0; axis < dim.length; axis++) shape.push(Number(dim[axis]));
  return new Tensor(dtype, lengths(shape, data.length), data as Tensor["data"]); // what the table tells
}

/** Number on the wire of an element type by the vendor's name, such as `DT_FLOAT`; -1 for one that is unknown. */
export function typeNumber(type: string): number {
  return arrayDataTypes.indexOf(type.replace("DT_", ""));
}

/** Whether a shape is one that a signature means, where `-1` is any length. */
export function fits(shape: readonly number[], wanted: readonly number[]): boolean {
  return shape.length === wanted.length &&
    wanted.every((length, axis) => length < 0 || length === shape[axis]);
}

function isHalf(dtype: DType): dtype is HalfType {
  return dtype.endsWith("float16");
}
