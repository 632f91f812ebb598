import { lifetimeOf } from "./lifetime.ts";
import { checkValue } from "../object/headers.ts";
import { checkKey } from "../object/key.ts";
import type { OssBucket } from "./bucket.ts";
import { ossV4 } from "./signature-v4.ts";

/** What {@linkcode presign} lets somebody do. */
export interface PresignOptions {
  /** The object; absent when the request is about the bucket. */
  key?: string;
  /** HTTP method. @default {"GET"} */
  method?: string;
  /** Seconds from now, 1 to 604800, which is a week; no longer than the credentials last. @default {900} */
  expires?: number;
  /**
   * Headers that the sender must send as they are: a media type, `content-md5`, and any that begin with `x-oss-`.
   * @default {a media type of application/octet-stream for PUT, else none}
   */
  headers?: Readonly<Record<string, string>>;
  /** Query parameters, such as `response-content-disposition`, `versionId` or `uploadId`. */
  query?: Readonly<Record<string, string>>;
  /** Cancels the wait for credentials. */
  signal?: AbortSignal;
}

/** A request that needs no keys. The URL is a secret: whoever has it can send the request until it expires. */
export interface PresignedRequest {
  /** Where to send it: a secret. */
  url: string;
  /** How to send it. */
  method: string;
  /** What must be sent with it. A media type that isn't here must not be sent: OSS would refuse the signature. */
  headers: Record<string, string>;
  /** When it ends. */
  expiration: Date;
}

/**
 * Signs a request for somebody without keys: `presign(bucket, { key: "model.tar.gz", expires: 3600 })`. What comes
 * out suits `fetch(url, { method, headers, body })`. Temporary credentials end the request with themselves, so it
 * is not made for longer.
 *
 * @throws {TypeError} when the key can't name an object.
 * @throws {RangeError} when `expires` is not an integer from 1 to 604800.
 * @throws {StorageError} with the code `SecurityTokenExpired` when the credentials have ended.
 */
export async function presign(bucket: OssBucket, options: PresignOptions): Promise<PresignedRequest> {
  const { key, expires = 900, query, signal } = options;
  const method = (options.method ?? "GET").toUpperCase();
  const uri = `oss://${bucket.bucket}/${key ?? ""}`;
  if (key !== undefined) checkKey("presign", bucket.bucket, key);
  const given = options.headers ?? (method === "PUT" ? { "content-type": "application/octet-stream" } : {});
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  for (const [name, value] of Object.entries(headers)) checkValue(`Cannot presign "${uri}"`, name, value);
  const { access, region } = bucket;
  const life = await lifetimeOf(bucket, `Cannot presign "${uri}"`, expires, signal);
  const { credentials, time, seconds, expiration } = life;
  const request = { method, bucket: bucket.bucket, key, query, headers };
  const signer = access.signer.presign ? access.signer : ossV4();
  const signed = signer.presign!(request, credentials, { time, region }, seconds); // one that has it was chosen
  return { url: access.url(key, signed), method, headers, expiration };
}
