import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** A request to a service, as its signature sees it. */
export interface EasRequest {
  /** HTTP method. */
  method: string;
  /** Path and query as sent. */
  resource: string;
  /** Headers. */
  headers: Headers;
  /** Body as sent. */
  body: Uint8Array;
}

/** Whether a request is signed with the token rather than carrying it. */
export function isSigned(headers: Headers): boolean {
  return /^EAS /.test(headers.get("authorization") ?? "");
}

/**
 * Checks a request that the vendor's clients signed with the service's token. Its date is part of what is signed, but how
 * old it may be the vendor doesn't say, and some of these clients send a local time as GMT; so any date will do.
 *
 * @returns What is wrong, if anything.
 */
export function verifyEas(
  { method, resource, headers, body }: EasRequest,
  tokens: readonly string[],
): string | undefined {
  const given = (name: string): string => headers.get(name) ?? "";
  if (given("content-md5") !== bytesToHex(md5(body))) return "Content-MD5 is not that of the body";
  if (!given("date")) return "there is no Date";
  const stringToSign = easStringToSign(method, resource, headers);
  const signature = given("authorization").replace(/^EAS /, "");
  const isRight = tokens.some((token) => easSignature(token, stringToSign) === signature);
  return isRight ? undefined : "the signature does not match";
}

/** What the signature is made over. */
export function easStringToSign(method: string, resource: string, headers: Headers): string {
  const signed = ["content-md5", "content-type", "date"].map((name) => headers.get(name) ?? "");
  return [method, ...signed, resource].join("\n");
}

/** The signature in Base64. */
export function easSignature(token: string, stringToSign: string): string {
  return btoa(String.fromCharCode(...hmac(sha1, utf8ToBytes(token), utf8ToBytes(stringToSign))));
}
