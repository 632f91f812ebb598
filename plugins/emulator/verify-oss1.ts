import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { KeyLookup } from "./keys.ts";
import { expired, findKey, skewFault, wrongSignature } from "./oss-keys.ts";
import { type RefusalInit, refuse, type Verdict } from "./refusal.ts";
import { compareUtf8, gatherHeaders, parseQuery, type QueryPair, type WireRequest } from "./wire-text.ts";

/** Parameters that are signed besides those that begin with `x-oss-`; all others are not. */
const signedParameters = new Set(
  ("accessmonitor acl append asyncFetch bucketInfo callback callback-var cloudboxes cname comp " +
    "continuation-token cors delete encryption endTime httpsConfig img inventory inventoryId lifecycle live " +
    "location logging metaQuery objectMeta partNumber policy policyStatus position publicAccessBlock qos qosInfo " +
    "referer regionList replication replicationLocation replicationProgress requestPayment resourceGroup " +
    "response-cache-control response-content-disposition response-content-encoding response-content-language " +
    "response-content-type response-expires restore rtc security-token sequential startTime stat status style " +
    "styleName symlink tagging transferAcceleration uploadId uploads versionId versioning versions vod website " +
    "withHashContext worm wormExtend wormId").split(" "),
);

/** What a request signed so says about its signature. */
interface Claims {
  accessKeyId: string;
  signature: string;
  token: string | undefined;
  /** What stands for the date in the string to sign. */
  date: string;
  /** The end of a presigned address in milliseconds since the Unix epoch. */
  end?: number;
}

/**
 * Checks a signature of version 1 in the header or, presigned, in the query, by the rules of
 * https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header.
 */
export function verifyOss1(request: WireRequest, lookup: KeyLookup, now: number): Verdict {
  let query: QueryPair[];
  try {
    query = parseQuery(request.search);
  } catch {
    return refuse(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
  const headers = gatherHeaders(request.headers);
  const claims = readClaims(headers, new Map(query));
  if ("ok" in claims) return claims;
  const key = findKey(lookup, claims.accessKeyId, claims.token, now);
  if ("ok" in key) return key;
  const { date, end } = claims;
  const late = end === undefined
    ? skewFault(date, Date.parse(date), now)
    : now > end
    ? expired(end, now)
    : undefined;
  if (late) return late;
  const stringToSign = oss1StringToSign(request, date);
  return oss1Signature(key.accessKeySecret, stringToSign) === claims.signature
    ? { ok: true, accessKeyId: claims.accessKeyId }
    : wrongSignature(claims, stringToSign);
}

function readClaims(
  headers: Map<string, string>,
  query: Map<string, string>,
): Claims | ({ ok: false } & RefusalInit) {
  const authorization = headers.get("authorization");
  if (authorization === undefined) return fromQuery(query);
  const [, accessKeyId, signature] = /^OSS ([^:\s]+):([^:\s]+)$/.exec(authorization) ?? [];
  if (!accessKeyId || !signature) {
    return refuse(400, "InvalidArgument", "Authorization header is invalid.", {
      ArgumentName: "Authorization",
      ArgumentValue: authorization,
    });
  }
  const date = headers.get("x-oss-date") ?? headers.get("date") ?? "";
  if (!/ GMT$/.test(date) || Number.isNaN(Date.parse(date))) {
    return refuse(403, "AccessDenied", "OSS authentication requires a valid Date.");
  }
  // The vendor's newer client for Python leaves the prefix out, and so the token unsigned.
  const token = headers.get("x-oss-security-token") ?? headers.get("security-token");
  return { accessKeyId, signature, date, token };
}

function fromQuery(query: Map<string, string>): Claims | ({ ok: false } & RefusalInit) {
  const [accessKeyId, signature, date] = ["OSSAccessKeyId", "Signature", "Expires"].map((name) =>
    query.get(name)
  );
  if (!accessKeyId || !signature || !date) {
    return refuse(
      403,
      "AccessDenied",
      "Query-string authentication requires OSSAccessKeyId, Signature and Expires.",
    );
  }
  if (!/^\d{1,12}$/.test(date)) {
    return refuse(403, "AccessDenied", "Invalid date (should be seconds since epoch): " + date);
  }
  return { accessKeyId, signature, date, end: Number(date) * 1000, token: query.get("security-token") };
}

/** What the signature is made over; `date` as the request tells it, or the end of a presigned address. */
export function oss1StringToSign(
  { method, bucket, key, search, headers: lines }: WireRequest,
  date: string,
): string {
  const headers = gatherHeaders(lines);
  const own = [...headers.keys()].filter((name) => name.startsWith("x-oss-")).sort(compareUtf8)
    .map((name) => `${name}:${headers.get(name)}\n`);
  const parameters = parseQuery(search)
    .filter(([name]) => signedParameters.has(name) || name.startsWith("x-oss-"))
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([name, value]) => value === "" ? name : `${name}=${value}`);
  const resource = bucket ? `/${bucket}/${key}` : "/"; // not escaped
  return [
    method,
    headers.get("content-md5") ?? "",
    headers.get("content-type") ?? "",
    date,
    own.join("") + resource + (parameters.length ? `?${parameters.join("&")}` : ""),
  ].join("\n");
}

/** The signature in Base64. */
export function oss1Signature(accessKeySecret: string, stringToSign: string): string {
  return btoa(String.fromCharCode(...hmac(sha1, utf8ToBytes(accessKeySecret), utf8ToBytes(stringToSign))));
}
