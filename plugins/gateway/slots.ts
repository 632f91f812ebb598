/** One call's place among those that may go on at a time. */
export interface Slot {
  /** Says that the call is alive. */
  touch(): void;
  /** Gives the place back; more than once does no harm. */
  release(): void;
}

/**
 * Counts calls. A place whose call has shown no life for longer than any call may be silent is given to another: a
 * runtime that ends a request with its caller's connection may never run the code that would have given it back.
 */
export class Slots {
  readonly #lastSeen = new Map<Slot, number>();
  readonly #size: number;
  readonly #longestSilence: number;

  /** @param longestSilence In milliseconds. */
  constructor(size: number, longestSilence: number) {
    this.#size = size;
    this.#longestSilence = longestSilence;
  }

  /** A place, or `undefined` when all are taken. */
  take(): Slot | undefined {
    const now = Date.now();
    if (this.#lastSeen.size >= this.#size) {
      for (const [slot, seen] of this.#lastSeen) {
        if (now - seen > this.#longestSilence) this.#lastSeen.delete(slot);
      }
    }
    if (this.#lastSeen.size >= this.#size) return undefined;
    const slot: Slot = {
      touch: () => void (this.#lastSeen.has(slot) && this.#lastSeen.set(slot, Date.now())),
      release: () => void this.#lastSeen.delete(slot),
    };
    this.#lastSeen.set(slot, now);
    return slot;
  }
}
