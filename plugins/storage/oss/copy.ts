import { bucketName } from "../../../core/oss-uri.ts";
import type { StorageCallOptions } from "../../../core/storage.ts";
import { conditionHeaders, putHeaders } from "../object/headers.ts";
import { checkKey } from "../object/key.ts";
import { readAnswer } from "./answer.ts";
import type { OssBucket, OssPutOptions } from "./bucket.ts";
import { etagOf } from "./listing.ts";
import { childText } from "./xml.ts";

/** What {@linkcode copy} copies. */
export interface CopySource {
  /** Bucket, which must be in the same region. @default {the one that is copied to} */
  bucket?: string;
  /** Key. */
  key: string;
  /** Version of the object. @default {the current one} */
  versionId?: string;
}

/** Options of {@linkcode copy}. */
export interface CopyOptions
  extends
    StorageCallOptions,
    Pick<OssPutOptions, "contentType" | "metadata" | "headers" | "tags" | "storageClass" | "ifAbsent"> {
  /** Copies only when the source's entity tag is this one; else the code is `PreconditionFailed`. */
  ifMatch?: string;
  /** Copies only when the source's entity tag is another one; else the code is `NotModified`. */
  ifNoneMatch?: string;
  /** Copies only when the source was written after this second; else the code is `NotModified`. */
  ifModifiedSince?: Date;
  /** Copies only when the source was not written after this second; else the code is `PreconditionFailed`. */
  ifUnmodifiedSince?: Date;
}

/** What {@linkcode copy} made. */
export interface CopiedObject {
  /** Key of the copy. */
  key: string;
  /** Entity tag without its quotes. */
  etag: string;
  /** Time of the copy. */
  lastModified: Date;
}

/**
 * Copies an object inside OSS, up to 1 GB; larger ones are for `copyLarge()` of `./storage/multipart`. Type, notes and headers are the source's, unless one of `contentType`,
 * `metadata` and `headers` is given: then they are all as given. Tags are the source's unless given.
 *
 * Source: https://help.aliyun.com/zh/oss/developer-reference/copyobject
 *
 * @throws {TypeError} when a key, bucket or header can't be one.
 * @throws {StorageError} when OSS refuses, also after it has begun to answer.
 */
export async function copy(
  bucket: OssBucket,
  key: string,
  source: CopySource,
  options: CopyOptions = {},
): Promise<CopiedObject> {
  const { signal, ifAbsent, contentType, metadata, headers: given, tags } = options;
  const from = source.bucket ?? bucket.bucket;
  if (!bucketName.test(from)) throw new TypeError(`Cannot copy from "${from}": it is no bucket name`);
  checkKey("copy", from, source.key);
  const what = `Cannot copy to "oss://${bucket.bucket}/${key}"`;
  const { "content-type": type, ...described } = putHeaders(what, options);
  const version = source.versionId ? `?versionId=${encodeURIComponent(source.versionId)}` : "";
  const headers: Record<string, string> = {
    ...described,
    "x-oss-copy-source": `/${from}/${encodeURIComponent(source.key)}${version}`,
  };
  if (contentType !== undefined || metadata || given) {
    headers["content-type"] = type!; // putHeaders() always sets it
    headers["x-oss-metadata-directive"] = "REPLACE";
  }
  if (tags) headers["x-oss-tagging-directive"] = "Replace";
  if (ifAbsent) headers["x-oss-forbid-overwrite"] = "true";
  for (const [name, value] of Object.entries(conditionHeaders(what, options))) {
    headers[`x-oss-copy-source-${name}`] = value;
  }
  const request = { action: "copy to", method: "PUT", key, headers, signal, idempotent: !ifAbsent };
  const answer = await readAnswer(bucket, request, "CopyObjectResult");
  const time = Date.parse(childText(answer, "LastModified") ?? "");
  return {
    key,
    etag: etagOf(childText(answer, "ETag")),
    lastModified: new Date(Number.isNaN(time) ? bucket.access.now() : time),
  };
}
