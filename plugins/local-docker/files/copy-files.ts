import type { FileEntry } from "../../../core/files.ts";
import { tar } from "../../archive/tar-stream.ts";
import type { Job } from "../create/job.ts";
import { putArchive } from "../engine/archive.ts";
import type { FilesToCopy } from "../plan/container-plan.ts";

/** Files that were looked at, but not read. */
export interface Copy extends FilesToCopy {
  /** How many there are. */
  readonly count: number;
  /** Bytes of all. */
  readonly bytes: number;
  /** The only file, when it is an archive that is to be unpacked. */
  readonly archive?: FileEntry;
}

// What the engine unpacks: https://docs.docker.com/reference/api/engine/version/v1.41/#operation/PutContainerArchive.
const archiveName = /\.(?:tar|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i;

/**
 * Looks at files that are to be copied, so that what is missing is told before an image is pulled for an hour.
 *
 * @param unpack Whether a single archive is unpacked.
 * @throws {PaiError} when they can't be looked at, such as a {@linkcode StorageError} when there are none.
 */
export async function lookAt(copy: FilesToCopy, unpack: boolean, signal: AbortSignal): Promise<Copy> {
  let count = 0, bytes = 0, last: FileEntry | undefined;
  for await (const entry of copy.files(signal)) {
    signal.throwIfAborted();
    count++;
    bytes += entry.size;
    last = entry;
  }
  const isArchive = unpack && count === 1 && last !== undefined && archiveName.test(last.path);
  return { ...copy, count, bytes, ...(isArchive && { archive: last }) };
}

/** How often progress is told, in milliseconds. */
const interval = 200;

/**
 * Copies files into a folder of a container, which needn't run. They are read as fast as the engine writes them.
 *
 * @throws {DockerError} when the engine refuses; whatever reading the files throws.
 */
export async function copyFiles(job: Job, container: string, path: string, copy: Copy): Promise<void> {
  const { engine, watch: { signal, clock, report } } = job;
  const { label, archive } = copy;
  let told = -Infinity, isAllTold = false;
  const tell = (done: number): void => {
    const isAll = done >= copy.bytes;
    if (isAll ? isAllTold : clock.now() - told < interval) return;
    [told, isAllTold] = [clock.now(), isAll];
    const what = archive ? "unpacking" : "copying";
    report({
      stage: "upload",
      message: `${what} "${label}" to "${path}"`,
      bytes: { done, total: copy.bytes },
    });
  };
  tell(0);
  const failed: { error?: unknown } = {};
  const body = archive ? counted(archive.open(), tell) : tar(copy.files(signal), {
    signal,
    mtime: new Date(),
    collidingNames: "keep", // Linux tells them apart
    onProgress: ({ bytes }) => tell(bytes),
  });
  try {
    await putArchive(engine, container, path, remembering(body, failed), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw failed.error ?? error; // the engine only knows that the archive broke off
  }
}

function counted(
  stream: ReadableStream<Uint8Array>,
  tell: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        bytes += chunk.length;
        tell(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** A stream whose own failure can be told from its reader's. */
function remembering(
  stream: ReadableStream<Uint8Array>,
  failed: { error?: unknown },
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        failed.error = error;
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
