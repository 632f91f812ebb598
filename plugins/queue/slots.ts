/** Lets so many operations run at once; the others wait in line. */
export class Slots {
  #free: number;
  readonly #line = new Set<() => void>();

  /** Makes free slots. */
  constructor(count: number) {
    this.#free = count;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Runs an operation when its turn has come. Who gives up leaves the line. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const [next] = this.#line;
      if (next) next();
      else this.#free++;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = (): void => {
        this.#line.delete(start);
        reject(signal.reason);
      };
      const start = (): void => {
        this.#line.delete(start);
        signal.removeEventListener("abort", leave);
        resolve();
      };
      this.#line.add(start);
      signal.addEventListener("abort", leave);
    });
  }
}
