import { toBytes } from "@std/streams/to-bytes";
import { LimitedBytesTransformStream } from "@std/streams/limited-bytes-transform-stream";
import { md5 } from "@noble/hashes/legacy.js";
import type { Cloud } from "./cloud.ts";
import { document, type Element } from "./oss-document.ts";
import { readXml, type XmlNode } from "./oss-xml.ts";
import { Refusal } from "./refusal.ts";
import type { Bucket, StoredObject } from "./store.ts";

/** A request of storage, verified and taken apart. */
export interface OssCall {
  /** The cloud. */
  readonly cloud: Cloud;
  /** The request, its body unread. */
  readonly request: Request;
  /** Bucket; empty when the request is about the account. */
  readonly bucket: string;
  /** Key; empty when the request is about the bucket. */
  readonly key: string;
  /** Query, decoded. */
  readonly query: Readonly<Record<string, string>>;
}

/** An operation of storage. */
export type Operation = (call: OssCall) => Response | Promise<Response>;

/** Most bytes of a document that a request may bring. */
const maxDocument = 2 * 1024 * 1024;

/** The bucket of a call, or the refusal that there is none. */
export function bucketOf({ cloud, bucket: name }: Pick<OssCall, "cloud" | "bucket">): Bucket {
  const bucket = cloud.store.buckets.get(name);
  if (bucket) return bucket;
  throw refusal(404, "NoSuchBucket", "The specified bucket does not exist.", { BucketName: name });
}

/** The object of a call, or the refusal that there is none. */
export function objectOf(call: Pick<OssCall, "cloud" | "bucket" | "key">): StoredObject {
  const object = bucketOf(call).objects.get(call.key);
  if (object) return object;
  throw refusal(404, "NoSuchKey", "The specified key does not exist.", { Key: call.key });
}

/** Makes a refusal. */
export function refusal(
  status: number,
  code: string,
  message: string,
  details: Record<string, string> = {},
  number?: string,
): Refusal {
  return new Refusal({ status, code, message, details, number });
}

/** What an argument that makes no sense is refused with. */
export function invalidArgument(name: string, value: string, number?: string): Refusal {
  const message = `The argument ${name} is invalid.`;
  return refusal(400, "InvalidArgument", message, { ArgumentName: name, ArgumentValue: value }, number);
}

/** A whole number of the query between two limits. */
export function numberOf(
  { query }: Pick<OssCall, "query">,
  name: string,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  const text = query[name];
  if (text === undefined || text === "") return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw invalidArgument(name, text);
}

/** Answers with a document. */
export function xml(root: Element, headers: Record<string, string> = {}): Response {
  return new Response(document(root), { headers: { "content-type": "application/xml", ...headers } });
}

/** Reads the document that a request brings, whose root must have this name, and checks its `Content-MD5`. */
export async function readDocument({ request }: Pick<OssCall, "request">, root: string): Promise<XmlNode> {
  const limit = new LimitedBytesTransformStream(maxDocument, { error: true });
  const bytes = await toBytes(
    request.body?.pipeThrough(limit) ?? new ReadableStream({ start: (c) => c.close() }),
  )
    .catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    });
  checkMd5(request.headers, md5(bytes));
  const tree = readXml(bytes);
  if (tree?.name === root) return tree;
  throw malformedXml();
}

/** What a document that makes no sense is refused with. */
export function malformedXml(): Refusal {
  const message =
    "The XML you provided was not well-formed or did not validate against our published schema.";
  return refusal(400, "MalformedXML", message);
}

/** Refuses content whose MD5 is not the one that was announced. */
export function checkMd5(headers: Headers, digest: Uint8Array): void {
  const sent = headers.get("content-md5");
  if (sent === null || sent === btoa(String.fromCharCode(...digest))) return;
  throw refusal(400, "InvalidDigest", "The Content-MD5 you specified did not match what we received.");
}
