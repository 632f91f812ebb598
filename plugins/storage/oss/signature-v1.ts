import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import type { Credentials } from "../../../core/credentials.ts";
import { base64, utf8 } from "../../../core/encoding.ts";
import type { OssSigningRequest } from "./signer.ts";

// The stages of OSS's V1 signature, named as the vendor's page names them:
// https://help.aliyun.com/zh/oss/developer-reference/include-signatures-in-the-authorization-header

type Query = NonNullable<OssSigningRequest["query"]>;

// Unlike version 4, which signs the whole query, version 1 signs the parameters that choose an operation or change
// its answer, and all that begin with `x-oss-`. The list is the one of the vendor's Go and Python clients.
const subResources = new Set(
  ("acl append asyncFetch bucketInfo callback callback-var cloudboxes cname comp continuation-token cors delete " +
    "encryption endTime img inventory inventoryId lifecycle live location logging metaQuery objectMeta partNumber " +
    "policy position qos qosInfo referer regionList replication replicationLocation replicationProgress " +
    "requestPayment resourceGroup response-cache-control response-content-disposition " +
    "response-content-encoding response-content-language response-content-type response-expires restore " +
    "security-token sequential startTime stat status style styleName symlink tagging transferAcceleration uploadId " +
    "uploads versionId versioning versions vod website withHashContext worm wormExtend wormId").split(" "),
);

/** OSS's own headers as they are signed, a line each. */
export function canonicalizedOssHeaders(headers: OssSigningRequest["headers"]): string {
  return Object.keys(headers).filter((name) => name.startsWith("x-oss-")).sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`).join(""); // a name that was just read
}

/** What is asked for, neither the key nor the parameters encoded. */
export function canonicalizedResource(
  { bucket, key = "", query = {} }: Omit<OssSigningRequest, "method" | "headers">,
): string {
  const signed = Object.entries(query)
    .filter(([name, value]) => value !== undefined && (subResources.has(name) || name.startsWith("x-oss-")))
    .sort(([a], [b]) => (a < b ? -1 : 1)) // these names are ASCII
    .map(([name, value]) => (value ? `${name}=${value}` : name)).join("&");
  return `${bucket === undefined ? "/" : `/${bucket}/${key}`}${signed && `?${signed}`}`;
}

/**
 * The text that is signed.
 *
 * @param date As in `x-oss-date`; of a signature in the query, the Unix time in seconds when it ends.
 */
export function stringToSign(request: OssSigningRequest, date: string): string {
  const { method, headers } = request;
  return `${[method, headers["content-md5"] ?? "", headers["content-type"] ?? "", date].join("\n")}\n${
    canonicalizedOssHeaders(headers)
  }${canonicalizedResource(request)}`;
}

/** Signs a text, in Base64. */
export function signature(accessKeySecret: string, stringToSign: string): string {
  return base64(hmac(sha1, utf8(accessKeySecret), utf8(stringToSign)));
}

/** Signs a request in its headers: returns the given ones and what the signature adds, and the text that was signed. */
export function signOss1(
  request: OssSigningRequest,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  time: number,
): { headers: Record<string, string>; signed: string } {
  const date = new Date(time).toUTCString();
  const headers: Record<string, string> = {
    ...request.headers,
    "x-oss-date": date, // `Date` itself is not fetch's caller's to set
    ...(securityToken && { "x-oss-security-token": securityToken }),
  };
  const signed = stringToSign({ ...request, headers }, date);
  headers.authorization = `OSS ${accessKeyId}:${signature(accessKeySecret, signed)}`;
  return { headers, signed };
}

/**
 * Signs a request in its query: returns the given parameters and what the signature adds.
 *
 * @param end Unix time in seconds when the signature ends.
 */
export function presignOss1(
  request: OssSigningRequest,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  end: number,
): Query {
  const query = { ...request.query, ...(securityToken && { "security-token": securityToken }) };
  const signed = stringToSign({ ...request, query }, `${end}`);
  return {
    ...query,
    OSSAccessKeyId: accessKeyId,
    Expires: `${end}`,
    Signature: signature(accessKeySecret, signed),
  };
}
