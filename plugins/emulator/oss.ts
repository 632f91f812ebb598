import { Hono } from "hono";
import type { Cloud } from "./cloud.ts";
import { deleteBucket, listBuckets, putBucket } from "./oss-bucket.ts";
import { type Operation, type OssCall, refusal } from "./oss-call.ts";
import { copyObject, copyPart } from "./oss-copy.ts";
import { deleteMany } from "./oss-delete-many.ts";
import { ossError } from "./oss-document.ts";
import { deleteObject, getObject, getObjectMeta } from "./oss-get.ts";
import { listObjects } from "./oss-list.ts";
import { abortUpload, completeUpload, initiateUpload, uploadPart } from "./oss-multipart.ts";
import { postObject } from "./oss-post.ts";
import { putObject } from "./oss-put.ts";
import { deleteTags, getTags, putTags } from "./oss-tags.ts";
import { listParts, listUploads } from "./oss-uploads.ts";
import { Refusal } from "./refusal.ts";
import { verifyOss } from "./verify-oss.ts";
import { parseQuery, type QueryPair } from "./wire-text.ts";

type Env = { Variables: { requestId: string } };

/** What there is, by method and what the address is about, then by the parameter that makes it another operation. */
const operations: Record<string, Record<string, Operation>> = {
  "GET service": { "": listBuckets },
  "GET bucket": { "": listObjects, uploads: listUploads },
  "PUT bucket": { "": putBucket },
  "DELETE bucket": { "": deleteBucket },
  "POST bucket": { "": postObject, delete: deleteMany },
  "GET object": { "": getObject, tagging: getTags, uploadId: listParts },
  "HEAD object": { "": getObject, objectMeta: getObjectMeta },
  "PUT object": {
    "": putObject,
    copy: copyObject,
    tagging: putTags,
    uploadId: uploadPart,
    "copy uploadId": copyPart,
  },
  "POST object": { uploads: initiateUpload, uploadId: completeUpload },
  "DELETE object": { "": deleteObject, tagging: deleteTags, uploadId: abortUpload },
};

/** Parameters and headers that turn a request into another operation, which must not pass for the plain one. */
const markers =
  ("acl append bucketInfo callback cors delete encryption inventory lifecycle location logging objectMeta policy " +
    "referer replication restore stat symlink tagging uploadId uploads versionId versioning versions website worm " +
    "x-oss-process").split(" ");
const headerMarkers: Record<string, string> = {
  "x-oss-copy-source": "copy",
  "x-oss-symlink-target": "symlink",
};

/**
 * Object storage. Routes begin with the bucket, as in a path-style address.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function.
 */
export function objectStorage(cloud: Cloud): Hono<Env> {
  const { store } = cloud;
  const app = new Hono<Env>();
  app.onError((error, call) => {
    const known = error instanceof Refusal
      ? error
      : new Refusal({ status: 500, code: "InternalError", message: error.message });
    return ossError(known, call.get("requestId"), new URL(call.req.url).host, call.req.raw.method === "HEAD");
  });
  app.use(async (call, next) => {
    call.set("requestId", store.next().toString(16).toUpperCase().padStart(24, "0"));
    await next();
    call.res.headers.set("x-oss-request-id", call.get("requestId"));
    call.res.headers.set("date", new Date(cloud.clock.now()).toUTCString());
    call.res.headers.set("server", "AliyunOSS");
  });
  app.all("*", async ({ req }) => {
    const { bucket, key } = readResource(req.path);
    const { search } = new URL(req.url);
    const call = { cloud, request: req.raw, bucket, key, query: Object.fromEntries(pairsOf(search)) };
    const [operation, marker] = operationOf(call);
    if (operation !== postObject) authenticate(call, search); // a form brings its signature in its fields
    if (operation) return await operation(call);
    if (marker) throw refusal(501, "NotImplemented", `The emulator does not know the operation "${marker}".`);
    throw refusal(405, "MethodNotAllowed", `The emulator has no operation for ${req.raw.method}.`);
  });
  return app;
}

/** Checks the signature of a request. */
function authenticate(
  { cloud, request: { method, headers, url }, bucket, key }: OssCall,
  search: string,
): void {
  const signed = new Headers(headers);
  signed.set("host", new URL(url).host);
  const request = { method, bucket, key, search, headers: signed };
  const verdict = verifyOss(request, cloud.lookup, cloud.clock.now(), cloud.region);
  if (!verdict.ok) throw new Refusal(verdict);
}

/** What a request wants, if the emulator has that, and what marks it. */
function operationOf(
  { request, bucket, key, query }: OssCall,
): [operation: Operation | undefined, marker: string] {
  const found = operations[`${request.method} ${key ? "object" : bucket ? "bucket" : "service"}`] ?? {};
  const marker = [
    ...Object.keys(headerMarkers).filter((name) => request.headers.has(name)).map((name) =>
      headerMarkers[name]
    ),
    ...markers.filter((name) => Object.hasOwn(query, name)).slice(0, 1),
  ].join(" ");
  return [found[marker], marker];
}

function pairsOf(search: string): QueryPair[] {
  try {
    return parseQuery(search);
  } catch {
    throw refusal(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}

/** Bucket and key of a route, each decoded once; a key may hold anything, slashes and line feeds included. */
function readResource(path: string): { bucket: string; key: string } {
  const [, bucket = "", key = ""] = /^\/oss\/([^/]*)\/?(.*)$/.exec(path) ?? [];
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
  } catch {
    throw refusal(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}
