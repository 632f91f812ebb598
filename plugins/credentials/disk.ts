import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { systemClock } from "../../core/clock.ts";
import { PaiError } from "../../core/errors.ts";
import { globalFetch } from "../../core/fetch.ts";
import type { System, SystemOptions } from "./system.ts";

/** This machine, but for what the options bring in its place. */
export function systemOf(options: SystemOptions): System {
  const { readFile = readDisk, fetch = globalFetch, clock = systemClock, onWarning: warn = () => {} } =
    options;
  const env = (name: string): string | undefined => {
    try {
      return (options.env ?? process.env)[name] || undefined;
    } catch {
      return undefined; // Deno takes a variable that may not be read for a missing one
    }
  };
  return {
    ...{ env, warn, fetch, clock },
    inHome: (path) => join(options.home ?? options.env?.HOME ?? homedir(), path),
    read: readFile,
    async readSecret(path) {
      const text = await readFile(path);
      if (text !== undefined && !options.readFile && await isShared(path)) {
        warn(`other users may read ${path}, which holds secrets: chmod 600 ${path}`);
      }
      return text;
    },
  };
}

async function readDisk(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as { code?: string }; // Node's errors have one, in all runtimes
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PaiError(`Cannot read ${path}: ${code ?? cause}; allow this process to read it`, {
      code: "InvalidConfig",
      cause,
    });
  }
}

async function isShared(path: string): Promise<boolean> {
  if (process.platform === "win32") return false; // has no such bits
  return ((await stat(path)).mode & 0o077) !== 0;
}
