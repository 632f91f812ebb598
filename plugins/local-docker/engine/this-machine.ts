import { spawn } from "node:child_process";
import { lstat, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { PaiError } from "../../../core/errors.ts";
import type { Machine, Printed } from "./machine.ts";

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    env: (name) => quietly(() => process.env[name] || undefined),
    home: () => quietly(() => process.env.HOME || homedir()),
    uid: () => quietly(() => process.getuid?.()),
    join,
    readText,
    exists,
    run,
  };
}

/** Deno throws where a permission is missing; what may not be asked counts as missing. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as { code?: string }; // Node's errors have one, in all runtimes
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PaiError(`Cannot read ${path}: ${code ?? cause}; allow this process to read it`, {
      code,
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean | undefined> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    const { code } = cause as { code?: string };
    return code === "ENOENT" || code === "ENOTDIR" ? false : undefined;
  }
}

// More than any credential helper prints.
const longestOutput = 100_000;

function run(program: string, args: string[], input: string, signal?: AbortSignal): Promise<Printed> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
    const stop = (): void => void child.kill("SIGKILL");
    const done = (settle: () => void): void => {
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(signal.reason);
      else settle();
    };
    signal?.addEventListener("abort", stop);
    let output = "";
    child.stdout.on("data", (chunk: unknown) => {
      if (output.length < longestOutput) output += `${chunk}`;
    });
    child.on(
      "error",
      (cause: { code?: string }) =>
        done(() => cause.code === "ENOENT" ? resolve({ status: undefined, output: "" }) : reject(cause)),
    );
    child.on("close", (status) => done(() => resolve({ status: status ?? 1, output })));
    child.stdin.on("error", () => {}); // it may end without having read
    child.stdin.end(input);
  });
}
