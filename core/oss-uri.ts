import { redact } from "./redact.ts";

/** A checked address of the form `oss://bucket[.endpoint]/key`. A literal that doesn't start so doesn't compile. */
export type OssUri = `oss://${string}`;

/** The parts of an {@linkcode OssUri}. */
export interface OssLocation {
  /** Bucket name. */
  bucket: string;
  /** Key: everything after the bucket's slash, taken literally (`%`, `#` and spaces included); may be empty. */
  key: string;
  /** Endpoint without scheme, when the address carries one. */
  endpoint?: string;
}

/**
 * What can be a bucket name: letters, digits and inner hyphens. OSS itself asks for at least 3 of them.
 *
 * Source: https://help.aliyun.com/zh/oss/user-guide/bucket-naming-conventions.
 */
export const bucketName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Splits an address at its first slash. The endpoint may follow the bucket (`oss://b.oss-cn-beijing.aliyuncs.com/k`)
 * or stand in the query (`?endpoint=` or `?host=`); any other `?` belongs to the key.
 *
 * @throws {TypeError} when the text is not such an address or has no bucket.
 */
export function parseOssUri(text: string): OssLocation {
  if (!text.startsWith("oss://")) {
    throw new TypeError(`Cannot read "${redact(text)}" as an OSS address: it does not start with "oss://"`);
  }
  const slash = text.indexOf("/", 6);
  const host = text.slice(6, slash < 0 ? undefined : slash);
  const dot = host.indexOf(".");
  const bucket = dot < 0 ? host : host.slice(0, dot);
  if (!bucketName.test(bucket)) {
    throw new TypeError(
      `Cannot read "${redact(text)}" as an OSS address: ${
        bucket ? "its bucket is no bucket name" : "the bucket is missing"
      }; write oss://bucket/path`,
    );
  }
  let key = slash < 0 ? "" : text.slice(slash + 1);
  let endpoint = dot < 0 ? undefined : host.slice(dot + 1);
  const query = /\?((?:endpoint|host|role_arn)=[^?#]*)$/.exec(key);
  if (query) {
    key = key.slice(0, query.index);
    const params = new URLSearchParams(query[1]);
    endpoint = params.get("endpoint") ?? params.get("host") ?? endpoint;
  }
  return { bucket, key, ...(endpoint && { endpoint: endpoint.replace(/^https?:\/\//, "") }) };
}

/**
 * Checks an address that is only known at run time.
 *
 * @throws {TypeError} when the text is not an OSS address; a local path needs `fromDisk(path)`.
 */
export function ossUri(text: string): OssUri {
  parseOssUri(text);
  return text as OssUri; // the parser has just checked the prefix
}
