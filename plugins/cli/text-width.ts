/** Characters that terminals draw two columns wide: East Asian ones, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
/** Characters that terminals draw on the one before, or not at all. */
const none = /\p{Mark}|\p{Cf}/u;

/** How many columns of a terminal a text takes, which has no control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of a text that fits into so many columns, with `…` where something was left out. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let left = columns - 1;
  let fitting = "";
  for (const character of text) {
    left -= characterWidth(character);
    if (left < 0) break;
    fitting += character;
  }
  return columns > 0 ? `${fitting}…` : "";
}

/** The text on one line, without what would move a terminal's cursor or change its colours. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is taken out
  return text.replace(/\s+/g, " ").replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]/g, "");
}

function characterWidth(character: string): number {
  return none.test(character) ? 0 : wide.test(character) ? 2 : 1;
}
