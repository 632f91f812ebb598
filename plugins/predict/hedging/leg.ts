import type { Clock } from "../../../core/clock.ts";
import type { Fetch } from "../../../core/fetch.ts";
import type { Latencies } from "./latencies.ts";

/** One of the requests of a call. */
export class Leg {
  /** Resolves to this when the headers have come, or failed to. */
  readonly ended: Promise<this>;
  /** The answer, when there is one. */
  response: Response | undefined;
  readonly #controller = new AbortController();
  #error: unknown;

  /** Sends the request. */
  constructor(fetch: Fetch, url: string, init: RequestInit, clock: Clock, latencies: Latencies) {
    const own = this.#controller.signal;
    const signal = init.signal ? AbortSignal.any([init.signal, own]) : own;
    const start = clock.now();
    this.ended = (async () => {
      try {
        this.response = await fetch(url, { ...init, signal });
      } catch (error) {
        this.#error = error;
      }
      // One that was aborted for being slow was at least as slow as that; other failures are quick for no good reason.
      if (this.isGood || own.aborted) latencies.add(clock.now() - start);
      return this;
    })();
  }

  /** Whether there is an answer that another instance would not give better. */
  get isGood(): boolean {
    const { status = 500 } = this.response ?? {};
    return status < 500 && status !== 429 && status !== 450;
  }

  /** Gives it up, whether it has answered or not. */
  abort(): void {
    this.#controller.abort(new DOMException("Another request was answered first", "AbortError"));
    this.ended.then(({ response }) => response?.body?.cancel()).catch(() => {}); // aborted bodies refuse that
  }

  /** The answer, or what was thrown instead. */
  result(): Response {
    if (this.response) return this.response;
    throw this.#error;
  }
}
