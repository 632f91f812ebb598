/**
 * ACS3-HMAC-SHA256, the signature of Alibaba Cloud's APIs, in the specification's own words and stage by stage.
 *
 * Source: "V3 request structure and signature", https://help.aliyun.com/document_detail/2712195.html.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { BearerToken, Credentials } from "./credentials.ts";
import { hmacSha256 } from "./hmac.ts";
import { hex, utf8 } from "./encoding.ts";
import { CredentialsError } from "./errors.ts";
import { pct } from "./percent.ts";

const algorithm = "ACS3-HMAC-SHA256";

/** A request as the signature sees it. */
export interface Acs3Request {
  /** Method in upper case. */
  method: string;
  /** Path, percent-encoded as it is sent. */
  pathname: string;
  /** Query parameters, not encoded; each name once. */
  query: readonly (readonly [name: string, value: string])[];
  /** Headers by lower-case name. `host`, `content-type` and `x-acs-*` are signed, the others are not. */
  headers: Readonly<Record<string, string>>;
  /** What {@linkcode payloadHash} makes of the body; also the value of `x-acs-content-sha256`. */
  payloadHash: string;
}

/** Hex SHA-256 of a body; of no bytes when there is none. */
export function payloadHash(body: Uint8Array = new Uint8Array()): string {
  return hex(sha256(body));
}

/** The query, sorted by name (which APIs spell in ASCII) and encoded: an empty value keeps its `=`. */
export function canonicalQuery(query: Acs3Request["query"]): string {
  return [...query].sort(([a], [b]) => a < b ? -1 : 1).map((pair) => pair.map(pct).join("=")).join("&");
}

/** The names of the signed headers, sorted, joined with semicolons. */
export function signedHeaders(headers: Acs3Request["headers"]): string {
  return Object.keys(headers).filter((name) => /^(host$|content-type$|x-acs-)/.test(name)).sort().join(";");
}

/** First stage: the whole request as one text. */
export function canonicalRequest({ method, pathname, query, headers, payloadHash }: Acs3Request): string {
  const signed = signedHeaders(headers);
  const lines = signed.split(";").map((name) => `${name}:${headers[name]!.trim()}\n`).join("");
  return [method, pathname, canonicalQuery(query), lines, signed, payloadHash].join("\n");
}

/** Second stage: the algorithm and the hash of the first. */
export function stringToSign(canonicalRequest: string): string {
  return `${algorithm}\n${hex(sha256(utf8(canonicalRequest)))}`;
}

/** Third stage: the HMAC under the secret itself. */
export function signature(accessKeySecret: string, stringToSign: string): string {
  return hex(hmacSha256(utf8(accessKeySecret), utf8(stringToSign)));
}

/** Last stage: the value of the `Authorization` header. */
export function authorization(request: Acs3Request, { accessKeyId, accessKeySecret }: Credentials): string {
  const signed = signature(accessKeySecret, stringToSign(canonicalRequest(request)));
  return `${algorithm} Credential=${accessKeyId},SignedHeaders=${
    signedHeaders(request.headers)
  },Signature=${signed}`;
}

/** Who calls: an access key, a bearer token, or nobody in particular. */
export type Identity = Credentials | BearerToken | "anonymous";

/** The headers of a request with what proves the caller's identity. Only an access key signs; the rest are headers. */
export function sign(request: Acs3Request, identity: Identity): Record<string, string> {
  const headers: Record<string, string> = { ...request.headers, "x-acs-content-sha256": request.payloadHash };
  if (identity === "anonymous") return headers;
  const token = "bearerToken" in identity ? identity.bearerToken : identity.securityToken;
  // no header can carry it, and the runtime's own error would quote it
  if (/[^ -~]/.test(`${token}`)) throw new CredentialsError("Cannot use the token: not plain text");
  if ("bearerToken" in identity) headers["x-acs-bearer-token"] = identity.bearerToken;
  else {
    if (token) {
      headers["x-acs-accesskey-id"] = identity.accessKeyId;
      headers["x-acs-security-token"] = token;
    }
    headers.authorization = authorization({ ...request, headers }, identity);
  }
  return headers;
}
