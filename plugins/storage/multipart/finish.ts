import { StorageError } from "../../../core/errors.ts";
import { combineCrc64 } from "../crc64.ts";
import { codeOf, completeUpload, type StoredPart, type UploadTarget } from "./calls.ts";
import { isUnclear, pause } from "./retry.ts";
import type { UploadJob } from "./send.ts";

/** An object that was put together. */
export interface FinishedUpload {
  size: number;
  etag: string;
  /** CRC-64 as an unsigned decimal number. */
  crc64: string;
  lastModified: Date;
}

/** What an object has to be. */
export interface Whole {
  readonly size: number;
  /** CRC-64 as an unsigned decimal number. */
  readonly crc64: string;
}

/** What the parts are together. */
export function wholeOf(parts: Iterable<StoredPart>): Whole & { sorted: StoredPart[] } {
  const sorted = [...parts].sort((a, b) => a.number - b.number);
  let size = 0, crc = 0n;
  for (const part of sorted) {
    crc = combineCrc64(crc, BigInt(part.crc64), part.size);
    size += part.size;
  }
  return { sorted, size, crc64: `${crc}` };
}

/**
 * Puts the parts together and makes sure that the object is what was sent. Where the answer got lost, the
 * object itself tells whether it is there.
 *
 * @throws {StorageError} when OSS refuses; with the code `CrcMismatch` when the object is another.
 */
export async function finishUpload(
  job: UploadJob,
  headers: Readonly<Record<string, string>>,
): Promise<FinishedUpload> {
  const { target, uploadId, signal, clock, retries } = job;
  const whole = wholeOf(job.parts.values());
  for (let attempt = 0;; attempt++) {
    try {
      const { etag, crc64, date } = await completeUpload(target, uploadId, whole.sorted, headers, signal);
      await verify(job, etag, crc64, whole);
      const time = Date.parse(date ?? "");
      const lastModified = new Date(Number.isNaN(time) ? clock.now() : time);
      return { size: whole.size, etag, crc64: whole.crc64, lastModified };
    } catch (error) {
      if (signal.aborted || codeOf(error) === "CrcMismatch") throw error;
      const again = isUnclear(error);
      const done = again || attempt > 0 ? await sameObject(job, whole) : undefined;
      if (done) return done;
      if (!again || attempt >= retries) throw error;
      await pause(attempt, clock, signal);
    }
  }
}

/** The object, when it is what the parts are together. */
export async function sameObject(
  { target: { bucket, key }, signal }: Pick<UploadJob, "target" | "signal">,
  whole: Whole,
): Promise<FinishedUpload | undefined> {
  const found = await bucket.head(key, { signal });
  if (!found || found.size !== whole.size || found.crc64 !== whole.crc64) return undefined;
  return { size: found.size, etag: found.etag, crc64: whole.crc64, lastModified: found.lastModified };
}

async function verify(
  { what, target, signal }: UploadJob,
  etag: string,
  told: string | undefined,
  whole: Whole,
): Promise<void> {
  const crc64 = told ?? (await target.bucket.head(target.key, { signal }))?.crc64;
  if (crc64 !== undefined && crc64 !== whole.crc64) await refuseObject(what, target, etag, crc64, whole);
}

/**
 * Deletes an object that arrived wrong, so that nobody reads it, unless it turns out to be right, or another
 * is in its place already.
 *
 * @throws {StorageError} with the code `CrcMismatch`.
 */
export async function refuseObject(
  what: string,
  { bucket, key }: UploadTarget,
  etag: string,
  told: string,
  whole: Whole,
): Promise<void> {
  let state = "it was deleted";
  try {
    const found = await bucket.head(key);
    if (found?.etag === etag && found.size === whole.size && found.crc64 === whole.crc64) return;
    if (found?.etag === etag) await bucket.delete(key);
    else state = "it is not there any more";
  } catch (error) {
    state = `it could not be deleted (${codeOf(error)}) and must not be used`;
  }
  const message = `${what}: the object has the CRC-64 ${told} instead of ${whole.crc64}; ${state}`;
  throw new StorageError(message, { code: "CrcMismatch", key });
}
