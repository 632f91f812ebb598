/** Bounds how much runs at once, and gets by with less when the storage asks for it. */
export class Slots {
  /** How many there are at most. */
  readonly most: number;
  #limit: number;
  #used = 0;
  #done = 0;
  readonly #waiting: (() => void)[] = [];

  /** Makes `most` slots. */
  constructor(most: number) {
    this.most = most;
    this.#limit = most;
  }

  /** Runs work as soon as a slot is free, in the order of the calls. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#used >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#used++;
    try {
      return await work();
    } finally {
      this.#used--;
      this.#grow();
      while (this.#used < this.#limit && this.#waiting.length) {
        this.#used++;
        this.#waiting.shift()!();
      }
    }
  }

  /** Halves the slots, down to one; they come back one by one, each after as many successes as there are slots. */
  shrink(): void {
    this.#limit = Math.max(1, this.#limit >> 1);
    this.#done = 0;
  }

  #grow(): void {
    if (this.#limit === this.most || ++this.#done < this.#limit) return;
    this.#limit++;
    this.#done = 0;
  }
}
