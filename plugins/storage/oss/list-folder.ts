import { compareUtf8 } from "../../../core/percent.ts";
import type { ListOptions, ObjectInfo } from "../../../core/storage.ts";
import { checkListOptions } from "../object/key.ts";
import { readText } from "./answer.ts";
import type { OssBucket, OssRequest } from "./bucket.ts";
import { listPages } from "./listing.ts";

/** What lies directly in a folder: an object, or a folder as the prefix that its objects share. */
export type FolderEntry = ObjectInfo | FolderPrefix;

/** A folder inside a folder. */
export interface FolderPrefix {
  /** What the keys inside begin with, the delimiter included: `models/iris/`. */
  prefix: string;
  /** Folders have no key. */
  key?: undefined;
}

/** Options of {@linkcode listFolder}. */
export interface ListFolderOptions extends Omit<ListOptions, "prefix"> {
  /** What separates folders. @default {"/"} */
  delimiter?: string;
}

/**
 * Lists one level of keys, in the order of their UTF-8 bytes: `listFolder(bucket, "models/")` yields
 * `{ prefix: "models/iris/" }` and the objects `models/…` that have no further slash.
 *
 * @param prefix What to look below, usually with a delimiter at its end; `""` is the whole bucket.
 * @throws {TypeError} when a text can't be sent.
 * @throws {RangeError} when `pageSize` is not an integer from 1 to 1000.
 * @throws {StorageError} while listing, when OSS refuses or its answer is no listing.
 */
export function listFolder(
  bucket: OssBucket,
  prefix: string,
  options: ListFolderOptions = {},
): AsyncIterable<FolderEntry> {
  const { delimiter = "/" } = options;
  checkListOptions(bucket.bucket, { ...options, prefix });
  if (!delimiter || !delimiter.isWellFormed()) {
    throw new TypeError(`Cannot list "oss://${bucket.bucket}/${prefix}": \`delimiter\` is no text`);
  }
  return entries(bucket, { ...options, prefix, delimiter });
}

async function* entries(
  bucket: OssBucket,
  options: ListOptions & { delimiter: string },
): AsyncIterable<FolderEntry> {
  const uri = `oss://${bucket.bucket}/${options.prefix}`;
  const fetchPage = async (query: OssRequest["query"]): Promise<string> => {
    const request = { action: "list", method: "GET", query, signal: options.signal };
    return await readText(await bucket.request(request), `Cannot list "${uri}"`, request);
  };
  for await (const { objects, prefixes } of listPages(uri, options, fetchPage)) {
    const found: FolderEntry[] = [...prefixes.map((prefix) => ({ prefix })), ...objects];
    yield* found.sort((a, b) => compareUtf8(nameOf(a), nameOf(b)));
  }
}

function nameOf(entry: FolderEntry): string {
  return entry.key ?? entry.prefix;
}
