// Every entry is imported by a process that may do nothing, and that must end by itself.
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import deno from "../../deno.json" with { type: "json" };
import { root } from "../support/tree.ts";

/** Long enough for a slow machine; a timer or a server that was left would run for ever. */
const patience = 30_000;

/** Runs a module with no permission, and none to ask for. */
async function run(code: string): Promise<{ code: number; text: string }> {
  const args = ["run", "--no-prompt", "--cached-only", "--no-lock", "--quiet", "--ext=ts", "-"];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: fileURLToPath(root),
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { code: status, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return { code: status, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Counts timers from before the import on; listeners for signals and servers need a permission anyway. */
const importing = (file: string): string => `
const timers: unknown[][] = [];
for (const name of ["setTimeout", "setInterval", "fetch", "queueMicrotask"]) {
  const original = Reflect.get(globalThis, name);
  Reflect.set(globalThis, name, (...rest: unknown[]) => (timers.push([name]), original(...rest)));
}
const names = Object.keys(await import(${JSON.stringify(new URL(file, root).href)}));
if (timers.length) throw new Error("it called " + timers.join());
console.log(names.length);
`;

for (const [entry, file] of Object.entries(deno.exports)) {
  test(`entry "${entry}" imports with no permission, starts nothing and lets the process end`, async () => {
    const { code, text } = await run(importing(file));
    assert.equal(code, 0, text);
    assert.ok(Number(text) > 0, `it exports nothing: ${text}`);
  });
}

const modules: [what: string, passes: boolean, module: string][] = [
  ["nothing", true, "export const a = 1;"],
  ["a timer", false, "setInterval(() => {}, 1e6); export const a = 1;"],
  ["the environment", false, 'Deno.env.get("HOME"); export const a = 1;'],
  ["a file", false, 'Deno.readTextFileSync("deno.json"); export const a = 1;'],
];

for (const [what, passes, module] of modules) {
  test(`the check ${passes ? "passes" : "refuses"} a module that uses ${what} at import`, async () => {
    const { code, text } = await run(importing(`data:text/typescript,${encodeURIComponent(module)}`));
    assert.equal(code === 0, passes, text);
  });
}
