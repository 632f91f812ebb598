import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import project from "../../deno.json" with { type: "json" };

for (const [entry, file] of Object.entries(project.exports)) {
  test(`the entry ${entry} opens with what it is and an example that runs`, () => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    const [, opening = ""] = /^\/\*\*(.*?)\*\//s.exec(text) ?? [];
    assert.match(opening, / \* @module\n/);
    assert.match(opening, / \* @example.*\n \* ```ts\n/); // `ts ignore` would not run
    assert.ok(
      opening.includes(`"@pai-edge/sdk${entry.slice(1)}"`),
      "the example imports the entry by its name",
    );
  });
}
