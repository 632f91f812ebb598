import { type FileHandle, open, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { PaiError } from "../../core/errors.ts";
import type { FileEntry } from "../../core/files.ts";
import { compareUtf8 } from "../../core/percent.ts";
import { pathProblem } from "./file-path.ts";

// Large enough that the calls don't count, small enough to read many files at once.
const chunkSize = 256 * 1024;

/**
 * Yields the files below a folder in the order of their paths' UTF-8 bytes.
 *
 * @param label Name of the source, for messages.
 * @throws {PaiError} when something can't be read, a link leads outside or around, or there is no file at all.
 */
export async function* walk(
  label: string,
  root: string,
  options: { outsideLinks: boolean },
): AsyncIterable<FileEntry> {
  const home = await attempt(label, realpath(root));
  let empty = true;
  for await (const entry of below(label, "", { home, folder: root, around: [home], ...options })) {
    empty = false;
    yield entry;
  }
  if (empty) throw new PaiError(`Cannot read "${label}": the folder holds no files`, { code: "EmptyFolder" });
}

interface Folder {
  /** Real path of the source. */
  home: string;
  /** The folder to read. */
  folder: string;
  /** Real paths of this folder and those around it. */
  around: string[];
  outsideLinks: boolean;
}

async function* below(label: string, prefix: string, place: Folder): AsyncIterable<FileEntry> {
  const children = await Promise.all((await attempt(label, readdir(place.folder))).map(async (name) => {
    const path = prefix + name;
    const full = join(place.folder, name);
    const info = await attempt(label, stat(full), path);
    // A folder's files all start with its name and a slash, so with the slash siblings sort as their files do.
    return { path, full, info, order: info.isDirectory() ? `${path}/` : path };
  }));
  children.sort((a, b) => compareUtf8(a.order, b.order));

  for (const { path, full, info } of children) {
    const real = await attempt(label, realpath(full), path);
    if (info.isDirectory() && place.around.includes(real)) {
      throw refusal(label, path, "is a link to a folder around itself");
    }
    if (!place.outsideLinks && !real.startsWith(place.home.endsWith(sep) ? place.home : place.home + sep)) {
      throw refusal(label, path, "is a link that leaves the folder; allow it with `outsideLinks: true`");
    }
    if (!info.isDirectory()) yield await fileEntry(label, path, full);
    else yield* below(label, `${path}/`, { ...place, folder: full, around: [...place.around, real] });
  }
}

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
    open: () => fileStream(label, path, full),
  };
}

function fileStream(label: string, path: string, full: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  let opening: Promise<FileHandle> | undefined;
  const close = async (): Promise<void> => {
    await (await opening?.catch(() => undefined))?.close(); // what did not open needs no closing
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const file = await (opening ??= open(full));
        const { bytesRead, buffer } = await file.read(new Uint8Array(chunkSize), 0, chunkSize);
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

function refusal(label: string, path: string, problem: string): PaiError {
  return new PaiError(`Cannot read "${label}": the path ${JSON.stringify(path)} ${problem}`, {
    code: "UnusableFile",
  });
}
