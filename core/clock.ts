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
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        signal?.aborted ? reject(signal.reason) : resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.aborted ? end() : signal?.addEventListener("abort", end);
    });
  },
};
