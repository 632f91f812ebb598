/**
 * How single values lie on the wire.
 *
 * @module
 */
import type { Reader } from "./reader.ts";
import { readText, writeText } from "./text.ts";
import type { WireType } from "./wire.ts";
import type { Writer } from "./writer.ts";

/** How values of a type are written and read. */
export interface Type<T> {
  /** How they lie on the wire. */
  readonly wire: WireType;
  /** What a field has when it is not there; a function, since messages are made anew. */
  initial(): T;
  /** Writes a value, with its length where it has one. */
  write(value: T, to: Writer): void;
  /** Reads a value. A message continues the previous one. */
  read(from: Reader, previous?: T): T;
}

/** Refuses a value that its field can't hold. */
export function outOfRange(value: unknown, type: string): never {
  throw new RangeError(`Cannot encode ${String(value).slice(0, 60)} as ${type}`);
}

/** A signed integer of 32 bits, and any enum. */
export const int32: Type<number> = {
  wire: 0,
  initial: () => 0,
  write(value, to) {
    if ((value | 0) !== value) outOfRange(value, "int32");
    to.varint(value, value >> 31); // a negative one is extended to 64 bits
  },
  read: (from) => from.varint() | 0,
};

/** Writes an integer of 64 bits. It is known to fit when cutting it changes nothing. */
function writeLong(value: bigint, cut: bigint, to: Writer): void {
  if (value !== cut) outOfRange(value, "an integer of 64 bits");
  to.varint(Number(value & 0xffffffffn), Number(value >> 32n));
}

/** Reads one, whose sign is not known yet. */
function readLong(from: Reader): bigint {
  const low = BigInt(from.varint());
  return BigInt(from.high) << 32n | low;
}

/** Writes a signed integer of 64 bits. */
export function writeInt64(value: bigint, to: Writer): void {
  writeLong(value, BigInt.asIntN(64, value), to);
}

/** A signed integer of 64 bits. */
export const int64: Type<bigint> = {
  wire: 0,
  initial: () => 0n,
  write: writeInt64,
  read: (from) => BigInt.asIntN(64, readLong(from)),
};

/** An integer of 64 bits without a sign. */
export const uint64: Type<bigint> = {
  wire: 0,
  initial: () => 0n,
  write: (value, to) => writeLong(value, BigInt.asUintN(64, value), to),
  read: (from) => BigInt.asUintN(64, readLong(from)),
};

/** A number of single precision. */
export const float: Type<number> = {
  wire: 5,
  initial: () => 0,
  write(value, to) {
    to.room(4);
    viewOf(to.bytes).setFloat32(to.at -= 4, value, true);
  },
  read: (from) => viewOf(from.bytes).getFloat32(from.take(4), true),
};

/** A number of double precision. */
export const double: Type<number> = {
  wire: 1,
  initial: () => 0,
  write(value, to) {
    to.room(8);
    viewOf(to.bytes).setFloat64(to.at -= 8, value, true);
  },
  read: (from) => viewOf(from.bytes).getFloat64(from.take(8), true),
};

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Bytes; text stands for its UTF-8. What is read is a view unless a copy is asked for. */
export const bytes: Type<Uint8Array | string> = {
  wire: 2,
  initial: () => new Uint8Array(),
  write(value, to) {
    if (typeof value === "string") return string.write(value, to);
    if (!(value instanceof Uint8Array)) outOfRange(value, "bytes");
    to.raw(value.buffer as ArrayBuffer, value.byteOffset, value.length); // what is sent lies in no shared memory
    to.varint(value.length);
  },
  read(from) {
    const end = from.delimited(), start = from.at;
    from.at = end;
    return from.view(start, end);
  },
};

/** Text. */
export const string: Type<string> = {
  wire: 2,
  initial: () => "",
  write(value, to) {
    const { length } = to;
    writeText(`${value}`, to);
    to.lengthSince(length);
  },
  read(from) {
    const end = from.delimited(), start = from.at;
    from.at = end;
    try {
      return readText(from.bytes, start, end);
    } catch {
      return from.fail("not UTF-8");
    }
  },
};
