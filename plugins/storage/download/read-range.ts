import { type Clock, systemClock } from "../../../core/clock.ts";
import { PaiError, StorageError, TimeoutError } from "../../../core/errors.ts";
import type { StorageCallOptions } from "../../../core/storage.ts";
import { type ObjectVersion, openAt } from "../object/version.ts";
import { type BodyReader, Broken, readBody } from "./body.ts";
import type { Chunk } from "./chunks.ts";

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
}

// A connection that brought this much has worked; what breaks it later is another matter.
const progress = 64 * 1024;

// Pauses as of other calls: see `apiRetry`.
const baseDelay = 200, maxDelay = 20_000;

/**
 * Reads the bytes of one state of an object from `start` up to `end`. A connection that breaks, stalls or ends early is
 * replaced by one that begins at the byte where it broke.
 */
export class RangeReader {
  readonly #object: ObjectVersion;
  readonly #end: number;
  readonly #policy: ReadPolicy;
  readonly #hooks: RangeHooks;
  #first: Response | undefined;
  #body: BodyReader | undefined;
  #at: number;
  /** Where the last connection began. */
  #opened: number;
  #breaks = 0;

  /** Makes a reader, which asks for nothing yet. */
  constructor(
    object: ObjectVersion,
    { start, end }: { start: number; end: number },
    policy: ReadPolicy,
    hooks: RangeHooks = {},
  ) {
    this.#object = object;
    this.#at = this.#opened = start;
    this.#end = end;
    this.#policy = policy;
    this.#hooks = hooks;
    this.#first = hooks.first;
  }

  /**
   * The next bytes, lent until they are asked for again; nothing at the end.
   *
   * @throws {StorageError} when the storage refuses, the object changes, or connections break too often.
   */
  async read(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#at === this.#end && !this.#body) return undefined;
      try {
        this.#body ??= await this.#open();
        const chunk = await this.#body.read();
        if (chunk && this.#at < this.#end) {
          const wanted = chunk.subarray(0, this.#end - this.#at);
          this.#at += wanted.length;
          return wanted;
        }
        if (this.#at < this.#end) throw new Broken("the body ended early");
        this.close(); // it was read to its end, lest the connection be thrown away
      } catch (error) {
        this.close();
        this.#policy.signal?.throwIfAborted();
        if (this.#at < this.#end) await this.#recover(error);
      }
    }
  }

  /** Bytes that were lent just now in memory that is the caller's for good. */
  keep(chunk: Chunk): Chunk {
    return this.#body!.keep(chunk); // it has lent them
  }

  /** Lets go of the connection. */
  close(): void {
    this.#body?.close();
    this.#body = undefined;
  }

  async #open(): Promise<BodyReader> {
    const { signal } = this.#policy;
    this.#opened = this.#at;
    const response = this.#first ?? await openAt(this.#object, this.#at, this.#end, signal);
    this.#first = undefined;
    this.#hooks.onOpened?.(response);
    return readBody(response, this.#policy);
  }

  /** Waits until a connection may be tried again. */
  async #recover(error: unknown): Promise<void> {
    const { signal, clock, retries } = this.#policy;
    if (!isPassing(error)) throw error;
    if (isThrottling(error)) this.#hooks.onThrottled?.();
    this.#breaks = this.#at - this.#opened >= progress ? 1 : this.#breaks + 1;
    if (this.#breaks > retries) throw tooOften(this.#object, this.#at, this.#breaks, error);
    await clock.sleep(Math.random() * Math.min(maxDelay, baseDelay * 2 ** this.#breaks), signal);
  }
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
