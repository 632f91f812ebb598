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
  const check = (element: Element, i: number): unknown => {
    if (!List && isText(element)) return element;
    const fits = isFloat || typeof element !== "number" || Number.isSafeInteger(element);
    return List && isNumber(element) && fits
      ? isLong ? BigInt(element) : Number(element)
      : refuse(element, i, dtype);
  };
  // What services answer for all small integers; a call for each of a photo's pixels takes ten times as long.
  const isInts = elements instanceof Int32Array && !isLong;
  const values = (isInts ? elements : Array.from(elements, check)) as Int32Array; // or what else they are
  if (!List) return elements as unknown as TensorDataOf[D]; // text
  const made = dtype.endsWith("float16") ? toHalf(dtype as HalfType, values) : new List(values);
  for (let i = 0; i < values.length && !isFloat; i++) {
    if (values[i] !== made[i] || dtype === "bool" && values[i]! > 1) refuse(elements[i], i, dtype);
  }
  return made as TensorDataOf[D]; // as the table of types says
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
