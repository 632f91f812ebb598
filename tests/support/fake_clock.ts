import type { Clock } from "../../core/clock.ts";

/** A clock that moves only when somebody sleeps; `slept` has each pause in milliseconds. */
export function fakeClock(start = Date.UTC(2024, 0, 2, 3, 4, 5)): Clock & { slept: number[]; time: number } {
  return {
    time: start,
    slept: [],
    now() {
      return this.time;
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      this.slept.push(ms);
      this.time += ms;
      return Promise.resolve();
    },
  };
}
