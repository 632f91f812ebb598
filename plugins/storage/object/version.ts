import { StorageError } from "../../../core/errors.ts";
import type { GetOptions, Storage } from "../../../core/storage.ts";
import type { OssBucket } from "../oss/bucket.ts";

/** One state of an object. All that is read of it must come from this state. */
export interface ObjectVersion {
  /** Where it is. */
  readonly storage: Storage;
  /** Its key. */
  readonly key: string;
  /** Its entity tag without quotes. */
  readonly etag: string;
  /** Its length in bytes. */
  readonly size: number;
}

/**
 * Asks for an object as it is stored. `fetch` would take a content encoding off, which changes length and CRC-64 and
 * can't be done with ranges; and OSS compresses some types on its way out unless told not to:
 * https://help.aliyun.com/zh/oss/developer-reference/getobject.
 */
export async function getStored(storage: Storage, key: string, options: GetOptions): Promise<Response> {
  if (!isOssBucket(storage)) return await storage.get(key, options);
  const { range, ifMatch, signal } = options;
  return await storage.request({
    action: "get",
    method: "GET",
    key,
    query: { "response-content-encoding": "identity" },
    headers: {
      "accept-encoding": "identity",
      ...(range && { range: `bytes=${range.start}-${range.end ?? ""}`, "x-oss-range-behavior": "standard" }),
      ...(ifMatch !== undefined && { "if-match": `"${ifMatch}"` }),
    },
    signal,
  });
}

/**
 * Opens an object at a byte.
 *
 * @param start First byte.
 * @param end The byte after the last one.
 * @throws {StorageError} with the code `ObjectChanged` when the object is in another state by now.
 */
export async function openAt(
  { storage, key, etag, size }: ObjectVersion,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Response> {
  const range = start === 0 && end === size ? undefined : { start, end: end - 1 };
  let response: Response;
  try {
    response = await getStored(storage, key, { range, ifMatch: etag, signal });
  } catch (error) {
    const code = error instanceof StorageError ? error.code : undefined;
    if (code !== "PreconditionFailed" && code !== "InvalidRange") throw error;
    throw changed(storage, key, error);
  }
  // Not every storage knows conditions, and not every proxy keeps them.
  const isSame = etagOf(response) === etag &&
    (response.status === 206
      ? response.headers.get("content-range") === `bytes ${start}-${end - 1}/${size}`
      : start === 0 && (lengthOf(response) ?? size) === size);
  if (isSame) return response;
  await response.body?.cancel();
  throw changed(storage, key);
}

function changed({ bucket }: Storage, key: string, cause?: unknown): StorageError {
  const message =
    `Cannot get "oss://${bucket}/${key}": the object was replaced while it was read; read it again`;
  return new StorageError(message, { code: "ObjectChanged", key, cause });
}

/** The entity tag of an answer without its quotes. */
export function etagOf({ headers }: Response): string {
  return (headers.get("etag") ?? "").replace(/^(?:W\/)?"|"$/g, "");
}

/** How many bytes the whole body has, where the answer tells. */
export function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/** CRC-64 of the whole object as OSS tells it. */
export function crc64Of({ headers }: Response): string | undefined {
  return headers.get("x-oss-hash-crc64ecma") ?? undefined;
}

function isOssBucket(storage: Storage): storage is OssBucket {
  return "request" in storage;
}
