/**
 * Many integers at once. The loops have no branch for the number of bytes, which depends on the data and would be
 * foretold wrongly half of the time: they store or load as many bytes as a usual number has, and move on by those that
 * it takes. Figures are for 150,528 pixels of an image, or 65,536 tokens below 50,000.
 *
 * Integers are words of 32 bits, one each, or two for integers of 64 bits.
 *
 * @module
 */
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** So many integers are written at once, in the way that the largest of them needs. */
const block = 1024;

/** Writes integers, each of `step` words. */
export function writeVarints(words: Int32Array, step: number, to: Writer): void {
  let way: (words: Int32Array, start: number, end: number, step: number, to: Writer) => boolean = writeShort;
  for (let end = words.length; end > 0;) {
    const start = Math.max(0, end - block * step);
    to.room(10 * (end - start));
    if (way(words, start, end, step, to)) end = start;
    else way = way === writeShort ? writeLonger : writeAny;
  }
}

/** Writes up to 14 bits each, at 1 ns, where trying the lengths one by one takes 4 ns. Returns whether that was enough. */
function writeShort(words: Int32Array, start: number, end: number, step: number, to: Writer): boolean {
  const { bytes } = to;
  let { at } = to, seen = 0, tops = 0;
  for (let i = end - step; i >= start; i -= step) {
    const word = words[i]!, more = (127 - word) >> 31; // -1 if there is a second byte
    seen |= word;
    tops |= words[i + step - 1]!;
    bytes[at - 1] = word >>> (7 & more);
    bytes[at - 2] = word | 128; // the next number overwrites it when there is none
    at += more - 1;
  }
  if (seen >>> 14 || step > 1 && tops) return false; // a high word counts, however small it is
  to.at = at;
  return true;
}

/** Writes up to 21 bits each, at 2 ns. Returns whether that was enough. */
function writeLonger(words: Int32Array, start: number, end: number, step: number, to: Writer): boolean {
  const { bytes } = to;
  let { at } = to, seen = 0, tops = 0;
  for (let i = end - step; i >= start; i -= step) {
    const word = words[i]!, more = (127 - word) >> 31, most = (16383 - word) >> 31;
    seen |= word;
    tops |= words[i + step - 1]!;
    bytes[at - 1] = word >>> (7 & more) + (7 & most);
    bytes[at - 2] = word >>> (7 & most) | 128;
    bytes[at - 3] = word | 128;
    at += more + most - 1;
  }
  if (seen >>> 21 || step > 1 && tops) return false;
  to.at = at;
  return true;
}

/** Writes numbers of any size. */
function writeAny(words: Int32Array, start: number, end: number, step: number, to: Writer): boolean {
  for (let i = end - step; i >= start; i -= step) {
    to.varint(words[i]!, step === 1 ? words[i]! >> 31 : words[i + 1]!); // a negative one is extended to 64 bits
  }
  return true;
}

/**
 * Reads integers of up to 21 bits without a branch, at 2 ns where a loop with branches takes 4 ns, and longer ones one by
 * one. Stops when the words are full.
 *
 * @returns The words that were filled; -1 when there are more integers than fit.
 */
export function readVarints(
  from: Reader,
  start: number,
  end: number,
  words: Int32Array,
  step: number,
): number {
  const { bytes } = from;
  let i = readShort(from, start, end, words, step), { at } = from;
  while (at < end - 2 && i < words.length) {
    const first = bytes[at]!, second = bytes[at + 1]!, third = bytes[at + 2]!;
    const more = first >>> 7, most = more & second >>> 7;
    if (most & third >>> 7) {
      at = readLong(from, at, words, i, step);
    } else {
      words[i] = first & 127 | (second & 127) << 7 & -more | third << 14 & -most;
      at += 1 + more + most;
    }
    i += step;
  }
  for (; at < end && i < words.length; i += step) at = readLong(from, at, words, i, step);
  return at < end ? -1 : i;
}

/** Reads integers of up to 14 bits, at 1.7 ns, until one is longer; moves there. Returns the words that were filled. */
function readShort(from: Reader, start: number, end: number, words: Int32Array, step: number): number {
  const { bytes } = from;
  let at = start, i = 0;
  for (; at < end - 1 && i < words.length; i += step) {
    const first = bytes[at]!, second = bytes[at + 1]!, more = first >>> 7;
    if (more & second >>> 7) break;
    words[i] = first & 127 | second << 7 & -more;
    at += 1 + more;
  }
  from.at = at;
  return i;
}

/** Reads one integer of any size. Returns where it ends. */
function readLong(from: Reader, at: number, words: Int32Array, i: number, step: number): number {
  from.at = at;
  words[i] = from.varint();
  if (step > 1) words[i + 1] = from.high;
  return from.at;
}

/** How many integers there are: each ends in a byte without a continuation bit. Adding bits takes 0.2 ns a byte. */
export function countVarints(bytes: Uint8Array, start: number, end: number): number {
  let count = end - start;
  for (let at = start; at < end; at++) count -= bytes[at]! >>> 7;
  return count;
}
