import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Credentials } from "../../core/credentials.ts";
import { type KeyLookup, maxSkew, tokenFault } from "./keys.ts";
import { type Claims, readClaims } from "./oss4-claims.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { compareUtf8, gatherHeaders, parseQuery, percentEncode, type QueryPair } from "./wire-text.ts";

/** A request as it came from the wire, its bucket and key already decoded. */
export interface Oss4Request {
  /** HTTP method. */
  method: string;
  /** Bucket; empty when the request is about the account. */
  bucket: string;
  /** Key; empty when the request is about the bucket. */
  key: string;
  /** Query, still escaped, with or without its `?`. */
  search: string;
  /** Header lines. */
  headers: Iterable<readonly [string, string]>;
}

/**
 * Checks an `OSS4-HMAC-SHA256` signature in the header or, presigned, in the query, by the rules of
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4.
 * A `region` refuses signatures made for another one.
 */
export function verifyOss4(request: Oss4Request, lookup: KeyLookup, now: number, region?: string): Verdict {
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

  const key = lookup(claims.accessKeyId);
  const details = { OSSAccessKeyId: claims.accessKeyId };
  const unknown = "The OSS Access Key Id you provided does not exist in our records.";
  if (!key) return refuse(403, "InvalidAccessKeyId", unknown, details);
  switch (tokenFault(key, claims.token, now)) {
    case "missing": // a temporary key isn't known without its token
      return refuse(403, "InvalidAccessKeyId", unknown, details);
    case "mismatch":
      return refuse(403, "InvalidSecurityToken", "The security token you provided is invalid.");
    case "expired":
      return refuse(403, "SecurityTokenExpired", "The security token you provided has expired.");
  }
  return timeFault(claims, now) ?? signatureFault(request, claims, key) ??
    { ok: true, accessKeyId: claims.accessKeyId };
}

function timeFault({ date, time, expires }: Claims, now: number): Verdict | undefined {
  const serverTime = isoTime(now);
  if (expires !== undefined) {
    if (now > time + expires * 1000) {
      return refuse(403, "AccessDenied", "Request has expired.", {
        Expires: isoTime(time + expires * 1000),
        ServerTime: serverTime,
      });
    }
    if (time - now > maxSkew) {
      return refuse(403, "AccessDenied", "Request is not yet valid.", { ServerTime: serverTime });
    }
  } else if (Math.abs(now - time) > maxSkew) {
    return refuse(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      { RequestTime: date, ServerTime: serverTime, MaxAllowedSkewMilliseconds: String(maxSkew) },
    );
  }
}

function signatureFault(request: Oss4Request, claims: Claims, key: Credentials): Verdict | undefined {
  const canonicalRequest = oss4CanonicalRequest(request, claims.additionalHeaders);
  const stringToSign = oss4StringToSign(canonicalRequest, claims.date, claims.scope);
  if (oss4Signature(key.accessKeySecret, claims.scope, stringToSign) === claims.signature) return undefined;
  const shown = claims.token
    ? canonicalRequest.replaceAll(claims.token, "***").replaceAll(percentEncode(claims.token), "***")
    : canonicalRequest;
  return refuse(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    {
      OSSAccessKeyId: claims.accessKeyId,
      SignatureProvided: claims.signature,
      StringToSign: stringToSign,
      StringToSignBytes: Array.from(utf8ToBytes(stringToSign), (byte) => byte.toString(16).padStart(2, "0"))
        .join(" "),
      CanonicalRequest: shown,
    },
  );
}

/** The canonical request; `additionalHeaders` are signed besides those that always are. */
export function oss4CanonicalRequest(
  request: Oss4Request,
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

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
