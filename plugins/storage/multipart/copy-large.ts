import { systemClock } from "../../../core/clock.ts";
import { StorageError } from "../../../core/errors.ts";
import type { ObjectInfo, StorageCallOptions } from "../../../core/storage.ts";
import { completeUpload, type StoredPart } from "./calls.ts";
import { refuseObject } from "./finish.ts";
import { untilStopped } from "./options.ts";
import { partLength, type PartPlan, planParts } from "./plan.ts";
import { discard } from "./run.ts";
import { startUpload } from "./start.ts";
import { contentHeaders, putHeaders, readMetadata } from "../object/headers.ts";
import { checkKey } from "../object/key.ts";
import { readAnswer } from "../oss/answer.ts";
import type { OssBucket, OssPutOptions } from "../oss/bucket.ts";
import { etagOf } from "../oss/listing.ts";
import { childText } from "../oss/xml.ts";
import { crcHeader } from "../oss/verify-crc64.ts";

/** What {@linkcode copyLarge} copies. */
export interface LargeCopySource {
  /** Bucket, which must be in the same region. @default {the one that is copied to} */
  bucket?: OssBucket;
  /** Key. */
  key: string;
}

/** Options of {@linkcode copyLarge}. */
export interface CopyLargeOptions
  extends
    StorageCallOptions,
    Pick<OssPutOptions, "contentType" | "metadata" | "headers" | "tags" | "storageClass"> {
  /** Length of a part in bytes, 102,400 to 5 GiB, or more where 10,000 would not suffice. @default {256 MiB} */
  partSize?: number;
  /** Parts under way at once. @default {4} */
  concurrency?: number;
  /** Called after each part with the bytes that are copied, and all there are. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** What is copied, as it was when the copy began. */
interface Source {
  bucket: string;
  key: string;
  size: number;
  etag: string;
  crc64: string | undefined;
  /** Its type, notes and headers. */
  described: OssPutOptions;
}

// Attempts after the first to begin the upload.
const retries = 3;

/**
 * Copies an object of any length inside OSS, part by part: `copy()` ends at 1 GB. Type, notes and headers are the
 * source's, unless one of `contentType`, `metadata` and `headers` is given: then they are all as given. Tags are only
 * what is given. A source that changes meanwhile ends the copy, and a copy that fails leaves no parts behind.
 *
 * @throws {TypeError} when a key or header can't be one.
 * @throws {RangeError} when `partSize` or `concurrency` can't be used.
 * @throws {StorageError} when OSS refuses; `PreconditionFailed` when the source has changed, `CrcMismatch` when the
 * copy is another object.
 */
export async function copyLarge(
  bucket: OssBucket,
  key: string,
  source: LargeCopySource,
  options: CopyLargeOptions = {},
): Promise<ObjectInfo> {
  const { partSize = 256 * 1024 * 1024, concurrency = 4, signal: given } = options;
  const what = `Cannot copy to "oss://${bucket.bucket}/${key}"`;
  checkKey("copy to", bucket.bucket, key);
  if (!(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new RangeError(`${what}: \`concurrency\` is ${concurrency}, not a number of parts`);
  }
  planParts(what, undefined, partSize);
  putHeaders(what, options);
  const found = await look(source.bucket ?? bucket, source.key, given);
  const described: OssPutOptions = describes(options) ? options : { ...found.described, ...options };
  if (found.size === 0) return await bucket.put(key, "", { ...described, signal: given }); // has no parts
  const headers = putHeaders(what, described);
  return await untilStopped(what, { signal: given }, async (signal, stop) => {
    const target = { bucket, key };
    const uploadId = await startUpload(target, { what, headers, signal, clock: systemClock, retries });
    try {
      const plan = planParts(what, found.size, partSize);
      const job = { bucket, key, what, uploadId, plan, source: found, signal, stop };
      const made = await finish(job, await copyParts(job, options));
      const { contentType, metadata, storageClass } = described;
      return { key, size: found.size, contentType, metadata, storageClass, ...made };
    } catch (error) {
      return await discard(target, uploadId, signal.aborted ? signal.reason : error);
    }
  });
}

/** What is there to be copied. */
async function look(bucket: OssBucket, key: string, signal: AbortSignal | undefined): Promise<Source> {
  const request = { action: "copy from", method: "HEAD", key, signal };
  const { headers } = await bucket.request({ ...request, headers: { "accept-encoding": "identity" } });
  return {
    bucket: bucket.bucket,
    key,
    size: Number(headers.get("content-length")),
    etag: etagOf(headers.get("etag")),
    crc64: headers.get(crcHeader) ?? undefined,
    described: {
      contentType: headers.get("content-type") ?? undefined,
      metadata: readMetadata(headers),
      headers: contentHeaders(headers),
    },
  };
}

function describes({ contentType, metadata, headers }: CopyLargeOptions): boolean {
  return contentType !== undefined || metadata !== undefined || headers !== undefined;
}

/** Puts the parts together and compares the copy with its source. */
async function finish(
  { bucket, key, what, uploadId, source, signal }: CopyJob,
  parts: StoredPart[],
): Promise<Pick<ObjectInfo, "etag" | "crc64" | "lastModified">> {
  const target = { bucket, key }, { size, crc64: expected } = source;
  const { etag, crc64, date } = await completeUpload(target, uploadId, parts, {}, signal);
  if (crc64 !== undefined && expected !== undefined && crc64 !== expected) {
    await refuseObject(what, target, etag, crc64, { size, crc64: expected });
  }
  const time = Date.parse(date ?? "");
  return { etag, crc64, lastModified: new Date(Number.isNaN(time) ? bucket.access.now() : time) };
}

interface CopyJob {
  bucket: OssBucket;
  key: string;
  what: string;
  uploadId: string;
  plan: PartPlan;
  source: Source;
  signal: AbortSignal;
  stop(reason: unknown): void;
}

/** Copies all parts, several at a time; the first that fails ends the others. */
async function copyParts(
  job: CopyJob,
  { concurrency = 4, onProgress }: CopyLargeOptions,
): Promise<StoredPart[]> {
  const { plan, source: { size }, signal, stop } = job;
  const parts: StoredPart[] = [];
  const numbers = Array.from({ length: Math.ceil(size / plan.partSize) }, (_, index) => index + 1).values();
  let done = 0;
  const worker = async (): Promise<void> => {
    for (const number of numbers) {
      if (signal.aborted) return;
      const part = await copyPart(job, number);
      parts.push(part);
      done += part.size;
      onProgress?.({ done, total: size });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, () => worker().catch(stop)));
  signal.throwIfAborted();
  return parts.sort((a, b) => a.number - b.number);
}

/** Source: https://help.aliyun.com/zh/oss/developer-reference/uploadpartcopy */
async function copyPart(job: CopyJob, number: number): Promise<StoredPart> {
  const { bucket, key, what, uploadId, plan, source, signal } = job;
  const size = partLength(what, plan, number), start = plan.partSize * (number - 1);
  const answer = await readAnswer(bucket, {
    ...{ action: "copy to", method: "PUT", key, signal },
    query: { partNumber: `${number}`, uploadId },
    headers: {
      "x-oss-copy-source": `/${source.bucket}/${encodeURIComponent(source.key)}`,
      "x-oss-copy-source-range": `bytes=${start}-${start + size - 1}`,
      "x-oss-copy-source-if-match": `"${source.etag}"`,
    },
  }, "CopyPartResult");
  const etag = etagOf(childText(answer, "ETag"));
  if (etag) return { number, size, etag, crc64: "" };
  throw new StorageError(`${what}: the answer to part ${number} has no entity tag`, {
    code: "InvalidResponse",
    key,
  });
}
