/** One attempt, which ends with its caller's signal or a clock. */
export interface Attempt {
  signal: AbortSignal;
  /** Waits for something at most so long. */
  within<T>(ms: number | undefined, late: () => Error, wait: () => Promise<T>): Promise<T>;
  /** Lets the caller's signal go. */
  close(): void;
}

/** Begins one; it hears its caller's signal until it is closed. */
export function begin(caller: AbortSignal | null | undefined): Attempt {
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

/** The body of an attempt's answer, which may pause only so long while somebody waits. */
export function watched(
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
