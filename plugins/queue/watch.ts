import type { Clock } from "../../core/clock.ts";
import { PaiError, TimeoutError } from "../../core/errors.ts";
import { bounded } from "../../core/timeout.ts";
import { QueueError, restated } from "./errors.ts";
import { readFrames } from "./framing.ts";
import type { QueueItem } from "./item.ts";

/** Options of {@linkcode QueueClient.watch}. */
export interface WatchOptions {
  /**
   * `"handled"` commits each item when the loop comes back for the next one, so one that made it fail goes out again.
   * `"sent"` lets the queue count what it sends as dealt with: faster, and lost with the connection.
   *
   * @default {false, the caller commits}
   */
  autoCommit?: false | "handled" | "sent";
  /** Smallest index of the wanted items; −1 leaves out all that are there. @default {0n} */
  index?: bigint;
  /** Most items that are sent before one of them is committed. @default {10} */
  window?: number;
  /** Whether items come without their content. @default {false} */
  indexOnly?: boolean;
  /** Only items with these tags; consumers of one group must all ask for the same. */
  tags?: Readonly<Record<string, string>>;
  /** Failures in a row, without an item between, after which the watch ends. @default {20} */
  reconnects?: number;
  /**
   * Longest silence in milliseconds before the connection is made again, in case it is dead and nobody says so; shorter
   * than the 600 s after which gateways close one. @default {60000}
   */
  idleTimeout?: number;
  /** Headers of the requests. */
  headers?: HeadersInit;
  /** Ends the watch: the loop rejects with the signal's reason. `close` ends it quietly. */
  signal?: AbortSignal;
}

/** How a {@linkcode QueueWatch} reaches its queue. */
export interface WatchCalls {
  /** Opens a connection, which the signal ends. */
  open(signal: AbortSignal): Promise<Response>;
  /** Says that an item was dealt with. */
  commit(item: QueueItem, signal?: AbortSignal): Promise<void>;
}

/**
 * Items of a queue as they come. They are asked for one by one: a loop that is slow lets the connection fill up, and then
 * the queue waits. Leaving the loop hangs up. Nothing is sent before the first item is asked for.
 */
export interface Watch extends AsyncIterableIterator<QueueItem, void> {
  /** Hangs up, also while another task waits for an item; the loop ends. What is not committed goes out again. */
  close(): void;
}

/** A {@linkcode Watch} that makes broken connections again. */
export class QueueWatch implements Watch {
  readonly #what: string;
  readonly #clock: Clock;
  readonly #options: WatchOptions;
  readonly #calls: WatchCalls;
  readonly #end = new AbortController();
  readonly #items: AsyncGenerator<QueueItem, void, undefined>;
  #failures = 0;
  #waiting = 0;
  #isClosed = false;

  /** Makes the watch. Nothing is sent. */
  constructor(what: string, clock: Clock, options: WatchOptions, calls: WatchCalls) {
    this.#what = what;
    this.#clock = clock;
    this.#options = options;
    this.#calls = calls;
    this.#items = this.#committed();
  }

  /** The next item. */
  async next(): Promise<IteratorResult<QueueItem, void>> {
    this.#waiting++;
    try {
      return await this.#items.next();
    } finally {
      this.#waiting--;
    }
  }

  /** Hangs up, as a loop does that is left. */
  async return(): Promise<IteratorResult<QueueItem, void>> {
    if (this.#waiting) this.close(); // else the body can be cancelled first, which tells more than an abort
    const result = await this.#items.return();
    this.close();
    return result;
  }

  /** The watch itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Hangs up. */
  close(): void {
    this.#isClosed = true;
    this.#end.abort();
  }

  async *#committed(): AsyncGenerator<QueueItem, void, undefined> {
    const { signal, autoCommit } = this.#options;
    const forward = (): void => this.#end.abort(signal!.reason);
    signal?.addEventListener("abort", forward);
    try {
      signal?.throwIfAborted();
      for await (const item of this.#connected()) {
        yield item;
        if (autoCommit === "handled") await this.#calls.commit(item, signal);
      }
    } catch (error) {
      if (!this.#isClosed) throw error;
    } finally {
      signal?.removeEventListener("abort", forward);
    }
  }

  /** Items of one connection after the other. */
  async *#connected(): AsyncGenerator<QueueItem, void, undefined> {
    const { reconnects = 20 } = this.#options, { signal } = this.#end;
    for (;;) {
      signal.throwIfAborted();
      let failure: unknown;
      try {
        yield* this.#connection();
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw restated(error, this.#what);
        failure = error;
      }
      if (++this.#failures > reconnects) {
        const state = `${this.#failures} connections in a row have ended without an item`;
        throw new QueueError(`${this.#what}: ${state}`, { code: "Disconnected", cause: failure });
      }
      const longest = Math.min(30_000, 1000 * 2 ** this.#failures);
      await this.#clock.sleep(longest * (1 + Math.random()) / 2, signal); // 1 s to 2 s, 2 s to 4 s, … 15 s to 30 s
    }
  }

  async *#connection(): AsyncGenerator<QueueItem, void, undefined> {
    const own = new AbortController();
    const hangUp = (): void => own.abort(this.#end.signal.reason);
    this.#end.signal.addEventListener("abort", hangUp);
    try {
      const { body } = await this.#patient(() => this.#calls.open(own.signal));
      for await (const item of readFrames(this.#chunks(body!.getReader()))) { // which every 200 has
        this.#failures = 0;
        if (item) yield item;
      }
    } finally {
      this.#end.signal.removeEventListener("abort", hangUp);
      own.abort();
    }
  }

  /** What comes until the end, or until nothing has come for long: a queue that is empty, or a connection that is dead. */
  async *#chunks(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const { done, value } = await this.#patient(() => reader.read());
        if (done) return;
        yield value;
      }
    } catch (cause) {
      if (cause instanceof TimeoutError) this.#failures = 0;
      throw new PaiError(`${this.#what}: the connection broke off`, { code: "NetworkError", cause });
    } finally {
      reader.cancel().catch(() => {}); // it is over, or says so elsewhere
    }
  }

  #patient<T>(run: () => Promise<T>): Promise<T> {
    return bounded(this.#what, this.#options.idleTimeout ?? 60_000, this.#end.signal, run);
  }
}

/** Whether another connection may do better. 408 is what a gateway ends long requests with. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof PaiError)) return false;
  const { code, status = 0 } = error;
  return code === "NetworkError" || error instanceof TimeoutError || status >= 500 ||
    [408, 429, 450].includes(status);
}
