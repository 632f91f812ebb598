/**
 * Signs requests of a deployed service as EAS's own SDKs do, so that the token itself is never sent.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { easSignature } from "@pai-edge/sdk/predict/eas-signature";
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris",
 *   auth: easSignature("the token of the service"),
 *   fetch: (_, { headers }) => Response.json(new Headers(headers).get("authorization")), // leave this out
 * });
 * console.log(await predictor.predict([[5.1, 3.5, 1.4, 0.2]])); // EAS …
 * ```
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { type AuthorizedRequest, type Authorizer, tokenAuth } from "../../core/auth.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { base64, hex, utf8 } from "../../core/encoding.ts";

/** Options of {@linkcode easSignature}. */
export interface EasSignatureOptions {
  /** Tells the date that is signed. @default {systemClock} */
  clock?: Clock;
}

/**
 * Authenticates with `Authorization: EAS <signature>`: an HMAC-SHA1 with the token as its key, over the MD5 of the
 * body and the request's content type, date and path. Nothing is hashed before there is a request.
 *
 * EAS signs POST only, so requests of other methods carry the token itself. A request without a content type gets
 * `application/octet-stream`, or that of its `Blob` or form, since it is signed.
 *
 * Source: https://github.com/pai-eas/eas-python-sdk; the vendor's pages don't describe it.
 *
 * @throws {TypeError} when the token is empty. Requests are refused with a `RangeError` when their body is a stream
 * or a `FormData`, whose bytes are not known before they are sent.
 */
export function easSignature(token: string, { clock = systemClock }: EasSignatureOptions = {}): Authorizer {
  if (!token) throw new TypeError("Cannot sign with an empty token");
  let keyed: ReturnType<typeof hmac.create> | undefined; // with the key already in: half of the work
  return async (request) => {
    const { url, method, headers, body } = request;
    if (method !== "POST") return tokenAuth(token)(request);

    const contentType = headers.get("content-type") ?? typeOf(body);
    const contentMd5 = hex(await digest(body));
    const date = new Date(clock.now()).toUTCString(); // RFC 1123 with GMT, in English everywhere
    const { pathname, search } = new URL(url);
    const stringToSign = [method, contentMd5, contentType, date, pathname + search].join("\n");

    keyed ??= hmac.create(sha1, utf8(token));
    const signature = base64(keyed.clone().update(utf8(stringToSign)).digest());
    headers.set("content-type", contentType);
    headers.set("content-md5", contentMd5);
    headers.set("date", date);
    headers.set("authorization", `EAS ${signature}`);
  };
}

/** The type that `fetch` would give a body, or else that of bytes. */
function typeOf(body: AuthorizedRequest["body"]): string {
  if (body instanceof URLSearchParams) return "application/x-www-form-urlencoded;charset=UTF-8";
  return body instanceof Blob && body.type || "application/octet-stream";
}

/** The MD5 of a body, chunk by chunk where it is in chunks. */
async function digest(body: AuthorizedRequest["body"]): Promise<Uint8Array> {
  if (body instanceof ReadableStream || body instanceof FormData) {
    throw new RangeError( // a TypeError is what a broken connection throws
      `Cannot sign a ${body.constructor.name}: its bytes are not known yet; give bytes, a Blob or \`auth: tokenAuth(…)\``,
    );
  }
  if (ArrayBuffer.isView(body)) return md5(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof ArrayBuffer) return md5(new Uint8Array(body));
  if (!(body instanceof Blob)) return md5(utf8(`${body ?? ""}`)); // text, a query, or nothing
  const hash = md5.create();
  for await (const chunk of body.stream()) hash.update(chunk);
  return hash.digest();
}
