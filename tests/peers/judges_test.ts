// The judges of requests, judged: every one of them reads lengths that take more bytes than they must.
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../support/hex.ts";
import { type Family, judges, type Sent, shortest } from "./judges.ts";
import { skipPython } from "./python.ts";

/** A field that holds bytes, with a length of so many of them. */
function field(number: number, body: readonly number[], width: number): number[] {
  const length = Array.from(
    { length: width },
    (_, i) => body.length >> 7 * i & 0x7f | (i < width - 1 ? 0x80 : 0),
  );
  return [number << 3 | 2, ...length, ...body];
}

const singles = Float32Array.of(0.1, -0, Infinity, NaN, 1e-45);
const tokens = BigInt64Array.of(-1n, 2n ** 63n - 1n);
const bytesOf = (array: ArrayBufferView<ArrayBuffer>): number[] => [...new Uint8Array(array.buffer)];

/** Two arrays: floats of shape [1, 5], and integers, whose elements are varints of 10 and 9 bytes. */
function arrays(width: number): [floats: number[], integers: number[]] {
  const shape = (dims: number[]): number[] => field(2, field(1, dims, width), width);
  const varints = [...Array(9).fill(0xff), 1, ...Array(8).fill(0xff), 0x7f];
  return [
    [8, 1, ...shape([1, 5]), ...field(3, bytesOf(singles), width)],
    [8, 9, ...shape([2]), ...field(7, varints, width)],
  ];
}

/** A request of both arrays by name, or of PyTorch's without names. */
function request(family: Family, isNamed: boolean, width: number): Sent {
  const parts = arrays(width).map((array, i) => {
    if (!isNamed) return field(1, array, width);
    const name = "ab".charCodeAt(i);
    return field(family === "tf" ? 2 : 3, [...field(1, [name], width), ...field(2, array, width)], width);
  });
  return { family, bytes: Uint8Array.from(parts.flat()) };
}

const kinds: [Family, isNamed: boolean][] = [["tf", true], ["torch", true], ["torch", false]];
const widths = [1, 2, 3, 4, 5];
const requests = kinds.flatMap((kind) => widths.map((width) => request(...kind, width)));

for (const { name, skip, read } of judges) {
  test(`${name} reads lengths of any width`, { skip }, async () => {
    const expected = kinds.flatMap(([, isNamed]) => {
      const [first, second] = isNamed ? ["a", "b"] as const : ["0", "1"] as const;
      const floats = { dtype: 1, shape: [1, 5], bits: { float_val: toHex(new Uint8Array(singles.buffer)) } };
      const integers = { dtype: 9, shape: [2], bits: { int64_val: toHex(new Uint8Array(tokens.buffer)) } };
      return widths.map(() => ({ [first]: floats, [second]: integers }));
    });
    assert.deepEqual(await read(requests), expected);
  });
}

test("protoc reads lengths of any width", { skip: skipPython }, async () => {
  for (const kind of kinds) {
    for (const width of widths) {
      const bytes = await shortest(request(...kind, width));
      assert.equal(toHex(bytes), toHex(request(...kind, 1).bytes), `${kind} ${width}`);
    }
  }
});
