import { mkdir, open, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PaiError, StorageError } from "../../../core/errors.ts";
import type { Storage } from "../../../core/storage.ts";
import { combineCrc64, crc64 } from "../crc64.ts";
import { diskError, onDisk } from "../disk/error.ts";
import { crc64Of, type ObjectVersion } from "../object/version.ts";
import { crc64OfFile, PartFile } from "./part-file.ts";
import { RangeReader, type ReadPolicy } from "./read-range.ts";
import type { Slots } from "./slots.ts";
import { checkCrc64 } from "../verified.ts";
import { inParallel } from "./workers.ts";

/** How files are downloaded, the same for all of a call. */
export interface FilePolicy extends ReadPolicy {
  overwrite: boolean | "changed";
  resume: boolean;
  rangeSize: number;
  /** Bounds the ranges that are read at once. */
  slots: Slots;
  /** Told of bytes that are there: written, found there, or (below zero) taken back. */
  onBytes: (key: string, count: number) => void;
}

/** A file that was downloaded, or was there already. */
export interface DownloadedFile {
  /** Key of the object. */
  key: string;
  /** Where it is on this machine. */
  path: string;
  /** Length in bytes. */
  size: number;
  /** Entity tag of the object without its quotes. */
  etag: string;
  /** CRC-64 of the file as an unsigned decimal number; it is the object's wherever the storage tells that. */
  crc64: string;
  /** Whether the same file was there, so that nothing was downloaded. */
  skipped: boolean;
}

// No more ranges than this in a log.
const maxRanges = 10_000;

// What is written at once: system calls don't count any more, and memory doesn't yet.
const bufferSize = 256 * 1024;

/** Downloads one object to one file. What it throws has left nothing behind, but for what can be resumed. */
export async function downloadFile(
  storage: Storage,
  key: string,
  target: string,
  { size, etag, crc64: known }: { size: number; etag: string; crc64?: string },
  policy: FilePolicy,
): Promise<DownloadedFile> {
  const what = `Cannot download "oss://${storage.bucket}/${key}" to ${JSON.stringify(target)}`;
  const file = { key, path: target, size, etag };
  const there = await sameFile(
    what,
    target,
    size,
    policy.overwrite,
    async () => known ?? (await storage.head(key, { signal: policy.signal }))?.crc64,
  );
  if (there !== undefined) {
    policy.onBytes(key, size);
    return { ...file, crc64: there, skipped: true };
  }
  policy.signal?.throwIfAborted();
  const folder = dirname(target), made = await onDisk(what, mkdir(folder, { recursive: true }));
  try {
    const transfer = new Transfer(what, { storage, key, etag, size }, known, policy);
    return { ...file, crc64: await transfer.run(target), skipped: false };
  } catch (error) {
    if (made !== undefined) await removeEmpty(folder, made);
    throw error;
  }
}

/** CRC-64 of the file that is there when it is the one to download. */
async function sameFile(
  what: string,
  target: string,
  size: number,
  overwrite: FilePolicy["overwrite"],
  expected: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const info = await stat(target).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw diskError(what, error);
  });
  if (!info) return undefined;
  if (info.isDirectory()) throw diskError(what, { code: "EISDIR" });
  if (!overwrite) {
    throw new PaiError(`${what}: the file is there already; replace it with \`overwrite: true\``, {
      code: "EEXIST",
    });
  }
  if (overwrite === true || info.size !== size || !info.isFile()) return undefined;
  const wanted = await expected();
  if (wanted === undefined) return undefined;
  const file = await onDisk(what, open(target, "r"));
  try {
    const found = `${await onDisk(what, crc64OfFile(file, 0, size))}`;
    return found === wanted ? found : undefined;
  } finally {
    await file.close();
  }
}

/** Removes folders that were made for a file that did not come. */
async function removeEmpty(folder: string, topmost: string): Promise<void> {
  try {
    for (let at = folder; at.length >= topmost.length; at = dirname(at)) await rmdir(at);
  } catch {
    // Others have put something there.
  }
}

/** One object on its way into its part file. */
class Transfer {
  readonly #what: string;
  readonly #object: ObjectVersion;
  readonly #policy: FilePolicy;
  readonly #rangeSize: number;
  #expected: string | undefined;
  #counted = 0;

  constructor(what: string, object: ObjectVersion, expected: string | undefined, policy: FilePolicy) {
    this.#what = what;
    this.#object = object;
    this.#expected = expected;
    this.#policy = policy;
    this.#rangeSize = Math.max(policy.rangeSize, Math.ceil(object.size / maxRanges));
  }

  /** Downloads what is missing and puts the file in place; returns its CRC-64. */
  async run(target: string): Promise<string> {
    const part = await this.#open(target);
    try {
      await this.#fill(part);
      const crc = `${this.#whole(part.done)}`;
      checkCrc64(this.#what, this.#object.key, crc, this.#expected);
      this.#policy.signal?.throwIfAborted();
      await part.moveTo(target);
      return crc;
    } catch (error) {
      const isUseless = error instanceof StorageError &&
        (error.code === "CrcMismatch" || error.code === "ObjectChanged");
      if (this.#policy.resume && !isUseless) await part.close().catch(() => {});
      else await part.remove();
      this.#count(-this.#counted);
      throw error;
    }
  }

  async #open(target: string): Promise<PartFile> {
    if (!this.#policy.resume) return await PartFile.create(this.#what, target);
    const { storage: { bucket }, key, etag, size } = this.#object;
    return await PartFile.resume(this.#what, target, { bucket, key, etag, size, rangeSize: this.#rangeSize });
  }

  /** Reads all ranges that are missing, some at once. The first failure ends the others. */
  async #fill(part: PartFile): Promise<void> {
    const { slots, signal: given } = this.#policy;
    for (const range of part.done.keys()) this.#count(this.#lengthOf(range));
    const missing = this.#ranges().filter((range) => !part.done.has(range));
    await inParallel(
      missing,
      slots.most,
      given,
      (range, signal) => slots.use(() => this.#read(part, range, { ...this.#policy, signal })),
    );
  }

  /** Reads one range into its place in the file. */
  async #read(part: PartFile, range: number, policy: FilePolicy): Promise<void> {
    policy.signal?.throwIfAborted();
    const buffer = new Uint8Array(Math.min(bufferSize, this.#lengthOf(range)));
    const start = range * this.#rangeSize, bounds = { start, end: start + this.#lengthOf(range) };
    const hooks = {
      onOpened: (response: Response): void => void (this.#expected ??= crc64Of(response)),
      onThrottled: (): void => policy.slots.shrink(),
    };
    let crc = 0n, at = start, filled = 0;
    const flush = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
      const writing = part.write(bytes, at);
      crc = crc64(bytes, crc); // while the system writes
      await writing;
      at += bytes.length;
      filled = 0;
      this.#count(bytes.length);
    };
    const reader = new RangeReader(this.#object, bounds, policy, hooks);
    try {
      for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
        if (!filled && chunk.length > buffer.length / 4) { // large enough as it is
          await flush(chunk);
          continue;
        }
        while (chunk.length) {
          const taken = chunk.subarray(0, buffer.length - filled);
          buffer.set(taken, filled);
          filled += taken.length;
          chunk = chunk.subarray(taken.length);
          if (filled === buffer.length) await flush(buffer);
        }
      }
    } finally {
      reader.close();
    }
    if (filled) await flush(buffer.subarray(0, filled));
    await part.complete(range, crc);
  }

  /** CRC-64 of the whole from those of its ranges. */
  #whole(done: ReadonlyMap<number, bigint>): bigint {
    return this.#ranges().reduce(
      (crc, range) => combineCrc64(crc, done.get(range)!, this.#lengthOf(range)),
      0n,
    );
  }

  #ranges(): number[] {
    return Array.from({ length: Math.ceil(this.#object.size / this.#rangeSize) }, (_, range) => range);
  }

  #lengthOf(range: number): number {
    return Math.min(this.#rangeSize, this.#object.size - range * this.#rangeSize);
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    this.#policy.onBytes(this.#object.key, bytes);
  }
}
