/**
 * Percent-encodes text as RFC 3986 asks and the vendor's signatures need: the UTF-8 bytes of everything but
 * letters, digits and `-_.~`, in upper-case hex.
 *
 * @throws {TypeError} when the text has a lone surrogate, which no encoding of a request could carry.
 */
export function pct(text: string): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  } catch {
    throw new TypeError(`Cannot encode ${JSON.stringify(text)}: it has a lone surrogate`);
  }
}

/** Percent-encodes each piece between slashes; empty pieces and the slashes stay. */
export function pctPath(path: string): string {
  return path.split("/").map(pct).join("/");
}

/** Compares by UTF-8 bytes, which is the order of code points; JavaScript's own order is that of UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// Surrogates (U+D800–U+DFFF) spell the code points above U+FFFF, so they sort after U+E000–U+FFFF.
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit;
}

/**
 * Whether a path has a `.` or `..` segment, plain or percent-encoded. `fetch` would collapse it after the
 * request was signed, so such paths are refused.
 */
export function hasDotSegment(path: string): boolean {
  return /(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i.test(path.replace(/[\t\r\n]/g, "")); // URLs take \ for / and drop the others
}
