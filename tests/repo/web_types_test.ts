import { test } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { checkWebTypes } from "../support/web_types.ts";

/** What checking files says, one for each line. */
async function check(lines: readonly string[]): Promise<{ success: boolean; output: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const files = lines.map((_, i) => new URL(`${i}.ts`, pathToFileURL(`${folder}/`)));
    for (const [i, line] of lines.entries()) {
      await Deno.writeTextFile(files[i]!, `export const value = ${line};\n`);
    }
    return await checkWebTypes(files);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("checkWebTypes() passes what every runtime has", async () => {
  const { success, output } = await check(["[crypto.subtle, fetch, new Blob([]).stream().getReader()]"]);
  assert.ok(success, output);
});

const foreign = [
  "Deno.cwd()",
  "process.env.HOME",
  'Buffer.from("")',
  "Bun.file",
  "window.name",
  "document.title",
];

test(`checkWebTypes() refuses ${foreign.join(", ")}`, async () => {
  const { success, output } = await check(foreign);
  assert.equal(success, false);
  for (const [i, line] of foreign.entries()) {
    const error = `Cannot find name '${line.split(".")[0]}'[^]*?/${i}.ts:`;
    assert.match(output, new RegExp(error));
  }
});
