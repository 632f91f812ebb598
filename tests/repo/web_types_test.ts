import { test } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { checkWebTypes } from "../support/web_types.ts";

async function check(line: string): Promise<{ success: boolean; output: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const file = new URL("a.ts", pathToFileURL(`${folder}/`));
    await Deno.writeTextFile(file, `export const value = ${line};\n`);
    return await checkWebTypes([file]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("checkWebTypes() passes what every runtime has", async () => {
  const { success, output } = await check("[crypto.subtle, fetch, new Blob([]).stream().getReader()]");
  assert.ok(success, output);
});

for (
  const line of [
    "Deno.cwd()",
    "process.env.HOME",
    'Buffer.from("")',
    "Bun.file",
    "window.name",
    "document.title",
  ]
) {
  test(`checkWebTypes() refuses ${line}`, async () => {
    const { success, output } = await check(line);
    assert.equal(success, false);
    assert.match(output, new RegExp(`Cannot find name '${line.split(".")[0]}'`));
  });
}
