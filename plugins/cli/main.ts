#!/usr/bin/env bun
/**
 * The executable: hands the process to {@linkcode main}. Ctrl-C cancels, so that a deployment takes back what it made;
 * a second one ends at once.
 *
 * @module
 */
import process from "node:process";
import { Interrupt, main } from "./mod.ts";

const controller = new AbortController();
for (const [name, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  process.on(name, () => {
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new Interrupt(exitCode));
  });
}
// The reader of a pipe has seen enough, as `head` has.
process.stdout.on("error", (error: Error & { code?: string }) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

const exitCode = await main(process.argv.slice(2), {
  get stdin() {
    return process.stdin; // looking at it opens it
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
// What was written to a pipe may still be on its way; idle connections may keep the process for a while.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
