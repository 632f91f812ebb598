import { type FileHandle, open, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PaiError } from "../../../core/errors.ts";
import { pathProblem } from "../../../core/file-path.ts";
import type { ByteRange, FileEntry } from "../../../core/files.ts";

// Large enough that the calls don't count, small enough to read many files at once.
const chunkSize = 256 * 1024;

/**
 * Describes one file.
 *
 * @param path Path inside the source.
 * @param full Path on this machine.
 * @throws {PaiError} when it is none, or can't be read.
 */
export async function fileEntry(label: string, path: string, full: string): Promise<FileEntry> {
  const info = await attempt(label, stat(full), path);
  const problem = info.isFile() ? pathProblem(path) : "is neither a file nor a folder";
  if (problem) throw refusal(label, path, problem);
  return {
    path,
    size: info.size,
    ...(sep === "/" && { mode: info.mode & 0o777 }), // Windows makes its bits up
    open: (range) => fileStream(label, path, full, range),
    read: (into, start) => readInto(label, path, full, into, start),
    fingerprint: async () => {
      const { size, mtimeMs, ino } = await attempt(label, stat(full), path);
      return `${size} ${mtimeMs} ${ino}`;
    },
  };
}

async function readInto(
  label: string,
  path: string,
  full: string,
  into: Uint8Array<ArrayBuffer>,
  start: number,
): Promise<number> {
  const file = await attempt(label, open(full), path);
  try {
    let length = 0;
    while (length < into.length) {
      const { bytesRead } = await attempt(
        label,
        file.read(into, length, into.length - length, start + length),
        path,
      );
      if (!bytesRead) break;
      length += bytesRead;
    }
    return length;
  } finally {
    await file.close();
  }
}

function fileStream(
  label: string,
  path: string,
  full: string,
  { start, end = Infinity }: ByteRange = { start: 0 },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start;
  let opening: Promise<FileHandle> | undefined;
  const close = async (): Promise<void> => {
    await (await opening?.catch(() => undefined))?.close(); // what did not open needs no closing
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const file = await (opening ??= open(full));
        const length = Math.min(chunkSize, end - at + 1);
        const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, at);
        at += bytesRead;
        if (bytesRead) return controller.enqueue(buffer.subarray(0, bytesRead));
        await close();
        controller.close();
      } catch (error) {
        await close().catch(() => {}); // the first failure is the one to tell
        throw readError(label, error, path);
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

/** Waits for the file system, whose refusals become errors of this package. */
export async function attempt<T>(label: string, work: Promise<T>, path?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw readError(label, error, path);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "a link leads back to itself",
};

/** Makes the error of a file system that said no. */
function readError(label: string, error: unknown, path?: string): PaiError {
  // Node's errors carry a code; Deno's refusals of a permission only have a name and say which flag is missing.
  const { name, message, code }: { name?: string; message?: string; code?: string } = Object(error);
  const reason = reasons[code ?? ""] ?? message;
  const where = path === undefined ? "" : `"${path}": `;
  return new PaiError(`Cannot read "${label}": ${where}${reason}`, {
    code: code ?? (name === "NotCapable" ? "EACCES" : undefined),
    cause: error,
  });
}

/** The error of what can't be part of a source. */
export function refusal(label: string, path: string, problem: string): PaiError {
  return new PaiError(`Cannot read "${label}": the path ${JSON.stringify(path)} ${problem}`, {
    code: "UnusableFile",
  });
}
