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
import { fileURLToPath } from "node:url";
import { redact } from "../../core/redact.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import { digestFiles } from "./digest.ts";
import { attempt, fileEntry, walk } from "./walk.ts";

/** Options of {@linkcode fromDisk}. */
export interface FromDiskOptions {
  /** What to call the source in messages. Default: the path as given. */
  label?: string;
  /**
   * Whether a symbolic link may lead out of the folder. Refused unless allowed, since a link in a downloaded model
   * could send any file of this machine; caches that link to a shared store need it. @default {false}
   */
  outsideLinks?: boolean;
}

/**
 * A file or folder on this machine. Nothing is read before the source is used. Every file of a folder counts,
 * those that start with a dot too; links are followed.
 *
 * @param path Path, or address of the scheme `file:`.
 * @throws {TypeError} when it is neither.
 */
export function fromDisk(path: string | URL, options: FromDiskOptions = {}): FileSource {
  const { outsideLinks = false } = options;
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
      else yield* walk(label, absolute, { outsideLinks });
    },
  };
  return source;
}

function localPath(path: string | URL): string {
  const text = `${path}`;
  if (/^file:/i.test(text)) return fileURLToPath(text);
  if (/^oss:\/\//i.test(text)) {
    throw new TypeError(
      `Cannot use "${redact(text)}" as a local path: it is on OSS; pass the address itself, \`ossUri(text)\``,
    );
  }
  if (text === "" || path instanceof URL || /^[a-z][a-z0-9+.-]+:\/\//i.test(text) || text.includes("\0")) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(redact(text))} as a local path: write a path or a file: address`,
    );
  }
  return text;
}
