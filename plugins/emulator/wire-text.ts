/** A request as it came from the wire, its bucket and key already decoded. */
export interface WireRequest {
  /** HTTP method. */
  method: string;
  /** Bucket; empty when the request is about the account. */
  bucket: string;
  /** Key; empty when the request is about the bucket. */
  key: string;
  /** Query, still escaped, with or without its `?`. */
  search: string;
  /** Header lines. */
  headers: Iterable<readonly [string, string]>;
}

/** One parameter of a query; a parameter without `=` has the value `""`. */
export type QueryPair = readonly [name: string, value: string];

/**
 * Escapes as Alibaba Cloud's signatures want it: every byte of the UTF-8 form but letters, digits and `-_.~`.
 * The emulator has its own function, so that a mistake in the SDK's can't hide behind it.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Reads the raw query of a request, with or without its `?`; a `+` is a space, as web servers have it.
 *
 * @throws {URIError} when an escape is malformed.
 */
export function parseQuery(search: string): QueryPair[] {
  return search.replace(/^\?/, "").split("&").filter((piece) => piece !== "").map((piece) => {
    const equals = piece.indexOf("=");
    const [name, value] = equals < 0 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)];
    return [decodeURIComponent(name.replaceAll("+", " ")), decodeURIComponent(value.replaceAll("+", " "))];
  });
}

/**
 * Gathers header lines under lower-case names. Values are trimmed; lines of one name are sorted and joined
 * with a comma. The bytes of a line arrive as Latin-1 characters and are read as the UTF-8 that was signed.
 */
export function gatherHeaders(lines: Iterable<readonly [string, string]>): Map<string, string> {
  const gathered = new Map<string, string[]>();
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    gathered.set(key, [...gathered.get(key) ?? [], utf8(value).trim()]);
  }
  return new Map(Array.from(gathered, ([name, values]) => [name, values.sort(compareUtf8).join(",")]));
}

/** Text of UTF-8 bytes that came as Latin-1 characters; other text stays as it is. */
function utf8(latin1: string): string {
  const bytes = Array.from(latin1, (character) => character.codePointAt(0) ?? 0);
  const isAscii = bytes.every((byte) => byte < 0x80);
  return isAscii || bytes.some((byte) => byte > 0xff)
    ? latin1
    : new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Orders texts by their UTF-8 bytes, where JavaScript's own order goes by UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Surrogates stand for characters above U+FFFF, which come after all others.
    const surrogates = Number(x >= 0xd800 && x < 0xe000) - Number(y >= 0xd800 && y < 0xe000);
    return surrogates || x - y;
  }
  return a.length - b.length;
}
