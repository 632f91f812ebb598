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
  signatureUrlV4(
    method: string,
    expires: number,
    request: { headers?: Record<string, string>; queries?: Record<string, string> } | undefined,
    key: string,
  ): Promise<string>;
}

/**
 * Makes an ali-oss client that signs with version 4.
 *
 * At an address in digits ali-oss names the vendor's host in its `Host` header, and the bucket with it;
 * `pathStyle` calls the machine by name, where the bucket is part of the path.
 */
export function aliOss(
  url: string,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  { pathStyle = false }: { pathStyle?: boolean } = {},
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
    authorizationV4: true,
    bucket,
    region: "oss-cn-hangzhou",
    endpoint: pathStyle ? url.replace("127.0.0.1", "localhost") : url,
    sldEnable: pathStyle,
  });
}
