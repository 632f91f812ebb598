import { PaiError, StorageError } from "../../../core/errors.ts";
import type { ObjectInfo } from "../../../core/storage.ts";
import { codeOf, listParts, type StoredPart, type UploadTarget } from "./calls.ts";
import {
  checkCheckpoint,
  CheckpointKeeper,
  checkpointOf,
  reconcile,
  type UploadCheckpoint,
} from "./checkpoint.ts";
import { type FinishedUpload, finishUpload, refuseObject, sameObject, wholeOf } from "./finish.ts";
import { PartLimit } from "./limit.ts";
import type { SettledOptions } from "./options.ts";
import { checkEnd, collect, fill, type HeldBytes, holdsParts } from "./parts.ts";
import type { PartPlan } from "./plan.ts";
import { pause } from "./retry.ts";
import { sendParts, type UploadJob } from "./send.ts";
import { changed, openPart, type OpenSource, type PassingSource } from "./source.ts";
import { startUpload } from "./start.ts";
import { abortUpload } from "./uploads.ts";

/** An upload before it has an id. */
export interface UploadPlan {
  readonly what: string;
  readonly target: UploadTarget;
  readonly source: OpenSource | PassingSource;
  readonly parts: PartPlan;
  readonly fingerprint: string | undefined;
  readonly options: SettledOptions;
  readonly signal: AbortSignal;
  /** Ends the whole upload for a reason. */
  stop(reason: unknown): void;
}

/** Runs an upload from its beginning, or from its checkpoint, to its end. */
export async function runUpload(plan: UploadPlan, headers: Record<string, string>): Promise<ObjectInfo> {
  const { what, target, source, parts, options, signal } = plan;
  const info = ({ size, etag, crc64, lastModified }: FinishedUpload): ObjectInfo => {
    const { metadata, storageClass } = options;
    const contentType = headers["content-type"];
    return { key: target.key, size, etag, lastModified, contentType, metadata, storageClass, crc64 };
  };
  const before = options.checkpoint && await resume(plan, options.checkpoint);
  if (before && "etag" in before) return info(before);
  let first: HeldBytes | undefined;
  if (!before) {
    const whole = await readWhole(plan);
    if (whole && whole.length < parts.partSize || whole?.length === source.size) {
      await checkUnchanged(plan);
      return await putWhole(plan, whole!);
    }
    first = whole;
  }
  const onlyNew = options.ifAbsent ? { "x-oss-forbid-overwrite": "true" } : undefined;
  const { retries, clock } = options;
  const uploadId = before?.uploadId ??
    await startUpload(target, { what, headers: { ...headers, ...onlyNew }, signal, clock, retries });
  const job = jobOf(plan, uploadId, before?.parts ?? new Map(), first);
  try {
    await job.begun();
    await sendParts(job);
    await checkUnchanged(plan);
    return info(await finishUpload(job, { ...onlyNew }));
  } catch (error) {
    if (options.onCheckpoint || options.checkpoint) throw error;
    return await discard(target, uploadId, error);
  }
}

/**
 * Makes sure that what was read is of one piece.
 *
 * @throws {PaiError} with the code `FileChanged` when it is not.
 */
async function checkUnchanged({ what, source, fingerprint }: UploadPlan): Promise<void> {
  if (source.kind === "passing" || await source.fingerprint() === fingerprint) return;
  throw changed(what, "the source changed while it was uploaded");
}

/** Where an upload was, as far as the server has it; what it has become; or nothing when it is gone. */
async function resume(
  { what, target, source, fingerprint, signal }: UploadPlan,
  checkpoint: UploadCheckpoint,
): Promise<{ uploadId: string; parts: Map<number, StoredPart> } | FinishedUpload | undefined> {
  checkCheckpoint(what, target, checkpoint, { size: source.size, fingerprint });
  const { uploadId } = checkpoint;
  const stored = await listParts(target, uploadId, signal);
  if (stored) return { uploadId, parts: reconcile(checkpoint, stored) };
  // It may have been completed, and its process ended before it heard of that.
  const whole = wholeOf(checkpoint.parts);
  const isKnown = fingerprint !== undefined && fingerprint === checkpoint.fingerprint;
  return isKnown && whole.size === source.size ? await sameObject({ target, signal }, whole) : undefined;
}

/** Reads a source that fits one part, or the first part of one that doesn't say how long it is. */
async function readWhole(
  { what, source, parts: { partSize }, signal }: UploadPlan,
): Promise<HeldBytes | undefined> {
  const { size = partSize } = source;
  if (size > partSize) return undefined;
  if (source.kind === "passing") {
    const held = await fill(source, undefined, size, signal);
    if (source.size !== undefined) {
      await checkEnd({ what, parts: new Map(), plan: { partSize, size }, signal }, source, held.length);
    }
    return held;
  }
  const part = openPart(what, source, 0, size);
  const buffer = await collect(part.stream, size);
  return { buffer, length: size, crc: part.crc() };
}

/** Puts what fits one part, until it has arrived as it left. */
async function putWhole(plan: UploadPlan, { buffer, length, crc }: HeldBytes): Promise<ObjectInfo> {
  const { what, target, options, signal } = plan;
  const { retries, clock, ifAbsent } = options;
  const whole = { size: length, crc64: `${crc}` };
  for (let attempt = 0;; attempt++) {
    const put = { ...options, size: undefined, signal };
    const info = await target.bucket.put(target.key, buffer.subarray(0, length), put);
    const isWrong = info.crc64 !== undefined && info.crc64 !== whole.crc64;
    if (isWrong && !ifAbsent && attempt < retries) {
      await pause(attempt, clock, signal);
      continue;
    }
    if (isWrong) await refuseObject(what, target, info.etag, info.crc64!, whole);
    options.onProgress?.({ done: length, total: length, part: 1 });
    return { ...info, crc64: whole.crc64 };
  }
}

function jobOf(
  { what, target, source, parts: plan, fingerprint, options, signal, stop }: UploadPlan,
  uploadId: string,
  parts: Map<number, StoredPart>,
  first: HeldBytes | undefined,
): UploadJob & { begun(): Promise<void> } {
  const { concurrency, memory, retries, clock, checkpoint, onCheckpoint, onProgress } = options;
  const keeper = onCheckpoint && new CheckpointKeeper(onCheckpoint);
  const keep = async (): Promise<void> =>
    await keeper?.keep(() => checkpointOf(target, uploadId, plan, fingerprint, parts.values()));
  const whole = "FixedLengthStream" in globalThis; // workerd, whose chunks some servers have refused
  let done = [...parts.values()].reduce((sum, part) => sum + part.size, 0);
  return {
    ...{ what, target, uploadId, plan, source, signal, stop, clock, retries, parts, first },
    limit: new PartLimit(concurrency, clock),
    memory: whole || holdsParts(source, plan, memory) ? memory : Infinity,
    whole,
    trusted: fingerprint !== undefined && fingerprint === checkpoint?.fingerprint,
    begun: keep,
    async arrived({ size, number }) {
      done += size;
      onProgress?.({ done, total: source.size, part: number });
      await keep();
    },
  };
}

/**
 * Aborts an upload that has failed.
 *
 * @throws {unknown} always what it failed with, if need be with what became of its parts.
 */
export async function discard(
  { bucket, key }: UploadTarget,
  uploadId: string,
  error: unknown,
): Promise<never> {
  try {
    await abortUpload(bucket, key, uploadId);
  } catch (failure) {
    const state = error instanceof Error
      ? error.message
      : `Cannot upload "oss://${bucket.bucket}/${key}": ${error}`;
    const message = `${state}; the upload "${uploadId}" could not be aborted (${
      codeOf(failure)
    }): call abortUpload()`;
    const { status, requestId } = error instanceof PaiError ? error : {};
    throw new StorageError(message, { code: codeOf(error), status, requestId, key, cause: error });
  }
  throw error;
}
