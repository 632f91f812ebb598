// Every file of vectors is read by a test that all runtimes run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";
import { projectFiles, root } from "../support/tree.ts";

const folder = "tests/fixtures/vectors/";
/** What is about files on a disk, which workerd has none of, and what holds the faults of official clients alone. */
const elsewhere: Record<string, string | undefined> = {
  "signing/credentials": "tests/unit/system/credentials_files_test.ts",
  "signing/quirks-oss4": undefined,
};

/** Tests of folders below `tests/unit` run where there is a disk and sockets; these run in workerd, too. */
const everywhere = readdirSync(new URL("tests/unit/", root)).filter((name) => name.endsWith("_test.ts"))
  .map((name) => `tests/unit/${name}`);
const sources = [...everywhere, "tests/unit/reference/data-plane/"].flatMap((path) =>
  projectFiles().filter((file) => file.startsWith(path))
).map((file) => readFileSync(new URL(file, root), "utf8")).join("\n");

/** The names that a source gives to `vectors()`: as they are, or by their last parts in tables such as `pb-${schema}`. */
function isRead(name: string): boolean {
  if (sources.includes(`"${name}"`)) return true;
  const [, schema] = /^eas\/pb-(\w+)$/.exec(name) ?? [];
  return schema !== undefined && sources.includes("`eas/pb-${") &&
    new RegExp(`\\b${schema}\\b`).test(sources);
}

const names = projectFiles().filter((file) => file.startsWith(folder) && file.endsWith(".json"))
  .map((file) => file.slice(folder.length, -".json".length));

for (const name of names) {
  const other = elsewhere[name];
  if (other) {
    test(`the vectors ${name} are read by ${other}`, () => {
      assert.ok(readFileSync(new URL(other, root), "utf8").includes(`"${name}"`));
    });
  } else if (!Object.hasOwn(elsewhere, name)) {
    test(`the vectors ${name} are read on every runtime`, () => assert.ok(isRead(name)));
  }
}

test("the vectors that are looked for are there", () => {
  assert.ok(names.length >= 20, names.join());
  for (const name of Object.keys(elsewhere)) assert.ok(names.includes(name), name);
});
