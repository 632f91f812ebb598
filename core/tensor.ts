/**
 * Typed arrays with a shape: what models take and give.
 *
 * @example
 * ```ts
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const batch = tensor(new Float32Array(2 * 28 * 28), [-1, 28, 28]);
 * console.log(batch.shape); // [2, 28, 28]
 * ```
 *
 * @module
 */
/** Element types, in numpy's words. `string` is a byte string; `complex64` and `complex128` are pairs of floats. */
export type DType = keyof TensorDataOf;

/** The array that holds the elements of each {@linkcode DType}, little-endian as every typed array here. */
export interface TensorDataOf {
  /** One byte an element, 0 or 1. */
  bool: Uint8Array<ArrayBuffer>;
  /** Signed 8 bits. */
  int8: Int8Array<ArrayBuffer>;
  /** Unsigned 8 bits. */
  uint8: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
  /** Signed 16 bits. */
  int16: Int16Array<ArrayBuffer>;
  /** Unsigned 16 bits. */
  uint16: Uint16Array<ArrayBuffer>;
  /** Signed 32 bits. */
  int32: Int32Array<ArrayBuffer>;
  /** Unsigned 32 bits. */
  uint32: Uint32Array<ArrayBuffer>;
  /** Signed 64 bits. */
  int64: BigInt64Array<ArrayBuffer>;
  /** Unsigned 64 bits. */
  uint64: BigUint64Array<ArrayBuffer>;
  /** IEEE half precision, as its 16 bits. */
  float16: Uint16Array<ArrayBuffer>;
  /** The upper half of a float32, as its 16 bits. */
  bfloat16: Uint16Array<ArrayBuffer>;
  /** IEEE single precision. */
  float32: Float32Array<ArrayBuffer>;
  /** IEEE double precision. */
  float64: Float64Array<ArrayBuffer>;
  /** Real and imaginary parts in turn: two numbers an element. */
  complex64: Float32Array<ArrayBuffer>;
  /** Real and imaginary parts in turn: two numbers an element. */
  complex128: Float64Array<ArrayBuffer>;
  /** Text, or bytes that need not be text. */
  string: readonly (string | Uint8Array)[];
}

/** What is known about a {@linkcode DType}. */
export interface DTypeInfo {
  /** Class of the array that holds the elements; absent for `string`. */
  readonly array?: TypedArrayConstructor;
  /** Array slots that one element takes. */
  readonly slots: 1 | 2;
}

/** Class of a typed array. */
export type TypedArrayConstructor =
  | typeof Uint8Array
  | typeof Int8Array
  | typeof Int16Array
  | typeof Uint16Array
  | typeof Int32Array
  | typeof Uint32Array
  | typeof BigInt64Array
  | typeof BigUint64Array
  | typeof Float32Array
  | typeof Float64Array;

/** The element types. */
export const dtypes: { readonly [D in DType]: DTypeInfo } = {
  bool: { array: Uint8Array, slots: 1 },
  int8: { array: Int8Array, slots: 1 },
  uint8: { array: Uint8Array, slots: 1 },
  int16: { array: Int16Array, slots: 1 },
  uint16: { array: Uint16Array, slots: 1 },
  int32: { array: Int32Array, slots: 1 },
  uint32: { array: Uint32Array, slots: 1 },
  int64: { array: BigInt64Array, slots: 1 },
  uint64: { array: BigUint64Array, slots: 1 },
  float16: { array: Uint16Array, slots: 1 },
  bfloat16: { array: Uint16Array, slots: 1 },
  float32: { array: Float32Array, slots: 1 },
  float64: { array: Float64Array, slots: 1 },
  complex64: { array: Float32Array, slots: 2 },
  complex128: { array: Float64Array, slots: 2 },
  string: { slots: 1 },
};

/** The element type that an array has when nothing else is said. */
export type DTypeOf<Data> = Data extends Float32Array ? "float32"
  : Data extends Float64Array ? "float64"
  : Data extends BigInt64Array ? "int64"
  : Data extends BigUint64Array ? "uint64"
  : Data extends Int32Array ? "int32"
  : Data extends Uint32Array ? "uint32"
  : Data extends Int16Array ? "int16"
  : Data extends Uint16Array ? "uint16"
  : Data extends Int8Array ? "int8"
  : Data extends Uint8Array | Uint8ClampedArray ? "uint8"
  : "string";

/** A tensor as JSON and people read it: rows of rows, the innermost ones still typed arrays or lists. */
export type Nested = TensorDataOf[DType] | number | bigint | string | Uint8Array | readonly Nested[];

/** An array with a shape. It keeps the caller's array and never copies it. */
export class Tensor<D extends DType = DType> {
  /** Element type. */
  readonly dtype: D;
  /** Length of each axis, outermost first; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements in row-major order. */
  readonly data: TensorDataOf[D];

  /** Made by {@linkcode tensor}, which checks that the parts fit each other. */
  constructor(dtype: D, shape: readonly number[], data: TensorDataOf[D]) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /** Rows of rows for `JSON.stringify`; the innermost rows are views on the data, not copies. */
  toJSON(): Nested {
    const slots = dtypes[this.dtype].slots;
    const data = this.dtype.endsWith("float16") ? widen(this.dtype, this.data as Uint16Array) : this.data; // by its dtype
    return nest(data, slots === 1 ? this.shape : [...this.shape, slots], 0, data.length);
  }
}

/** The values of half-precision elements, whose array holds their bits. */
function widen(dtype: DType, data: Uint16Array): Float32Array<ArrayBuffer> {
  if (dtype === "bfloat16") return new Float32Array(Uint32Array.from(data, (bits) => bits << 16).buffer);
  return Float32Array.from(data, (bits) => {
    const exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  });
}

function nest(data: TensorDataOf[DType], shape: readonly number[], start: number, end: number): Nested {
  if (shape.length === 0) return data[start]!; // a scalar has exactly one element
  if (shape.length === 1) return "subarray" in data ? data.subarray(start, end) : data.slice(start, end);
  const [rows, ...rest] = shape as [number, ...number[]];
  const step = rows ? (end - start) / rows : 0;
  return Array.from(
    { length: rows },
    (_, row) => nest(data, rest, start + row * step, start + (row + 1) * step),
  );
}

/**
 * Gives an array a shape. Nothing is copied.
 *
 * @param data The elements in row-major order; a list holds strings or byte strings.
 * @param shape Length of each axis; one of them may be `-1` and follows from the others. Default: one axis.
 * @param dtype Element type where the array doesn't say it: `bool`, `float16`, `bfloat16`, `complex64`, `complex128`.
 * @throws {RangeError} when the shape doesn't fit the number of elements.
 * @throws {TypeError} when the array can't hold the element type.
 */
export function tensor<Data extends TensorDataOf[DType]>(
  data: Data,
  shape?: readonly number[],
): Tensor<DTypeOf<Data>>;
/** Gives an array a shape and an element type that the array itself doesn't say. */
export function tensor<D extends DType>(
  data: TensorDataOf[D],
  shape: readonly number[] | undefined,
  dtype: D,
): Tensor<D>;
export function tensor(
  data: TensorDataOf[DType],
  shape?: readonly number[],
  dtype: DType = dtypeOf(data),
): Tensor {
  const info = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (!info) throw new TypeError(`Cannot make a tensor: "${dtype}" is not an element type`);
  const fits = info.array ? data instanceof info.array || dtypeOf(data) === dtype : isStrings(data);
  if (!fits) throw new TypeError(`Cannot make a tensor: ${kindOf(data)} can't hold ${dtype} elements`);
  const count = data.length / info.slots;
  return new Tensor(dtype, resolveShape(shape ?? [count], count), data);
}

function dtypeOf(data: TensorDataOf[DType]): DType {
  if (isStrings(data)) return "string";
  if (data instanceof Uint8ClampedArray) return "uint8";
  for (
    const name of [
      "float32",
      "float64",
      "int64",
      "uint64",
      "int32",
      "uint32",
      "int16",
      "uint16",
      "int8",
      "uint8",
    ] as const
  ) {
    if (data instanceof dtypes[name].array!) return name;
  }
  throw new TypeError(`Cannot make a tensor: ${kindOf(data)} is neither a typed array nor a list of strings`);
}

function resolveShape(shape: readonly number[], count: number): readonly number[] {
  const unknown = shape.indexOf(-1);
  const known = shape.reduce((product, length, axis) => axis === unknown ? product : product * length, 1);
  const valid = shape.every((length, axis) =>
    axis === unknown || (Number.isSafeInteger(length) && length >= 0)
  );
  const resolved = unknown < 0 ? shape : shape.with(unknown, known ? count / known : 0);
  const volume = resolved.reduce((product, length) => product * length, 1);
  if (!valid || volume !== count || !resolved.every(Number.isSafeInteger)) {
    throw new RangeError(
      `Cannot make a tensor: ${count} elements don't fill the shape [${shape.join(", ")}]`,
    );
  }
  return Object.freeze([...resolved]);
}

function isStrings(data: unknown): data is TensorDataOf["string"] {
  return Array.isArray(data) && data.every((item) => typeof item === "string" || item instanceof Uint8Array);
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
