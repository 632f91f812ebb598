import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Credentials } from "../../core/credentials.ts";
import { type KeyLookup, maxSkew } from "./keys.ts";
import { expired, findKey, isoTime, skewFault, wrongSignature } from "./oss-keys.ts";
import { type Claims, readClaims } from "./oss4-claims.ts";
import { refuse, type Verdict } from "./refusal.ts";
import {
  compareUtf8,
  gatherHeaders,
  parseQuery,
  percentEncode,
  type QueryPair,
  type WireRequest,
} from "./wire-text.ts";

/**
 * Checks an `OSS4-HMAC-SHA256` signature in the header or, presigned, in the query, by the rules of
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4.
 * A `region` refuses signatures made for another one.
 */
export function verifyOss4(request: WireRequest, lookup: KeyLookup, now: number, region?: string): Verdict {
  let query: QueryPair[];
  try {
    query = parseQuery(request.search);
  } catch {
    return refuse(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
  const headers = gatherHeaders(request.headers);
  const claims = readClaims(headers, query);
  if ("ok" in claims) return claims;
  if (region && claims.region !== region) {
    return refuse(
      400,
      "InvalidArgument",
      `Invalid signing region in Authorization header: expected ${region}.`,
    );
  }

  const key = findKey(lookup, claims.accessKeyId, claims.token, now);
  if ("ok" in key) return key;
  return timeFault(claims, now) ?? signatureFault(request, claims, key) ??
    { ok: true, accessKeyId: claims.accessKeyId };
}

function timeFault({ date, time, expires }: Claims, now: number): Verdict | undefined {
  if (expires === undefined) return skewFault(date, time, now);
  if (now > time + expires * 1000) return expired(time + expires * 1000, now);
  if (time - now > maxSkew) {
    return refuse(403, "AccessDenied", "Request is not yet valid.", { ServerTime: isoTime(now) });
  }
}

function signatureFault(request: WireRequest, claims: Claims, key: Credentials): Verdict | undefined {
  const canonicalRequest = oss4CanonicalRequest(request, claims.additionalHeaders);
  const stringToSign = oss4StringToSign(canonicalRequest, claims.date, claims.scope);
  if (oss4Signature(key.accessKeySecret, claims.scope, stringToSign) === claims.signature) return undefined;
  const shown = claims.token
    ? canonicalRequest.replaceAll(claims.token, "***").replaceAll(percentEncode(claims.token), "***")
    : canonicalRequest;
  return wrongSignature(claims, stringToSign, { CanonicalRequest: shown });
}

/** The canonical request; `additionalHeaders` are signed besides those that always are. */
export function oss4CanonicalRequest(
  request: WireRequest,
  additionalHeaders: readonly string[] = [],
): string {
  const { method, bucket, key } = request;
  const headers = gatherHeaders(request.headers);
  const resource = bucket ? `/${bucket}/${key}` : "/";
  const path = resource.split("/").map(percentEncode).join("/");
  const pairs = parseQuery(request.search).filter(([name]) => name !== "x-oss-signature")
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort((a, b) => compareUtf8(a[0], b[0]) || compareUtf8(a[1], b[1]));
  const lines = [...headers.keys()].filter((name) =>
    name === "content-type" || name === "content-md5" || name.startsWith("x-oss-") ||
    additionalHeaders.includes(name)
  ).sort(compareUtf8).map((name) => `${name}:${headers.get(name)}\n`);
  return [
    method,
    path,
    pairs.map(([name, value]) => value === "" ? name : `${name}=${value}`).join("&"),
    lines.join(""),
    additionalHeaders.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
}

/** What the signature is made over; `date` as in `x-oss-date`. */
export function oss4StringToSign(canonicalRequest: string, date: string, scope: string): string {
  return ["OSS4-HMAC-SHA256", date, scope, bytesToHex(sha256(utf8ToBytes(canonicalRequest)))].join("\n");
}

/** The signature, with a key in which each part of the scope was signed with the signature of the one before it. */
export function oss4Signature(accessKeySecret: string, scope: string, stringToSign: string): string {
  const signingKey = scope.split("/").reduce(
    (previous, part) => hmac(sha256, previous, utf8ToBytes(part)),
    utf8ToBytes(`aliyun_v4${accessKeySecret}`),
  );
  return bytesToHex(hmac(sha256, signingKey, utf8ToBytes(stringToSign)));
}
