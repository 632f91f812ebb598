import type { LogLine, LogOptions } from "../../../core/service.ts";
import { checkLogOptions } from "../logs.ts";
import type { Handler } from "../../processors/handler.ts";

/** A line that was kept. */
type Kept = LogLine & { readonly time: Date };

/** Lines that are kept; older ones are forgotten. */
const capacity = 10_000;

/** What a service in this process has to log: its requests, and the errors of its model. */
export class RequestLog {
  #lines: Kept[] = [];
  /** How many lines were forgotten. */
  #forgotten = 0;
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  /** A handler that notes each request, with its status and how long it took. */
  noting(handler: Handler): Handler {
    return async (request) => {
      const began = performance.now(), { pathname } = new URL(request.url);
      const note = (outcome: string): void =>
        this.add(`${request.method} ${pathname} ${outcome} ${Math.round(performance.now() - began)} ms`);
      try {
        const response = await handler(request);
        note(String(response.status));
        return response;
      } catch (error) {
        note("500");
        this.add(`ERROR ${error instanceof Error ? error.message : error}`);
        throw error;
      }
    };
  }

  /** Adds a line. */
  add(text: string): void {
    this.#lines.push({ text, time: new Date() });
    if (this.#lines.length > capacity) {
      this.#lines.shift();
      this.#forgotten++;
    }
    this.#wake();
  }

  /** Ends whoever follows. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /**
   * The lines that were asked for, the oldest first.
   *
   * @param what Beginning of errors' messages.
   * @throws {TypeError} or {RangeError} when they can't be.
   */
  read(what: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
    checkLogOptions(what, options);
    return this.#read(options);
  }

  async *#read(options: LogOptions): AsyncGenerator<LogLine> {
    const { follow = false, tail = Infinity, since, until, keyword = "", previous, signal } = options;
    if (previous) return; // it was never started again by itself
    const isWanted = ({ text, time }: Kept): boolean =>
      text.includes(keyword) && !(since && time < since) && !(until && time > until);
    if (!follow) signal?.throwIfAborted();
    let next = this.#forgotten + this.#lines.length;
    const printed = this.#lines.filter(isWanted);
    yield* printed.slice(Math.max(0, printed.length - tail));
    while (follow && !signal?.aborted) {
      const lines = this.#lines.slice(Math.max(0, next - this.#forgotten));
      next = this.#forgotten + this.#lines.length;
      yield* lines.filter(isWanted);
      if (this.#isOver) return;
      if (next === this.#forgotten + this.#lines.length) await this.#more(signal);
    }
  }

  #wake(): void {
    for (const resume of this.#waiting) resume();
  }

  async #more(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    signal?.addEventListener("abort", resolve as () => void);
    const awake = setInterval(() => {}, 1 << 30); // what a process waits for keeps it from ending
    await promise;
    clearInterval(awake);
    this.#waiting.delete(resolve);
    signal?.removeEventListener("abort", resolve as () => void);
  }
}
