import { bucketOf, objectOf, type OssCall } from "./oss-call.ts";
import { isUnchanged, readRange } from "./oss-conditions.ts";
import { contentHeaders } from "./oss-properties.ts";
import type { StoredObject } from "./store.ts";

/**
 * GetObject and HeadObject.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject.
 */
export function getObject(call: OssCall): Response {
  const { cloud: { store }, request, query } = call;
  const object = objectOf(call);
  const { size, properties } = object;
  const headers = new Headers(validators(object));
  if (isUnchanged(object, request.headers)) return new Response(null, { status: 304, headers });
  headers.set("content-type", "application/octet-stream");
  for (const [name, value] of properties.headers) headers.set(name, value);
  for (const name of contentHeaders) {
    const override = query[`response-${name}`];
    if (override !== undefined) headers.set(name, override);
  }
  headers.set("accept-ranges", "bytes");
  headers.set("x-oss-object-type", object.type);
  headers.set("x-oss-storage-class", properties.storageClass);
  headers.set("x-oss-hash-crc64ecma", String(object.crc64)); // of the whole object, also with a range
  if (properties.tags.size > 0) headers.set("x-oss-tagging-count", String(properties.tags.size));
  const range = readRange(request.headers, size);
  const [start, end] = range ?? [0, size - 1];
  headers.set("content-length", String(end - start + 1));
  if (range) headers.set("content-range", `bytes ${start}-${end}/${size}`);
  const body = request.method === "HEAD" || size === 0 ? null : store.read(object, [start, end + 1]);
  return new Response(body, { status: range ? 206 : 200, headers });
}

/**
 * GetObjectMeta: an object's length, tag and date, and none of what its upload said.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectmeta.
 */
export function getObjectMeta(call: OssCall): Response {
  const object = objectOf(call);
  const headers = new Headers(validators(object));
  headers.set("content-length", String(object.size));
  headers.set("x-oss-hash-crc64ecma", String(object.crc64));
  return new Response(null, { headers });
}

/** DeleteObject. What is not there is deleted as well. */
export function deleteObject(call: OssCall): Response {
  call.cloud.store.deleteObject(bucketOf(call), call.key);
  return new Response(null, { status: 204 });
}

function validators({ etag, lastModified }: StoredObject): Record<string, string> {
  return { etag, "last-modified": new Date(lastModified).toUTCString() };
}
