import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareUtf8, hasDotSegment, pct, pctPath } from "../../core/percent.ts";
import { unicodeText } from "../support/unicode_text.ts";

const anyText = unicodeText();
// Both sides of the border between UTF-16's order and that of code points, and of each length in UTF-8.
const borders = [
  "\0",
  "a",
  "\x7f",
  "\x80",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "𐀀",
  "😀",
  "\u{10ffff}",
];
const borderText = fc.string({ unit: fc.constantFrom(...borders), maxLength: 4 });

/** RFC 3986, byte by byte. */
function encoded(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

test("pct() encodes every byte but the unreserved ones", () => {
  const ascii = String.fromCharCode(...Array(128).keys());
  assert.equal(pct(ascii), encoded(ascii));
  fc.assert(fc.property(fc.oneof(anyText, borderText), (text) => {
    assert.equal(pct(text), encoded(text));
    assert.equal(decodeURIComponent(pct(text)), text);
  }));
});

for (const text of ["\ud800", "a\udc00b", "\udc00\ud800", "\ud83d"]) {
  test(`pct() refuses the lone surrogate in ${JSON.stringify(text)}`, () => {
    const error = { name: "TypeError", message: /^Cannot encode ".*": it has a lone surrogate$/ };
    assert.throws(() => pct(text), error);
    assert.throws(() => pctPath(`a/${text}`), error);
  });
}

test("pctPath() encodes what is between the slashes and keeps every slash", () => {
  assert.equal(pctPath("/a b//ü/%2F/"), "/a%20b//%C3%BC/%252F/");
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: fc.constantFrom("/", "a", "?", "ü") })), (path) => {
      assert.equal(pctPath(path), encoded(path).replaceAll("%2F", "/"));
    }),
  );
});

/** Compares the bytes themselves. */
function compareBytes(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? x.length - y.length : x[at]! - (y[at] ?? -1);
}

/** Which comes first; 0 has no sign here. */
const order = (difference: number): string => difference < 0 ? "before" : difference > 0 ? "after" : "same";

test("compareUtf8() orders as the bytes do", () => {
  for (const unit of [anyText, borderText]) {
    fc.assert(fc.property(unit, unit, unit, (a, b, start) => {
      assert.equal(order(compareUtf8(a, b)), order(compareBytes(a, b)));
      assert.equal(order(compareUtf8(start + a, start + b)), order(compareBytes(a, b)));
      assert.equal(order(compareUtf8(start, start + a)), a ? "before" : "same");
    }));
  }
});

test("compareUtf8() orders all borders, where JavaScript's own order differs", () => {
  assert.deepEqual(borders.toReversed().sort(compareUtf8), borders);
  assert.notDeepEqual(borders.toSorted(), borders);
});

// Paths as a caller may write them: everything that the parser of URLs reads as a dot, a slash or as nothing.
const pieces = ["..", ".", "%2e", "%2E", "/", "\\", "\t", "\n", "\r", "a", "%2f", " ", "…", ";"];
const dottedPath = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 8 });

test("hasDotSegment() finds what the parser of URLs collapses", () => {
  fc.assert(
    fc.property(dottedPath, (path) => {
      const plain = path.replace(/[\t\n\r]/g, "").replaceAll("\\", "/");
      const kept = `/p/${plain.replaceAll(" ", "%20").replaceAll("…", "%E2%80%A6")}/z`;
      const collapses = new URL(`http://h/p/${path}/z`).pathname !== kept;
      // other paths that the parser rewrites may be found too: they can't be sent as they were signed
      if (collapses || path === plain) assert.equal(hasDotSegment(path), collapses, JSON.stringify(path));
    }),
    { numRuns: 1000 },
  );
});

for (const path of ["..", ".", "/..", "a/../b", "a/./b", "a/..", "%2e%2E/x", ".%2e", "a/%2e", "/../"]) {
  test(`hasDotSegment() is true for ${path}`, () => assert.equal(hasDotSegment(path), true));
}

for (
  const path of ["", "/", "...", "a..b", "a/.b", "a/b.", "..a/..b", "/v1.0/x", "%2e%2e%2e", "a/%2ex", "%252e"]
) {
  test(`hasDotSegment() is false for ${JSON.stringify(path)}`, () =>
    assert.equal(hasDotSegment(path), false));
}

for (const path of ["..\\x", "a\\..\\x", "a/..\\x", "\\.", ".\t./x", "\n..", "a/.\r", "a/%2e\t%2e/x"]) {
  test(`hasDotSegment() is true for ${JSON.stringify(path)}, as URLs read it`, () => {
    assert.equal(hasDotSegment(path), true);
  });
}
