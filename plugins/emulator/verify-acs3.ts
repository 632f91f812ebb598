import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type KeyLookup, tokenFault } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { incomplete, timeFault, tokenRefusal } from "./signature-faults.ts";
import { compareUtf8, gatherHeaders, parseQuery, percentEncode } from "./wire-text.ts";

/** A request as it came from the wire. */
export interface Acs3Request {
  /** HTTP method. */
  method: string;
  /** Path, still escaped. */
  pathname: string;
  /** Query, still escaped, with or without its `?`. */
  search: string;
  /** Header lines; `host` must be among them. */
  headers: Iterable<readonly [string, string]>;
  /** Lower-case hex SHA-256 of the body that came. */
  payloadHash: string;
}

/**
 * Checks an `ACS3-HMAC-SHA256` signature by the rules of
 * https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature.
 * Codes are those of the vendor's common errors; where it documents none (a malformed or incomplete header),
 * `IncompleteSignature` stands in. Whether the nonce is new is for the caller to know.
 */
export function verifyAcs3(request: Acs3Request, lookup: KeyLookup, now: number): Verdict {
  const headers = gatherHeaders(request.headers);
  const authorization = headers.get("authorization");
  if (!authorization) return refuse(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.");
  const match = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/
    .exec(authorization);
  if (!match) return incomplete("the Authorization header is not of the form ACS3-HMAC-SHA256 prescribes");
  const [, accessKeyId = "", signedHeaders = "", signature] = match;

  const key = lookup(accessKeyId);
  if (!key) return refuse(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
  const fault = headerFault(headers, signedHeaders.split(";"), now) ??
    tokenRefusal(tokenFault(key, headers.get("x-acs-security-token"), now));
  if (fault) return fault;

  try {
    const canonicalRequest = acs3CanonicalRequest(request, signedHeaders);
    const stringToSign = acs3StringToSign(canonicalRequest);
    if (acs3Signature(key.accessKeySecret, stringToSign) !== signature) {
      return mismatch(stringToSign, canonicalRequest, key.securityToken);
    }
  } catch (error) {
    if (error instanceof URIError) return incomplete("the address has a malformed escape");
    throw error;
  }
  // Checked last: had the header been changed on the way, the signature would have told.
  if (headers.get("x-acs-content-sha256") !== request.payloadHash) {
    return refuse(
      400,
      "SignatureDoesNotMatch",
      "x-acs-content-sha256 is not the hash of the body that arrived.",
    );
  }
  return { ok: true, accessKeyId };
}

/** The canonical request over the headers that the client says it signed. */
export function acs3CanonicalRequest(request: Acs3Request, signedHeaders: string): string {
  const headers = gatherHeaders(request.headers);
  const path = request.pathname.split("/").map((piece) => percentEncode(decodeURIComponent(piece))).join("/");
  const query = parseQuery(request.search)
    .sort((a, b) => compareUtf8(a[0], b[0]) || compareUtf8(a[1], b[1]))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
  const lines = signedHeaders.split(";").map((name) => `${name}:${headers.get(name) ?? ""}\n`).join("");
  return [request.method, path || "/", query, lines, signedHeaders, request.payloadHash].join("\n");
}

/** What the signature is made over. */
export function acs3StringToSign(canonicalRequest: string): string {
  return `ACS3-HMAC-SHA256\n${bytesToHex(sha256(utf8ToBytes(canonicalRequest)))}`;
}

/** The signature: one HMAC with the secret itself. */
export function acs3Signature(accessKeySecret: string, stringToSign: string): string {
  return bytesToHex(hmac(sha256, utf8ToBytes(accessKeySecret), utf8ToBytes(stringToSign)));
}

/** Checks what must be sent, what of it must be signed, and the date. */
function headerFault(headers: Map<string, string>, signed: string[], now: number): Verdict | undefined {
  for (
    const name of [
      "host",
      "x-acs-action",
      "x-acs-version",
      "x-acs-date",
      "x-acs-signature-nonce",
      "x-acs-content-sha256",
    ]
  ) {
    if (!headers.get(name)) return incomplete(`the header ${name} is missing`);
  }
  for (const name of headers.keys()) {
    const mustSign = name === "host" || name === "content-type" || name.startsWith("x-acs-");
    if (mustSign && !signed.includes(name)) {
      return incomplete(`the header ${name} is not among SignedHeaders`);
    }
  }
  if (signed.some((name, i) => i > 0 && compareUtf8(signed[i - 1] ?? "", name) >= 0)) {
    return incomplete("SignedHeaders are not sorted");
  }
  const date = headers.get("x-acs-date") ?? "";
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) ? Date.parse(date) : NaN;
  return timeFault(time, now);
}

/** Shows what the server signed, so that it can be compared; the token in it stays hidden. */
function mismatch(stringToSign: string, canonicalRequest: string, token: string | undefined): Verdict {
  const shown = token ? canonicalRequest.replaceAll(token, "***") : canonicalRequest;
  return refuse(
    400,
    "SignatureDoesNotMatch",
    `Specified signature does not match our calculation. server string to sign is:${stringToSign}, ` +
      `server canonical request is:${shown}`,
  );
}
