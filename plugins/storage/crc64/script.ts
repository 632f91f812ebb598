import { wordTables } from "./table.ts";

/** Goes on with a remainder, neither end of which is inverted, over bytes. */
export type Crc64Step = (remainder: bigint, bytes: Uint8Array) => bigint;

/** The step in plain JavaScript: eight bytes at a time, each looked up in a table of its own. */
export function scriptStep(): Crc64Step {
  const tables = wordTables(1);
  const low = Int32Array.from(tables.flatMap(({ low }) => [...low])); // one array: one check of bounds to hoist
  const high = Int32Array.from(tables.flatMap(({ high }) => [...high]));

  return (remainder, bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const wholeWords = bytes.length - bytes.length % 8;
    let l = Number(remainder & 0xFFFFFFFFn);
    let h = Number(remainder >> 32n);
    for (let at = 0; at < wholeWords; at += 8) {
      const a = l ^ view.getInt32(at, true);
      const b = h ^ view.getInt32(at + 4, true);
      const i0 = a & 255, i1 = 256 + (a >>> 8 & 255), i2 = 512 + (a >>> 16 & 255), i3 = 768 + (a >>> 24);
      const i4 = 1024 + (b & 255), i5 = 1280 + (b >>> 8 & 255), i6 = 1536 + (b >>> 16 & 255);
      const i7 = 1792 + (b >>> 24);
      l = low[i0]! ^ low[i1]! ^ low[i2]! ^ low[i3]! ^ low[i4]! ^ low[i5]! ^ low[i6]! ^ low[i7]!;
      h = high[i0]! ^ high[i1]! ^ high[i2]! ^ high[i3]! ^ high[i4]! ^ high[i5]! ^ high[i6]! ^ high[i7]!;
    }
    for (let at = wholeWords; at < bytes.length; at++) {
      const index = 1792 + ((l ^ bytes[at]!) & 255);
      l = (l >>> 8 | h << 24) ^ low[index]!;
      h = h >>> 8 ^ high[index]!;
    }
    return BigInt(h >>> 0) << 32n | BigInt(l >>> 0);
  };
}
