/**
 * Takes turns among items, each as often as its weight says: the order of EAS's own SDKs, in which the heaviest come
 * first.
 */
export class RoundRobin<Item extends { readonly weight: number }> {
  readonly #items: readonly Item[];
  readonly #heaviest: number;
  readonly #step: number;
  #at = -1;
  #level = 0;

  /** Makes it for items whose weights are positive integers. */
  constructor(items: readonly Item[]) {
    const weights = items.map(({ weight }) => weight);
    this.#items = items;
    this.#heaviest = Math.max(0, ...weights);
    this.#step = weights.reduce(greatestCommonDivisor, 0);
  }

  /** Turns until all begins anew. */
  get cycle(): number {
    return this.#items.reduce((sum, { weight }) => sum + weight / this.#step, 0);
  }

  /** The item whose turn it is; `undefined` when there is none. */
  next(): Item | undefined {
    if (!this.#items.length) return undefined;
    for (;;) { // the heaviest item ends it within two rounds
      this.#at = (this.#at + 1) % this.#items.length;
      if (this.#at === 0) {
        this.#level -= this.#step;
        if (this.#level <= 0) this.#level = this.#heaviest;
      }
      const item = this.#items[this.#at]!;
      if (item.weight >= this.#level) return item;
    }
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b) [a, b] = [b, a % b];
  return a;
}
