import type { Clock } from "../../core/clock.ts";

/** A clock on which any number of sleepers wait side by side. Time moves when everybody waits, to the next of them. */
export interface SimulatedClock extends Clock {
  /** Lets time pass until some work has ended. Nothing in it may wait for anything but this clock. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** Turns of the event loop in which all that follows from one event has happened. */
const turns = 16;

/** Makes one that begins at a time. */
export function simulatedClock(time = Date.UTC(2024, 0, 1)): SimulatedClock {
  const sleepers: { due: number; wake: () => void }[] = [];
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancelled = (): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal!.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener("abort", cancelled);
          resolve();
        };
        const sleeper = { due: time + Math.max(0, ms), wake };
        signal?.addEventListener("abort", cancelled);
        sleepers.splice(placeOf(sleeper.due), 0, sleeper);
      }),
    async run(work) {
      let hasEnded = false;
      const end = (): unknown => hasEnded = true;
      work.then(end, end);
      while (true) {
        for (let turn = 0; turn < (sleepers.length ? turns : 1e5) && !hasEnded; turn++) await undefined;
        if (hasEnded) return await work;
        const next = sleepers.shift();
        if (!next) throw new Error("Cannot let time pass: nobody waits for it");
        time = next.due;
        next.wake();
      }
    },
  };

  /** Behind all that are due no later. */
  function placeOf(due: number): number {
    let from = 0, to = sleepers.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sleepers[middle]!.due <= due) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
