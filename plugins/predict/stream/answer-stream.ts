import { PaiError } from "../../../core/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Framing } from "./framing.ts";
import { StreamError, type StreamErrorInit } from "./stream-error.ts";

/** Makes the error of one stream; it knows how much has come. */
export type Fail = (state: string, init?: Partial<StreamErrorInit>) => StreamError;

/** How the items of a stream are made. */
export interface Reading<Piece, Item> {
  /** Divides the body. */
  framing: Framing<Piece>;
  /** Makes an item, or `end` when the piece says that all is said. */
  toItem(piece: Piece, fail: Fail): Item | typeof end;
  /** Whether the body's own end is the end, as opposed to a piece that says so. */
  endsWithBody: boolean;
}

/** What stands for the end of a stream. */
export const end: unique symbol = Symbol("end");

/**
 * The answer of a service while it comes. It can be read once: by `for await`, or by whoever is given
 * {@linkcode AnswerStream.toResponse}. Nothing is read from the service before its reader asks for it. Leaving the loop
 * cancels the request; an answer that nobody reads must be cancelled.
 */
export class AnswerStream<Item> implements AsyncIterable<Item>, AsyncDisposable {
  /** Headers of the answer. */
  readonly headers: Headers;
  readonly #what: string;
  readonly #exchange: Exchange;
  readonly #reading: Reading<unknown, Item>;
  #pieces: unknown[] = [];
  /** Chunks that were read before the first item, for `toResponse`. */
  #head: Uint8Array<ArrayBuffer>[] = [];
  #isTaken = false;
  #hasEnded = false;
  #isCancelled = false;
  #received = 0;
  #completed = false;

  /** Made by `stream`. */
  constructor(what: string, response: Response, exchange: Exchange, reading: Reading<unknown, Item>) {
    this.headers = response.headers;
    this.#what = what;
    this.#exchange = exchange;
    this.#reading = reading;
  }

  /** Items that were read so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * Whether the end was reached as it should be: with `[DONE]` for events, with the body for all else. False before, and
   * when events end without it.
   */
  get completed(): boolean {
    return this.#completed;
  }

  /** Waits for the first item, so that what goes wrong before it is thrown here. Called by `stream`. */
  async open(): Promise<this> {
    try {
      let more = true;
      while (more && !this.#pieces.length) more = await this.#fill();
      if (this.#pieces.length) this.#reading.toItem(this.#pieces[0], this.#fail);
      return this;
    } catch (error) {
      await this.cancel();
      throw error;
    }
  }

  /**
   * Reads the items.
   *
   * @throws {TypeError} when they are read already.
   */
  [Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    this.#take();
    return this.#items();
  }

  /**
   * Passes the answer on as it comes, byte for byte, with its media type and nothing else of its headers. Cancelling its
   * body, as servers do when their caller has gone, cancels the request; what goes wrong in the middle breaks it.
   *
   * @param init Status and headers of the response.
   * @throws {TypeError} when the items are read already.
   */
  toResponse(init: ResponseInit = {}): Response {
    this.#take();
    const headers = new Headers(init.headers);
    const type = this.headers.get("content-type");
    if (type && !headers.has("content-type")) headers.set("content-type", type);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-cache, no-transform");
    const head = this.#head;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const chunk = head.shift() ?? await this.#read().catch(async (error) => {
          await this.cancel(error); // which lets go of the signal
          throw error;
        });
        if (chunk) return controller.enqueue(chunk);
        this.#completed = !this.#isCancelled;
        await this.cancel();
        controller.close();
      },
      cancel: (reason) => this.cancel(reason),
    }, { highWaterMark: 0 });
    return new Response(body, { ...init, headers });
  }

  /** Cancels the request, unless it has ended. */
  async cancel(reason?: unknown): Promise<void> {
    this.#isCancelled = true;
    await this.#exchange.end(reason);
  }

  /** Cancels the request, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  #take(): void {
    if (this.#isTaken) throw new TypeError(`${this.#what}: the stream is read already`);
    this.#isTaken = true;
  }

  async *#items(): AsyncGenerator<Item, void, void> {
    this.#head = [];
    try {
      do {
        for (const piece of this.#pieces) {
          const item = this.#reading.toItem(piece, this.#fail);
          if (item === end) return void (this.#completed = true);
          this.#received++;
          yield item;
          this.#exchange.throwIfStopped(); // though there may be more of this chunk
          if (this.#isCancelled) return;
        }
      } while (await this.#fill());
      this.#completed = this.#reading.endsWithBody && !this.#isCancelled;
    } finally {
      await this.cancel();
    }
  }

  /** Reads one chunk and the pieces that it completes; false when nothing is left. */
  async #fill(): Promise<boolean> {
    this.#pieces = [];
    if (this.#hasEnded) return false;
    const chunk = await this.#read();
    this.#hasEnded = !chunk;
    if (chunk && !this.#isTaken) this.#head.push(chunk);
    const { framing } = this.#reading;
    try {
      this.#pieces = chunk ? framing.push(chunk) : framing.end();
    } catch (error) {
      throw this.#fail(String(error).replace(/^\w+: /, ""), { code: "EventTooLong" });
    }
    return true;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return (await this.#exchange.read()).value;
    } catch (cause) {
      if (this.#exchange.stopped || cause instanceof PaiError) throw cause;
      throw this.#fail("the connection broke", { code: "StreamBroken", retryable: true, cause });
    }
  }

  readonly #fail: Fail = (state, init) => {
    const received = this.#received;
    const when = received ? ` after ${received} item${received > 1 ? "s" : ""}` : "";
    return new StreamError(`${this.#what}${when}: ${state}`, { received, ...init });
  };
}
