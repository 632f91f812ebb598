import type { Clock } from "../../../core/clock.ts";
import { digestFiles } from "../../../core/file-digest.ts";
import type { FileEntry, FileSource } from "../../../core/files.ts";
import type { ProgressEvent } from "../../../core/service.ts";

/** Names the folder of a source, and tells the SHA-256 of its files by their paths where it had to hash them. */
export type Naming = (
  source: FileSource,
  entries: FileEntry[],
) => Promise<{ name: string; digests?: Map<string, string> }>;

/**
 * Names each folder after the time in UTC, to the second, and six random digits, `20240101_000000_381502`: other
 * programs may upload to the same bucket in the same millisecond.
 */
export function byTime(clock: Clock): Naming {
  const taken = new Set<string>();
  return () => {
    let name = timeName(clock);
    while (taken.has(name)) name = timeName(clock);
    taken.add(name);
    return Promise.resolve({ name });
  };
}

function timeName(clock: Clock): string {
  const time = new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${time}_${String(random! % 1_000_000).padStart(6, "0")}`;
}

/** Who hears of hashing, and what ends it. */
export interface HashOptions {
  /** Hears of each further percent of a source's bytes. */
  report: (event: Pick<ProgressEvent, "stage" | "name" | "message" | "bytes">) => void;
  /** Cancels the reading. */
  signal?: AbortSignal;
}

/** Names each folder after what is in it, so that the same files are uploaded once, whoever uploads them. */
export function byContent({ report, signal }: HashOptions): Naming {
  return async ({ label }, entries) => {
    const count = counted("hash", entries.map(({ size }) => size), report);
    const watched = async function* (): AsyncGenerator<FileEntry> {
      for (const entry of entries) {
        signal?.throwIfAborted();
        yield {
          path: entry.path,
          size: entry.size,
          open: () => entry.open().pipeThrough(passing((length) => count(entry.path, length), signal)),
        };
      }
    };
    const digests = new Map<string, string>();
    const name = await digestFiles(label, watched(), (path, digest) => digests.set(path, digest));
    return { name, digests };
  };
}

function passing(
  hear: (length: number) => void,
  signal: AbortSignal | undefined,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller) {
      signal?.throwIfAborted();
      hear(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

const verbs = { hash: "reading", upload: "uploading" };

/** Counts the bytes of files and reports each further percent, and the end. */
export function counted(
  stage: "hash" | "upload",
  sizes: readonly number[],
  report: HashOptions["report"],
): (name: string, length: number) => void {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  let reported = 0;
  return (name, length) => {
    done += length;
    if (done - reported < total / 100 && done < total) return;
    reported = done;
    report({ stage, name, message: `${verbs[stage]} ${name}`, bytes: { done, total } });
  };
}
