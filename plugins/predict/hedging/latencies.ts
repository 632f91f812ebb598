/** How many answers are remembered, and how many there have to be. */
const [most, least] = [100, 20];

/** Remembers how long the last answers took. */
export class Latencies {
  readonly #last: number[] = [];
  #next = 0;
  #slow: number | undefined;

  /** Adds the time of one answer. */
  add(ms: number): void {
    this.#last[this.#next] = ms;
    this.#next = (this.#next + 1) % most;
    this.#slow = undefined;
  }

  /** What 95 of 100 took at most; `undefined` while there are too few to say so. Never zero. */
  slow(): number | undefined {
    if (this.#last.length < least) return undefined;
    this.#slow ??= this.#last.toSorted((a, b) => a - b)[Math.ceil(this.#last.length * 0.95) - 1]!;
    return Math.max(1, this.#slow);
  }
}
