/**
 * Files and folders of this machine, to deploy from Deno, Bun and Node.
 *
 * @example
 * ```ts
 * import { fromDisk } from "@pai-edge/sdk/storage/files";
 *
 * const model = fromDisk("examples/breast-cancer"); // nothing is read yet
 * for await (const { path, size } of model) console.log(path, size);
 * ```
 *
 * @module
 */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { FileEntry, FileSource } from "../../core/files.ts";
import { digestFiles } from "../../core/file-digest.ts";
import { attempt, fileEntry } from "./disk/file.ts";
import { defaultIgnoreRules, ignoreRules } from "./disk/ignore-rules.ts";
import { localPath } from "./disk/local-path.ts";
import { type Skipped, walk, type WalkOptions } from "./disk/walk.ts";

export { defaultIgnoreRules } from "./disk/ignore-rules.ts";
export type { Skipped } from "./disk/walk.ts";

/** Options of {@linkcode fromDisk}. */
export interface FromDiskOptions {
  /** What to call the source in messages. Default: the path as given. */
  label?: string;
  /**
   * Whether a symbolic link may lead out of the folder. Refused unless allowed, since a link in a downloaded model
   * could send any file of this machine; caches that link to a shared store need it. @default {false}
   */
  outsideLinks?: boolean;
  /**
   * What to leave out: `true` for {@linkcode defaultIgnoreRules} and the files `.paiignore` in the folder and those
   * below, which are written as `.gitignore` is and overrule the defaults; rules of one's own instead of both; or
   * `false` for nothing. @default {true}
   */
  ignore?: boolean | readonly string[];
  /**
   * What to do with symbolic links: take what they lead to, keep them as links (which archives can hold, and uploads
   * refuse), or refuse them. @default {"follow"}
   */
  links?: "follow" | "keep" | "refuse";
  /** What to do with folders that hold no files: archives can keep them, and uploads refuse. @default {"skip"} */
  emptyFolders?: "keep" | "skip" | "refuse";
  /** Told of everything that is left out, and why, each time that the source is read. */
  onSkip?: (skipped: Skipped) => void;
}

/**
 * A file or folder on this machine. Nothing is read before the source is used. Files whose names start with a dot count
 * too, but not what a `.paiignore` or {@linkcode defaultIgnoreRules} leave out; links are followed.
 *
 * @param path Path, or address of the scheme `file:`.
 * @throws {TypeError} when it is neither.
 */
export function fromDisk(path: string | URL, options: FromDiskOptions = {}): FileSource {
  const walking = walkOptions(options);
  const absolute = resolve(localPath(path));
  const label = options.label ?? (typeof path === "string" ? path : localPath(path));

  const source: FileSource = {
    label,
    get directory() {
      try {
        return statSync(absolute).isDirectory() ? absolute : undefined;
      } catch {
        return undefined; // reading the source says why
      }
    },
    async kind() {
      const info = await attempt(label, stat(absolute));
      return info.isDirectory() ? "directory" : "file";
    },
    digest: () => digestFiles(label, source),
    async *[Symbol.asyncIterator](): AsyncIterator<FileEntry> {
      if (await source.kind() === "file") yield await fileEntry(label, basename(absolute), absolute);
      else yield* walk(label, absolute, walking);
    },
  };
  return source;
}

function walkOptions(options: FromDiskOptions): WalkOptions {
  const { outsideLinks = false, ignore = true, links = "follow", emptyFolders = "skip", onSkip } = options;
  const rules = ignore === true
    ? ignoreRules(defaultIgnoreRules, "the defaults")
    : ignore
    ? ignoreRules(ignore, "`ignore`")
    : undefined;
  return { rules, ruleFiles: ignore === true, links, outsideLinks, emptyFolders, onSkip };
}
