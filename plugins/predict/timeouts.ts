/**
 * Two more clocks beside a predictor's `timeout`: how long a service may think, and how long it may pause.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { withTimeouts } from "@pai-edge/sdk/predict/timeouts";
 *
 * const service = () => new Promise<Response>(() => {}); // which never answers; in earnest this is `fetch`
 * const predictor = new Predictor({
 *   endpoint: "http://localhost/api/predict/iris",
 *   timeout: Infinity, // a stream may last
 *   fetch: withTimeouts(service, { headers: 50, idle: 10_000 }),
 * });
 * await predictor.predict(1).catch((error) => console.log(error.name)); // HeadersTimeoutError
 * ```
 *
 * @module
 */
import { TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";

/** Options of {@linkcode withTimeouts}. */
export interface TimeoutsOptions {
  /** Longest time in milliseconds from the sending of an attempt until the headers of its answer. @default {Infinity} */
  headers?: number;
  /**
   * Longest time in milliseconds that the service may pause within its answer. It is measured while somebody waits for
   * the next bytes, so that a slow reader is not taken for a slow service. @default {Infinity}
   */
  idle?: number;
}

/** A service sent no headers in time: it was slow to compute, or its queue was long. */
export class HeadersTimeoutError extends TimeoutError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "HeadersTimeoutError";
  }
}

/** A service stopped in the middle of its answer. */
export class IdleTimeoutError extends TimeoutError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "IdleTimeoutError";
  }
}

/**
 * Bounds two phases of each attempt. The whole of a call, its retries and pauses included, is bounded by the
 * predictor's own `timeout`.
 *
 * No timer runs while nobody waits, and the caller's signal is let go when the answer was read, broke off or was
 * cancelled. Such a time-out is not retried: the service may be computing still.
 *
 * The fetch that this returns rejects with a {@linkcode HeadersTimeoutError}; reading the body of its answer throws an
 * {@linkcode IdleTimeoutError}.
 *
 * @throws {RangeError} when a time is not above zero.
 */
export function withTimeouts(fetch: Fetch, { headers, idle }: TimeoutsOptions): Fetch {
  for (const ms of [headers, idle]) {
    if (ms !== undefined && !(ms > 0)) throw new RangeError(`Cannot bound requests: a time-out is ${ms}`);
  }
  return async (url, init) => {
    const attempt = begin(init.signal);
    const what = `Cannot call "${url.replace(/[?#].*/s, "")}"`;
    try {
      const late = (): Error => new HeadersTimeoutError(`${what}: no headers within ${headers} ms`);
      const send = async (): Promise<Response> => await fetch(url, { ...init, signal: attempt.signal });
      const response = await attempt.within(headers, late, send);
      if (!response.body) attempt.close();
      const paused = (): Error => new IdleTimeoutError(`${what}: the answer paused for ${idle} ms`);
      return response.body ? new Response(watched(response.body, attempt, idle, paused), response) : response;
    } catch (error) {
      attempt.close();
      throw error;
    }
  };
}

/** One attempt, which ends with its caller's signal or a clock. */
interface Attempt {
  signal: AbortSignal;
  /** Waits for something at most so long. */
  within<T>(ms: number | undefined, late: () => Error, wait: () => Promise<T>): Promise<T>;
  /** Lets the caller's signal go. */
  close(): void;
}

function begin(caller: AbortSignal | null | undefined): Attempt {
  caller?.throwIfAborted();
  const controller = new AbortController(), { signal } = controller;
  const cancel = (): void => controller.abort(caller!.reason);
  caller?.addEventListener("abort", cancel);
  return {
    signal,
    async within(ms = Infinity, late, wait) {
      signal.throwIfAborted();
      const timer = ms < Infinity
        ? setTimeout(() => controller.abort(late()), Math.min(ms, longest))
        : undefined;
      try {
        return await new Promise((resolve, reject) => {
          signal.onabort = () => reject(signal.reason);
          wait().then(resolve, reject);
        });
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => caller?.removeEventListener("abort", cancel),
  };
}

/** About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days. */
const longest = 2e9;

function watched(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  attempt: Attempt,
  idle: number | undefined,
  paused: () => Error,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await attempt.within(idle, paused, () => reader.read());
        if (!done) return controller.enqueue(value);
        controller.close();
        attempt.close();
      } catch (error) {
        attempt.close();
        throw error;
      }
    },
    cancel(reason) {
      attempt.close();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 }); // nothing is read ahead, so that a clock runs only for somebody who waits
}
