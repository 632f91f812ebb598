import { bucketOf, invalidArgument, objectOf, type OssCall, xml } from "./oss-call.ts";
import { isUnchanged, readRange } from "./oss-conditions.ts";
import { documentTime, type Element } from "./oss-document.ts";
import { partNumberOf, storePart, uploadOf } from "./oss-multipart.ts";
import { readProperties } from "./oss-properties.ts";
import { checkWritable, storeObject } from "./oss-put.ts";
import type { Properties, StoredObject } from "./store.ts";

/** Prefix of the conditions on the object that is copied. */
const conditions = "x-oss-copy-source-";

/**
 * CopyObject. The copy shares the bytes of its source.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject.
 */
export function copyObject(call: OssCall): Response {
  const { headers } = call.request;
  const source = sourceOf(call);
  if (isUnchanged(source, headers, conditions)) return new Response(null, { status: 304 });
  checkWritable(bucketOf(call), call.key, headers.get("x-oss-forbid-overwrite"));
  const properties = copiedProperties(source, headers);
  const copy = storeObject(call, { pieces: source.pieces, etag: source.etag, type: source.type, properties });
  return xml(["CopyObjectResult", result(copy)], { "x-oss-hash-crc64ecma": String(copy.crc64) });
}

/**
 * UploadPartCopy: a part out of a range of another object.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpartcopy.
 */
export async function copyPart(call: OssCall): Promise<Response> {
  const { cloud: { store }, request: { headers } } = call;
  const number = partNumberOf(call);
  uploadOf(call);
  const source = sourceOf(call);
  if (isUnchanged(source, headers, conditions)) return new Response(null, { status: 304 });
  // A range that is none means the whole object.
  const asked = new Headers({ range: headers.get("x-oss-copy-source-range") ?? "" });
  const [start, last] = readRange(asked, source.size) ?? [0, source.size - 1];
  const piece = await store.contents.write(store.read(source, [start, last + 1]), false);
  store.hold([piece]);
  try {
    const part = storePart(call, number, piece);
    return xml(["CopyPartResult", result(part)], { "x-oss-hash-crc64ecma": String(piece.crc64) });
  } finally {
    store.release([piece]);
  }
}

/** The object that `x-oss-copy-source` names: `/bucket/key`, escaped like a part of an address. */
function sourceOf({ cloud, request }: OssCall): StoredObject {
  const text = request.headers.get("x-oss-copy-source") ?? "";
  const [, bucket, escaped] = /^\/?([a-z0-9-]+)\/([^?]+)(\?.*)?$/.exec(text) ?? [];
  try {
    if (bucket && escaped) return objectOf({ cloud, bucket, key: decodeURIComponent(escaped) });
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw invalidArgument("x-oss-copy-source", text);
}

/** What the copy has of its source, and what of the request. */
function copiedProperties({ properties }: StoredObject, headers: Headers): Properties {
  const given = readProperties(headers);
  const replaces = (name: string): boolean => {
    const directive = headers.get(name) ?? "COPY";
    if (/^(copy|replace)$/i.test(directive)) return directive.toLowerCase() === "replace";
    throw invalidArgument(name, directive);
  };
  const isEncryption = ([name]: readonly [string, string]): boolean => name.startsWith("x-oss-server-side-");
  return {
    headers: replaces("x-oss-metadata-directive")
      ? given.headers
      : [...properties.headers.filter((line) => !isEncryption(line)), ...given.headers.filter(isEncryption)],
    storageClass: given.storageClass,
    tags: replaces("x-oss-tagging-directive") ? given.tags : properties.tags,
  };
}

function result({ etag, lastModified }: { etag: string; lastModified: number }): Element[] {
  return [["LastModified", documentTime(lastModified)], ["ETag", etag]];
}
