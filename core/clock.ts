import { bounded } from "./timeout.ts";

/** Where the SDK reads the time and waits, so that tests and emulators can bring their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects at once with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal | null): Promise<void>;
}

/**
 * The runtime's clock. A sleep is a wait for nothing that is bounded, so one that is cancelled leaves no timer and no
 * listener behind.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    bounded("", ms || 1, signal, () => new Promise<void>(() => {})).catch(() => signal?.throwIfAborted()),
};
