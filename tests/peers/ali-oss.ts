import AliOss from "ali-oss";
import type { Credentials } from "../../core/credentials.ts";
import { bucket } from "./cloud.ts";

/** The part of an answer that ali-oss hands on. */
export interface Answered {
  res: { status: number; headers: Record<string, string> };
}

/** An object in a listing of ali-oss. */
export interface Listed {
  name: string;
  size: number;
  etag: string;
  lastModified: string;
}

/** A page of a listing of ali-oss. */
export interface ListingPage {
  objects?: Listed[];
  prefixes: string[] | null;
  isTruncated: boolean;
  nextMarker?: string | null;
  nextContinuationToken?: string | null;
}

/** What the tests call of ali-oss, which comes without types. */
export interface AliOssClient {
  put(
    key: string,
    body: Uint8Array | NodeJS.ReadableStream,
    options?: {
      mime?: string;
      meta?: Record<string, string | number>;
      headers?: Record<string, string>;
      contentLength?: number;
    },
  ): Promise<Answered & { name: string }>;
  get(
    key: string,
    options?: { headers?: Record<string, string> },
  ): Promise<Answered & { content: Uint8Array }>;
  getStream(key: string): Promise<Answered & { stream: AsyncIterable<Uint8Array> }>;
  head(key: string): Promise<Answered & { status: number; meta: Record<string, string> | null }>;
  delete(key: string): Promise<Answered>;
  list(query: Record<string, string | number>): Promise<ListingPage>;
  listV2(query: Record<string, string | number>): Promise<ListingPage>;
  listBuckets(): Promise<{ buckets: { name: string; region: string }[] }>;
  getBucketInfo(bucket: string): Promise<unknown>;
  getACL(key: string): Promise<unknown>;
  multipartUpload(
    key: string,
    source: string | Uint8Array,
    options?: { partSize?: number; parallel?: number; meta?: Record<string, string> },
  ): Promise<Answered & { etag: string }>;
  initMultipartUpload(key: string): Promise<{ uploadId: string }>;
  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    file: string | Uint8Array,
    start: number,
    end: number,
  ): Promise<{ etag: string }>;
  completeMultipartUpload(
    key: string,
    uploadId: string,
    parts: { number: number; etag: string }[],
  ): Promise<Answered & { etag: string }>;
  abortMultipartUpload(key: string, uploadId: string): Promise<Answered>;
  listParts(
    key: string,
    uploadId: string,
    query: Record<string, string | number>,
  ): Promise<{ isTruncated: string; parts: { PartNumber: string; Size: string; ETag: string }[] }>;
  listUploads(
    query: Record<string, string | number>,
  ): Promise<{ uploads: { name: string; uploadId: string }[] }>;
  deleteMulti(
    keys: string[],
    options?: { quiet?: boolean },
  ): Promise<Answered & { deleted?: { Key: string }[] }>;
  copy(key: string, source: string, options?: { meta?: Record<string, string> }): Promise<Answered>;
  putObjectTagging(key: string, tags: Record<string, string>): Promise<Answered>;
  getObjectTagging(key: string): Promise<Answered & { tag: Record<string, string> }>;
  deleteObjectTagging(key: string): Promise<Answered>;
  getObjectMeta(key: string): Promise<Answered>;
  signatureUrl(key: string, options: { method?: string; expires?: number; "Content-Type"?: string }): string;
  calculatePostSignature(policy: object): { OSSAccessKeyId: string; Signature: string; policy: string };
  signPostObjectPolicyV4(policy: object, date: Date): string;
  authorizationV4(
    method: string,
    request: { headers: Record<string, string>; queries?: Record<string, string | null> },
    bucket: string,
    key: string,
  ): string;
  signatureUrlV4(
    method: string,
    expires: number,
    request: { headers?: Record<string, string>; queries?: Record<string, string> } | undefined,
    key: string,
  ): Promise<string>;
}

/**
 * Makes an ali-oss client that signs with version 4, or 1.
 *
 * At an address in digits ali-oss names the vendor's host in its `Host` header, and the bucket with it;
 * `pathStyle` calls the machine by name, where the bucket is part of the path.
 */
export function aliOss(
  url: string,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  { pathStyle = false, version = 4 }: { pathStyle?: boolean; version?: 1 | 4 } = {},
): AliOssClient {
  const token = securityToken && {
    stsToken: securityToken,
    // Called after five minutes only, but ali-oss warns when it can't be.
    refreshSTSToken: () => Promise.resolve({ accessKeyId, accessKeySecret, stsToken: securityToken }),
  };
  return new AliOss({
    accessKeyId,
    accessKeySecret,
    ...token,
    authorizationV4: version === 4,
    bucket,
    region: "oss-cn-hangzhou",
    endpoint: pathStyle ? url.replace("127.0.0.1", "localhost") : url,
    sldEnable: pathStyle,
  });
}
