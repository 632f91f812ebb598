/**
 * What every module of messages has beside its tables: how messages are written and read.
 *
 * @module
 */
export { decode, encode, encodeChunks, encodeInto } from "./codec.ts";
export { DecodeError, type DecodeOptions } from "./reader.ts";
export type { LengthList, NumberList, Numbers } from "./arrays.ts";
export type { Field, Fields, MessageType } from "./message.ts";
export type { Reader } from "./reader.ts";
export type { Type } from "./scalars.ts";
export type { WireType } from "./wire.ts";
export type { Writer } from "./writer.ts";
