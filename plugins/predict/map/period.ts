import type { Outcome } from "./limit.ts";

/** Shortest measure in milliseconds: limits of rates let short bursts pass, and clocks count whole milliseconds. */
export const shortest = 100;

/** What happens while one limit is measured. Times are milliseconds. */
export class Period {
  /** Attempts that have ended. */
  tries = 0;
  #refused = 0;
  #answered = 0;
  #active = 0;
  /** When it began, and when something happened last. */
  #begun: number | undefined;
  #last = 0;
  /** Sums over time: of items that are tried, and of attempts that were answered. */
  #area = 0;
  #busy = 0;
  /** What an answer takes, on average of the last ones. */
  #usual = 0;

  /** Counts anew from what happened last. */
  restart(): void {
    this.tries =
      this.#refused =
      this.#answered =
      this.#area =
      this.#busy =
        0;
    this.#begun = this.#last;
  }

  /** So many items more are tried. */
  change(now: number, by: 1 | -1): void {
    this.#pass(now);
    this.#active += by;
  }

  /** An attempt has ended. */
  tried(now: number, outcome: Outcome, took: number): void {
    this.#pass(now);
    this.tries++;
    if (outcome === "refused") this.#refused++;
    if (outcome !== "answered") return;
    this.#answered++;
    this.#busy += took;
    this.#usual += (took - this.#usual) / 16;
  }

  /** How long it is. */
  get elapsed(): number {
    return this.#last - (this.#begun ?? this.#last);
  }

  /** Answers a millisecond. */
  get rate(): number {
    return this.#answered / this.elapsed;
  }

  /** Items that are tried, on average. */
  get concurrency(): number {
    return this.#area / this.elapsed;
  }

  /** Attempts on their way that were answered in the end, on average. */
  get accepted(): number {
    return this.#busy / this.elapsed;
  }

  /** Share of the attempts that were refused. */
  get refused(): number {
    return this.#refused / this.tries;
  }

  /** Whether it is long enough to trust: refusals come at once, before the answers to what was sent with them. */
  get isTelling(): boolean {
    return this.tries >= 32 && this.elapsed > Math.max(shortest, 2 * this.#usual);
  }

  #pass(now: number): void {
    this.#begun ??= now;
    if (this.#last) this.#area += this.#active * (now - this.#last);
    this.#last = now;
  }
}
