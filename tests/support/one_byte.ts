/** A header line. */
export type HeaderLine = readonly [name: string, value: string];

/** Every text that differs from this one in one character, at each place once, and not in the case of an escape alone. */
export function changeEachByte(text: string): string[] {
  const characters = Array.from(text);
  return characters.map((character, i) => characters.with(i, /a/i.test(character) ? "b" : "a").join(""));
}

/** The lines with one byte of one value changed, at each place once; an empty value gets one. */
export function changeHeader(lines: readonly HeaderLine[], line: HeaderLine): HeaderLine[][] {
  const [name, value] = line;
  const values = value === "" ? ["a"] : changeEachByte(value.trim());
  return values.map((changed) => lines.map((other) => other === line ? [name, changed] : other));
}
