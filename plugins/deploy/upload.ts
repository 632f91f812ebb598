import type { Clock } from "../../core/clock.ts";
import { StorageError } from "../../core/errors.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import type { ProgressEvent } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";

/** Files to upload and the keys they get. */
export interface UploadPlan {
  /** Each file once. */
  files: { key: string; entry: FileEntry }[];
  /** Where a source will be: a folder with `/` at its end, or one file. */
  addressOf(source: FileSource): string;
}

// Enough to hide latency, few enough for an edge worker, which has six connections.
const concurrency = 4;

/**
 * Looks at every file before anything is sent, so that a missing folder or an unreadable file stops a deployment
 * that has done nothing yet. Each source gets a folder of its own below `prefix`.
 *
 * @param stamp Makes the name of the next folder.
 */
export async function planUploads(
  sources: Iterable<FileSource>,
  storage: Storage,
  prefix: string,
  stamp: () => string,
): Promise<UploadPlan> {
  const files: UploadPlan["files"] = [];
  const addresses = new Map<FileSource, string>();
  for (const source of new Set(sources)) {
    const folder = `${prefix}model_data/${stamp()}/`;
    const entries = await Array.fromAsync(source);
    for (const entry of entries) {
      await checkReadable(entry, source);
      files.push({ key: folder + entry.path, entry });
    }
    const single = entries.length === 1 && await source.kind() === "file";
    addresses.set(source, `oss://${storage.bucket}/${folder}${single ? entries[0]!.path : ""}`);
  }
  return { files, addressOf: (source) => addresses.get(source)! }; // planned above
}

async function checkReadable(entry: FileEntry, { label }: FileSource): Promise<void> {
  const reader = entry.open().getReader();
  try {
    await reader.read();
  } catch (cause) {
    throw new StorageError(`Cannot read "${entry.path}" of "${label}": ${String(cause)}`, {
      cause,
      key: entry.path,
    });
  } finally {
    await reader.cancel().catch(() => {}); // the first bytes are all that was asked
  }
}

/** Options of {@linkcode upload}. */
export interface UploadOptions {
  /** Where the objects go. */
  storage: Storage;
  /** Cancels the uploads. */
  signal?: AbortSignal;
  /** Hears of each file, and of each further percent of the bytes. */
  report: (event: Pick<ProgressEvent, "stage" | "name" | "message" | "bytes">) => void;
}

/**
 * Uploads files. When one fails the others are stopped, what was written is deleted, and the first failure is thrown.
 */
export async function upload(files: UploadPlan["files"], options: UploadOptions): Promise<void> {
  const { storage, report } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const total = files.reduce((sum, { entry }) => sum + entry.size, 0);
  const queue = files.values();
  const written: string[] = [];
  let done = 0;
  let reported = 0;
  const count = (name: string, length: number): void => {
    done += length;
    if (done - reported < total / 100 && done < total) return;
    reported = done;
    report({ stage: "upload", name, message: `uploading ${name}`, bytes: { done, total } });
  };
  const put = async ({ key, entry }: UploadPlan["files"][number]): Promise<void> => {
    const body = entry.open().pipeThrough(counted((length) => count(entry.path, length)));
    await storage.put(key, body, { size: entry.size, ifAbsent: true, signal });
  };
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      if (signal.aborted) return;
      await put(file).then(() => written.push(file.key), (error) => {
        if (!isForeign(error)) written.push(file.key); // what failed may still have arrived
        stop.abort(error);
      });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (!signal.aborted) return;
  await deleteObjects(storage, written);
  throw signal.reason; // the first failure, or the caller's reason
}

// Somebody else's object: two deployments have begun in the same millisecond.
function isForeign(error: unknown): boolean {
  return error instanceof StorageError && error.code === "FileAlreadyExists";
}

function counted(
  count: (length: number) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

/** Deletes objects as far as that is possible and returns how many are left. */
export async function deleteObjects(storage: Storage, keys: readonly string[]): Promise<number> {
  const queue = keys.values();
  let left = 0;
  const worker = async (): Promise<void> => {
    for (const key of queue) await storage.delete(key).catch(() => left++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return left;
}

/** Names folders after the time in UTC, `20240101_000000_000000`; the last digits keep apart what begins together. */
export function timestamps(clock: Clock): () => string {
  let last = -Infinity;
  let count = 0;
  return () => {
    const now = Math.max(clock.now(), last);
    count = now === last ? count + 1 : 0;
    last = now;
    const digits = new Date(now).toISOString().replace(/[-:Z]/g, "").replace(/[T.]/g, "_");
    return digits + String(count).padStart(3, "0");
  };
}
