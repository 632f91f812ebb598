import type { Clock } from "../../../core/clock.ts";

// A change below this is noise.
const better = 1.05;

/**
 * How many parts may be under way: one more while that makes the whole faster, half as many when the server
 * says that it is too much.
 */
export class PartLimit {
  readonly #most: number;
  readonly #clock: Clock;
  #count: number;
  #best = 0;
  #bytes = 0;
  #parts = 0;
  #since: number;
  #halved = -Infinity;
  #sending = 0;
  readonly #waiting: (() => void)[] = [];

  /** Makes a limit that begins with two and never exceeds `most`. */
  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
    this.#count = Math.min(2, most);
    this.#since = clock.now();
  }

  /** Parts that may be under way now. */
  get count(): number {
    return this.#count;
  }

  /** Sends a part when there is room, also one that is sent again. */
  async send<T>(attempt: () => Promise<T>): Promise<T> {
    while (this.#sending >= this.#count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#sending++;
    try {
      return await attempt();
    } finally {
      this.#sending--;
      this.#waiting.splice(0).forEach((resolve) => resolve()); // they look for room themselves
    }
  }

  /** Counts a part that has arrived. */
  arrived(bytes: number): void {
    this.#bytes += bytes;
    if (++this.#parts < this.#count) return; // compare whole rounds
    const now = this.#clock.now();
    const rate = this.#bytes / (now - this.#since);
    if (rate > this.#best * better) {
      this.#best = rate;
      this.#count = Math.min(this.#most, this.#count + 1);
    }
    this.#restart(now);
  }

  /**
   * Takes back, once for all parts that were under way together.
   *
   * @param begun When the refused part began.
   */
  refused(begun: number): void {
    if (begun < this.#halved) return;
    const now = this.#clock.now();
    this.#count = Math.max(1, Math.floor(this.#count / 2));
    this.#halved = now;
    this.#best = 0; // what is best now has to be found again
    this.#restart(now);
  }

  #restart(now: number): void {
    this.#since = now;
    this.#bytes = this.#parts = 0;
  }
}
