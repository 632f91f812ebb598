/**
 * Files that are in memory, to deploy from where there is no disk.
 *
 * @example
 * ```ts
 * import { fromMap } from "@pai-edge/sdk/storage/map";
 *
 * const model = fromMap({ "model.json": JSON.stringify({ trees: [] }), "labels/en.txt": "cat\ndog\n" });
 * for await (const { path, size } of model) console.log(path, size);
 * ```
 *
 * @module
 */
import { utf8 } from "../../core/encoding.ts";
import type { ByteRange, FileEntry, FileSource } from "../../core/files.ts";
import { compareUtf8 } from "../../core/percent.ts";
import { digestFiles } from "../../core/file-digest.ts";
import { pathProblem } from "../../core/file-path.ts";

/** What a file of {@linkcode fromMap} holds; text is written as UTF-8. */
export type FileContent = string | Uint8Array<ArrayBuffer> | Blob;

/** Options of {@linkcode fromMap}. */
export interface FromMapOptions {
  /** What to call the source in messages. @default {"files in memory"} */
  label?: string;
}

/**
 * Files in memory, by path: a folder for where there is none, such as an edge worker.
 *
 * @throws {TypeError} when there are no files, or a path is not relative, POSIX and in one spelling.
 */
export function fromMap(
  files: Readonly<Record<string, FileContent>> | ReadonlyMap<string, FileContent>,
  options: FromMapOptions = {},
): FileSource {
  const { label = "files in memory" } = options;
  const pairs = files instanceof Map ? [...files.entries()] : Object.entries(files);
  checkPaths(label, pairs.map(([path]) => path));
  const entries = pairs.map(([path, content]) => fileEntry(label, path, content))
    .sort((a, b) => compareUtf8(a.path, b.path));
  const source: FileSource = {
    label,
    kind: () => Promise.resolve("directory"),
    digest: () => digestFiles(label, source),
    async *[Symbol.asyncIterator]() {
      yield* entries;
    },
  };
  return source;
}

function checkPaths(label: string, paths: string[]): void {
  if (!paths.length) throw new TypeError(`Cannot use "${label}": it holds no files`);
  const files = new Map<string, string>();
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem) throw new TypeError(`Cannot use "${label}": the path ${JSON.stringify(path)} ${problem}`);
    // Some file systems take two spellings of one name, such as é and e with an accent, for the same file.
    const name = path.normalize("NFC");
    const twin = files.get(name);
    if (twin !== undefined) {
      throw new TypeError(`Cannot use "${label}": "${twin}" and "${path}" are the same path`);
    }
    files.set(name, path);
  }
  for (const [name, path] of files) {
    for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
      if (!files.has(name.slice(0, end))) continue;
      throw new TypeError(
        `Cannot use "${label}": "${name.slice(0, end)}" is a file and the folder of "${path}"`,
      );
    }
  }
}

function fileEntry(label: string, path: string, content: FileContent): FileEntry {
  const data = typeof content === "string" ? utf8(content) : content;
  if (data instanceof Blob) {
    return { path, size: data.size, open: (range) => (range ? data.slice(...ends(range)) : data).stream() };
  }
  if (!(data instanceof Uint8Array)) {
    throw new TypeError(`Cannot use "${label}": the file "${path}" is no string, Uint8Array or Blob`);
  }
  return { path, size: data.length, open: (range) => streamOf(range ? data.subarray(...ends(range)) : data) };
}

/** Offsets as slices count them, whose end is not included. */
function ends({ start, end }: ByteRange): [start: number, end?: number] {
  return end === undefined ? [start] : [start, end + 1];
}

/** Sends a copy: whoever reads a stream may transfer its chunks, and the file must survive that. */
function streamOf(data: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      if (data.length) controller.enqueue(data.slice());
      controller.close();
    },
  });
}
