import type { Clock } from "../../core/clock.ts";

/** A clock that moves only when somebody sleeps or sets it. */
export interface FakeClock extends Clock {
  /** Milliseconds since the Unix epoch. */
  time: number;
  /** Each pause so far, in milliseconds. */
  readonly slept: number[];
}

/** Makes a clock that begins at a time. */
export function fakeClock(time = Date.UTC(2024, 0, 1)): FakeClock {
  return {
    time,
    slept: [],
    now() {
      return this.time;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      this.slept.push(ms);
      this.time += ms;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
}
