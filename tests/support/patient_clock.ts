import type { Clock } from "../../core/clock.ts";
import { fakeClock } from "./fake_clock.ts";

/** A clock on which pauses between attempts take no time, and the next bytes never take too long. */
export function patientClock(): Clock {
  const clock = fakeClock();
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => ms === 30_000 ? new Promise(() => {}) : clock.sleep(ms, signal),
  };
}
