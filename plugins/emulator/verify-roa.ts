import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type KeyLookup, tokenFault } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { incomplete, timeFault, tokenRefusal } from "./signature-faults.ts";
import { compareUtf8, gatherHeaders, parseQuery } from "./wire-text.ts";

/** A request of the ROA style, whose body is not signed. */
export interface RoaRequest {
  /** HTTP method. */
  method: string;
  /** Path, still escaped. */
  pathname: string;
  /** Query, still escaped, with or without its `?`. */
  search: string;
  /** Header lines. */
  headers: Iterable<readonly [string, string]>;
}

/**
 * Checks the older signature of APIs with paths, `acs <key>:<HMAC-SHA1>`, which the PAI SDK for Python still sends:
 * https://help.aliyun.com/zh/sdk/product-overview/roa-mechanism. Whether the nonce is new is for the caller to know.
 */
export function verifyRoa(request: RoaRequest, lookup: KeyLookup, now: number): Verdict {
  const headers = gatherHeaders(request.headers);
  const [, accessKeyId, signature] = /^acs ([^:\s]+):([A-Za-z0-9+/]{27}=)$/.exec(
    headers.get("authorization") ?? "",
  ) ?? [];
  if (!accessKeyId) {
    return incomplete("the Authorization header is not of the form acs AccessKeyId:Signature");
  }
  const key = lookup(accessKeyId);
  if (!key) return refuse(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
  const fault = headerFault(headers, now) ??
    tokenRefusal(tokenFault(key, headers.get("x-acs-security-token"), now));
  if (fault) return fault;
  try {
    const stringToSign = roaStringToSign(request);
    if (roaSignature(key.accessKeySecret, stringToSign) === signature) return { ok: true, accessKeyId };
    const shown = key.securityToken ? stringToSign.replaceAll(key.securityToken, "***") : stringToSign;
    return refuse(
      400,
      "SignatureDoesNotMatch",
      `Specified signature does not match our calculation. server string to sign is:${shown}`,
    );
  } catch (error) {
    if (error instanceof URIError) return incomplete("the address has a malformed escape");
    throw error;
  }
}

/** What the signature is made over: the path as it is sent, but the query without its escapes. */
export function roaStringToSign({ method, pathname, search, headers: lines }: RoaRequest): string {
  const headers = gatherHeaders(lines);
  const [accept, md5, type, date] = ["accept", "content-md5", "content-type", "date"]
    .map((name) => headers.get(name) ?? "");
  const own = [...headers].filter(([name]) => name.startsWith("x-acs-"))
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([name, value]) => `${name}:${value.replace(/[\t\n\r\f]/g, " ")}\n`).join("");
  const query = parseQuery(search).sort(([a], [b]) => compareUtf8(a, b))
    .map(([name, value]) => value === "" ? name : `${name}=${value}`).join("&");
  const resource = query ? `${pathname}?${query}` : pathname;
  return `${method}\n${accept}\n${md5}\n${type}\n${date}\n${own}${resource}`;
}

/** The signature, in Base64. */
export function roaSignature(accessKeySecret: string, stringToSign: string): string {
  return btoa(String.fromCharCode(...hmac(sha1, utf8ToBytes(accessKeySecret), utf8ToBytes(stringToSign))));
}

function headerFault(headers: Map<string, string>, now: number): Verdict | undefined {
  for (const name of ["date", "x-acs-action", "x-acs-version", "x-acs-signature-nonce"]) {
    if (!headers.get(name)) return incomplete(`the header ${name} is missing`);
  }
  for (const [name, wanted] of [["method", "HMAC-SHA1"], ["version", "1.0"]]) {
    if (headers.get(`x-acs-signature-${name}`) !== wanted) {
      return incomplete(`the header x-acs-signature-${name} is not ${wanted}`);
    }
  }
  const date = headers.get("date") ?? "";
  const time = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(date)
    ? Date.parse(date)
    : NaN;
  return timeFault(time, now);
}
