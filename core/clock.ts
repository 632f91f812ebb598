/** Where the SDK reads the time and waits, so that tests and emulators can bring their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects at once with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal | null): Promise<void>;
}

/** The runtime's clock. A sleep that is cancelled leaves no timer and no listener behind. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancelled = (): void => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", cancelled);
        resolve();
      }, ms);
      signal?.addEventListener("abort", cancelled, { once: true });
    });
  },
};
