import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisProcess } from "./owner.ts";

const prefix = "pai-edge-docker-";

/** Makes a folder among the system's temporary files whose name tells its owner, for `gc()`. */
export async function makeTempFolder(): Promise<string> {
  // "@" and "." may stand in names everywhere; ":" may not on Windows
  return await mkdtemp(join(tmpdir(), `${prefix}${thisProcess().replace(":", "+")}-`));
}

/** Folders that were made by {@linkcode makeTempFolder} and are still there, each with its owner. */
export async function tempFolders(): Promise<{ path: string; owner: string }[]> {
  const names = await readdir(tmpdir());
  return names.flatMap((name) => {
    const match = name.startsWith(prefix) && /^(.*\+\d*)-[^-]+$/.exec(name.slice(prefix.length));
    return match ? [{ path: join(tmpdir(), name), owner: match[1]!.replace("+", ":") }] : [];
  });
}

/** Removes folders with all that is in them; those that are gone are as good. */
export async function removeFolders(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })));
}
