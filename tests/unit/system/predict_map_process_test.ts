// A batch whose process is killed, not asked to end: the next one answers what is left, and nothing else.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { json, text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const count = 2_000;
const home = await mkdtemp(join(tmpdir(), "map-process-"));
after(() => rm(home, { recursive: true }));
const file = join(home, "answers");
const child = fileURLToPath(new URL("../../support/map_child.ts", import.meta.url));
const args = "Deno" in globalThis ? ["run", "-A", "--no-check", "--frozen", child] : [child];

/** Items that the service was asked for, by the run that asked. */
const runs: Set<number>[] = [];
/** Tells how many were asked for in the run that goes on. */
let onAsked = (_: number): void => {};

let requests = 0;
const server = createServer(async (incoming, outgoing) => {
  const { id } = await json(incoming) as { id: number };
  const asked = runs.at(-1)!;
  asked.add(id);
  onAsked(asked.size);
  const status = ++requests % 20 ? 200 : 503; // one of twenty fails
  setTimeout(() => {
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ square: id * id }));
  }, 2);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo; // it listens on a port
after(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs the batch, and kills it when it has asked for so many items, if it is to be killed. */
async function run(killAt = Infinity): Promise<{ output: string; signal: string | null }> {
  const asked = new Set<number>();
  runs.push(asked);
  const started = spawn(process.execPath, [...args, `http://127.0.0.1:${port}/squares`, file, `${count}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onAsked = (size) => {
    if (size >= killAt) started.kill("SIGKILL");
  };
  const [output, [, signal]] = await Promise.all([text(started.stdout), once(started, "exit")]);
  return { output, signal };
}

/** Names of the items whose answers are written down whole. */
async function written(): Promise<string[]> {
  const lines = (await readFile(file, "utf8")).split("\n").slice(0, -1);
  return lines.map((line) => line.split(" ")[0]!);
}

test("map() goes on by key where a process was killed, twice, and answers the rest only", {
  timeout: 120_000,
}, async () => {
  let before: string[] = [];
  for (const killAt of [700, 600]) {
    assert.deepEqual(await run(killAt), { output: "", signal: "SIGKILL" });
    const now = await written();
    assert.ok(now.length > before.length && now.length < count, `${now.length} are written down`);
    before = now;
  }
  assert.deepEqual(await run(), { output: "done\n", signal: null });

  const all = Array.from({ length: count }, (_, id) => `q${id} ${id * id}`);
  assert.deepEqual((await readFile(file, "utf8")).trimEnd().split("\n"), all); // each once, in their order
  const rest = all.slice(before.length).map((_, i) => before.length + i);
  assert.deepEqual([...runs.at(-1)!].sort((a, b) => a - b), rest);
});
