import { StorageError } from "../../../core/errors.ts";
import type { Storage } from "../../../core/storage.ts";
import { inParallel } from "./parallel.ts";
import type { UploadFile } from "./plan.ts";
import { concurrency } from "./upload.ts";

/**
 * Which of the files are not stored yet. A file counts as stored when its object has its length and says that its
 * content had this SHA-256 when it was sent: objects come into being whole or not at all, and one that somebody has
 * put there by other means does not say so. So there is no mark that could be there without all the files, an
 * upload that was broken off goes on where it was, and two at once do each other no harm.
 */
export async function missingFiles(
  files: readonly UploadFile[],
  storage: Storage,
  signal: AbortSignal,
): Promise<Set<UploadFile>> {
  const missing = new Set<UploadFile>();
  await inParallel(files, concurrency, async (file) => {
    const info = await storage.head(file.key, { signal });
    const stored = info?.size === file.entry.size && info.metadata?.sha256 === file.sha256;
    if (!stored) missing.add(file);
  });
  return missing;
}

/** A storage that sends any request, as the buckets of `oss()` do. */
interface Requests {
  request(request: {
    action: string;
    method: string;
    key: string;
    headers: Record<string, string>;
    body: string;
    signal?: AbortSignal;
  }): Promise<Response>;
}

// MD5 of the text "never".
const wrongMd5 = "x1Ydt6QY3TmyIB3+EQq0pA==";

/**
 * Finds out whether an object may be written, without writing one: an empty object is put with a checksum that it
 * does not have. Who may not write is told so; everybody else, that the checksum is wrong. Storages that are not
 * OSS are not asked.
 *
 * Source: https://help.aliyun.com/zh/oss/developer-reference/putobject, InvalidDigest.
 *
 * @throws {StorageError} when writing is not allowed, or there is no such bucket.
 */
export async function checkWritable(storage: Storage, key: string, signal?: AbortSignal): Promise<void> {
  if (!sendsRequests(storage)) return;
  try {
    const headers = { "content-md5": wrongMd5 };
    const answer = await storage.request({
      action: "upload to",
      method: "PUT",
      key,
      headers,
      body: "",
      signal,
    });
    await answer.body?.cancel();
    await storage.delete(key, { signal }); // a server that does not look at checksums has stored it
  } catch (error) {
    if (error instanceof StorageError && (error.status === 403 || error.status === 404)) throw error;
    signal?.throwIfAborted();
  }
}

function sendsRequests(storage: Storage): storage is Storage & Requests {
  return "request" in storage && typeof storage.request === "function";
}
