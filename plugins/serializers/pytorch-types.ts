/** Element types that official clients send to PyTorch processors. */
const accepted = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"];

/**
 * Checks an element type.
 *
 * @throws {TypeError} when PyTorch processors don't take it.
 */
export function checkType(dtype: string, name: string): void {
  if (accepted.includes(dtype)) return;
  throw new TypeError(
    `Cannot send input ${name}: it is ${dtype}; PyTorch processors take ${accepted.join(", ")}`,
  );
}
