/**
 * Text as UTF-8. The runtimes' own encoders and decoders are faster from some hundred characters on; for a name they take
 * up to 350 ns, these here 20 to 40.
 *
 * @module
 */
import type { Writer } from "./writer.ts";

/** Longer text is left to the runtime. */
const shortText = 128;

/** Writes text; half a surrogate pair becomes U+FFFD. */
export function writeText(text: string, to: Writer): void {
  if (text.length > shortText) {
    const { buffer, byteOffset, length } = new TextEncoder().encode(text);
    return to.raw(buffer, byteOffset, length);
  }
  to.room(3 * shortText);
  const { bytes } = to;
  let { at } = to;
  for (let i = text.length; i--;) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[--at] = code;
      continue;
    }
    const pair = text.codePointAt(i - 1)!; // a half of one, or a character of its own, is no more than 0xffff
    if (pair > 0xffff) code = pair, i--;
    else if ((code & 0xf800) === 0xd800) code = 0xfffd;
    let mark = 0xc0; // of the first byte, which has room for fewer bits the more others there are
    for (let limit = 0x20;; limit >>= 1, mark = mark >> 1 | 0x80) {
      bytes[--at] = code & 0x3f | 0x80;
      code >>= 6;
      if (code < limit) break;
    }
    bytes[--at] = mark | code;
  }
  to.at = at;
}

/** Longer names are not remembered. */
const longestName = 32;

/** Names of ASCII that were read before, at numbers made of their bytes: a service answers the same ones each time. */
const names: string[] = [];

let decoder: TextDecoder | undefined;

const ascii = String.fromCharCode as { apply(self: null, codes: Uint8Array): string }; // any list of numbers will do

/**
 * Reads text.
 *
 * @throws {TypeError} when it is not UTF-8.
 */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= longestName) {
    let hash = 0, seen = 0;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash, 31) + bytes[at]!;
      seen |= bytes[at]!;
    }
    const slot = (hash ^ hash >>> 15) & 1023, known = names[slot];
    if (known !== undefined && isSame(known, bytes, start, end)) return known;
    if (seen < 128) return names[slot] = ascii.apply(null, bytes.subarray(start, end));
  }
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return decoder.decode(bytes.subarray(start, end));
}

function isSame(known: string, bytes: Uint8Array, start: number, end: number): boolean {
  let i = known.length;
  if (i !== end - start) return false;
  while (i && known.charCodeAt(i - 1) === bytes[start + i - 1]) i--;
  return i === 0;
}
