import { type DType, type DTypeOf, dtypes, type TensorDataOf, volume } from "./dtype.ts";
import { Tensor, tensor } from "./tensor.ts";

/**
 * Takes some rows: a part of the first axis. Like `subarray`, it shares the data, and counts negative positions from
 * the end.
 *
 * @param start First row. @default {0}
 * @param end Row behind the last one. @default {the number of rows}
 * @throws {RangeError} when the tensor is a scalar, which has no rows.
 */
export function slice<D extends DType>(from: Tensor<D>, start = 0, end?: number): Tensor<D> {
  const { dtype, data, shape: [rows, ...rest] } = from;
  if (rows === undefined) throw new RangeError("Cannot slice a scalar: it has no axis");
  const place = (at: number): number => Math.trunc(Math.min(rows, Math.max(0, at < 0 ? rows + at : at)));
  const first = place(start), count = Math.max(0, place(end ?? rows) - first);
  const step = volume(rest) * dtypes[dtype].slots, range = [first * step, (first + count) * step] as const;
  const part = "subarray" in data ? data.subarray(...range) : data.slice(...range);
  return new Tensor(dtype, Object.freeze([count, ...rest]), part as TensorDataOf[D]); // of the same class
}

/** Whether two tensors have the same type, shape and elements. NaN equals itself; text equals its bytes in UTF-8. */
export function equals(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || `${a.shape}` !== `${b.shape}`) return false;
  const [x, y]: ArrayLike<unknown>[] = [a.data, b.data];
  if (x!.length !== y!.length) return false;
  for (let i = 0; i < x!.length; i++) {
    if (x![i] !== y![i] && !Object.is(x![i], y![i]) && textOf(x![i]) !== textOf(y![i])) return false;
  }
  return true;
}

/** Bytes as text of a character a byte, so that they can be compared; `undefined` compares with nothing else. */
function textOf(value: unknown): string | symbol {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return bytes instanceof Uint8Array ? `${bytes}` : Symbol();
}

/** Elements that don't lie in row-major order. */
export interface Strided<Data> {
  /** What holds the elements, among others. */
  readonly data: Data;
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Array slots from one element to the next, by axis; may be zero or negative. */
  readonly stride: readonly number[];
  /** Slot of the first element. @default {0} */
  readonly offset?: number;
}

/**
 * Copies a view that steps through its data into a tensor: a transposed or reversed one, columns, every second row.
 *
 * @throws {RangeError} when the shape has another number of axes than the stride, or an element lies outside the data.
 */
export function fromStrides<Data extends TensorDataOf[DType]>(view: Strided<Data>): Tensor<DTypeOf<Data>>;
/** Copies a view of elements whose type the array doesn't say. */
export function fromStrides<D extends DType>(view: Strided<TensorDataOf[D]>, dtype: D): Tensor<D>;
export function fromStrides(
  { data, shape, stride, offset = 0 }: Strided<TensorDataOf[DType]>,
  dtype?: DType,
): Tensor {
  if (shape.length !== stride.length) {
    throw new RangeError(`Cannot copy: ${shape.length} axes, ${stride.length} strides`);
  }
  const { slots } = dtypes[dtype ?? "uint8"], count = volume(shape);
  const spans = shape.map((length, axis) => (length - 1) * stride[axis]!);
  const reach = (sign: 1 | -1): number =>
    spans.reduce((at, span) => span * sign > 0 ? at + span : at, offset);
  if (count && !(reach(-1) >= 0 && reach(1) + slots <= data.length)) {
    throw new RangeError(`Cannot copy: the view leaves the ${data.length} elements of its data`);
  }
  const source = data as unknown as Record<number, never>; // any array
  const made = data.slice(0, 0).constructor as { new (length: number): Record<number, never> };
  const copy = new made(count * slots), index = shape.map(() => 0);
  for (let to = 0, at = offset; to < count * slots; to += slots) {
    for (let slot = 0; slot < slots; slot++) copy[to + slot] = source[at + slot]!;
    for (let axis = shape.length; axis--;) { // the innermost axis runs fastest
      at += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= index[axis]! * stride[axis]!;
      index[axis] = 0;
    }
  }
  const elements = copy as unknown as TensorDataOf[DType]; // of the same class
  return dtype ? tensor(elements, shape, dtype) : tensor(elements, shape);
}

/**
 * Reads byte strings, which is what services answer, as text.
 *
 * @throws {TypeError} when the elements are no strings, or some are not UTF-8.
 */
export function toText({ dtype, shape, data }: Tensor): Tensor<"string"> {
  if (dtype !== "string") throw new TypeError(`Cannot read ${dtype} as text`);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const texts = (data as TensorDataOf["string"]).map((item) =>
    typeof item === "string" ? item : decoder.decode(item)
  );
  return new Tensor("string", shape, texts);
}
