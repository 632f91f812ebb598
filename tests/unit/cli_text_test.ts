import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDuration, showBytes, showDuration } from "../../plugins/cli/duration.ts";
import { tabbed, table } from "../../plugins/cli/table.ts";
import { fitText, oneLine, textWidth } from "../../plugins/cli/text-width.ts";
import { unicodeText } from "../support/unicode_text.ts";

const widths: [text: string, width: number][] = [
  ["", 0],
  ["iris", 4],
  ["模型", 4],
  ["ｉｒｉｓ", 8],
  ["한국", 4],
  ["カナ", 4],
  ["é", 1],
  ["e\u0301", 1],
  ["🚀", 2],
  ["…", 1],
  ["\u{20000}", 2],
];
for (const [text, width] of widths) {
  test(`textWidth() of ${JSON.stringify(text)} is ${width}`, () => assert.equal(textWidth(text), width));
}

test("fitText() fits, begins as the text does, and tells that something is missing", () => {
  const texts = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[a-z模型 ]*$/));
  fc.assert(fc.property(texts, fc.nat(30), (text, columns) => {
    const fitting = fitText(text, columns);
    assert.ok(textWidth(fitting) <= columns, `${textWidth(fitting)} columns`);
    if (textWidth(text) <= columns) assert.equal(fitting, text);
    else if (columns > 0) assert.ok(fitting.endsWith("…") && text.startsWith(fitting.slice(0, -1)));
  }));
});

test("oneLine() leaves nothing that moves a cursor or changes colours", () => {
  assert.equal(oneLine("a\n b\t c\x1b[31md\x1b[0m\x07\x9b"), "a b cd");
  fc.assert(fc.property(unicodeText(), (text) => {
    for (const character of oneLine(text)) {
      const code = character.codePointAt(0)!;
      assert.ok(code > 31 && !(code > 126 && code < 160), `U+${code.toString(16)}`);
    }
  }));
});

test("table() aligns columns, also of Chinese text, and tabbed() parts them by tabs alone", () => {
  const rows = [["iris", "Running"], ["模型服务", "Stopped\n"]];
  assert.equal(table(["NAME", "STATUS"], rows), "NAME      STATUS\niris      Running\n模型服务  Stopped\n");
  assert.equal(tabbed([["a\tb", "c\nd"]]), "a b\tc d\n");
  assert.equal(table(["NAME"], []), "NAME\n");
});

const durations: [text: string, ms: number | undefined][] = [
  ["90", 90_000],
  ["90s", 90_000],
  ["1.5h", 5_400_000],
  ["30m", 1_800_000],
  ["250ms", 250],
  ["0", undefined],
  ["-1s", undefined],
  ["5 m", undefined],
  ["soon", undefined],
  ["", undefined],
  ["1e3", undefined],
];
for (const [text, ms] of durations) {
  test(`parseDuration() ${ms ? `reads ${JSON.stringify(text)} as ${ms} ms` : `refuses ${JSON.stringify(text)}`}`, () => {
    if (ms) assert.equal(parseDuration(text), ms);
    else assert.throws(() => parseDuration(text), RangeError);
  });
}

test("figures are shown in the unit that people would choose", () => {
  assert.deepEqual([40, 9_940, 9_960, 59_400, 185_000].map(showDuration), [
    "0.0 s",
    "9.9 s",
    "10 s",
    "59 s",
    "3 min 5 s",
  ]);
  assert.deepEqual([0, 999, 1_400, 2_500_000, 3e9, 5e15].map(showBytes), [
    "0 B",
    "999 B",
    "1.4 kB",
    "2.5 MB",
    "3.0 GB",
    "5000.0 TB",
  ]);
});
