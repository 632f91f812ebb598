import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";

/**
 * Reads a file that a command line names.
 *
 * @throws {UsageError} when it can't be read.
 */
export async function readLocal(cwd: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readIfThere(cwd, path);
  if (bytes) return bytes;
  throw new UsageError(`Cannot read "${path}": there is no such file`);
}

/** Reads a file; `undefined` when there is none. */
export async function readIfThere(cwd: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(resolve(cwd, path)));
  } catch (cause) {
    const { code } = cause as { code?: string }; // Node's errors have one, in all runtimes
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UsageError(`Cannot read "${path}": ${code === "EISDIR" ? "it is a folder" : code ?? cause}`);
  }
}
