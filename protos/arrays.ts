/**
 * Repeated numbers: typed arrays here, packed on the wire. Floats are copied as they are, integers are
 * varints.
 *
 * @module
 */
import { int32, outOfRange } from "./scalars.ts";
import type { Reader, WireType, Writer } from "./wire.ts";

/** How the numbers of a repeated field are written and read. */
export interface Numbers<Given, Read> {
  /** How one of them lies on the wire. */
  readonly wire: WireType;
  /** Writes them one after the other. */
  write(values: Given, to: Writer): void;
  /**
   * Reads them all, as far as the reader goes.
   *
   * @param floor How far to the left the bytes may be moved to where a view on them is aligned; `Infinity` for a copy.
   */
  read(from: Reader, floor: number): Read;
}

/** Numbers as a caller may give them. */
export type NumberList = ArrayLike<number>;

type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function fixed<A extends FloatArray>(
  FloatArray: { new (buffer: ArrayBuffer, start: number, count: number): A },
  width: 4 | 8,
): Numbers<A, A> {
  return {
    wire: width === 4 ? 5 : 1,
    write(values, to) {
      if (!(values instanceof FloatArray)) outOfRange(values, `${width * 8}-bit floats`);
      to.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
    read({ at: start, end, bytes }, floor) {
      const { buffer, byteOffset } = bytes, count = (end - start) / width;
      const aligned = start - (byteOffset + start) % width;
      if (aligned >= floor) { // a few bytes of the header make room
        if (aligned < start) bytes.copyWithin(aligned, start, end);
        return new FloatArray(buffer, byteOffset + aligned, count);
      }
      return new FloatArray(buffer.slice(byteOffset + start, byteOffset + end), 0, count);
    },
  };
}

/** Repeated numbers of single precision. */
export const floats: Numbers<Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>> = /* @__PURE__ */ fixed(
  Float32Array,
  4,
);

/** Repeated numbers of double precision. */
export const doubles: Numbers<Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>> = /* @__PURE__ */ fixed(
  Float64Array,
  8,
);

/** Repeated integers of 32 bits. Arrays of narrower ones are taken as they are. */
export const int32s: Numbers<NumberList, Int32Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    for (let i = 0; i < values.length; i++) int32.write(values[i]!, to);
  },
  read(from) {
    const values = new Int32Array(countVarints(from));
    for (let i = 0; i < values.length; i++) values[i] = from.varint();
    return values;
  },
};

/** Repeated integers of 64 bits. They are handled as words, never as `bigint`. */
export const int64s: Numbers<BigInt64Array<ArrayBuffer>, BigInt64Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    if (!(values instanceof BigInt64Array)) outOfRange(values, "int64");
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let i = 0; i < words.length; i += 2) to.varint64(words[i]!, words[i + 1]!);
  },
  read(from) {
    const values = new BigInt64Array(countVarints(from));
    const words = new Int32Array(values.buffer);
    for (let i = 0; i < values.length; i++) {
      words[2 * i] = from.varint();
      words[2 * i + 1] = from.high;
    }
    return values;
  },
};

/** Repeated truth values, as bytes of 0 and 1. */
export const bools: Numbers<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    const wrong = values.find((value) => value > 1);
    if (wrong !== undefined) outOfRange(wrong, "bool");
    to.raw(values);
  },
  read(from, floor) {
    const given = from.bytes.subarray(from.at, from.end);
    if (given.every((byte) => byte < 2)) return floor < Infinity ? given : new Uint8Array(given);
    const values = new Uint8Array(countVarints(from));
    for (let i = 0; i < values.length; i++) values[i] = from.varint() || from.high ? 1 : 0;
    return values;
  },
};

/** How many numbers there are: each ends in a byte without a continuation bit. */
function countVarints({ at, end, bytes }: Reader): number {
  let count = 0;
  for (; at < end; at++) count += bytes[at]! < 128 ? 1 : 0;
  return count;
}
