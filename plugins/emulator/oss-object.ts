import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Refusal } from "./refusal.ts";
import type { Bucket, StoredObject } from "./store.ts";

const kept = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];

/** Stores an object and tells its entity tag. */
export function putObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Headers,
  now: number,
): StoredObject {
  // https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions
  if (/^[/\\]/.test(key) || utf8ToBytes(key).length > 1023) {
    throw new Refusal({
      status: 400,
      code: "InvalidObjectName",
      message: "The specified object is not valid.",
    });
  }
  if (headers.get("x-oss-forbid-overwrite") === "true" && bucket.has(key)) {
    const message = "The object you specified already exists and can not be overwritten.";
    throw new Refusal({ status: 409, code: "FileAlreadyExists", message });
  }
  const digest = md5(body);
  const sentDigest = headers.get("content-md5");
  if (sentDigest !== null && sentDigest !== btoa(String.fromCharCode(...digest))) {
    const message = "The Content-MD5 you specified did not match what we received.";
    throw new Refusal({ status: 400, code: "InvalidDigest", message });
  }
  const object: StoredObject = {
    body,
    etag: `"${bytesToHex(digest).toUpperCase()}"`,
    lastModified: now,
    headers: [...headers].filter(([name]) => kept.includes(name) || name.startsWith("x-oss-meta-")),
  };
  bucket.set(key, object);
  return object;
}

/** Answers GetObject and HeadObject. */
export function getObject(
  object: StoredObject,
  request: Request,
  query: Readonly<Record<string, string>>,
): Response {
  const { body, etag, lastModified } = object;
  if (isUnchanged(object, request.headers)) return new Response(null, { status: 304, headers: { etag } });
  const headers = new Headers(object.headers);
  if (!headers.has("content-type")) headers.set("content-type", "application/octet-stream");
  for (const name of kept) {
    const override = query[`response-${name}`];
    if (override !== undefined) headers.set(name, override);
  }
  headers.set("etag", etag);
  headers.set("last-modified", new Date(lastModified).toUTCString());
  headers.set("accept-ranges", "bytes");
  headers.set("x-oss-object-type", "Normal");
  headers.set("x-oss-storage-class", "Standard");
  const range = readRange(request.headers, body.length);
  const [start, end] = range ?? [0, body.length - 1];
  headers.set("content-length", String(end - start + 1));
  if (range) headers.set("content-range", `bytes ${start}-${end}/${body.length}`);
  const part = range ? body.subarray(start, end + 1) : body;
  return new Response(request.method === "HEAD" ? null : part, { status: range ? 206 : 200, headers });
}

/**
 * Whether the caller has the object already.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject.
 */
function isUnchanged({ etag, lastModified }: StoredObject, headers: Headers): boolean {
  const tag = (name: string): string | undefined => headers.get(name)?.replaceAll('"', "");
  const time = (name: string): number => Date.parse(headers.get(name) ?? "");
  const own = etag.replaceAll('"', "");
  const changed = Math.floor(lastModified / 1000) * 1000; // dates in headers have whole seconds
  if ((tag("if-match") ?? own) !== own || changed > time("if-unmodified-since")) {
    const message = "At least one of the pre-conditions you specified did not hold.";
    throw new Refusal({ status: 412, code: "PreconditionFailed", message });
  }
  return tag("if-none-match") === own || changed <= time("if-modified-since");
}

/**
 * First and last byte to send, or `undefined` for all. A range that is malformed or reaches past the end counts as
 * none, unless `x-oss-range-behavior: standard` asks for what HTTP prescribes.
 * Source: https://www.alibabacloud.com/help/en/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests.
 */
function readRange(headers: Headers, length: number): [start: number, end: number] | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? length - Number(last) : Number(first);
  const end = first === "" || last === "" ? length - 1 : Number(last);
  if (start >= 0 && start <= end && end < length) return [start, end];
  if (headers.get("x-oss-range-behavior") !== "standard" || (first !== "" && start > end && last !== "")) {
    return undefined;
  }
  if (start >= length) {
    const message = "The requested range cannot be satisfied.";
    const details = { ActualObjectSize: String(length), RangeRequested: headers.get("range") ?? "" };
    throw new Refusal({ status: 416, code: "InvalidRange", message, details });
  }
  return [Math.max(start, 0), length - 1];
}
