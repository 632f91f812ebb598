import type { Clock } from "../../core/clock.ts";
import { utf8 } from "../../core/encoding.ts";
import { StorageError } from "../../core/errors.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import type { Storage } from "../../core/storage.ts";

/** Files to upload and the keys they get. */
export interface UploadPlan {
  /** Each file once. */
  files: { key: string; entry: FileEntry }[];
  /** Where a source will be: a folder with `/` at its end, or one file. */
  addressOf(source: FileSource): string;
}

// Of an object's key, in UTF-8: https://help.aliyun.com/zh/oss/user-guide/object-naming-conventions
const longestKey = 1023;

/**
 * Looks at every file before anything is sent, so that a missing folder or an unreadable file stops a deployment
 * that has done nothing yet. Each source gets a folder of its own below `prefix`.
 *
 * @throws {TypeError} when a source has no files, or holds what can't be an object.
 * @throws {StorageError} when a file can't be read.
 */
export async function planUploads(
  sources: Iterable<FileSource>,
  storage: Storage,
  prefix: string,
  clock: Clock,
): Promise<UploadPlan> {
  const files: UploadPlan["files"] = [];
  const addresses = new Map<FileSource, string>();
  const folders = new Set<string>();
  for (const source of new Set(sources)) {
    const folder = `${prefix}model_data/${newName(clock, folders)}/`;
    const entries = await Array.fromAsync(source);
    if (entries.length === 0) throw new TypeError(`Cannot deploy "${source.label}": it has no files`);
    for (const entry of entries) {
      const key = folder + entry.path;
      const problem = kindProblem(entry) ?? keyProblem(key);
      if (problem) throw new TypeError(`Cannot deploy "${source.label}": the key "${key}" ${problem}`);
      await checkReadable(entry, source);
      files.push({ key, entry });
    }
    const single = entries.length === 1 && await source.kind() === "file";
    addresses.set(source, `oss://${storage.bucket}/${folder}${single ? entries[0]!.path : ""}`);
  }
  return { files, addressOf: (source) => addresses.get(source)! }; // planned above
}

/** What keeps an entry from being an object. */
function kindProblem({ kind = "file" }: FileEntry): string | undefined {
  if (kind === "file") return undefined;
  return kind === "link"
    ? 'would be a link, which OSS does not have; follow it with `links: "follow"`'
    : 'would be an empty folder, which OSS does not have; leave it out with `emptyFolders: "skip"`';
}

/** What keeps a text from being a key that OSS takes and URLs can carry. */
export function keyProblem(key: string): string | undefined {
  if (key.startsWith("\\")) return 'starts with "\\", which OSS does not allow';
  if (!key.isWellFormed()) return "has a lone surrogate, which UTF-8 can't carry";
  if (key.split("/").some((segment) => ["", ".", ".."].includes(segment))) {
    return 'has an empty, "." or ".." segment';
  }
  const { length } = utf8(key);
  return length > longestKey ? `has ${length} bytes; OSS allows ${longestKey}` : undefined;
}

async function checkReadable(entry: FileEntry, { label }: FileSource): Promise<void> {
  const reader = entry.open({ start: 0, end: 0 }).getReader(); // a whole file may come over a network
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

function newName(clock: Clock, taken: Set<string>): string {
  let name = folderName(clock);
  while (taken.has(name)) name = folderName(clock);
  taken.add(name);
  return name;
}

/**
 * Names a folder after the time in UTC, to the second, and six random digits, `20240101_000000_381502`: other
 * programs may upload to the same bucket in the same millisecond.
 */
function folderName(clock: Clock): string {
  const time = new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${time}_${String(random! % 1_000_000).padStart(6, "0")}`;
}
