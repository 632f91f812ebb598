import { sha256 } from "@noble/hashes/sha2.js";
import type { Credentials } from "../../../core/credentials.ts";
import { hex, utf8 } from "../../../core/encoding.ts";
import { hmacSha256 } from "../../../core/hmac.ts";
import { pct, pctPath } from "../../../core/percent.ts";
import type { OssSigner, OssSigningPlace, OssSigningRequest } from "./signer.ts";

// The stages of OSS's V4 signature, named as the vendor's page names them, so that a presigned address
// (the same stages over a query instead of headers) can be built from the same functions:
// https://help.aliyun.com/zh/oss/developer-reference/recommend-to-use-signature-version-4

const algorithm = "OSS4-HMAC-SHA256";

// OSS never asks for a hash of the body, so that bodies can be streams.
const unsignedPayload = "UNSIGNED-PAYLOAD";

/** What of a request is signed. */
export interface Oss4Request extends OssSigningRequest {
  /** Headers to sign besides those that always are, as {@linkcode additionalHeaders} gives them. @default {[]} */
  additionalHeaders?: readonly string[];
}

/** When and where a signature is valid. */
export interface Oss4Scope {
  /** Time of signing as in `x-oss-date`: `20260409T010203Z`. */
  date: string;
  /** The bucket's region without `oss-`, such as `cn-hangzhou`; for a CloudBox its id. */
  region: string;
  /** `oss`, or `oss-cloudbox`. @default {"oss"} */
  product?: string;
}

/** Derives the key of a scope from a secret. */
export type Oss4KeyDerivation = (accessKeySecret: string, scope: Oss4Scope) => Uint8Array;

/** Writes a time as `x-oss-date` does: UTC, without milliseconds. */
export function oss4Date(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** The text whose hash is signed. */
export function canonicalRequest(request: Oss4Request): string {
  const { method, bucket, key = "", query = {}, headers, additionalHeaders: additional = [] } = request;
  let lines = "";
  for (const name of Object.keys(headers).sort()) {
    if (isAlwaysSigned(name) || additional.includes(name)) lines += `${name}:${headers[name]!.trim()}\n`; // was just listed
  }
  const path = bucket === undefined ? "/" : pctPath(`/${bucket}/${key}`);
  return [method, path, canonicalQuery(query), lines, additional.join(";"), unsignedPayload].join("\n");
}

/** The query as it is signed and may be sent: sorted by encoded name, names without a value without `=`. */
export function canonicalQuery(query: NonNullable<Oss4Request["query"]>): string {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [pct(name), value ? `=${pct(value)}` : ""])
    .sort(([a], [b]) => (a < b ? -1 : 1)) // encoded names are ASCII, so this is the order of bytes
    .map((pair) => pair.join("")).join("&");
}

/** Where a signature is valid, as it appears in the string to sign and in the credential. */
export function credentialScope({ date, region, product = "oss" }: Oss4Scope): string {
  return `${date.slice(0, 8)}/${region}/${product}/aliyun_v4_request`;
}

/** The text that is signed. */
export function stringToSign(canonicalRequest: string, scope: Oss4Scope): string {
  const hash = hex(sha256(utf8(canonicalRequest)));
  return `${algorithm}\n${scope.date}\n${credentialScope(scope)}\n${hash}`;
}

/** The key of a scope: the secret, narrowed to a day, a region and a product. */
export function signingKey(accessKeySecret: string, scope: Oss4Scope): Uint8Array {
  return credentialScope(scope).split("/").reduce<Uint8Array>(
    (key, part) => hmacSha256(key, utf8(part)),
    utf8(`aliyun_v4${accessKeySecret}`),
  );
}

/** Derives keys and remembers the last one, which serves a whole day of requests. */
export function rememberSigningKey(): Oss4KeyDerivation {
  let last: { secret: string; scope: string; key: Uint8Array } | undefined;
  return (secret, scope) => {
    const text = credentialScope(scope);
    if (last?.secret !== secret || last.scope !== text) {
      last = { secret, scope: text, key: signingKey(secret, scope) };
    }
    return last.key;
  };
}

/** Signs a text in lower-case hex. */
export function signature(key: Uint8Array, stringToSign: string): string {
  return hex(hmacSha256(key, utf8(stringToSign)));
}

/** Options of {@linkcode ossV4}. */
export interface OssV4Options {
  /** What the signature is for: `oss`, or `oss-cloudbox` with the box's id as region. @default {"oss"} */
  product?: string;
  /** Lower-case names of headers to sign besides those that always are; each must be sent. @default {[]} */
  additionalHeaders?: readonly string[];
}

/** Signs by version 4, which is what `oss()` does when no signer is given; this one has options. */
export function ossV4({ product, additionalHeaders: names = [] }: OssV4Options = {}): Required<OssSigner> {
  const deriveKey = rememberSigningKey();
  const complete = (
    request: OssSigningRequest,
    { time, region }: OssSigningPlace,
  ): [Oss4Request, Oss4Scope] => [
    { ...request, additionalHeaders: additionalHeaders(names, request.headers) },
    { date: oss4Date(time), region, product },
  ];
  return {
    sign: (request, credentials, place) => {
      const [whole, scope] = complete(request, place);
      return signOss4(whole, credentials, scope, deriveKey);
    },
    presign: (request, credentials, place, expires) => {
      const [whole, scope] = complete(request, place);
      return presignOss4(whole, credentials, scope, expires);
    },
  };
}

/** Signs by version 4 in the headers, without options: the rest of {@linkcode ossV4} costs only those who use it. */
export function headersV4(): OssSigner {
  const deriveKey = rememberSigningKey();
  return {
    sign: (request, credentials, { time, region }) =>
      signOss4(request, credentials, { date: oss4Date(time), region }, deriveKey),
  };
}

/** Signs a request in its headers: returns the given ones and what the signature adds, and the text that was signed. */
export function signOss4(
  request: Oss4Request,
  credentials: Credentials,
  scope: Oss4Scope,
  deriveKey: Oss4KeyDerivation = signingKey,
): { headers: Record<string, string>; signed: string } {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    "x-oss-date": scope.date,
    "x-oss-content-sha256": unsignedPayload,
    ...(securityToken && { "x-oss-security-token": securityToken }),
  };
  const signed = stringToSign(canonicalRequest({ ...request, headers }), scope);
  const additional = (request.additionalHeaders ?? []).join(";");
  headers.authorization = `${algorithm} Credential=${accessKeyId}/${credentialScope(scope)}${
    additional && `,AdditionalHeaders=${additional}`
  },Signature=${signature(deriveKey(accessKeySecret, scope), signed)}`;
  return { headers, signed };
}

/**
 * Signs a request in its query: returns the given parameters and what the signature adds.
 *
 * @param expires Seconds that the signature is good for.
 */
export function presignOss4(
  request: Oss4Request,
  credentials: Credentials,
  scope: Oss4Scope,
  expires: number,
): Record<string, string | null | undefined> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  const query = {
    ...request.query,
    "x-oss-signature-version": algorithm,
    "x-oss-credential": `${accessKeyId}/${credentialScope(scope)}`,
    "x-oss-date": scope.date,
    "x-oss-expires": `${expires}`,
    "x-oss-security-token": securityToken || undefined,
    "x-oss-additional-headers": request.additionalHeaders?.join(";") || undefined,
  };
  const signed = stringToSign(canonicalRequest({ ...request, query }), scope);
  return { ...query, "x-oss-signature": signature(signingKey(accessKeySecret, scope), signed) };
}

function isAlwaysSigned(name: string): boolean {
  return name === "content-type" || name === "content-md5" || name.startsWith("x-oss-");
}

/**
 * Names of headers to sign besides those that always are: sorted, each once, and those left out.
 *
 * @throws {TypeError} when the request does not have one of them.
 */
export function additionalHeaders(names: readonly string[], headers: Oss4Request["headers"]): string[] {
  const additional = [...new Set(names)].filter((name) => !isAlwaysSigned(name)).sort();
  const missing = additional.find((name) => headers[name] === undefined);
  if (missing === undefined) return additional;
  throw new TypeError(`Cannot sign the header "${missing}": the request does not have it`);
}
