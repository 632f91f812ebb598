import { type Context, Hono } from "hono";
import { type Cloud, readBody } from "./cloud.ts";
import { document, type Element, ossError } from "./oss-document.ts";
import { listObjects, ownerElement } from "./oss-list.ts";
import { getObject, putObject } from "./oss-object.ts";
import { Refusal } from "./refusal.ts";
import type { Bucket, StoredObject } from "./store.ts";
import { verifyOss4 } from "./verify-oss4.ts";

type Env = { Variables: { requestId: string; bucket: string; key: string } };
type Call = Context<Env>;

// Parameters that turn a request into another operation, which must not pass for the plain one.
const otherOperations =
  ("acl append bucketInfo callback cors delete encryption inventory lifecycle location logging policy referer " +
    "replication restore stat symlink tagging uploadId uploads versionId versioning versions website worm " +
    "x-oss-process").split(" ");

/**
 * Object storage, signed with OSS V4. Routes begin with the bucket, as in a path-style address.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function.
 */
export function objectStorage(cloud: Cloud): Hono<Env> {
  const { store } = cloud;
  const app = new Hono<Env>();
  app.onError((error, call) => {
    const refusal = error instanceof Refusal
      ? error
      : new Refusal({ status: 500, code: "InternalError", message: error.message });
    return ossError(refusal, call.get("requestId"), new URL(call.req.url).host, call.req.method === "HEAD");
  });
  app.use(async (call, next) => {
    call.set("requestId", store.next().toString(16).toUpperCase().padStart(24, "0"));
    await next();
    call.res.headers.set("x-oss-request-id", call.get("requestId"));
    call.res.headers.set("date", new Date(cloud.clock.now()).toUTCString());
    call.res.headers.set("server", "AliyunOSS");
  });
  app.use((call, next) => {
    authenticate(cloud, call);
    return next();
  });
  app.get("*", (call) => {
    const { bucket, key } = call.var;
    if (!bucket) return xml(document(listBuckets(cloud)));
    const objects = existing(store.buckets, bucket);
    if (!key) return xml(document(listObjects(bucket, objects, call.req.query(), cloud.accountId)));
    return getObject(stored(objects, key), call.req.raw, call.req.query());
  });
  app.put("*", (call) => call.get("key") ? put(cloud, call) : putBucket(cloud, call.get("bucket")));
  app.delete("*", (call) => {
    const { bucket, key } = call.var;
    const objects = existing(store.buckets, bucket);
    if (key) objects.delete(key);
    else if (objects.size > 0) {
      throw refusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
    } else store.buckets.delete(bucket);
    return new Response(null, { status: 204 });
  });
  app.all("*", ({ req }) => {
    throw refusal(405, "MethodNotAllowed", `The emulator has no operation for ${req.method}.`);
  });
  return app;
}

/** Finds out what the request is about and checks its signature. */
function authenticate(cloud: Cloud, call: Call): void {
  const { method, url, headers } = call.req.raw;
  const { bucket, key } = readResource(call.req.path);
  call.set("bucket", bucket);
  call.set("key", key);
  const { search, host } = new URL(url);
  const signed = new Headers(headers);
  signed.set("host", host);
  const request = { method, bucket, key, search, headers: signed };
  const verdict = verifyOss4(request, cloud.lookup, cloud.clock.now(), cloud.region);
  if (!verdict.ok) throw new Refusal(verdict);
  const other = otherOperations.find((name) => call.req.query(name) !== undefined) ??
    ["x-oss-copy-source", "x-oss-symlink-target"].find((name) => headers.has(name));
  if (other) throw refusal(501, "NotImplemented", `The emulator does not know the operation "${other}".`);
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

async function put(cloud: Cloud, call: Call): Promise<Response> {
  const { bucket, key } = call.var;
  const objects = existing(cloud.store.buckets, bucket);
  const body = await readBody(call.req.raw, cloud);
  if (!body) throw refusal(400, "EntityTooLarge", `The body is longer than ${cloud.maxBodyBytes} bytes.`);
  const { etag } = putObject(objects, key, body, call.req.raw.headers, cloud.clock.now());
  return new Response(null, { headers: { etag } });
}

function putBucket({ store }: Cloud, bucket: string): Response {
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw refusal(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: bucket });
  }
  // An owner may create a bucket again; its objects stay.
  if (!store.buckets.has(bucket)) store.buckets.set(bucket, new Map());
  return new Response(null, { headers: { location: `/${bucket}` } });
}

function listBuckets({ store, region, accountId }: Cloud): Element {
  const buckets = [...store.buckets.keys()].sort().map((name): Element => [
    "Bucket",
    [["Name", name], ["Location", `oss-${region}`], ["StorageClass", "Standard"]],
  ]);
  return ["ListAllMyBucketsResult", [ownerElement(accountId), ["Buckets", buckets]]];
}

function existing(buckets: ReadonlyMap<string, Bucket>, name: string): Bucket {
  const bucket = buckets.get(name);
  if (!bucket) {
    throw refusal(404, "NoSuchBucket", "The specified bucket does not exist.", { BucketName: name });
  }
  return bucket;
}

function stored(bucket: Bucket, key: string): StoredObject {
  const object = bucket.get(key);
  if (!object) throw refusal(404, "NoSuchKey", "The specified key does not exist.", { Key: key });
  return object;
}

function refusal(
  status: number,
  code: string,
  message: string,
  details: Record<string, string> = {},
): Refusal {
  return new Refusal({ status, code, message, details });
}

function xml(body: string): Response {
  return new Response(body, { headers: { "content-type": "application/xml" } });
}
