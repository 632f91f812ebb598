// Words of a command as a real shell takes them apart.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { commandWords, quoted } from "../../../plugins/local-docker/plan/words.ts";

const end = "<that was all>";

/** What a shell makes of each text: its words. One shell for all, as each takes a moment to start. */
function wordsOf(texts: readonly string[]): string[][] {
  const script = texts.map((text) => `printf '%s\\0' ${text}\nprintf '${end}\\0'\n`).join("");
  const { stdout, stderr, status } = spawnSync("/bin/sh", ["-s"], {
    input: script,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr);
  return stdout.split(`${end}\0`).slice(0, -1).map((words) => words.split("\0").slice(0, -1));
}

const pieces = [
  "a",
  "-b",
  "/c",
  "x=1",
  "d e",
  " ",
  "  ",
  "\t",
  "'",
  '"',
  "\\",
  "\\\\",
  '\\"',
  "''",
  '""',
  "$",
  "`",
  "é",
];
const commands = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 8 })
  .map((parts) => parts.join("").replace(/[\0\n]/g, ""));

test("commandWords() takes a command apart as a shell does, or leaves it to one", () => {
  const found = fc.sample(commands, 5000).flatMap((command) => {
    const words = commandWords(command);
    return words ? [{ command, words }] : [];
  });
  assert.ok(found.length > 500, `${found.length} commands`);
  assert.deepEqual(wordsOf(found.map(({ command }) => command)), found.map(({ words }) => words));
});

test("quoted() makes one word of any text for a shell", () => {
  const texts = fc.sample(fc.string({ unit: "grapheme", maxLength: 12 }), 1000)
    .map((text) => text.replaceAll("\0", ""));
  assert.deepEqual(wordsOf(texts.map(quoted)), texts.map((text) => [text]));
});
