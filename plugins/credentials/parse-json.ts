/** Parses JSON; `undefined` when it is none. The parser's own error would quote the text, secrets included. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")); // some editors of Windows begin files with a mark
  } catch {
    return undefined;
  }
}

/** Tells objects from lists and scalars. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
