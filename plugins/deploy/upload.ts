import { PaiError, StorageError } from "../../core/errors.ts";
import type { FileEntry } from "../../core/files.ts";
import type { ProgressEvent } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import { bounded } from "../../core/timeout.ts";
import type { UploadPlan } from "./plan-uploads.ts";

// Enough to hide latency, few enough for an edge worker, which has six connections.
const concurrency = 4;

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
 * @throws {PaiError} with the code `FileChanged` when a file is longer or shorter than it was when it was planned.
 * @throws {TimeoutError} when the time is up.
 */
export async function upload(files: UploadPlan["files"], options: UploadOptions): Promise<void> {
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
  files: UploadPlan["files"],
  { storage, report, written }: UploadOptions,
  given: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([given, stop.signal]);
  const count = counter(files, report);
  const queue = files.values();
  const worker = async (): Promise<void> => {
    for (const { key, entry } of queue) {
      if (signal.aborted) return;
      written.add(key); // an upload that fails may still have arrived
      await put(storage, key, entry, count, signal).catch((error) => {
        if (isForeign(error)) written.delete(key);
        stop.abort(error);
      });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  signal.throwIfAborted(); // with the first failure, or the caller's reason
}

type Count = (entry: FileEntry, length: number) => void;

function counter(files: UploadPlan["files"], report: UploadOptions["report"]): Count {
  const total = files.reduce((sum, { entry }) => sum + entry.size, 0);
  let done = 0;
  let reported = 0;
  return ({ path: name }, length) => {
    done += length;
    if (done - reported < total / 100 && done < total) return;
    reported = done;
    report({ stage: "upload", name, message: `uploading ${name}`, bytes: { done, total } });
  };
}

async function put(
  storage: Storage,
  key: string,
  entry: FileEntry,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  let changed: PaiError | undefined;
  let sent = 0;
  const check = (hasChanged: boolean): void => {
    if (!hasChanged) return;
    const message =
      `Cannot upload "${entry.path}": it no longer has the ${entry.size} bytes that it had before`;
    throw changed = new PaiError(message, { code: "FileChanged" });
  };
  const measured = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      check((sent += chunk.length) > entry.size);
      count(entry, chunk.length);
      controller.enqueue(chunk);
    },
    flush: () => check(sent < entry.size),
  });
  if (entry.size === 0) count(entry, 0); // no bytes will tell of it
  try {
    await storage.put(key, entry.open().pipeThrough(measured), { size: entry.size, ifAbsent: true, signal });
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
  const queue = [...left].values();
  await bounded("Cannot delete", deletingTime, undefined, async (signal) => {
    const worker = async (): Promise<void> => {
      for (const key of queue) {
        await storage.delete(key, { signal }).then(() => left.delete(key), () => {});
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }).catch(() => {});
  return [...left];
}
