import { PaiError, StorageError } from "./errors.ts";
import { digestFiles } from "./file-digest.ts";
import { pathProblem } from "./file-path.ts";
import type { FileEntry, FileSource } from "./files.ts";
import { type OssUri, parseOssUri } from "./oss-uri.ts";
import type { ObjectInfo, Storage } from "./storage.ts";

/** Options of {@linkcode filesUnder}. */
export interface FilesUnderOptions {
  /** Cancels every request that reading the source makes. */
  signal?: AbortSignal;
}

/**
 * Files that are objects: all below `oss://bucket/folder/`, or the one at `oss://bucket/folder/model.bin`. An address
 * without a slash at its end is that of an object when there is one, else of a folder; it is never that of everything
 * whose key starts so. Nothing is read before the source is used, and a file only when it is opened.
 *
 * Empty objects whose keys end with a slash are folders that a console has made, and no files.
 *
 * @throws {TypeError} when the address is none, or of another bucket than the storage's. Reading rejects with a
 * {@linkcode StorageError} whose code is `NoSuchKey` when there is nothing, and with a {@linkcode PaiError} whose
 * code is `UnusableFile` when a key can't be a path, or `FileChanged` when an object was replaced since it was listed.
 */
export function filesUnder(storage: Storage, uri: OssUri, options: FilesUnderOptions = {}): FileSource {
  const { signal } = options;
  const { bucket, key } = parseOssUri(uri);
  if (bucket !== storage.bucket) {
    throw new TypeError(`Cannot read "${uri}": the storage is that of the bucket "${storage.bucket}"`);
  }
  const label = `oss://${bucket}/${key}`;

  /** The object at the address, when it is one. */
  const single = async (): Promise<ObjectInfo | undefined> =>
    key === "" || key.endsWith("/") ? undefined : await storage.head(key, { signal });

  const source: FileSource = {
    label,
    kind: async () => await single() ? "file" : "directory",
    digest: () => digestFiles(label, source),
    async *[Symbol.asyncIterator]() {
      const info = await single();
      if (info) return yield fileEntry(storage, label, info, key.lastIndexOf("/") + 1, signal);
      const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
      yield* below(storage, label, prefix, signal);
    },
  };
  return source;
}

async function* below(
  storage: Storage,
  label: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncIterable<FileEntry> {
  const files = new Set<string>();
  for await (const info of storage.list({ prefix, signal })) {
    if (info.key.endsWith("/") && info.size === 0) continue;
    const entry = fileEntry(storage, label, info, prefix.length, signal);
    for (let end = entry.path.indexOf("/"); end >= 0; end = entry.path.indexOf("/", end + 1)) {
      const folder = entry.path.slice(0, end); // objects come in order, so this file would have come before
      if (files.has(folder)) throw unusable(label, info.key, `is below "${folder}", which is a file`);
    }
    files.add(entry.path);
    yield entry;
  }
  if (files.size) return;
  throw new StorageError(`Cannot read "${label}": there are no files`, { code: "NoSuchKey", key: prefix });
}

function fileEntry(
  storage: Storage,
  label: string,
  { key, size, etag }: ObjectInfo,
  start: number,
  signal: AbortSignal | undefined,
): FileEntry {
  const path = key.slice(start);
  const problem = pathProblem(path);
  if (problem) throw unusable(label, key, `can't be a path: ${JSON.stringify(path)} ${problem}`);
  const open: FileEntry["open"] = (range) =>
    size === 0 ? new Blob([]).stream() : later(async () => {
      try {
        const { body } = await storage.get(key, { range, signal, ifMatch: etag || undefined });
        return body ?? new Blob([]).stream();
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== "PreconditionFailed") throw error;
        const problem = `"${path}" was replaced since it was listed`;
        throw new PaiError(`Cannot read "${label}": ${problem}`, { code: "FileChanged", cause: error });
      }
    });
  return { path, size, open, fingerprint: () => Promise.resolve(`${size} ${etag}`) };
}

/** A stream that is asked for when somebody reads it: a source has many files, and a bucket answers few at once. */
function later(
  open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      reader ??= (await open()).getReader();
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader?.cancel(reason),
  }, { highWaterMark: 0 });
}

function unusable(label: string, key: string, problem: string): PaiError {
  return new PaiError(`Cannot read "${label}": the key ${JSON.stringify(key)} ${problem}`, {
    code: "UnusableFile",
  });
}
