import { md5 } from "@noble/hashes/legacy.js";
import { base64, utf8 } from "../../../core/encoding.ts";
import type { StorageCallOptions } from "../../../core/storage.ts";
import { checkKey } from "../object/key.ts";
import { readAnswer } from "./answer.ts";
import type { OssBucket } from "./bucket.ts";
import { decodeUrl } from "./listing.ts";
import { childrenNamed, childText, escapeXml, isXmlText } from "./xml.ts";

/** Options of {@linkcode deleteMany}. */
export interface DeleteManyOptions extends StorageCallOptions {
  /** Told after each request how many keys are done with, deleted or not. */
  onProgress?: (done: number) => void;
}

/** A key that {@linkcode deleteMany} could not delete. */
export interface DeleteFailure {
  /** The key, which may still be there. */
  key: string;
  /** The vendor's code, where it told one. */
  code?: string;
}

/** What {@linkcode deleteMany} did. */
export interface DeleteManyResult {
  /** How many keys OSS confirmed. A key without an object counts as deleted. */
  deleted: number;
  /** Keys that OSS did not confirm. */
  failed: DeleteFailure[];
}

/** Most keys in one request: https://help.aliyun.com/zh/oss/developer-reference/deletemultipleobjects */
const batchSize = 1000;

/**
 * Deletes any number of objects, a thousand in a request: `deleteMany(bucket, ["a", "b"])`, or all below a prefix as
 * they are listed.
 *
 * OSS is asked to name what it deleted (its quiet mode would not), so that a key which it passes over is noticed.
 *
 * @throws {TypeError} when a key can't name an object; what came before it in whole thousands is deleted.
 * @throws {StorageError} when a whole request is refused.
 */
export async function deleteMany(
  bucket: OssBucket,
  keys: Iterable<string> | AsyncIterable<string>,
  options: DeleteManyOptions = {},
): Promise<DeleteManyResult> {
  const { signal, onProgress } = options;
  const result: DeleteManyResult = { deleted: 0, failed: [] };
  const batch = new Set<string>();
  const flush = async (): Promise<void> => {
    const failed = await deleteBatch(bucket, batch, signal);
    result.deleted += batch.size - failed.length;
    result.failed.push(...failed);
    batch.clear();
    onProgress?.(result.deleted + result.failed.length);
  };
  for await (const key of keys) {
    signal?.throwIfAborted();
    checkKey("delete", bucket.bucket, key);
    if (!isXmlText(key)) await bucket.delete(key, { signal }); // XML can't write control characters
    else batch.add(key);
    if (!isXmlText(key)) result.deleted++;
    if (batch.size === batchSize) await flush();
  }
  if (batch.size) await flush();
  return result;
}

async function deleteBatch(
  bucket: OssBucket,
  keys: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<DeleteFailure[]> {
  const objects = Array.from(keys, (key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("");
  const body = utf8(`<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet>${objects}</Delete>`);
  const answer = await readAnswer(bucket, {
    action: "delete objects of",
    method: "POST",
    query: { delete: "", "encoding-type": "url" },
    headers: { "content-type": "application/xml", "content-md5": base64(md5(body)) },
    body,
    signal,
  }, "DeleteResult");
  const encoded = childText(answer, "EncodingType") === "url";
  const named = (name: string): Map<string, string | undefined> =>
    new Map(
      childrenNamed(answer, name).map((item) => {
        const key = childText(item, "Key") ?? "";
        return [encoded ? decodeUrl(key) : key, childText(item, "Code")];
      }),
    );
  const deleted = named("Deleted"), refused = named("Error");
  return [...keys].filter((key) => !deleted.has(key)).map((key) => ({ key, code: refused.get(key) }));
}
