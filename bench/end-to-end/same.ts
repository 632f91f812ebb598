/**
 * Compares arrays by their bytes, which is quick and knows one NaN from another.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Whether both are arrays of one type, and of the same bytes. */
export function isSame(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false;
  const [left, right] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return Buffer.compare(left!, right!) === 0; // there are two
}
