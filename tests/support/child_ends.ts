import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Runs a file of this folder on this runtime, which is to print what is expected and then to end by itself. */
export async function childEnds(name: string, endpoint: string, expected: string): Promise<void> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const args = "Deno" in globalThis
    ? ["run", "-A", "--no-check", "--frozen", file, endpoint]
    : [file, endpoint];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let doneAt = 0;
  child.stdout.on("data", () => doneAt = performance.now());
  const ended = once(child, "close");
  const timer = setTimeout(() => child.kill(), 25_000);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  clearTimeout(timer);
  assert.deepEqual([output, code], [expected, 0], errors);
  assert.ok(performance.now() - doneAt < 8_000, `it ended ${performance.now() - doneAt} ms later`);
}
