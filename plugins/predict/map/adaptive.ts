import type { Limit, Outcome } from "./limit.ts";
import { Period, shortest } from "./period.ts";

/** Requests at a time to begin with. */
const first = 8;
/** How far apart neighbouring limits are. A step shows in the rate of answers, and the best is never far from one. */
const step = 1.2;
/** A wider limit is worth it from this gain: when it is doubled, and by one step. A narrower one up to this loss. */
const worth = { doubled: 1.1, wider: 1.02, narrower: 0.99 };
/** From this gain of one step on, twice in a row, there must be much more room. */
const boom = 1.13;
/** From this share of refused requests on it is too high a limit, and no accident. */
const flood = 0.25;
/** From this share of refused requests on it does not matter how high the limit is. */
const outage = 0.9;
/** Measures between two tries of another limit: few at first, more while none is better. */
const waits = { first: 3, most: 12 };

/**
 * Finds the limit with the most answers a second by trying. It doubles while that pays off, and then compares its
 * neighbours now and then, so it follows a service that grows or shrinks; of limits that are as good it prefers the
 * lowest. When a service refuses much, the limit is at once a step above what it did accept at a time: the time of all
 * answered requests by the time that passed (Little's law).
 */
export class Adaptive implements Limit {
  /** So many at present. */
  limit: number;
  readonly #limits: readonly number[];
  readonly #period = new Period();
  /** The best while it doubles; then it is `undefined`. */
  #start: { rate: number; limit: number; failures: number } | undefined;
  /** Where it is at home, as a place in the limits, when it does not try another. */
  #home = 0;
  #direction: 1 | -1 = -1;
  #wait = waits.first;
  #measures = 0;
  /** The share at which it is flooded, and the one at which it was the last time, unless it was calm since. */
  #flood = flood;
  #flooded: number | undefined;
  /** Whether requests from before the last change may still be on their way. */
  #isSettling = false;
  /** Answers a millisecond at each limit. */
  readonly #rates = new Map<number, number>();

  /** Begins low. */
  constructor(most: number) {
    this.#limits = limitsUpTo(most);
    this.limit = Math.min(first, most);
    this.#start = { rate: 0, limit: this.limit, failures: 0 };
  }

  /** An item begins. */
  begin(now: number): void {
    this.#period.change(now, 1);
  }

  /** An item has ended. */
  end(now: number): void {
    this.#period.change(now, -1);
  }

  /** An attempt has ended that took so many milliseconds. */
  tried(now: number, outcome: Outcome, took: number): void {
    const period = this.#period;
    period.tried(now, outcome, took);
    const most = this.#start?.rate === 0 ? outage : this.#flood; // nothing is known yet but that it is there
    if (period.isTelling && period.refused > most) return this.#retreat();
    if (period.tries < this.#wanted() || period.elapsed < shortest) return;
    const { rate, concurrency, refused } = period;
    period.restart();
    if (refused < flood / 2) [this.#flooded, this.#flood] = [undefined, flood];
    if (this.#isSettling) this.#isSettling = false;
    else if (concurrency < 0.8 * this.limit) return; // items or readers were slow, which tells nothing of the service
    else if (this.#start) this.#double(rate);
    else this.#compare(rate, refused);
  }

  /** Attempts that make a measure. */
  #wanted(): number {
    if (this.#start) return Math.max(28, this.limit); // with 20 luck alone ended it now and then, far too low
    if (this.#isSettling) return this.limit;
    return Math.max(100, 5 * this.limit);
  }

  #double(rate: number): void {
    const start = this.#start!;
    if (rate > worth.doubled * start.rate) {
      this.#start = { rate, limit: this.limit, failures: 0 };
      const most = this.#limits.at(-1)!;
      if (this.limit === most) this.#settleAt(most, -1);
      else this.limit = Math.min(most, 2 * this.limit);
    } else if (start.failures++) this.#settleAt(start.limit, 1); // not by chance
  }

  #compare(rate: number, refused: number): void {
    const known = this.#rates.get(this.limit) ?? rate;
    this.#rates.set(this.limit, (known + rate) / 2);
    const home = this.#limits[this.#home]!;
    if (this.limit === home) {
      if (++this.#measures >= this.#wait) this.#try();
      return;
    }
    const gain = this.#rates.get(this.limit)! / (this.#rates.get(home) ?? 0);
    this.#measures = 0;
    if (this.#wait === 1 && this.limit > home && gain > boom && refused < 0.1) {
      this.#start = { rate: this.#rates.get(this.limit)!, limit: this.limit, failures: 0 };
      this.limit = Math.min(this.#limits.at(-1)!, 2 * this.limit);
    } else if (gain > (this.limit > home ? worth.wider : worth.narrower)) {
      this.#home = this.#limits.indexOf(this.limit);
      this.#wait = 1; // the next in this direction may be better still
    } else {
      this.#direction = this.#direction > 0 ? -1 : 1;
      this.#wait = Math.min(waits.most, this.#wait < waits.first ? waits.first : 2 * this.#wait);
      this.#change(home);
    }
  }

  #try(): void {
    const there = this.#limits[this.#home + this.#direction] ?? this.#limits[this.#home - this.#direction];
    this.#direction = there! > this.limit ? 1 : -1;
    if (!there) return;
    if (this.#wait === waits.most) this.#rates.delete(there); // the service may have changed since
    this.#change(there);
  }

  #retreat(): void {
    const { refused, accepted } = this.#period;
    if (refused > outage) { // from a low limit on, as in the beginning
      this.limit = Math.max(1, this.limit >> 1);
      this.#start = { rate: 0, limit: this.limit, failures: 0 };
      this.#period.restart();
    } else if (this.#flooded && refused > 0.8 * this.#flooded) {
      this.#flood = refused + flood; // to ask for less has not helped: perhaps one instance of many is down
    } else {
      this.#flooded = refused;
      this.#settleAt(Math.min(this.limit, step * accepted), -1);
    }
  }

  #settleAt(limit: number, direction: 1 | -1): void {
    this.#start = undefined;
    this.#home = this.#limits.findIndex((other) => other >= Math.floor(limit));
    this.#direction = direction;
    this.#wait = waits.first;
    this.#measures = 0;
    this.#rates.clear();
    this.#change(this.#limits[this.#home]!);
  }

  #change(limit: number): void {
    this.limit = limit;
    this.#isSettling = true;
    this.#period.restart();
  }
}

/** All limits that are tried, from 1, and the most at the end. */
function limitsUpTo(most: number): number[] {
  const limits: number[] = [];
  for (let limit = 1; limit < most; limit = Math.max(limit + 1, Math.round(limit * step))) limits.push(limit);
  return [...limits, most];
}
