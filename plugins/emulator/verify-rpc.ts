import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type KeyLookup, tokenFault } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { incomplete, timeFault, tokenRefusal } from "./signature-faults.ts";
import { compareUtf8, parseQuery, percentEncode, type QueryPair } from "./wire-text.ts";

/** A request of the RPC style, whose headers are not signed. */
export interface RpcRequest {
  /** HTTP method. */
  method: string;
  /** Query, still escaped, with or without its `?`. */
  search: string;
  /** Body, when it is a form. */
  form?: string;
}

/**
 * Checks the older signature of APIs without paths, an HMAC-SHA1 over all parameters that stands among them:
 * https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism. Whether the nonce is new is for the caller to know.
 */
export function verifyRpc(request: RpcRequest, lookup: KeyLookup, now: number): Verdict {
  try {
    return verify(request, lookup, now);
  } catch (error) {
    if (error instanceof URIError) return incomplete("a parameter has a malformed escape");
    throw error;
  }
}

function verify(request: RpcRequest, lookup: KeyLookup, now: number): Verdict {
  const query = new Map(parseQuery(request.search));
  const accessKeyId = query.get("AccessKeyId");
  if (!accessKeyId) return refuse(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.");
  const key = lookup(accessKeyId);
  if (!key) return refuse(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
  const fault = parameterFault(query, now) ?? tokenRefusal(tokenFault(key, query.get("SecurityToken"), now));
  if (fault) return fault;
  const stringToSign = rpcStringToSign(request);
  if (rpcSignature(key.accessKeySecret, stringToSign) === query.get("Signature")) {
    return { ok: true, accessKeyId };
  }
  const token = percentEncode(percentEncode(key.securityToken ?? ""));
  const shown = token ? stringToSign.replaceAll(token, "***") : stringToSign;
  return refuse(
    400,
    "SignatureDoesNotMatch",
    `Specified signature is not matched with our calculation. server string to sign is:${shown}`,
  );
}

/** What the signature is made over: every parameter but the signature itself, of the query and of the form. */
export function rpcStringToSign({ method, search, form = "" }: RpcRequest): string {
  const pairs: QueryPair[] = [...parseQuery(search), ...parseQuery(form)];
  const parameters = pairs.filter(([name]) => name !== "Signature")
    .sort((a, b) => compareUtf8(a[0], b[0]) || compareUtf8(a[1], b[1]))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
  return `${method}&%2F&${percentEncode(parameters)}`;
}

/** The signature, in Base64; its key is the secret and an ampersand. */
export function rpcSignature(accessKeySecret: string, stringToSign: string): string {
  return btoa(
    String.fromCharCode(...hmac(sha1, utf8ToBytes(`${accessKeySecret}&`), utf8ToBytes(stringToSign))),
  );
}

function parameterFault(query: ReadonlyMap<string, string>, now: number): Verdict | undefined {
  for (const name of ["Action", "Version", "SignatureNonce", "Signature"]) {
    if (!query.get(name)) return incomplete(`the parameter ${name} is missing`);
  }
  for (const [name, wanted] of [["SignatureMethod", "HMAC-SHA1"], ["SignatureVersion", "1.0"]] as const) {
    if (query.get(name) !== wanted) return incomplete(`the parameter ${name} is not ${wanted}`);
  }
  const date = query.get("Timestamp") ?? "";
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) ? Date.parse(date) : NaN;
  return timeFault(time, now);
}
