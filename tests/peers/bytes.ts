import assert from "node:assert/strict";

/** Bytes of every value, the same at each call and different for each seed. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
}

/** Asserts that both are the same bytes, whatever their classes; millions of them in no time. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, what?: string): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  const where = at < 0 ? "" : `, the first different one at ${at}`;
  assert.fail(`${what ?? "got"}: ${actual.length} bytes where ${expected.length} are expected${where}`);
}
