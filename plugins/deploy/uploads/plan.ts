import { utf8 } from "../../../core/encoding.ts";
import { StorageError } from "../../../core/errors.ts";
import type { FileEntry, FileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import type { Naming } from "./naming.ts";

/** A file and the object that it becomes. */
export interface UploadFile {
  /** Key of the object. */
  key: string;
  /** The file. */
  entry: FileEntry;
  /** SHA-256 of its content, where that is known: what is sent must have it. */
  sha256?: string;
}

/** A source of files and where it goes. */
export interface Upload {
  /** What the source is called. */
  label: string;
  /** Where it will be: a folder with `/` at its end, or one file. */
  address: OssUri;
  /** Length of all files in bytes. */
  bytes: number;
  /** Its files. */
  files: UploadFile[];
}

/** What is uploaded for a deployment. */
export interface UploadPlan {
  /** Each source once. */
  uploads: Upload[];
  /** Where a source will be. */
  addressOf(source: FileSource): OssUri;
}

// Of an object's key, in UTF-8: https://help.aliyun.com/zh/oss/user-guide/object-naming-conventions
const longestKey = 1023;

/**
 * Looks at every file before anything is sent, so that a missing folder or an unreadable file stops a deployment
 * that has done nothing yet. Each source gets a folder of its own below `prefix`, code apart from models.
 *
 * @throws {TypeError} when a source has no files, or holds what can't be an object.
 * @throws {StorageError} when a file can't be read.
 */
export async function planUploads(
  sources: Iterable<FileSource>,
  { bucket, prefix, naming, isCode }: {
    bucket: string;
    prefix: string;
    naming: Naming;
    isCode?: (source: FileSource) => boolean;
  },
): Promise<UploadPlan> {
  const uploads = new Map<FileSource, Upload>();
  for (const source of new Set(sources)) {
    const entries = await readableEntries(source);
    const { name, digests } = await naming(source, entries);
    const folder = `${uploadFolder(prefix, isCode?.(source))}${name}/`;
    const files = entries.map((entry): UploadFile => {
      const key = folder + entry.path;
      const problem = keyProblem(key);
      if (problem) throw new TypeError(`Cannot deploy "${source.label}": the key "${key}" ${problem}`);
      return { key, entry, sha256: digests?.get(entry.path) };
    });
    const single = entries.length === 1 && await source.kind() === "file";
    uploads.set(source, {
      label: source.label,
      address: `oss://${bucket}/${single ? files[0]!.key : folder}`, // there is exactly one
      bytes: entries.reduce((sum, { size }) => sum + size, 0),
      files,
    });
  }
  return { uploads: [...uploads.values()], addressOf: (source) => uploads.get(source)!.address }; // planned above
}

/** Where the folders of uploads are, called as the PAI SDK for Python calls them. */
export function uploadFolder(prefix: string, isCode = false): string {
  return `${prefix}${isCode ? "inference_src" : "model_data"}/`;
}

/** The files of several uploads, each object once: two sources may hold the same. */
export function filesOf(uploads: readonly Upload[]): UploadFile[] {
  return [...new Map(uploads.flatMap(({ files }) => files.map((file) => [file.key, file]))).values()];
}

async function readableEntries(source: FileSource): Promise<FileEntry[]> {
  const entries = await Array.fromAsync(source);
  if (entries.length === 0) throw new TypeError(`Cannot deploy "${source.label}": it has no files`);
  for (const entry of entries) {
    const problem = kindProblem(entry);
    if (problem) throw new TypeError(`Cannot deploy "${source.label}": "${entry.path}" ${problem}`);
    await checkReadable(entry, source);
  }
  return entries;
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
