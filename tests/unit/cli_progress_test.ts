import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProgressEvent } from "../../core/service.ts";
import type { CliProcess } from "../../plugins/cli/context.ts";
import { type Progress, progressOf } from "../../plugins/cli/progress.ts";

const upload = (done: number): ProgressEvent => ({
  stage: "upload",
  name: "model.bin",
  message: "uploading model.bin",
  elapsed: done,
  bytes: { done, total: 3000 },
});
const state = (status: string): ProgressEvent => ({
  stage: "wait",
  name: "iris",
  status,
  message: `service "iris" is ${status}`,
  elapsed: 12_000,
});

/** What is written by a progress of this kind. */
function written(
  use: (progress: Progress) => void,
  options: { isTTY?: boolean; env?: CliProcess["env"]; quiet?: boolean; columns?: number } = {},
): string {
  let text = "";
  const { isTTY = false, columns = 40, env = {}, quiet } = options;
  const stderr = { isTTY, columns, write: (chunk: string | Uint8Array) => text += chunk };
  use(progressOf({ stderr, env } as unknown as CliProcess, { quiet })); // all that it looks at
  return text;
}

const deploying = (progress: Progress): void => {
  for (
    const event of [
      upload(10),
      upload(1500),
      upload(3000),
      state("Creating"),
      state("Creating"),
      state("Running"),
    ]
  ) {
    progress.step(event);
  }
  progress.clear();
};

test("progress is a line for each state and each tenth of the bytes where nobody looks on", () => {
  const lines =
    "  0.0 s  uploading model.bin  10 B of 3.0 kB\n  1.5 s  uploading model.bin  1.5 kB of 3.0 kB\n" +
    '  3.0 s  uploading model.bin  3.0 kB of 3.0 kB\n   12 s  service "iris" is Creating\n   12 s  service "iris" is Running\n';
  assert.equal(written(deploying), lines);
  for (const env of [{ TERM: "dumb" }, { CI: "true" }]) {
    assert.equal(written(deploying, { isTTY: true, env }), lines);
  }
});

test("progress is one line that changes, and then goes, in a terminal", () => {
  const frames = written(deploying, { isTTY: true }).split("\r\x1b[2K");
  assert.deepEqual(frames, [
    "  0.0 s  uploading model.bin  10 B of …",
    "  1.5 s  uploading model.bin  1.5 kB o…",
    "  3.0 s  uploading model.bin  3.0 kB o…",
    '   12 s  service "iris" is Creating',
    '   12 s  service "iris" is Creating',
    '   12 s  service "iris" is Running',
    "",
  ]);
  for (const frame of frames) assert.ok(frame.length < 40);
});

test("--quiet silences progress and notes, but no warning", () => {
  const all = (progress: Progress): void => {
    deploying(progress);
    progress.note("a note");
    progress.warn("a warning");
  };
  assert.equal(written(all, { quiet: true }), "warning: a warning\n");
  assert.match(written(all), /a note\nwarning: a warning\n$/);
});

test("colours are for terminals, unless NO_COLOR says none or FORCE_COLOR wants them", () => {
  const warn = (progress: Progress): void => progress.warn("x");
  const coloured = "\x1b[33mwarning:\x1b[0m x\n", plain = "warning: x\n";
  assert.equal(written(warn, { isTTY: true }), coloured);
  assert.equal(written(warn, { isTTY: true, env: { NO_COLOR: "1" } }), plain);
  assert.equal(written(warn, { isTTY: true, env: { NO_COLOR: "" } }), coloured);
  assert.equal(written(warn, { env: { FORCE_COLOR: "1" } }), coloured);
  assert.equal(written(warn, { isTTY: true, env: { FORCE_COLOR: "0" } }), plain);
});

test("a message can't move the cursor", () => {
  const say = (progress: Progress): void => progress.note("a\r\nb\x1b[2Jc");
  assert.equal(written(say), "a bc\n");
});
