/**
 * What every module of messages has beside its tables: how messages are written and read.
 *
 * @module
 */
export { decode, encode, encodeChunks, encodeInto } from "./codec.ts";
export { DecodeError, type DecodeOptions } from "./wire.ts";
export type { NumberList, Numbers } from "./arrays.ts";
export type { Field, Fields, MessageType } from "./message.ts";
export type { Type } from "./scalars.ts";
export type { Reader, WireType, Writer } from "./wire.ts";
