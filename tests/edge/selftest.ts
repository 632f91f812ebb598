// The runner for workerd must fail where it should: `deno test -A tests/edge/selftest.ts`.
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const runner = fileURLToPath(new URL("run.ts", import.meta.url));
const head = `import { after, afterEach, before, beforeEach, describe, it, test } from "node:test";
import assert from "node:assert/strict";
import { vectors } from "${new URL("../support/vectors.ts", import.meta.url).href}";
import source from "./source.ts";
`;

/** Runs a test file and the source that it imports. */
async function run(body: string, source = "export default 1;"): Promise<{ code: number; lines: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "edge-selftest-" });
  try {
    await Deno.writeTextFile(`${folder}/a_test.ts`, head + body);
    await Deno.writeTextFile(`${folder}/source.ts`, source);
    await Deno.writeTextFile(`${folder}/data.json`, '{"answer":42}');
    const args = ["run", "-A", "--no-lock", runner, folder];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { code, lines: text.trimEnd().split("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bodies that must pass, with the number of tests that the runner has to count. */
const passing: [label: string, body: string, summary: string][] = [
  ["a test", 'test("a", () => assert.equal(source, 1));', "1 passed, 0 failed"],
  [
    "suites, hooks, subtests and skipped tests",
    `const log: string[] = [];
before(() => void log.push("before"));
beforeEach(() => void log.push("each"));
describe("outer", () => {
  afterEach(() => void log.push("done"));
  after(() => void log.push("after"));
  describe("inner", () => {
    it("runs", async (t) => {
      await t.test("a subtest", () => void log.push("subtest"));
      log.push("test");
    });
    it("is skipped", { skip: true }, () => assert.fail());
    it.skip("is skipped", () => assert.fail());
  });
});
test("in order", () => assert.deepEqual(log, ["before", "each", "each", "subtest", "done", "test", "done", "after", "each"]));`,
    "3 passed, 0 failed",
  ],
  [
    "JSON modules and vectors",
    `import data from "./data.json" with { type: "json" };
test("a", () => {
  assert.equal(data.answer, 42);
  assert.ok(vectors<{ vectors: unknown[] }>("signing/acs3").vectors.length > 0);
  assert.throws(() => vectors("no/such"), /no such file/);
});`,
    "1 passed, 0 failed",
  ],
];

for (const [label, body, summary] of passing) {
  test(`the runner passes when given ${label}`, async () => {
    const { code, lines } = await run(body);
    assert.equal(lines.at(-1), summary, lines.join("\n"));
    assert.equal(code, 0);
  });
}

const uses = 'test("a", () => assert.ok(source));';
/** Bodies and sources that must fail, with what the runner has to say. */
const failing: [label: string, says: RegExp, body: string, source?: string][] = [
  ["no test", /no test ran/, ""],
  ["only skipped tests", /no test ran/, 'test.skip("a", () => {});'],
  ["a failing test", /FAILED a_test.ts > a\nAssertionError/, 'test("a", () => assert.equal(source, 2));'],
  ["a failing subtest", /FAILED .* > b/, 'test("a", (t) => t.test("b", () => assert.fail()));'],
  ["a failing hook", /FAILED .* > a hook/, 'before(() => { throw new Error("no"); }); test("a", () => {});'],
  [
    "a rejected test",
    /FAILED .* > a\nTypeError: no/,
    'test("a", () => Promise.reject(new TypeError("no")));',
  ],
  [
    "a test that is late",
    /timed out/,
    'test("a", { timeout: 5 }, () => new Promise((done) => setTimeout(done, 9e3)));',
  ],
  [
    "a source that imports Node",
    /bundle needs Node/,
    uses,
    'import fs from "node:fs"; export default fs.readFileSync;',
  ],
  ["a source that imports Node late", /bundle needs Node/, uses, 'export default () => import("node:fs");'],
  [
    "a source that reads the environment",
    /process is not defined/,
    'test("a", () => source());',
    "export default () => process.env.HOME;",
  ],
  [
    "a source that uses Buffer",
    /Buffer is not defined/,
    'test("a", () => source());',
    'export default () => Buffer.from("");',
  ],
  ["a source that does I/O at import", /Disallowed operation/, uses, "export default crypto.randomUUID();"],
  ["a source that is missing", /could not be made/, 'import "./absent.ts";'],
];

for (const [label, says, body, source] of failing) {
  test(`the runner fails when given ${label}`, async () => {
    const { code, lines } = await run(body, source);
    assert.match(lines.join("\n"), says);
    assert.equal(code, 1);
  });
}
