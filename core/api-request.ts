import { utf8 } from "./encoding.ts";
import { type Acs3Request, canonicalQuery, type Identity, payloadHash, sign } from "./acs3.ts";
import { stringify } from "./json.ts";
import { hasDotSegment } from "./percent.ts";

/** One call of an API action. */
export interface ApiCall {
  /** Name of the action. */
  action: string;
  /** Version of the API, such as `2021-07-01`. */
  version: string;
  /** HTTP method. */
  method: string;
  /** Percent-encoded path; actions of the RPC style have `/`. */
  path: string;
  /** Query parameters; objects are written as JSON, missing ones not at all. */
  query: Readonly<Record<string, unknown>>;
  /** Bytes or text as they are, anything else as JSON. */
  body?: unknown;
  /** More headers, by lower-case name. */
  headers: Readonly<Record<string, string>>;
}

/** A request that is ready to be sent. */
export interface SignedRequest {
  /** Address. */
  url: string;
  /** Method, headers and body. */
  init: RequestInit;
  /** What was signed, to compare with what a server says it expected. */
  signed: Acs3Request;
}

/**
 * Writes a call as a signed request. The same call, identity, time and nonce give the same bytes.
 *
 * @param origin Scheme and host.
 * @param time Milliseconds since the Unix epoch.
 */
export function signRequest(
  origin: string,
  call: ApiCall,
  identity: Identity,
  time: number,
  nonce: string,
): SignedRequest {
  const { method, path, action, version } = call;
  if (hasDotSegment(path)) throw new TypeError(`Cannot call ${action}: its path has dot segments`);
  const [body, type] = encodeBody(call.body);
  const query = Object.entries(call.query).filter(([, value]) => value != null)
    .map((
      [name, value],
    ): [string, string] => [name, typeof value === "object" ? JSON.stringify(value) : `${value}`]);
  const headers: Record<string, string> = {
    host: new URL(origin).host, // as fetch will write it
    "x-acs-version": version,
    "x-acs-action": action,
    "x-acs-date": new Date(time).toISOString().slice(0, 19) + "Z",
    "x-acs-signature-nonce": nonce,
    accept: "application/json",
    ...type,
    ...call.headers,
  };
  if (identity !== "anonymous" && "bearerToken" in identity) {
    if (path === "/") query.push(["SignatureType", "BEARERTOKEN"]);
    else headers["x-acs-signature-type"] = "BEARERTOKEN";
  }
  const signed = { method, pathname: path, query, headers, payloadHash: payloadHash(body) };
  signed.headers = sign(signed, identity);
  const { host: _, ...sent } = signed.headers; // the runtime writes it
  const search = canonicalQuery(query);
  const init: RequestInit = { method, headers: sent, redirect: "manual" };
  if (body?.length) init.body = body;
  return { url: `${origin}${path}${search && `?${search}`}`, init, signed };
}

function encodeBody(body: unknown): [body?: Uint8Array<ArrayBuffer>, type?: Record<string, string>] {
  if (body === undefined) return [];
  if (body instanceof Uint8Array) return [body as Uint8Array<ArrayBuffer>]; // shared memory is the caller's own risk
  const bytes = typeof body === "string" ? utf8(body) : stringify(body);
  return [bytes, { "content-type": "application/json; charset=utf-8" }];
}
