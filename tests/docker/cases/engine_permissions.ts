// What Deno must be allowed, no more, for an engine to be spoken to.
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import { denoProgram, printed } from "../programs.ts";

const child = fileURLToPath(new URL("../list_child.ts", import.meta.url));

async function printedWith(permissions: string[], address: string): Promise<string> {
  // by a shell, since Deno gives its own permissions to each Deno that it sees among a program's arguments
  const command = [denoProgram(), "run", "--no-prompt", "--quiet", ...permissions, child, address];
  return await printed("sh", ["-c", `exec ${command.map((word) => `'${word}'`).join(" ")}`]);
}

test("Deno reaches an engine with the permissions for its socket, and without them says which", async () => {
  const { address } = await connectEngine();
  const [, path] = /^unix:\/\/(.*)$/.exec(address) ?? [];
  const allowed = path
    ? [`--allow-net=unix:${path}`, `--allow-read=${path}`, `--allow-write=${path}`]
    : [`--allow-net=${new URL(address).host}`];
  assert.match(await printedWith(allowed, address), /^found true$/m);
  const refused = await printedWith([], address);
  assert.match(
    refused,
    /^DockerError: Cannot reach a container engine: .*\n.*this process may not; run Deno with --allow-net/,
  );
});
