import fc from "fast-check";

/**
 * Text of any characters: ASCII with its controls, the rest of the basic plane, and those beyond it; never half of a pair.
 * What fast-check has for this, the unit `"binary"`, makes lists of all characters first: seconds, in each file.
 */
export function unicodeText(
  bounds: { minLength?: number; maxLength?: number } = {},
): fc.Arbitrary<string> {
  return fc.string({ ...bounds, unit: character });
}

const character = fc.oneof(
  between(0, 0x7f),
  between(0x80, 0xd7ff),
  between(0xe000, 0xffff),
  between(0x10000, 0x10ffff),
);

/** A character with a number in a range, and back, so that names such as `__proto__` are tried, too. */
function between(min: number, max: number): fc.Arbitrary<string> {
  return fc.integer({ min, max }).map((code) => String.fromCodePoint(code), (text) => {
    const code = typeof text === "string" ? text.codePointAt(0) : undefined;
    if (code === undefined || String.fromCodePoint(code) !== text) throw new TypeError("no single character");
    return code;
  });
}
