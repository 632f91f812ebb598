import type { LogOptions } from "../../../core/service.ts";
import { isPassing, toleratedFailures } from "../waiting/api-failures.ts";
import { allLines } from "./log-lines.ts";
import { clientOf, type EasRef } from "./ref.ts";

const firstPause = 1_000;
const longestPause = 10_000;

// Lines may reach the log this much later than they were printed, and are found then all the same.
const lag = 15_000;

// A window is asked for whole each time, so it must not get long: in time, and in lines, of which a page has 500.
const longestWindow = 60_000;
const mostLines = 250;

/**
 * The lines of a log and those that come later, each once. Lines have no number and need not have a time, so
 * what is new is found by comparing: the same stretch of time is asked for again, and what is in it more often
 * than before is new. From time to time the stretch begins anew, closer to now, with another question just to
 * know what was in it already.
 */
export async function* followedLines(service: EasRef, options: LogOptions): AsyncGenerator<string> {
  const { signal, tail } = options;
  const { clock } = clientOf(`Cannot follow the log of service "${service.name}"`, service);
  const window = new Window(service, options);
  try {
    const before = await window.fresh();
    yield* tail === undefined ? before : before.slice(before.length - tail);
    for (let pause = firstPause, failures = 0;;) {
      let found: string[] = [];
      const now = clock.now();
      const isLong = window.isLong(now);
      const pauses = !isLong || failures > 0;
      if (pauses) await clock.sleep(pause, signal);
      try {
        found = isLong ? await window.moveTo(now - lag) : await window.fresh();
        failures = 0;
      } catch (error) {
        if (signal?.aborted || !isPassing(error) || ++failures > toleratedFailures) throw error;
      }
      yield* found;
      if (found.length > 0) pause = firstPause;
      else if (pauses) pause = Math.min(pause * 1.5, longestPause);
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // to be aborted is how following ends
  }
}

/** A stretch of a log from some time until now, and what was in it the last time. */
class Window {
  readonly #service: EasRef;
  readonly #options: LogOptions;
  #since: Date | undefined;
  #seen = new Map<string, number>();
  #size = 0;

  constructor(service: EasRef, options: LogOptions) {
    this.#service = service;
    this.#options = options;
    this.#since = options.since;
  }

  /** What is in it that was not the last time. */
  async fresh(): Promise<string[]> {
    const known = new Map(this.#seen);
    const seen = new Map<string, number>();
    const fresh: string[] = [];
    let size = 0;
    for await (const line of allLines(this.#service, { ...this.#options, since: this.#since })) {
      size++;
      seen.set(line, (seen.get(line) ?? 0) + 1);
      const left = known.get(line) ?? 0;
      if (left === 0) fresh.push(line);
      else known.set(line, left - 1);
    }
    this.#seen = seen;
    this.#size = size;
    return fresh;
  }

  /** Whether it should begin anew; a window that has just done so and is full again must not at once. */
  isLong(now: number): boolean {
    const length = now - (this.#since?.getTime() ?? -Infinity);
    return length > longestWindow || (this.#size > mostLines && length > 2 * lag);
  }

  /** Begins anew at a time; right behind a question, so that hardly anything can have come in between. */
  moveTo(since: number): Promise<string[]> {
    this.#since = new Date(since);
    return this.fresh();
  }
}
