import { cast, isNumber, isText } from "./cast.ts";
import {
  type DType,
  type DTypeOf,
  dtypes,
  type Float16Elements,
  isDType,
  type TensorDataOf,
  volume,
} from "./dtype.ts";
import { fromHalf, type HalfType } from "./half.ts";
import { flatten, type NestedList, type Parts, readLike, type TensorLike } from "./tensor-like.ts";

/** A tensor as people read it: lists of lists of plain values; complex elements are pairs. */
export type Nested = number | bigint | boolean | string | Uint8Array | readonly Nested[];

/** What serializers take for a tensor. Make one of another library's with {@linkcode tensor}. */
export type TensorInput = Tensor | TensorDataOf[DType] | Float16Elements | NestedList;

/** An array with a shape. It keeps the caller's array and never copies it. */
export class Tensor<D extends DType = DType> {
  /** Element type. */
  declare readonly dtype: D;
  /** Length of each axis, outermost first; `[]` for a scalar. */
  declare readonly shape: readonly number[];
  /** The elements in row-major order. */
  declare readonly data: TensorDataOf[D];

  /** Made by {@linkcode tensor}, which checks that the parts fit each other. */
  constructor(dtype: D, shape: readonly number[], data: TensorDataOf[D]) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /** Whether the elements fill the shape, which a service's answer may get wrong. */
  get isComplete(): boolean {
    return this.data.length === volume(this.shape) * dtypes[this.dtype].slots;
  }

  /**
   * Lists of lists of plain values: numbers, `bigint` for 64-bit integers, `boolean` for `bool`, pairs for complex.
   *
   * @throws {RangeError} when the elements don't fill the shape, or an empty shape has over a million lists.
   */
  toNested(): Nested {
    return this.toJSON();
  }

  /** The same, for `JSON.stringify`. */
  toJSON(): Nested {
    const { dtype, data, shape } = this;
    if (!this.isComplete || volume(shape.map((length) => length || 1)) > data.length + 1e6) {
      throw misfit(data.length, shape);
    }
    const numbers = dtype.endsWith("float16") ? fromHalf(dtype as HalfType, data as Uint16Array) : data; // by its dtype
    let lists = Array.from<Nested, Nested>(numbers, (value) => dtype === "bool" ? !!value : value);
    const axes = dtypes[dtype].slots === 1 ? shape : [...shape, 2];
    for (let axis = axes.length; axis--;) {
      const length = axes[axis]!, inner = lists;
      const list = (_: unknown, i: number): Nested => inner.slice(i * length, (i + 1) * length);
      lists = Array.from({ length: volume(axes.slice(0, axis)) }, list);
    }
    return lists[0]!; // which holds all the others, or is the one element of a scalar
  }

  /** What `console.log` shows: type, shape and the first elements. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.dtype} [${this.shape}] ${this.data.slice(0, 5)}`.slice(0, 80);
  }
}

/**
 * Gives an array a shape. Nothing is copied, unless nested lists have to be laid out in one array: numbers become
 * `float32`, `bigint` becomes `int64`, truth values `bool`, text and bytes `string`, if no element type is given. An empty
 * list is `float32`, so give the type of a list that may be empty.
 *
 * @param data Elements in row-major order in a typed array; nested lists; or a tensor of another library.
 * @param shape Length of each axis; one of them may be `-1` and follows from the others. Default: the data's own.
 * @param dtype Element type where the data doesn't say it: `bool`, `float16`, `bfloat16`, `complex64`, `complex128`.
 * @throws {RangeError} when the shape doesn't fit the number of elements, or an element doesn't fit its type.
 * @throws {TypeError} when the array can't hold the element type, or its memory is shared, resizable or gone.
 */
export function tensor<Data extends TensorDataOf[DType] | Float16Elements>(
  data: Data,
  shape?: readonly number[],
): Tensor<DTypeOf<Data>>;
/** Gives an array a shape and an element type that the array itself doesn't say. */
export function tensor<D extends DType>(
  data: TensorDataOf[D] | Float16Elements | NestedList | TensorLike,
  shape: readonly number[] | undefined,
  dtype: D,
): Tensor<D>;
/** Lays nested lists of numbers out in an array of single precision. */
export function tensor(data: NestedList<number>, shape?: readonly number[]): Tensor<"float32">;
/** Makes a tensor of nested lists, or of what another library calls a tensor. */
export function tensor(data: TensorInput | TensorLike, shape?: readonly number[]): Tensor;
export function tensor(data: TensorInput | TensorLike, shape?: readonly number[], dtype?: DType): Tensor {
  const isPlain = Array.isArray(data) || ArrayBuffer.isView(data) || isNumber(data);
  const like: Parts = isPlain ? { data } : readLike(data as TensorLike);
  return makeTensor(like.data, shape ?? like.shape, dtype ?? like.dtype);
}

/** Makes a tensor of a typed array or of nested lists; other libraries' tensors are left to {@linkcode tensor}. */
export function makeTensor(data: unknown, shape?: readonly number[], dtype?: DType): Tensor {
  if (dtype !== undefined && !isDType(dtype)) {
    throw new TypeError(`Cannot make a tensor: "${dtype}" is no element type`);
  }
  const [own, type, elements] = ArrayBuffer.isView(data) ? ofArray(data, dtype) : ofList(data, dtype);
  return new Tensor(type, resolveShape(shape ?? own, volume(own)), elements);
}

/** What a tensor is made of; the shape is the one that the data has by itself. */
type Made = [shape: number[], dtype: DType, data: TensorDataOf[DType]];

function ofArray(view: ArrayBufferView, wanted: DType | undefined): Made {
  const { buffer, byteOffset, byteLength } = view;
  const kind = (view as Uint8Array)[Symbol.toStringTag] as string; // or another's name, such as Uint8ClampedArray
  const own = kind.replace(/Big|(Clamped)?Array/g, "").toLowerCase(), dtype = wanted ?? own;
  if (!isDType(dtype) || !(dtype === own || view instanceof (dtypes[dtype].array ?? Array))) { // no view is an array
    throw new TypeError(`Cannot make a tensor: ${kind} can't hold ${dtype} elements`);
  }
  if (!(buffer instanceof ArrayBuffer) || buffer.resizable || buffer.detached) {
    throw new TypeError("Cannot make a tensor: its memory is shared, resizable or gone");
  }
  const data = kind === "Float16Array" ? new Uint16Array(buffer, byteOffset, byteLength / 2) : view;
  const elements = data as Float32Array<ArrayBuffer>; // or another array of numbers
  return [[elements.length / dtypes[dtype].slots], dtype, elements];
}

function ofList(list: unknown, wanted: DType | undefined): Made {
  const [shape, elements] = flatten(list);
  const [first] = elements, kind = typeof first;
  const dtype = wanted ??
    (kind === "bigint" ? "int64" : kind === "boolean" ? "bool" : isText(first) ? "string" : "float32");
  if (dtypes[dtype].slots === 2 && shape.pop() !== 2) {
    throw new RangeError(`Cannot make a tensor: ${dtype} elements are pairs`);
  }
  return [shape, dtype, cast(elements, dtype)];
}

function resolveShape(shape: readonly number[], count: number): readonly number[] {
  const open = shape.indexOf(-1);
  const resolved = open < 0 ? [...shape] : shape.with(open, count / volume(shape.with(open, 1)) || 0);
  if (volume(resolved) !== count) throw misfit(count, shape);
  return lengths(resolved, count, shape);
}

/**
 * A shape that nobody changes any more.
 *
 * @param given What the message of the error shows.
 * @throws {RangeError} when it is not of lengths, or they are too large.
 */
export function lengths(
  shape: number[],
  count: number,
  given: readonly number[] = shape,
): readonly number[] {
  if ([...shape, volume(shape)].every((length) => Number.isSafeInteger(length) && length >= 0)) {
    return Object.freeze(shape);
  }
  throw misfit(count, given);
}

/** What is wrong when there are not as many elements as the shape has room for. */
export function misfit(count: number, shape: readonly number[]): RangeError {
  return new RangeError(`Cannot use a tensor: ${count} elements don't fill the shape [${shape.join(", ")}]`);
}
