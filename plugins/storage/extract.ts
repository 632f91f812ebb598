/**
 * Unpacks archives (tar, plain or compressed with gzip) into folders of this machine, on Deno, Bun and Node, also those
 * of strangers.
 *
 * @example
 * ```ts
 * import { extract } from "@pai-edge/sdk/storage/extract";
 * import { fromMap } from "@pai-edge/sdk/storage/map";
 * import { tarGz } from "@pai-edge/sdk/storage/tar";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const archive = tarGz(fromMap({ "model.json": "{}" })); // or the body of `await bucket.get("model.tar.gz")`
 * const folder = join(await mkdtemp(join(tmpdir(), "models-")), "iris");
 * const { files, bytes } = await extract(archive, folder);
 * console.log(files, bytes); // 1 2
 * ```
 *
 * @module
 */
import {
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  symlink,
} from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { PaiError } from "../../core/errors.ts";
import { ArchiveReader } from "./archive/entries.ts";
import { ArchiveNames, type Placement } from "./archive/names.ts";
import { onDisk } from "./disk/error.ts";
import { localPath } from "./disk/local-path.ts";

/** How far an extraction is. */
export interface ExtractProgress {
  /** The file that is being written. */
  path: string;
  /** Files that are done. */
  files: number;
  /** Bytes of files that are done. */
  bytes: number;
}

/** Options of {@linkcode extract}. */
export interface ExtractOptions {
  /** Whether a folder that is there and not empty is replaced as a whole. @default {false} */
  replace?: boolean;
  /** Bytes that the unpacked archive may have, headers included. @default {1099511627776} */
  maxBytes?: number;
  /** How many files, links and folders there may be. @default {1000000} */
  maxFiles?: number;
  /** What to do with links that stay inside the folder; others are refused in any case. @default {"keep"} */
  links?: "keep" | "refuse";
  /**
   * What to do with names that differ only in case or in how an accent is spelt. Where the file system takes them for
   * one file, they are an error anyway. @default {"keep"}
   */
  collidingNames?: "refuse" | "keep";
  /** Stops the extraction. */
  signal?: AbortSignal;
  /** Told of every chunk. */
  onProgress?: (progress: ExtractProgress) => void;
}

/** What an extraction has made. */
export interface Extracted {
  /** The folder. */
  path: string;
  /** How many files. */
  files: number;
  /** Bytes of all files. */
  bytes: number;
}

/**
 * Unpacks an archive into a folder that comes into being when all of it is there, or not at all: until then it is a
 * hidden one beside it, which a failure removes. Nothing is written outside of it, whatever the archive holds: absolute
 * names, `..`, names of drives, links that lead out or that other members go through, and devices are refused.
 * Files get the archive's permissions as far as the process's own mask lets them, never those of `setuid` and the
 * like; owners and times are not restored.
 *
 * @param archive Tar, in the formats ustar, PAX and GNU's, whole or compressed with gzip as its first bytes tell.
 * @param folder Where to, as a path or an address of the scheme `file:`. Folders around it are made.
 * @throws {PaiError} with the code `UnsafeArchive`; `UnsupportedArchive` for sparse files, parts of volumes and the
 * like; `BrokenArchive` when it is truncated, corrupt or no archive; `ArchiveTooLarge`; `CollidingNames`; or the
 * system's code when the disk says no: `EEXIST` when the folder holds something, `ENOSPC`.
 * @throws {TypeError} when the archive is no stream or the folder no path.
 * @throws {RangeError} when a limit is none.
 */
export async function extract(
  archive: ReadableStream<Uint8Array>,
  folder: string | URL,
  options: ExtractOptions = {},
): Promise<Extracted> {
  const path = resolve(localPath(folder));
  const what = `Cannot extract into ${JSON.stringify(`${folder}`)}`;
  if (!(archive instanceof ReadableStream) || archive.locked) {
    throw new TypeError(`${what}: the archive is no stream, or one that somebody reads already`);
  }
  const { replace = false, maxBytes = 2 ** 40, maxFiles = 1_000_000, signal } = options;
  for (const [name, limit] of Object.entries({ maxBytes, maxFiles })) {
    if (!(limit > 0)) throw new RangeError(`${what}: \`${name}\` is ${limit}, not a number above 0`);
  }
  const reader = new ArchiveReader({ what, maxBytes, signal });
  const members = reader.members(archive);
  let hidden: string | undefined;
  try {
    signal?.throwIfAborted();
    await checkTarget(what, path, replace);
    await onDisk(what, mkdir(dirname(path), { recursive: true }));
    hidden = await onDisk(what, mkdtemp(join(dirname(path), `.${basename(path)}-`)));
    const content = join(hidden, "content");
    await onDisk(what, mkdir(content)); // the hidden folder is the process's own, with permissions to match
    const writer = new Writer(what, content, reader, { ...options, maxFiles });
    for await (const member of members) await writer.add(member);
    await writer.addLinks();
    signal?.throwIfAborted();
    await putInPlace(what, content, path, replace ? join(hidden, "replaced") : undefined);
    return { path, files: writer.files, bytes: writer.bytes };
  } finally {
    await members.return(undefined);
    if (!archive.locked) await archive.cancel().catch(() => {}); // refused before it was read
    if (hidden) await rm(hidden, { recursive: true, force: true }).catch(() => {}); // the first failure is the one to tell
  }
}

async function checkTarget(what: string, path: string, replace: boolean): Promise<void> {
  const info = await lstat(path).catch((error) =>
    error.code === "ENOENT" ? undefined : onDisk(what, Promise.reject(error))
  );
  if (!info) return;
  const taken = !info.isDirectory()
    ? "it is there and no folder"
    : !replace && (await onDisk(what, readdir(path))).length
    ? "the folder holds files; replace them with `replace: true`"
    : undefined;
  if (taken) throw new PaiError(`${what}: ${taken}`, { code: "EEXIST" });
}

/** Gives the content its name; what was there before comes back when that fails. */
async function putInPlace(
  what: string,
  content: string,
  path: string,
  aside: string | undefined,
): Promise<void> {
  const isThere = await lstat(path).then(() => true, () => false);
  if (!isThere) return await onDisk(what, rename(content, path));
  if (!aside) {
    await onDisk(what, rmdir(path)); // fails when something has come into it
    return await onDisk(what, rename(content, path));
  }
  await onDisk(what, rename(path, aside));
  try {
    await onDisk(what, rename(content, path));
  } catch (error) {
    await rename(aside, path);
    throw error;
  }
}

type Member = Parameters<ArchiveReader["content"]>[0];

/** Writes members into a folder that nobody else writes to. */
class Writer {
  files = 0;
  bytes = 0;
  readonly #what: string;
  readonly #root: string;
  readonly #reader: ArchiveReader;
  readonly #names: ArchiveNames;
  readonly #options: ExtractOptions;
  /** Links are made when all files are there, so that no file can be written through one on any file system. */
  readonly #links = new Map<string, string>();

  constructor(
    what: string,
    root: string,
    reader: ArchiveReader,
    options: ExtractOptions & { maxFiles: number },
  ) {
    const { links = "keep", collidingNames = "keep", maxFiles } = options;
    this.#what = what;
    this.#root = root;
    this.#reader = reader;
    this.#options = options;
    this.#names = new ArchiveNames({ what, maxFiles, links, collidingNames, windows: sep === "\\" });
  }

  async add(member: Member): Promise<void> {
    const place = this.#names.place(member.header);
    if (!place) return;
    const { path, kind, target, folders, replaces } = place;
    for (const folder of folders) await this.#onDisk(folder, mkdir(this.#full(folder)));
    if (kind === "directory") return await this.#addFolder(place, member.header.mode ?? 0o755);
    const wasLink = this.#links.delete(path);
    if (replaces && !wasLink) await this.#onDisk(path, rm(this.#full(path)));
    if (kind === "link") this.#links.set(path, target);
    else if (kind === "copy") await this.#onDisk(path, linkOrCopy(this.#full(target), this.#full(path)));
    else await this.#addFile(path, member);
    if (kind !== "link") this.#report(path, 0, 1);
  }

  async addLinks(): Promise<void> {
    for (const [path, target] of this.#links) await this.#onDisk(path, symlink(target, this.#full(path)));
  }

  /** Its owner may always write into it: what it holds comes later. */
  async #addFolder({ path, replaces }: Placement, mode: number): Promise<void> {
    if (!replaces) await this.#onDisk(path, mkdir(this.#full(path), { mode: mode & 0o777 | 0o700 }));
  }

  async #addFile(path: string, member: Member): Promise<void> {
    const mode = (member.header.mode ?? 0o644) & 0o777 | 0o600;
    const file = await this.#onDisk(path, open(this.#full(path), "wx", mode));
    try {
      for await (const chunk of this.#reader.content(member)) {
        this.#options.signal?.throwIfAborted();
        for (let at = 0; at < chunk.length;) {
          at += (await this.#onDisk(path, file.write(chunk, at, chunk.length - at))).bytesWritten;
        }
        this.#report(path, chunk.length, 0);
      }
    } finally {
      await this.#onDisk(path, file.close());
    }
  }

  #report(path: string, bytes: number, files: number): void {
    this.bytes += bytes;
    this.files += files;
    this.#options.onProgress?.({ path, files: this.files, bytes: this.bytes });
  }

  #full(path: string): string {
    return join(this.#root, ...path.split("/"));
  }

  #onDisk<T>(path: string, work: Promise<T>): Promise<T> {
    return onDisk(`${this.#what}: ${JSON.stringify(path)}`, work);
  }
}

/** Two names of one file, or two files where the file system has no such thing. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
