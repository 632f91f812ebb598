import { TimeoutError } from "./errors.ts";
import type { Fetch } from "./fetch.ts";

/** About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days. */
const longest = 2e9;

/**
 * Runs an operation that ends within a time. Its timer and its listener are gone when it returns, so nothing
 * keeps a process alive or piles up on a signal that many calls share.
 *
 * @param what Beginning of the error's message, such as `Cannot predict with "iris"`.
 * @param ms Milliseconds; `Infinity` sets no bound.
 * @throws {TimeoutError} when the time is over; the signal's own reason when it is aborted.
 */
export async function bounded<T>(
  what: string,
  ms: number,
  signal: AbortSignal | null | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!(ms > 0)) throw new RangeError(`${what}: timeout is ${ms}`);
  signal?.throwIfAborted();
  const controller = new AbortController();
  const cancel = (): void => controller.abort(signal!.reason);
  const expire = (): void => controller.abort(new TimeoutError(`${what}: no answer within ${ms} ms`));
  signal?.addEventListener("abort", cancel);
  const timer = setTimeout(expire, Math.min(ms, longest));
  try {
    return await new Promise((resolve, reject) => {
      controller.signal.onabort = () => reject(controller.signal.reason);
      run(controller.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

/**
 * Bounds a whole exchange as a `Fetch`: every retry inside, and the reading of the body until its last byte.
 * What outlives the call is the runtime's own timer, which keeps no process alive; it rings last, so that the
 * error above tells what was going on.
 */
export function withTimeout(fetch: Fetch, what: string, ms: number): Fetch {
  return (url, init) =>
    bounded(what, ms, init.signal, async (signal) => {
      const body = AbortSignal.timeout(Math.min(ms, longest) + 1);
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, body, init.signal ?? signal]) });
    });
}
