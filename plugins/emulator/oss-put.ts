import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cloud } from "./cloud.ts";
import { joinCrc64 } from "./crc64.ts";
import type { Piece } from "./object-store.ts";
import { bucketOf, checkMd5, type OssCall, refusal } from "./oss-call.ts";
import { encryptionHeaders, readProperties } from "./oss-properties.ts";
import type { Bucket, StoredObject } from "./store.ts";

/**
 * PutObject.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobject.
 */
export async function putObject(call: OssCall): Promise<Response> {
  const bucket = bucketOf(call);
  const { headers } = call.request;
  checkWritable(bucket, call.key, headers.get("x-oss-forbid-overwrite"));
  const properties = readProperties(headers);
  return await receive(call, (piece) => {
    checkWritable(bucket, call.key, headers.get("x-oss-forbid-overwrite")); // others wrote meanwhile
    return written(
      storeObject(call, { pieces: [piece], etag: etagOf(piece.digest), type: "Normal", properties }),
    );
  });
}

/** Refuses a key that no object can have, and one that has an object which may not be replaced. */
export function checkWritable({ objects }: Bucket, key: string, forbidOverwrite: string | null): void {
  // https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions
  if (key === "" || /^[/\\]/.test(key) || utf8ToBytes(key).length > 1023) {
    throw refusal(400, "InvalidObjectName", "The specified object is not valid.");
  }
  if (forbidOverwrite === "true" && objects.has(key)) {
    const message = "The object you specified already exists and can not be overwritten.";
    throw refusal(409, "FileAlreadyExists", message);
  }
}

/** Takes in the body of a request, and keeps it when `use` does. */
export async function receive<Result>(
  { cloud, request }: { cloud: Cloud; request: Pick<Request, "headers" | "body"> },
  use: (piece: Piece) => Result | Promise<Result>,
): Promise<Result> {
  const { contents } = cloud.store;
  const announced = request.headers.get("content-length");
  const tooLarge = `The body is longer than ${contents.maxSize} bytes.`;
  if (Number(announced ?? 0) > contents.maxSize) throw refusal(400, "EntityTooLarge", tooLarge);
  const piece = await contents.write(request.body, request.headers.has("content-md5")).catch(
    (error: unknown) => {
      throw error instanceof RangeError ? refusal(400, "EntityTooLarge", tooLarge) : error;
    },
  );
  cloud.store.hold([piece]);
  try {
    if (announced !== null && Number(announced) !== piece.size) {
      throw refusal(400, "IncompleteBody", "The request body is incomplete.");
    }
    checkMd5(request.headers, piece.digest);
    return await use(piece);
  } finally {
    cloud.store.release([piece]);
  }
}

/** Entity tag of a digest. */
export function etagOf(digest: Uint8Array): string {
  return `"${bytesToHex(digest).toUpperCase()}"`;
}

/** Puts an object where a call says. */
export function storeObject(
  call: Pick<OssCall, "cloud" | "bucket" | "key">,
  object: Pick<StoredObject, "pieces" | "etag" | "type" | "properties">,
): StoredObject {
  const { store, clock } = call.cloud;
  const stored = {
    ...object,
    size: object.pieces.reduce((sum, { size }) => sum + size, 0),
    crc64: joinCrc64(object.pieces),
    lastModified: clock.now(),
  };
  store.setObject(bucketOf(call), call.key, stored);
  return stored;
}

/** Answers an upload. */
export function written({ etag, crc64, properties }: StoredObject): Response {
  const headers = new Headers(encryptionHeaders(properties));
  headers.set("etag", etag);
  headers.set("x-oss-hash-crc64ecma", String(crc64));
  return new Response(null, { headers });
}
