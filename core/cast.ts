import { type DType, dtypes, type TensorDataOf } from "./dtype.ts";
import { type HalfType, toHalf } from "./half.ts";

/** A single element. */
export type Element = number | bigint | boolean | string | Uint8Array;

/**
 * Puts elements into the array of an element type. Floats are rounded to the type; anything else must fit it as it is.
 *
 * @throws {RangeError} when a number is too large, or not whole.
 * @throws {TypeError} when an element is of another kind.
 */
export function cast<D extends DType>(elements: ArrayLike<Element>, dtype: D): TensorDataOf[D] {
  const List = dtypes[dtype].array as typeof Int32Array | undefined; // or another
  const isFloat = /float|complex/.test(dtype), isLong = /int64/.test(dtype);
  const values = Array.from(elements, (element, i): unknown => {
    if (!List && isText(element)) return element;
    const fits = isFloat || typeof element !== "number" || Number.isSafeInteger(element);
    return List && isNumber(element) && fits
      ? isLong ? BigInt(element) : Number(element)
      : refuse(element, i, dtype);
  }) as number[]; // or what else they are
  const made = !List
    ? elements
    : dtype.endsWith("float16")
    ? toHalf(dtype as HalfType, values)
    : List.from(values);
  const wrong = isFloat || !List
    ? -1
    : values.findIndex((value, i) => value !== made[i] || (dtype === "bool" && value > 1));
  return wrong < 0 ? made as TensorDataOf[D] : refuse(elements[wrong], wrong, dtype); // as the table of types says
}

function refuse(element: unknown, i: number, dtype: DType): never {
  const [Problem, shown] = isNumber(element) ? [RangeError, element] : [TypeError, typeof element]; // not its content
  throw new Problem(`Cannot make a tensor: element ${i}, ${shown}, is no ${dtype}`);
}

/** Whether a value is a string: text, or bytes. */
export function isText(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** Whether a value is a number, a bigint or a truth value, which is 0 or 1. */
export function isNumber(value: unknown): value is number | bigint | boolean {
  return /^[nb]/.test(typeof value);
}
