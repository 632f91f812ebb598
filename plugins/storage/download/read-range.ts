import { type Clock, systemClock } from "../../../core/clock.ts";
import { PaiError, StorageError, TimeoutError } from "../../../core/errors.ts";
import { redact } from "../../../core/redact.ts";
import type { StorageCallOptions } from "../../../core/storage.ts";
import { type ObjectVersion, openAt } from "../object/version.ts";

/** How a broken connection is gone on from. */
export interface ReadOptions extends StorageCallOptions {
  /** Longest wait for the next bytes in milliseconds, after which the connection counts as broken. @default {30000} */
  idleTimeout?: number;
  /** How often in a row a connection may break before 64 KiB have come over it. @default {5} */
  retries?: number;
  /** Waits. @default {systemClock} */
  clock?: Clock;
}

/** {@linkcode ReadOptions} with defaults filled in. */
export type ReadPolicy = Required<Omit<ReadOptions, "signal">> & { signal?: AbortSignal };

/**
 * Fills defaults in.
 *
 * @throws {RangeError} when a number is none that can be.
 */
export function readPolicy(what: string, options: ReadOptions): ReadPolicy {
  const { idleTimeout = 30_000, retries = 5, clock = systemClock, signal } = options;
  if (!(idleTimeout > 0)) throw new RangeError(`${what}: \`idleTimeout\` is ${idleTimeout}, not above 0`);
  if (!(retries >= 0)) throw new RangeError(`${what}: \`retries\` is ${retries}, not 0 or more`);
  return { idleTimeout, retries, clock, signal };
}

/** What a reader of a range takes part in. */
export interface RangeHooks {
  /** An answer that begins at the first byte, where there is one already. */
  first?: Response;
  /** Sees each answer before its body. */
  onOpened?: (response: Response) => void;
  /** Told when the storage asks for fewer requests. */
  onThrottled?: () => void;
  /** Whether each chunk is done with when the next one is asked for, so that its memory may be freed. @default {false} */
  frees?: boolean;
}

// A connection that brought this much has worked; what breaks it later is another matter.
const progress = 64 * 1024;

// Pauses as of other calls: see `apiRetry`.
const baseDelay = 200, maxDelay = 20_000;

/**
 * Yields the bytes of one state of an object from `start` up to `end`. A connection that breaks, stalls or ends early
 * is replaced by one that begins at the byte where it broke.
 *
 * @throws {StorageError} when the storage refuses, the object changes, or connections break too often.
 */
export async function* readRange(
  object: ObjectVersion,
  { start, end }: { start: number; end: number },
  policy: ReadPolicy,
  { first, onOpened, onThrottled, frees = false }: RangeHooks = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const { signal, clock, retries } = policy;
  for (let at = start, breaks = 0; at < end; first = undefined) {
    const before = at;
    try {
      const response = first ?? await openAt(object, at, end, signal);
      onOpened?.(response);
      for await (const chunk of bodyOf(response, policy, frees)) {
        if (at === end) break; // more than was asked for
        const wanted = chunk.subarray(0, end - at);
        at += wanted.length;
        yield wanted;
      } // read to its end, lest the connection be thrown away
      if (at === end) return;
      throw new Broken("the body ended early");
    } catch (error) {
      signal?.throwIfAborted();
      if (at === end) return;
      if (!isPassing(error)) throw error;
      if (isThrottling(error)) onThrottled?.();
      breaks = at - before >= progress ? 1 : breaks + 1;
      if (breaks > retries) throw tooOften(object, at, breaks, error);
    }
    await clock.sleep(Math.random() * Math.min(maxDelay, baseDelay * 2 ** breaks), signal);
  }
}

// About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days.
const longest = 2e9;

/** A connection that broke while a body was read. */
class Broken extends Error {}

/** The chunks of a body. It ends with {@linkcode Broken} when the next one doesn't come, and is cancelled when left. */
async function* bodyOf(
  { body }: Response,
  { idleTimeout, clock, signal }: ReadPolicy,
  frees: boolean,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (!body) return;
  const reader = frees ? freeingReader(body) : body.getReader();
  const done = new AbortController();
  // Cancelling ends a read that is pending, which on some runtimes not even the request's own signal does.
  const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => {});
  const onAbort = (): void => cancel(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  let reads = 0, pending = 0, isStalled = false;
  const watch = async (): Promise<void> => {
    for (let last = -1;; last = pending || -1) {
      await clock.sleep(Math.min(idleTimeout, longest), done.signal);
      if (pending !== last) continue;
      isStalled = true;
      return cancel(new Broken("no bytes came"));
    }
  };
  watch().catch(() => {}); // it ends with the reading
  try {
    for (;;) {
      pending = ++reads;
      const next = await reader.read().catch((cause) => {
        throw new Broken(`the connection broke: ${redact(`${cause}`)}`, { cause });
      });
      pending = 0;
      signal?.throwIfAborted();
      if (isStalled) throw new Broken(`no bytes came for ${idleTimeout} ms`);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    done.abort();
    signal?.removeEventListener("abort", onAbort);
    cancel(undefined); // what is left is not needed; of what has ended, nothing is
  }
}

type ChunkReader = Pick<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, "read" | "cancel">;

/**
 * Gives the memory of each chunk back when the next one is asked for, instead of leaving it to a collector that comes
 * late: on Node that is a quarter of the time and a third of the memory. Only streams of bytes own what they hand out.
 */
function freeingReader(body: ReadableStream<Uint8Array<ArrayBuffer>>): ChunkReader {
  try {
    body.getReader({ mode: "byob" }).releaseLock();
  } catch {
    return body.getReader();
  }
  const reader = body.getReader();
  let last: Uint8Array<ArrayBuffer> | undefined;
  return {
    async read() {
      last?.buffer.transfer(0);
      const next = await reader.read();
      last = next.value;
      return next;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

// Codes of refusals that don't last. Credentials may have ended on the way: the next attempt asks for new ones, and
// the object was read with some before.
const passing =
  /^(NetworkError|SecurityTokenExpired|InvalidAccessKeyId|RequestTimeTooSkewed|RequestTimeout)$/;
const throttling = /^(SlowDown|QpsLimitExceeded|TooManyRequests|.*Throttl.*|.*TrafficLimit.*)$/i;

function isPassing(error: unknown): boolean {
  if (error instanceof Broken || error instanceof TimeoutError || isThrottling(error)) return true;
  return error instanceof PaiError && ((error.status ?? 0) >= 500 || passing.test(error.code ?? ""));
}

function isThrottling(error: unknown): boolean {
  return error instanceof PaiError &&
    (error.status === 429 || error.status === 503 || throttling.test(error.code ?? ""));
}

function tooOften({ storage, key }: ObjectVersion, at: number, breaks: number, cause: unknown): StorageError {
  const said = cause instanceof PaiError ? cause.code ?? `status ${cause.status}` : (cause as Error).message;
  const message =
    `Cannot get "oss://${storage.bucket}/${key}": it broke ${breaks} times at byte ${at} (${said})`;
  const init = cause instanceof PaiError ? cause : undefined;
  const { code = "NetworkError", status, requestId } = init ?? {};
  return new StorageError(message, { code, status, requestId, key, cause });
}
