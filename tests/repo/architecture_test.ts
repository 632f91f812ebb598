import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { projectFiles, root } from "../support/tree.ts";
import { imports, isSource, nodeFiles, type Sources, violations } from "./architecture.ts";

const sources: Sources = new Map(
  projectFiles().filter(isSource).map((path) => [path, readFileSync(new URL(path, root), "utf8")]),
);

test("every import keeps the dependency rule", () => {
  assert.ok(sources.size > 20, `${sources.size} files read`);
  assert.deepEqual(violations(sources), []);
});

test("files that may use Node do use it", () => {
  for (const path of nodeFiles) {
    assert.ok(
      imports(sources.get(path) ?? "").some((name) => name.startsWith("node:")),
      `${path} needs no Node`,
    );
  }
});

/** Each line breaks the rule when it is put into the file, and nothing else does. */
const broken: [file: string, line: string, says: RegExp][] = [
  ["mod.ts", 'export * from "./plugins/a/mod.ts";', /mod\.ts re-exports core/],
  ["mod.ts", 'import "@noble/hashes/sha2.js";', /no package/],
  ["core/x.ts", 'import fs from "node:fs";', /may use Node/],
  ["core/x.ts", 'export const x = () => import("node:fs");', /may use Node/],
  ["core/x.ts", 'import { Hono } from "hono";', /core may only use/],
  ["core/x.ts", 'import x from "npm:@noble/hashes";', /core may only use/],
  ["core/x.ts", 'import x from "@noble/hashes-of-another";', /core may only use/],
  ["core/x.ts", 'import {\n  type A,\n  b,\n} from "../plugins/a/mod.ts";', /core imports core and protos/],
  ["core/x.ts", 'export type { A } from "../mod.ts";', /bring everything/],
  ["core/x.ts", 'type A = import("../plugins/a/mod.ts").A;', /core imports core and protos/],
  ["core/x.ts", "export const x = (name: string) => import(name);", /core may only use/],
  ["core/x.ts", 'import { a } from "./absent.ts";', /no such source/],
  ["protos/x.ts", 'import { a } from "../core/fetch.ts";', /protos import nothing/],
  ["plugins/deploy/x.ts", 'import type { A } from "../a/mod.ts";', /no plugin imports another/],
  ["plugins/deploy/x.ts", 'import { Hono } from "hono";', /plugins\/deploy may only use/],
  ["core/x.ts", 'import { run } from "../plugins/processors/a.ts";', /core imports core and protos/],
  ["plugins/processors/x.ts", 'import { a } from "../a/mod.ts";', /no plugin imports another/],
  ["plugins/unlisted/x.ts", 'import { Hono } from "hono";', /not listed/],
  ["plugins/storage/x.ts", 'import { fromDisk } from "./files.ts";', /bring Node/],
  ["core/predictor.ts", 'import type { A } from "./acs3.ts";', /predictor\.ts → core\/acs3\.ts/],
  [
    "core/fetch.ts",
    'import type { A } from "./client.ts";',
    /predictor\.ts → core\/fetch\.ts → core\/client\.ts/,
  ],
  ["plugins/emulator/x.ts", 'import { sign } from "../../core/acs3.ts";', /proves nothing/],
];

const clean = new Map([
  ["mod.ts", 'export { a } from "./core/client.ts";\n'],
  ["core/acs3.ts", 'import { sha256 } from "@noble/hashes/sha2.js";\n'],
  ["core/client.ts", 'import { sign } from "./acs3.ts";\nimport { x } from "../protos/a.ts";\n'],
  [
    "core/fetch.ts",
    '/**\n * import fs from "node:fs";\n * await import("node:fs")\n */\n// import("node:fs")\n',
  ],
  ["core/predictor.ts", 'import {\n  a,\n  b,\n} from "./fetch.ts";\n'],
  ["protos/a.ts", ""],
  [
    "plugins/a/mod.ts",
    'import { a } from "../../core/client.ts";\nimport { run } from "../processors/a.ts";\n',
  ],
  ["plugins/processors/a.ts", 'import { a } from "../../protos/a.ts";\n'],
  [
    "plugins/cli/mod.ts",
    'import { a } from "../a/mod.ts";\nimport { fromDisk } from "../storage/files.ts";\n',
  ],
  ["plugins/storage/files.ts", 'import { open } from "node:fs/promises";\n'],
]);

test("violations() is empty when a tree keeps the rule", () => {
  assert.deepEqual(violations(clean), []);
});

for (const [file, line, says] of broken) {
  test(`violations() finds ${JSON.stringify(line)} when it is in ${file}`, () => {
    const found = violations(new Map([...clean, [file, `${line}\n${clean.get(file) ?? ""}`]]));
    assert.match(found.join("\n"), says);
  });
}
