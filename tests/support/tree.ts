import { existsSync, readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = new URL("../../", import.meta.url);

/** Folders that are never part of the project. */
const foreign = new Set([".git", ".venv", "node_modules", "cov"]);

/**
 * The project's files as POSIX paths relative to {@linkcode root}, sorted: what Git tracks or would track, or
 * everything where there is no Git (an unpacked archive).
 */
export function projectFiles(): string[] {
  const cwd = fileURLToPath(root);
  const git = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd,
    encoding: "utf8",
  });
  const files = existsSync(new URL(".git", root)) && git.status === 0
    ? git.stdout.split("\0").filter((file) => file && existsSync(new URL(encodeURI(file), root)))
    : walk(root);
  return files.sort();
}

function walk(folder: URL, prefix = ""): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (foreign.has(entry.name)) return [];
    if (!entry.isDirectory()) return [prefix + entry.name];
    return walk(new URL(`${encodeURI(entry.name)}/`, folder), `${prefix}${entry.name}/`);
  });
}
