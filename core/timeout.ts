import { TimeoutError } from "./errors.ts";
import type { Fetch } from "./fetch.ts";

/** A call that is running. */
export interface Call {
  /** Aborted with the caller's reason, or with the error of the clock. */
  readonly signal: AbortSignal;
  /** What there is not yet, for the error of the clock. */
  lacks: string;
  /** Whether the call goes on when its operation has succeeded, until it is closed. */
  isOpen?: boolean;
  /** Stops the clock and lets the caller's signal go. */
  close(): void;
}

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
  caller: AbortSignal | null | undefined,
  run: (signal: AbortSignal, call: Call) => Promise<T>,
): Promise<T> {
  if (!(ms > 0)) throw new RangeError(`${what}: timeout is ${ms}`);
  caller?.throwIfAborted();
  const controller = new AbortController(), { signal } = controller;
  const cancel = (): void => controller.abort(caller!.reason);
  const ring = (): void => controller.abort(new TimeoutError(`${what}: no ${call.lacks} within ${ms} ms`));
  const timer: number | { unref?(): void } = setTimeout(ring, Math.min(ms, 2e9)); // it counts in 32 bits
  const call: Call = {
    signal,
    lacks: "answer",
    close() {
      clearTimeout(timer as number); // what setTimeout returns
      caller?.removeEventListener("abort", cancel);
    },
  };
  caller?.addEventListener("abort", cancel);
  try {
    return await new Promise((resolve, reject) => {
      signal.onabort = () => reject(signal.reason);
      run(signal, call).then(resolve, reject);
    });
  } finally {
    if (call.isOpen) (timer as { unref?(): void }).unref?.(); // a process needn't wait for a body that nobody reads
    else call.close();
  }
}

/**
 * An answer whose body has the rest of the call's time to be read. The call is closed when the body was read, broke
 * off or was cancelled; at the end of its time it is aborted in any case, and says whether it waited for the service
 * or for the reader.
 */
export function timed(response: Response, call: Call): Response {
  const { signal } = call;
  const reader = response.body?.getReader();
  if (!reader) return response;
  call.isOpen = true;
  call.lacks = "reader";
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      signal.onabort = () => {
        call.close();
        controller.error(signal.reason);
      };
    },
    async pull(controller) {
      call.lacks = "whole answer";
      try {
        const { done, value } = await reader.read();
        call.lacks = "reader";
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      call.close();
    },
    cancel(reason) {
      call.close();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 }); // what nobody reads is not asked for
  return new Response(body, response);
}

/** Bounds a whole exchange as a `Fetch`: every retry inside, and the reading of the body until its last byte. */
export function withTimeout(fetch: Fetch, what: string, ms: number): Fetch {
  return (url, init) =>
    bounded(
      what,
      ms,
      init.signal,
      async (signal, call) => timed(await fetch(url, { ...init, signal }), call),
    );
}
