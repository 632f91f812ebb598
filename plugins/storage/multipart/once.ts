import type { ObjectInfo } from "../../../core/storage.ts";
import type { UploadOptions } from "./options.ts";
import { openPart, type OpenSource, openSource, type UploadSource } from "./source.ts";
import { upload } from "./upload.ts";
import type { OssBucket } from "../oss/bucket.ts";

/** Options of {@linkcode uploadOnce}. */
export interface UploadOnceOptions extends UploadOptions {
  /** CRC-64 of the source as an unsigned decimal number, where it is known. */
  crc64?: string;
}

/** What {@linkcode uploadOnce} has done. */
export interface UploadedOnce {
  /** Whether anything was uploaded. */
  uploaded: boolean;
  /** The object. */
  info: ObjectInfo;
}

/**
 * Uploads an object whose key is made of a digest of its content, unless it is there: with the size of the
 * source, and its CRC-64. A source that can be opened anew is read for that, which takes a small part of the
 * time of an upload; of others `size` and `crc64` are compared where they are given.
 *
 * @param key Key that holds a digest, such as `` `models/${await files.digest()}.tar.gz` ``.
 * @param source What to upload, or a function that opens it, which is not called when the object is there.
 * @throws {TypeError} when the key holds no digest; and as {@linkcode upload} does.
 */
export async function uploadOnce(
  bucket: OssBucket,
  key: string,
  source: UploadSource | (() => UploadSource | Promise<UploadSource>),
  options: UploadOnceOptions = {},
): Promise<UploadedOnce> {
  const what = `Cannot upload "oss://${bucket.bucket}/${key}" once`;
  // 128 bits, as the shortest digest in use has; what is named otherwise may be another content of the same
  // size.
  if (!/[0-9a-f]{32}/i.test(key)) {
    throw new TypeError(`${what}: the key holds no digest of at least 32 hex digits`);
  }
  const { signal } = options;
  const info = await bucket.head(key, { signal });
  if (info && await isSame(what, info, source, options)) return { uploaded: false, info };
  const opened = typeof source === "function" ? await source() : source;
  return { uploaded: true, info: await upload(bucket, key, opened, options) };
}

async function isSame(
  what: string,
  info: ObjectInfo,
  source: UploadSource | (() => unknown),
  { size, crc64, signal }: UploadOnceOptions,
): Promise<boolean> {
  const isStream = typeof source === "function" || source instanceof ReadableStream ||
    typeof source === "object" && Symbol.asyncIterator in source;
  const open = isStream ? undefined : openSource(what, source, size);
  if ((open?.size ?? size ?? info.size) !== info.size) return false;
  if (info.crc64 === undefined) return true;
  const known = crc64 ?? (open?.kind === "open" ? await hashOf(what, open, signal) : info.crc64);
  return known === info.crc64;
}

async function hashOf(what: string, source: OpenSource, signal: AbortSignal | undefined): Promise<string> {
  const { stream, crc } = openPart(what, source, 0, source.size);
  for await (const _ of stream) signal?.throwIfAborted();
  return `${crc()}`;
}
