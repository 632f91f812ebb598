import { sha256 as newSha256 } from "@noble/hashes/sha2.js";
import { hex } from "../../../core/encoding.ts";
import { PaiError, StorageError } from "../../../core/errors.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import { bounded } from "../../../core/timeout.ts";
import { counted } from "./naming.ts";
import { inParallel } from "./parallel.ts";
import type { UploadFile } from "./plan.ts";

/** Requests at a time: enough to hide latency, few enough for an edge worker, which has six connections. */
export const concurrency = 4;

// How long uploads that are cancelled may take to end: a storage that ignores its signal holds nobody up.
const endingTime = 5_000;

// How long deleting may take in all.
const deletingTime = 120_000;

/** Options of {@linkcode upload}. */
export interface UploadOptions {
  /** Beginning of the error's message when the time is up. */
  what: string;
  /** Where the objects go. */
  storage: Storage;
  /** Cancels the uploads. */
  signal?: AbortSignal;
  /** Longest time in milliseconds. */
  timeout: number;
  /** Hears of each file, and of each further percent of the bytes. */
  report: (event: Pick<ProgressEvent, "stage" | "name" | "message" | "bytes">) => void;
  /** Gets the keys of what is or may be written, so that it can be deleted, also when the upload fails. */
  written: Set<string>;
}

/**
 * Uploads files. When one fails the others are stopped, and the first failure is thrown.
 *
 * @throws {PaiError} with the code `FileChanged` when a file is not what it was when it was planned.
 * @throws {TimeoutError} when the time is up.
 */
export async function upload(files: readonly UploadFile[], options: UploadOptions): Promise<void> {
  const { what, timeout } = options;
  let running: Promise<void> | undefined;
  try {
    await bounded(what, timeout, options.signal, (signal) => running = uploadAll(files, options, signal));
  } catch (error) {
    // What is still on its way would arrive after it was deleted.
    if (running) await bounded(what, endingTime, undefined, () => running!).catch(() => {});
    throw error;
  }
}

async function uploadAll(
  files: readonly UploadFile[],
  { storage, report, written }: UploadOptions,
  given: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([given, stop.signal]);
  const count = counted("upload", files.map(({ entry }) => entry.size), report);
  await inParallel(files, concurrency, async (file) => {
    if (signal.aborted) return false;
    written.add(file.key); // an upload that fails may still have arrived
    await put(storage, file, count, signal).catch((error) => {
      if (isForeign(error)) written.delete(file.key);
      stop.abort(error);
    });
  });
  signal.throwIfAborted(); // with the first failure, or the caller's reason
}

async function put(
  storage: Storage,
  { key, entry, sha256 }: UploadFile,
  count: (name: string, length: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { path, size } = entry;
  const hash = sha256 === undefined ? undefined : newSha256.create();
  let changed: PaiError | undefined;
  let sent = 0;
  const check = (hasChanged: boolean, problem = `it no longer has the ${size} bytes that it had before`) => {
    if (!hasChanged) return;
    throw changed = new PaiError(`Cannot upload "${path}": ${problem}`, { code: "FileChanged" });
  };
  const measured = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      if (chunk.length === 0) return;
      check((sent += chunk.length) > size);
      // Judged before the last bytes are sent: an object that is not what its name says never comes to be.
      if (hash?.update(chunk) && sent === size) {
        check(hex(hash.digest()) !== sha256, "its content is no longer what it was before");
      }
      count(path, chunk.length);
      controller.enqueue(chunk);
    },
    flush: () => check(sent < size),
  });
  if (size === 0) count(path, 0); // no bytes will tell of it
  const what = sha256 === undefined ? { ifAbsent: true } : { metadata: { sha256 } };
  try {
    await storage.put(key, entry.open().pipeThrough(measured), { size, signal, ...what });
  } catch (error) {
    throw changed ?? error; // a storage may wrap what broke its stream
  }
}

// Somebody else's object: two deployments have chosen the same folder.
function isForeign(error: unknown): boolean {
  return error instanceof StorageError && error.code === "FileAlreadyExists";
}

/** Deletes objects as far as that is possible and returns the keys of those that are left. */
export async function deleteObjects(storage: Storage, keys: Iterable<string>): Promise<string[]> {
  const left = new Set(keys);
  await bounded(
    "Cannot delete",
    deletingTime,
    undefined,
    (signal) =>
      inParallel([...left], concurrency, async (key) => {
        await storage.delete(key, { signal }).then(() => left.delete(key), () => {});
      }),
  ).catch(() => {});
  return [...left];
}
