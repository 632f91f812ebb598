import type { UploadOptions } from "./options.ts";
import { upload } from "./upload.ts";
import type { OssBucket, OssPutOptions } from "../oss/bucket.ts";

/** Options of {@linkcode withMultipart}. */
export type MultipartBucketOptions = Omit<
  UploadOptions,
  keyof OssPutOptions | "checkpoint" | "onCheckpoint" | "onProgress"
>;

/**
 * A bucket that puts as {@linkcode upload} does, for what knows nothing but storages: a deployment then sends large models
 * in parts, each again when it has to be, and compares them with what arrived.
 */
export function withMultipart(bucket: OssBucket, options: MultipartBucketOptions = {}): OssBucket {
  return {
    bucket: bucket.bucket,
    region: bucket.region,
    access: bucket.access,
    put: (key, body, own) => upload(bucket, key, body, { ...options, ...own }),
    get: (key, own) => bucket.get(key, own),
    head: (key, own) => bucket.head(key, own),
    list: (own) => bucket.list(own),
    delete: (key, own) => bucket.delete(key, own),
    request: (request) => bucket.request(request),
  };
}
