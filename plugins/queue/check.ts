import type { QueueItem } from "./item.ts";

/** One or several items, or only their indexes. */
export type Indexes = bigint | QueueItem | Iterable<bigint | QueueItem>;

/** What a consumer may say of items that it refuses. */
export const negativeCode = /^(?=.{1,20}$)(?:(?:[A-Z][a-z]*)+(?:.[A-Z][a-z]*)?|\d+)$/;

/**
 * The indexes as a queue takes them.
 *
 * @throws {TypeError} when one is no BigInt.
 * @throws {RangeError} when one is negative or has more than 64 bits.
 */
export function indexesOf(what: string, given: Indexes): bigint[] {
  const list = typeof given === "object" && Symbol.iterator in given ? [...given] : [given];
  return list.map((one) => checkIndex(what, typeof one === "object" ? one?.index : one));
}

/** Lets an index through, and −1 where `least` says so. */
export function checkIndex(what: string, index: bigint, least = 0n): bigint {
  if (typeof index !== "bigint") throw new TypeError(`${what}: index is ${index}; give a BigInt`);
  if (index < least || index >= 1n << 64n) throw new RangeError(`${what}: index is ${index}`);
  return index;
}

/**
 * Lets tags through.
 *
 * @throws {TypeError} when the key of one begins with `_`, as those of the queue's own parameters do, or its value is no
 * text.
 */
export function checkTags(what: string, tags: Readonly<Record<string, string>> = {}): typeof tags {
  for (const [key, value] of Object.entries(tags)) {
    if (!key || key.startsWith("_")) {
      throw new TypeError(`${what}: tag "${key}" begins with "_", which is reserved`);
    }
    if (typeof value !== "string") throw new TypeError(`${what}: tag "${key}" is ${value}; give text`);
  }
  return tags;
}

/** Bytes of an item, as far as they are known before it is sent. */
export function sizeOf(data: unknown): number {
  if (typeof data === "string") return new TextEncoder().encode(data).length;
  const { byteLength, size } = Object(data) as { byteLength?: number; size?: number }; // of bytes or a Blob
  return Number(byteLength ?? size ?? 0);
}

/** Lets a whole number through. */
export function whole(what: string, name: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${what}: ${name} is ${value}; give a whole number from ${least}`);
}

/** A duration as Go reads it. */
export function duration(what: string, ms: number): string {
  if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`${what}: wait is ${ms}; give milliseconds`);
  return ms % 1000 ? `${Math.ceil(ms)}ms` : `${ms / 1000}s`;
}
