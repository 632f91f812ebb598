/**
 * What a codec does in the contests: from typed arrays to the bytes of a request, and from the bytes of a response to
 * typed arrays. Whatever a codec forces on its users is part of that.
 *
 * @module
 */
import type { Payload } from "../payloads.ts";

/** Elements of an array as users want them. */
export type Values =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly string[];

/** A codec, made for one payload. */
export interface Codec {
  /** Builds the message from the payload's tensors and writes it. */
  encode(): Uint8Array;
  /** Reads a response; gives the elements of each of the payload's tensors, in their order. */
  decode(bytes: Uint8Array<ArrayBuffer>): Values[];
}

/** A codec by somebody else. */
export interface Peer {
  /** What tables say. */
  name: string;
  /** Makes it for a payload. */
  make(payload: Payload): Promise<Codec>;
  /** Whether it writes the entries of a map by their keys, which makes other bytes of the same meaning. */
  sortsMaps?: boolean;
  /** Whether it is only another way to decode. */
  decodesOnly?: boolean;
}

/** The field that holds an array's elements. */
export type ValueField = Payload["sources"][number]["field"];

/** What a conversion gets is what the payload, or the peer's generator, says for that field. */
type Conversion = (values: never) => unknown;

/** Conversions by the field; elements of other fields are handed over as they are. */
export type Conversions = { readonly [Field in ValueField]?: Conversion };

/** Applies the conversion of the field. */
export function convert(conversions: Conversions, field: ValueField, values: unknown): unknown {
  const conversion = conversions[field];
  return conversion ? conversion(values as never) : values; // see Conversion
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Texts become bytes: protobufjs and all others take nothing else for `bytes`. */
export const fromTexts: Conversions = {
  string_val: (texts: readonly string[]): Uint8Array[] => texts.map((text) => encoder.encode(text)),
};

/** For codecs that take integers of 64 bits as numbers, which is exact up to 2 ** 53. */
export const asNumbers: Conversions = {
  int64_val: (values: BigInt64Array): number[] => {
    const list = new Array<number>(values.length); // the loop takes half the time of Array.from
    for (let i = 0; i < values.length; i++) list[i] = Number(values[i]);
    return list;
  },
};

/** From the lists of plain numbers, of `bigint` and of bytes that codecs make. */
export const fromLists: Conversions = {
  float_val: (list: number[]): Float32Array => new Float32Array(list),
  double_val: (list: number[]): Float64Array => new Float64Array(list),
  int_val: (list: number[]): Int32Array => new Int32Array(list),
  int64_val: (list: bigint[]): BigInt64Array => new BigInt64Array(list),
  bool_val: (list: ArrayLike<number>): Uint8Array => new Uint8Array(list), // of truth values, too
  string_val: (list: Uint8Array[]): string[] => list.map((bytes) => decoder.decode(bytes)),
};

/** Lists of plain numbers, copied without a constructor. */
export const byLoop: Conversions = {
  float_val: (list: number[]): Float32Array => fill(new Float32Array(list.length), list),
  double_val: (list: number[]): Float64Array => fill(new Float64Array(list.length), list),
  int_val: (list: number[]): Int32Array => fill(new Int32Array(list.length), list),
};

function fill<A extends Float32Array | Float64Array | Int32Array>(values: A, list: number[]): A {
  for (let i = 0; i < list.length; i++) values[i] = list[i]!; // it is as long
  return values;
}

/** For codecs that make numbers of integers of 64 bits. */
export const fromNumbers: Conversions = {
  ...fromLists,
  int64_val: (list: number[]): BigInt64Array => {
    const values = new BigInt64Array(list.length);
    for (let i = 0; i < list.length; i++) values[i] = BigInt(list[i]!); // it is as long
    return values;
  },
};
