import type { Clock } from "../../../core/clock.ts";
import { StorageError } from "../../../core/errors.ts";
import { codeOf, type StoredPart, uploadPart, type UploadTarget } from "./calls.ts";
import type { PartLimit } from "./limit.ts";
import { collect, type HeldBytes, partsToSend, type Room, type SendablePart } from "./parts.ts";
import type { PartPlan } from "./plan.ts";
import { isOver, isOverload, mayRetry, pause } from "./retry.ts";
import type { OpenSource, PassingSource } from "./source.ts";

/** An upload under way. */
export interface UploadJob {
  /** Beginning of messages, such as `Cannot upload "oss://b/k"`. */
  readonly what: string;
  readonly target: UploadTarget;
  readonly uploadId: string;
  readonly plan: PartPlan;
  readonly source: OpenSource | PassingSource;
  /** Ends the whole upload: the caller's, or that a part has failed. */
  readonly signal: AbortSignal;
  /** Ends the whole upload for a reason. */
  stop(reason: unknown): void;
  readonly clock: Clock;
  /** Attempts for a request after the first. */
  readonly retries: number;
  readonly limit: PartLimit;
  /** Most bytes of parts that may be in memory, one part always; parts of some sources never are. */
  readonly memory: number;
  /** Parts that have arrived, by number. */
  readonly parts: Map<number, StoredPart>;
  /** Whether parts that were there from the start need not be compared with the source. */
  readonly trusted: boolean;
  /** The first part of a passing source, where it has been read already. */
  readonly first: HeldBytes | undefined;
  /**
   * Whether parts are sent as bytes, which takes as much memory again. Streams have no length in workerd, nor
   * in Deno (https://github.com/denoland/deno/issues/20274): they are sent in chunks, which OSS takes but a
   * proxy may not.
   */
  whole: boolean;
  /** Takes note of a part that is there. */
  arrived(part: StoredPart): void | Promise<void>;
}

/**
 * Sends all parts that are not there yet, several at a time. The source is read only when a part may be sent,
 * so that no more parts are in memory than are under way.
 */
export async function sendParts(job: UploadJob): Promise<void> {
  const { limit, memory, signal, stop } = job;
  const running = new Set<Promise<void>>();
  let bytes = 0;
  const room: Room = async (size) => {
    while (running.size >= limit.count || running.size && bytes + size > memory) await Promise.race(running);
  };
  try {
    for await (const part of partsToSend(job, room)) {
      bytes += part.size;
      const sent: Promise<void> = sendPart(job, part).finally(() => {
        running.delete(sent);
        bytes -= part.size;
      });
      sent.catch(stop); // also while the source keeps everybody waiting
      running.add(sent);
    }
    await Promise.all(running);
  } catch (error) {
    stop(error);
    await Promise.allSettled(running); // nothing may arrive after the upload is aborted
    throw signal.reason; // the first failure; later ones follow from it
  }
}

/** Sends one part until it has arrived as it left. */
async function sendPart(job: UploadJob, part: SendablePart): Promise<void> {
  const stored = await sendUntilStored(job, part);
  job.limit.arrived(part.size);
  job.parts.set(part.number, stored);
  part.release?.();
  await job.arrived(stored);
}

async function sendUntilStored(job: UploadJob, part: SendablePart): Promise<StoredPart> {
  const { target: { bucket, key }, signal, clock, limit, retries } = job;
  let renewed = false;
  for (let attempt = 0;; attempt++) {
    const { whole } = job;
    let begun = 0;
    try {
      return await limit.send(() => {
        begun = clock.now();
        return sendOnce(job, part, whole);
      });
    } catch (error) {
      if (!signal.aborted && !whole && codeOf(error) === "MissingContentLength") {
        job.whole = true;
        continue;
      }
      if (!signal.aborted && !renewed && isOver(error)) {
        renewed = true;
        // A bucket has refused credentials renewed, but can't send a stream again; asking for something else will do.
        await bucket.head(key, { signal }).catch(() => {});
        continue;
      }
      if (signal.aborted || attempt >= retries || !mayRetry(error)) throw error;
      if (isOverload(error)) limit.refused(begun);
      await pause(attempt, clock, signal);
    }
  }
}

async function sendOnce(job: UploadJob, part: SendablePart, whole: boolean): Promise<StoredPart> {
  const { what, target, uploadId, signal } = job;
  const { number, size } = part;
  const { content, crc, failure } = part.body();
  try {
    const body = whole ? await collect(content, size) : content;
    const { etag, crc64 } = await uploadPart(target, uploadId, { number, size, body }, signal);
    if (crc64 === undefined || crc64 === `${crc()}`) return { number, size, etag, crc64: `${crc()}` };
    const state = `part ${number} arrived with the CRC-64 ${crc64} instead of ${crc()}`;
    throw new StorageError(`${what}: ${state}`, { code: "CrcMismatch", key: target.key });
  } catch (error) {
    throw failure() ?? error;
  }
}
