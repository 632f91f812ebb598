/**
 * Repeated numbers: typed arrays here, packed on the wire. Floats are copied as they are, integers are
 * varints.
 *
 * @module
 */
import type { Reader } from "./reader.ts";
import { outOfRange, writeInt64 } from "./scalars.ts";
import { countVarints, readVarints, writeVarints } from "./varints.ts";
import type { WireType } from "./wire.ts";
import type { Writer } from "./writer.ts";

/** How the numbers of a repeated field are written and read. */
export interface Numbers<Given, Read> {
  /** How one of them lies on the wire. */
  readonly wire: WireType;
  /** Writes them one after the other. */
  write(values: Given, to: Writer): void;
  /**
   * Reads them all.
   *
   * @param end The end of the last one.
   * @param count How many there are, if what else the message says is right.
   */
  read(from: Reader, start: number, end: number, count?: number): Read;
}

/** Numbers as a caller may give them. */
export type NumberList = ArrayLike<number>;

/** Lengths of axes: numbers, or `bigint` where a number is not exact. */
export type LengthList = ArrayLike<number | bigint>;

// Each kind of floats has its own code: where engines meet more than one kind of array, a view takes five times as long.

/** Repeated numbers of single precision. */
export const floats: Numbers<Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>> = {
  wire: 5,
  write(values, to) {
    if (!(values instanceof Float32Array)) outOfRange(values, "32-bit floats");
    to.raw(values.buffer, values.byteOffset, values.byteLength);
  },
  read(from, start, end) {
    const at = from.align(start, end, 4);
    return new Float32Array(from.aligned, at, (end - start) / 4);
  },
};

/** Repeated numbers of double precision. */
export const doubles: Numbers<Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>> = {
  wire: 1,
  write(values, to) {
    if (!(values instanceof Float64Array)) outOfRange(values, "64-bit floats");
    to.raw(values.buffer, values.byteOffset, values.byteLength);
  },
  read(from, start, end) {
    const at = from.align(start, end, 8);
    return new Float64Array(from.aligned, at, (end - start) / 8);
  },
};

/** Repeated integers of 32 bits. Arrays of narrower ones are taken as they are. */
export const int32s: Numbers<NumberList, Int32Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    if (values instanceof Int32Array) return writeVarints(values, 1, to);
    const isNarrow = /Int(8|16)/i.test((values as Uint8Array)[Symbol.toStringTag]); // then all of them fit; no list has a tag
    for (let end = values.length; end > 0;) {
      const start = Math.max(0, end - to.words.length), words = to.words.subarray(0, end - start);
      if (isNarrow) words.set((values as Uint8Array).subarray(start, end));
      for (let i = 0; i < words.length && !isNarrow; i++) {
        words[i] = values[start + i]!;
        if (words[i] !== values[start + i]) outOfRange(values[start + i], "int32");
      }
      writeVarints(words, 1, to);
      end = start;
    }
  },
  read: (from, start, end, count) => readInts(from, start, end, 1, count),
};

/** Repeated integers of 64 bits. They are handled as words, never as `bigint`. */
export const int64s: Numbers<BigInt64Array<ArrayBuffer>, BigInt64Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    if (!(values instanceof BigInt64Array)) outOfRange(values, "int64");
    writeVarints(new Int32Array(values.buffer, values.byteOffset, values.length * 2), 2, to);
  },
  read(from, start, end, count) {
    const { buffer, byteOffset, length } = readInts(from, start, end, 2, count);
    return new BigInt64Array(buffer, byteOffset, length / 2);
  },
};

function readInts(
  from: Reader,
  start: number,
  end: number,
  step: number,
  guess = Infinity,
): Int32Array<ArrayBuffer> {
  const count = guess >= 0 && guess <= end - start ? guess : countVarints(from.bytes, start, end);
  const at = from.space(4 * step * count);
  const words = new Int32Array(from.aligned, at, step * count);
  return readVarints(from, start, end, words, step) === words.length
    ? words
    : readInts(from, start, end, step);
}

/** The lengths of axes. They are few, so that lists cost less than arrays: 20 ns in place of up to 460. */
export const lengths: Numbers<LengthList, (number | bigint)[]> = {
  wire: 0,
  write(values, to) {
    for (let i = values.length; i--;) {
      const value = values[i]!;
      if (typeof value === "number" && value >= 0 && (value | 0) === value) to.varint(value);
      else writeInt64(BigInt(value), to);
    }
  },
  read(from, start, end) {
    const values: (number | bigint)[] = [];
    for (from.at = start; from.at < end;) {
      const low = from.varint(), value = from.high * 2 ** 32 + low;
      values.push(Number.isSafeInteger(value) ? value : BigInt(from.high) << 32n | BigInt(low));
    }
    return values;
  },
};

/** Repeated truth values, as bytes of 0 and 1. */
export const bools: Numbers<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> = {
  wire: 0,
  write(values, to) {
    if (!(values instanceof Uint8Array && areBools(values))) outOfRange(values, "bool");
    to.raw(values.buffer, values.byteOffset, values.length);
  },
  read(from, start, end) {
    const given = from.view(start, end);
    if (areBools(given)) return given;
    const values = new Uint8Array(countVarints(from.bytes, start, end));
    from.at = start;
    for (let i = 0; i < values.length; i++) values[i] = from.varint() || from.high ? 1 : 0;
    return values;
  },
};

/** Whether all bytes are 0 or 1. Those at aligned addresses are seen four at a time, in a fifth of the time. */
function areBools(bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = bytes;
  let at = 0, seen = 0;
  for (; at < length && (byteOffset + at) % 4; at++) seen |= bytes[at]!;
  const count = length - at >>> 2;
  if (count) {
    const lanes = new Int32Array(buffer, byteOffset + at, count);
    for (let i = 0; i < count; i++) seen |= lanes[i]!;
  }
  for (at += 4 * count; at < length; at++) seen |= bytes[at]!;
  return (seen & 0xfefefefe) === 0;
}
