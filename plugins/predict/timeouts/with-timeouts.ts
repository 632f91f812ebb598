import type { Fetch } from "../../../core/fetch.ts";
import { begin, watched } from "./attempt.ts";
import { HeadersTimeoutError, IdleTimeoutError } from "./errors.ts";

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
