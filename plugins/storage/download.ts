/**
 * Downloads objects to files and folders of this machine, on Deno, Bun and Node.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { download } from "@pai-edge/sdk/storage/download";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * await models.put("iris/model.json", "{}");
 * const folder = await mkdtemp(join(tmpdir(), "iris-"));
 * await download(models, "iris/model.json", join(folder, "model.json")); // one object to a file
 * const { files } = await download(models, "iris/", folder, { // all below a prefix to a folder
 *   resume: true,
 *   onProgress: ({ done, total }) => console.log(`${done} of ${total} bytes`),
 * });
 * console.log(files.map(({ path, skipped }) => [path, skipped])); // it was there already
 * ```
 *
 * @module
 */
import { resolve } from "node:path";
import { StorageError } from "../../core/errors.ts";
import type { Storage } from "../../core/storage.ts";
import { bounded } from "../../core/timeout.ts";
import { downloadArchive, type ExtractArchive, type ExtractedArchive } from "./download/archive.ts";
import { type DownloadedFile, downloadFile, type FilePolicy } from "./download/file.ts";
import { downloadFolder } from "./download/folder.ts";
import { localPath } from "./disk/local-path.ts";
import { type ReadOptions, readPolicy } from "./download/read-range.ts";
import { Slots } from "./download/slots.ts";

export type { DownloadedFile, ExtractArchive, ExtractedArchive, ReadOptions };

/** How far a download is. */
export interface DownloadProgress {
  /** The object whose bytes have just been written. */
  key: string;
  /** Bytes on disk, over all files; those that were there before count. */
  done: number;
  /** Bytes of all files. */
  total: number;
}

/** Options of {@linkcode download}. */
export interface DownloadOptions extends ReadOptions {
  /**
   * What happens to a file that is there: it is replaced; or only when its length or CRC-64 is not the object's; or
   * it is an error with the code `EEXIST`. @default {"changed"}
   */
  overwrite?: boolean | "changed";
  /**
   * Whether a download that fails leaves what it has, to be gone on with by the next one with the same option, also
   * after the process was killed. @default {false}
   */
  resume?: boolean;
  /**
   * Bytes of a range, which is what one request reads and what a kill loses at most for each of them. It is larger for
   * objects of more than 10,000 ranges. @default {8388608}
   */
  rangeSize?: number;
  /** How many ranges are read at once, over all files; fewer while the storage asks for it. @default {4} */
  concurrency?: number;
  /**
   * Unpacks the object, an archive (tar, plain or compressed with gzip), into a folder on its way: `extract` of
   * `./storage/extract`. The folder is there when all of the archive was right, or not at all; one that holds something
   * is only replaced with `overwrite: true`. There is nothing to resume. @default {undefined}
   */
  extract?: ExtractArchive;
  /** Longest time for the whole in milliseconds. @default {Infinity} */
  timeout?: number;
  /** Told whenever bytes have been written. */
  onProgress?: (progress: DownloadProgress) => void;
}

/** What a download has made. */
export interface Downloaded {
  /** The file or folder. */
  path: string;
  /** Length of all files in bytes, or of the archive. */
  size: number;
  /** The files, in the order of their keys; none of an archive. */
  files: DownloadedFile[];
  /** What an archive held. */
  extracted?: ExtractedArchive;
}

/**
 * Downloads an object to a file or, when the key is empty or ends with a slash, all objects below it to a folder.
 *
 * A file comes into being under its own name only when all of it is there and its CRC-64 is the object's; until then
 * it is one whose name ends with `.pai-part`, in the same folder. Large objects are read in ranges, some at once, in
 * memory of about a megabyte; a range whose connection breaks or stalls is gone on with at the byte where it broke.
 * Every request is bound to the state of the object that was found first, so that a file is never a mixture.
 *
 * When it fails nothing is left but files that were complete before; with `resume`, part files too, each beside a log
 * `.pai-part.jsonl` of the ranges that are complete and their CRC-64. They are gone on with when bucket, key, entity
 * tag, length and `rangeSize` are the same, and as far as the bytes on disk have those CRC-64s.
 *
 * Keys below a prefix become paths. One that leads out of the folder or can't be a file's name on this system is
 * refused before anything is read, and so are two that are one name on a file system without case. Empty objects whose
 * keys end with a slash become folders.
 *
 * @param storage A bucket of OSS, or any other storage that knows ranges.
 * @param path Where the file or folder shall be, as a path or an address of the scheme `file:`. Folders around it are
 * made.
 * @throws {StorageError} with the code `NoSuchKey`; `CrcMismatch` when the bytes are not those that were stored;
 * `ObjectChanged` when the object was replaced meanwhile; `UnusableKey`; or what the storage says.
 * @throws {PaiError} with the system's code when the disk says no: `ENOSPC`, `EACCES`, `EISDIR`, `EEXIST`.
 * @throws {TimeoutError} when it takes longer than its `timeout`.
 * @throws {TypeError | RangeError} when an argument can't be one.
 */
export async function download(
  storage: Storage,
  key: string,
  path: string | URL,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const target = resolve(localPath(path));
  const what = `Cannot download "oss://${storage.bucket}/${key}" to ${JSON.stringify(target)}`;
  if (options.extract && options.resume) {
    throw new TypeError(`${what}: an archive that is extracted can't be resumed`);
  }
  return await untilAborted(what, options, (signal) => {
    return run(what, storage, key, target, { ...options, signal });
  });
}

/** Bounds a download by its time and signal, and waits until nothing of it is left. */
async function untilAborted<T>(
  what: string,
  { timeout = Infinity, signal }: DownloadOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let working: Promise<T> | undefined;
  try {
    return await bounded(what, timeout, signal, (signal) => working = work(signal));
  } finally {
    await working?.catch(() => {}); // files are removed by then
  }
}

async function run(
  what: string,
  storage: Storage,
  key: string,
  target: string,
  options: DownloadOptions,
): Promise<Downloaded> {
  let done = 0, total = 0;
  const policy = filePolicy(what, options, (key, count) => {
    done += count;
    if (count > 0) options.onProgress?.({ key, done, total });
  });
  if (options.extract) {
    const extracted = await downloadArchive(storage, key, target, {
      ...policy,
      extract: options.extract,
      replace: policy.overwrite === true,
      onOpened: (size) => total = size,
    });
    return { path: target, size: total, files: [], extracted };
  }
  if (key === "" || key.endsWith("/")) {
    const files = await downloadFolder(storage, key, target, policy, (size) => total = size);
    return { path: target, size: total, files };
  }
  const info = await storage.head(key, { signal: policy.signal });
  if (!info) throw new StorageError(`${what}: there is no such object`, { code: "NoSuchKey", key });
  total = info.size;
  return { path: target, size: total, files: [await downloadFile(storage, key, target, info, policy)] };
}

function filePolicy(what: string, options: DownloadOptions, onBytes: FilePolicy["onBytes"]): FilePolicy {
  const { overwrite = "changed", resume = false, rangeSize = 8 * 1024 * 1024, concurrency = 4 } = options;
  if (!(Number.isSafeInteger(rangeSize) && rangeSize >= 1)) {
    throw new RangeError(`${what}: \`rangeSize\` is ${rangeSize}, not an integer above 0`);
  }
  if (!(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
    throw new RangeError(`${what}: \`concurrency\` is ${concurrency}, not an integer above 0`);
  }
  const slots = new Slots(concurrency);
  return { ...readPolicy(what, options), overwrite, resume, rangeSize, slots, onBytes };
}
