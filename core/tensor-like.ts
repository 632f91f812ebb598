import type { Element } from "./cast.ts";
import { type DType, isDType, type TensorDataOf } from "./dtype.ts";

/** Lists of lists. */
export type NestedList<T extends Element = Element> =
  | Exclude<T, string | Uint8Array>
  | readonly (T | NestedList<T>)[];

/** Data with a shape, as most libraries hold it. */
export interface ShapedData {
  /** The elements in row-major order. */
  readonly data: TensorDataOf[DType];
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Element type, where the array doesn't say it. */
  readonly dtype?: string;
}

/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  /** The elements. */
  readonly data: ArrayLike<unknown>;
  /** Length of each axis. */
  readonly dims: readonly number[];
  /** Element type, in the words that are used here too. */
  readonly type: string;
}

/** A tensor of TensorFlow.js. */
export interface TfjsTensor {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: string;
  /** Gives the elements, from wherever they are computed. */
  dataSync(): ArrayLike<unknown>;
}

/** A column of Apache Arrow: a vector without missing values. */
export interface ArrowColumn {
  /** Missing values, of which there may be none. */
  readonly nullCount: number;
  /** Type of the column. */
  readonly type: unknown;
  /** Gives the elements. */
  toArray(): ArrayLike<unknown>;
}

/** What other libraries call a tensor, told by its members. */
export type TensorLike = ShapedData | OnnxTensor | TfjsTensor | ArrowColumn;

/** The parts of a tensor. */
export interface Parts {
  /** The elements, in a typed array or a list. */
  data: unknown;
  /** Length of each axis. */
  shape?: readonly number[];
  /** Element type. */
  dtype?: DType;
}

/** Every member that one or the other of them has, and those that tell of elements in another order. */
interface Members {
  data?: unknown;
  shape?: readonly number[];
  dims?: readonly number[];
  type?: unknown;
  dtype?: unknown;
  nullCount?: unknown;
  length?: unknown;
  stride?: unknown;
  strides?: unknown;
  dataSync?(): unknown;
  toArray?(): unknown;
}

/**
 * Reads the parts of another library's tensor. One with strides has to be copied first, whatever they are.
 *
 * @throws {TypeError} when it is none, has strides, or some of its values are missing.
 */
export function readLike(value: object): Parts {
  const like: Members = value ?? {};
  const { shape = like.dims, type = like.dtype } = like;
  const read = like.dataSync?.() ?? like.toArray?.(), data = read ?? like.data;
  const isWide = like.toArray && like.length !== undefined &&
    like.length !== (data as ArrayLike<unknown>).length;
  const problem = like.nullCount ? "values are missing" : !read && (like.stride || like.strides) // what is read is in order
    ? "it has strides; copy it with fromStrides()"
    : isWide // such as Arrow's Decimal
    ? "its values take several elements each"
    : !data && "it is neither an array nor a tensor";
  if (problem) throw new TypeError(`Cannot make a tensor: ${problem}`);
  const name = String(type).toLowerCase(); // Arrow's types are objects named like Float16
  return { data, shape, dtype: isDType(name) ? name : undefined };
}

/**
 * Lays nested lists out in one.
 *
 * @throws {RangeError} when lists of one level differ in length.
 */
export function flatten(nested: unknown): [shape: number[], elements: readonly Element[]] {
  const shape: number[] = [], elements: Element[] = [];
  for (let first = nested; Array.isArray(first) && shape.length < 99; first = first[0]) {
    shape.push(first.length);
  }
  const walk = (value: unknown, axis: number): void => {
    const length = Array.isArray(value) ? value.length : undefined;
    if (length !== shape[axis]) {
      throw new RangeError(`Cannot make a tensor: lists at depth ${axis} differ in length`);
    }
    if (Array.isArray(value)) { for (let i = 0; i < value.length; i++) walk(value[i], axis + 1); }
    else elements.push(value as Element); // what it is, the element type decides
  };
  walk(nested, 0);
  return [shape, shape.length === 1 && Array.isArray(nested) ? nested : elements];
}
