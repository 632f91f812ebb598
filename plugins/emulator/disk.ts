/**
 * Keeps the contents of an emulator's objects on this machine's disk, so that gigabytes fit.
 *
 * @example
 * ```ts
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { onDisk } from "@pai-edge/sdk/emulator/disk";
 * import { serve } from "@pai-edge/sdk/emulator/serve";
 *
 * await using objects = onDisk(); // in a folder of its own, which goes when this block ends
 * await using server = await serve(emulator({ objects }));
 * console.log(server.url);
 * ```
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Crc64 } from "./crc64.ts";
import type { ObjectStore, Piece } from "./object-store.ts";

export type { ObjectStore, Piece };

/** Options of {@linkcode onDisk}. */
export interface OnDiskOptions {
  /** Folder for the contents; made when it is missing. @default {a new one among the system's temporary files} */
  folder?: string;
  /** Most bytes that one request may bring; OSS takes 5 GB. @default {5368709120} */
  maxSize?: number;
  /**
   * Whether entity tags are MD5s, as those of OSS are. MD5 is the slowest thing that an upload waits for; without it a
   * tag is made of length and CRC-64. What comes with a `Content-MD5` is checked in any case. @default {true}
   */
  md5?: boolean;
}

/** Contents on disk. */
export interface DiskStore extends ObjectStore, AsyncDisposable {
  /** Where they lie. */
  readonly folder: string;
  /** Removes everything that was written, and the folder when it was made here. */
  close(): Promise<void>;
}

/** Bytes in one chunk of what is read. */
const chunkSize = 256 * 1024;

/**
 * Makes a store on disk. Objects don't outlive their emulator: only their contents are there.
 *
 * @throws {Error} when the folder can't be made.
 * @throws {RangeError} when `maxSize` is negative.
 */
export function onDisk(options: OnDiskOptions = {}): DiskStore {
  const { maxSize = 5 * 1024 ** 3, md5: makesMd5 = true } = options;
  if (!(maxSize >= 0)) {
    throw new RangeError(`Cannot keep objects on disk: "maxSize" is ${maxSize}; give a number from 0`);
  }
  const isNew = options.folder === undefined || mkdirSync(options.folder, { recursive: true }) !== undefined;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "emulator-"));
  // Names of its own, as two stores may share a folder.
  const prefix = crypto.randomUUID();
  const paths = new Map<Piece, string>();
  const removals = new Set<Promise<void>>();
  let count = 0;

  const remove = (path: string): Promise<void> => {
    const removal = rm(path, { force: true }).finally(() => removals.delete(removal));
    removals.add(removal);
    return removal;
  };
  const close = async (): Promise<void> => {
    for (const path of paths.values()) void remove(path);
    paths.clear();
    await Promise.all(removals);
    if (isNew) await rm(folder, { recursive: true, force: true });
  };
  return {
    folder,
    maxSize,
    async write(body, needsMd5): Promise<Piece> {
      const path = join(folder, `${prefix}-${++count}`);
      try {
        const piece = await writeFile(path, body, maxSize, makesMd5 || needsMd5);
        paths.set(piece, path);
        return piece;
      } catch (error) {
        await remove(path);
        throw error;
      }
    },
    read: (piece, start, end) => readFile(paths.get(piece), start, end),
    delete(piece): void {
      const path = paths.get(piece);
      paths.delete(piece);
      if (path !== undefined) void remove(path);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function writeFile(
  path: string,
  body: ReadableStream<Uint8Array> | null,
  maxSize: number,
  needsMd5: boolean,
): Promise<Piece> {
  const md5 = needsMd5 ? createHash("md5") : undefined;
  const crc = new Crc64();
  let size = 0;
  const file = await open(path, "wx");
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length;
      if (size > maxSize) throw new RangeError(`longer than ${maxSize} bytes`);
      const written = writeAll(file, chunk);
      written.catch(() => {}); // awaited below, which an error in between would prevent
      md5?.update(chunk); // meanwhile
      crc.update(chunk);
      await written;
    }
  } finally {
    await file.close();
  }
  const crc64 = crc.digest();
  const digest = md5 ?? createHash("md5").update(`${size} ${crc64}`);
  return { size, crc64, digest: new Uint8Array(digest.digest()) };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

function readFile(
  path: string | undefined,
  start: number,
  end: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (path === undefined) throw new Error("the content was deleted");
  let file: FileHandle | undefined;
  let at = start;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      file ??= await open(path);
      try {
        const { bytesRead, buffer } = await file.read(
          new Uint8Array(Math.min(chunkSize, end - at)),
          0,
          Math.min(chunkSize, end - at),
          at,
        );
        if (bytesRead === 0) throw new Error(`the file ${path} has become shorter`);
        at += bytesRead;
        controller.enqueue(buffer.subarray(0, bytesRead));
        if (at < end) return;
        controller.close();
      } catch (error) {
        await file.close();
        throw error;
      }
      await file.close();
    },
    cancel: () => file?.close(),
  });
}
