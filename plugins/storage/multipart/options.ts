import { type Clock, systemClock } from "../../../core/clock.ts";
import { TimeoutError } from "../../../core/errors.ts";
import type { UploadCheckpoint } from "./checkpoint.ts";
import type { OssPutOptions } from "../oss/bucket.ts";

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes that have arrived, those of a checkpoint included. */
  done: number;
  /** Bytes there are, where that is known. */
  total: number | undefined;
  /** Number of the part that has arrived just now, from 1. */
  part: number;
}

/** Options of {@linkcode upload}. */
export interface UploadOptions extends OssPutOptions {
  /**
   * Length of a part in bytes, 102,400 to 5 GiB, or more where 10,000 would not suffice; what is not longer
   * is sent in one request. Parts of a stream of unknown length grow, up to five times at its end.
   *
   * @default {8 MiB; 4 MiB for streams, async iterables and files on disk, whose parts are in memory}
   */
  partSize?: number;
  /** Most parts under way; there are fewer while more bring nothing, or OSS asks for less. @default {8} */
  concurrency?: number;
  /**
   * Most bytes of parts in memory, though always one part of a stream: those of streams, which have to be
   * there in case they must be sent again, and those of files that can be read into it. Other parts are not
   * kept.
   *
   * @default {12582912}
   */
  memory?: number;
  /** Attempts for a request after the first, each signed anew. @default {5} */
  retries?: number;
  /**
   * Longest time for the whole in milliseconds. Each request is bounded by the bucket's own `timeout`, which
   * grows with the part. @default {Infinity}
   */
  timeout?: number;
  /**
   * Called with the state of the upload when it begins and after each part; calls don't overlap. What it has
   * kept is given as `checkpoint` to go on, so an upload that fails or is cancelled is then left as it is,
   * instead of being aborted.
   */
  onCheckpoint?: (checkpoint: UploadCheckpoint) => void | Promise<void>;
  /**
   * Where an upload of the same source was. Parts that are there are not sent again, but read and compared,
   * unless the source has a `fingerprint`. An upload that is gone begins anew.
   */
  checkpoint?: UploadCheckpoint;
  /** Called after each part. */
  onProgress?: (progress: UploadProgress) => void;
  /** Measures, and waits between attempts. @default {systemClock} */
  clock?: Clock;
}

/** Options without gaps. */
export type SettledOptions =
  & UploadOptions
  & Required<Pick<UploadOptions, "concurrency" | "memory" | "retries" | "clock">>;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a number is beyond its bounds.
 */
export function settle(what: string, options: UploadOptions): SettledOptions {
  const settled = {
    ...options,
    concurrency: options.concurrency ?? 8,
    memory: options.memory ?? 12 * 1024 * 1024,
    retries: options.retries ?? 5,
    clock: options.clock ?? systemClock,
  };
  checkNumbers(what, settled);
  return settled;
}

function checkNumbers(
  what: string,
  { concurrency, memory, retries, timeout = Infinity }: SettledOptions,
): void {
  if (!(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new RangeError(`${what}: \`concurrency\` is ${concurrency}, not a number of parts`);
  }
  if (!(Number.isInteger(retries) && retries >= 0)) {
    throw new RangeError(`${what}: \`retries\` is ${retries}, not a number of attempts`);
  }
  if (!(memory >= 0)) throw new RangeError(`${what}: \`memory\` is ${memory}, not a number of bytes`);
  if (!(timeout > 0)) {
    throw new RangeError(`${what}: \`timeout\` is ${timeout}, not a number of milliseconds`);
  }
}

// About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days.
const longest = 2e9;

/**
 * Runs with a signal that the caller, the time or a failed part aborts; what was begun is over when it
 * returns.
 */
export async function untilStopped<T>(
  what: string,
  { signal, timeout = Infinity }: UploadOptions,
  run: (signal: AbortSignal, stop: (reason: unknown) => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stop = (reason: unknown): void => controller.abort(reason);
  const cancel = (): void => stop(signal!.reason);
  const expire = (): void => stop(new TimeoutError(`${what}: it was not finished within ${timeout} ms`));
  signal?.addEventListener("abort", cancel);
  const timer = timeout < longest ? setTimeout(expire, timeout) : undefined;
  try {
    return await run(controller.signal, stop);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}
