import { TimeoutError } from "./errors.ts";
import type { Fetch } from "./fetch.ts";

/** A call that is running. */
export interface Call {
  /** What there is not yet, for the error of the clock. With a `reader` to come, the call goes on until it is closed. */
  lacks: string;
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
    if (call.lacks === "reader") (timer as { unref?(): void }).unref?.(); // a process needn't wait for a body that nobody reads
    else call.close();
  }
}

/** Key of {@linkcode Bare}. */
export const bare: unique symbol = Symbol();

/** What callers inside the SDK may add to the options of `rawPredict`. */
export interface Bare {
  /**
   * A signal that nobody else has, of a caller who ends the reading of the answer himself, in time and in any case: the
   * answer is that of `fetch` then, with no stream around it.
   */
  readonly [bare]?: AbortSignal;
}

/**
 * An answer whose body has the rest of the call's time to be read. The call is closed when the body was read, broke
 * off or was cancelled; at the end of its time it is aborted in any case, and says whether it waited for the service
 * or for the reader.
 */
export function timed(response: Response, signal: AbortSignal, call: Call): Response {
  const { body } = response;
  if (!body) return response;
  const length = response.headers.get("content-length") ?? Infinity;
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  call.lacks = "reader";
  const cancel = async (reason: unknown): Promise<void> => {
    call.close();
    await (reader ?? body).cancel(reason).catch(() => {}); // it may have broken off by itself
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      signal.addEventListener("abort", () => { // as the last, when a body that heeds it has broken off
        controller.error(signal.reason);
        void cancel(signal.reason);
      });
    },
    async pull(controller) {
      call.lacks = "whole answer";
      try {
        // A packet or so takes half as long to read at once as chunk by chunk.
        reader ??= (+length <= 16_384 ? new Response(await response.arrayBuffer()).body! : body).getReader();
        const { done, value } = await reader.read();
        call.lacks = "reader";
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      call.close();
    },
    cancel,
  }, { highWaterMark: 0 }); // what nobody reads is not asked for
  return new Response(stream, response);
}

/** Bounds a whole exchange as a `Fetch`: every retry inside, and the reading of the body until its last byte. */
export function withTimeout(fetch: Fetch, what: string, ms: number): Fetch {
  return (url, init) =>
    bounded(
      what,
      ms,
      init.signal,
      async (signal, call) => timed(await fetch(url, { ...init, signal }), signal, call),
    );
}
