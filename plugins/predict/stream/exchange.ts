import { TimeoutError } from "../../../core/errors.ts";

/** How long a stream may take, and who may stop it. */
export interface Clocks {
  /** Stops the stream, whatever it waits for. */
  signal?: AbortSignal;
  /** Longest time of everything in milliseconds, until the last byte. @default {Infinity} */
  timeout?: number;
  /** Longest time in milliseconds until the answer's headers, retries included. @default {60000} */
  headersTimeout?: number;
  /**
   * Longest time in milliseconds until the next bytes. It counts only while they are waited for, so a slow reader is no
   * slow service. `Infinity` for no bound. @default {60000}
   */
  idleTimeout?: number;
}

type ClockName = Exclude<keyof Clocks, "signal">;

/** A chunk of a body, or its end. */
type Chunk = ReadableStreamReadResult<Uint8Array<ArrayBuffer>>;

/** What is read where there is no body. */
const nothing: Chunk = { done: true, value: undefined };

/** About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days. */
const longest = 2e9;

/**
 * One request and its body, read chunk by chunk. The clocks run only while the service is waited for: between two
 * reads there is no timer. The caller's signal has one listener, until {@linkcode Exchange.end}.
 */
export class Exchange {
  readonly #what: string;
  readonly #clocks: Readonly<Record<ClockName, number>>;
  readonly #started = performance.now();
  readonly #signal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  /** Ends the step that is waited for; quicker than an event of the signal for each. */
  #reject: (reason: unknown) => void = () => {};

  /**
   * @param what Beginning of messages, such as `Cannot stream from "iris"`.
   * @throws {RangeError} when a time is not positive.
   */
  constructor(
    what: string,
    { signal, timeout = Infinity, headersTimeout = 60_000, idleTimeout = 60_000 }: Clocks,
  ) {
    this.#what = what;
    this.#clocks = { timeout, headersTimeout, idleTimeout };
    for (const [name, ms] of Object.entries(this.#clocks)) {
      if (!(ms > 0)) throw new RangeError(`${what}: ${name} is ${ms}`);
    }
    this.#signal = signal;
  }

  /**
   * Sends the request.
   *
   * @throws {TimeoutError} when no headers come in time; the signal's reason; what `send` throws.
   */
  async send(send: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener("abort", this.#stop);
    const { signal } = this.#controller;
    try {
      const response = await this.#within("headersTimeout", () => send(signal));
      this.#reader = response.body?.getReader();
      return response;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /**
   * Reads the next chunk.
   *
   * @throws {TimeoutError} when it takes too long; the signal's reason; what a broken connection throws.
   */
  read(): Promise<Chunk> {
    return this.#within("idleTimeout", () => this.#reader?.read() ?? Promise.resolve(nothing));
  }

  /** Whether the signal or a clock stopped it: then that is what reads throw. */
  get stopped(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Throws the reason for which it was stopped, if it was. */
  throwIfStopped(): void {
    this.#controller.signal.throwIfAborted();
  }

  /** Lets go of everything; a body that has not ended is cancelled. May be called twice. */
  async end(reason?: unknown): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    await this.#reader?.cancel(reason).catch(() => {}); // it has failed by itself
  }

  readonly #stop = (): void => this.#abort(this.#signal!.reason);

  #abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.#reject(reason);
    void this.end(reason); // bodies that don't know the signal
  }

  /** Waits for a step, as long as its own clock and that of the whole allow it. */
  async #within<T>(clock: ClockName, step: () => Promise<T>): Promise<T> {
    const { timeout } = this.#clocks, own = this.#clocks[clock];
    const left = timeout === Infinity ? timeout : this.#started + timeout - performance.now();
    if (left <= 0) this.#abort(this.#expired("timeout")); // by a reader that took its time
    this.throwIfStopped();
    const expire = (): void => this.#abort(this.#expired(left < own ? "timeout" : clock));
    const timer = setTimeout(expire, Math.min(own, left, longest));
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        step().then(resolve, reject);
      });
    } catch (error) {
      this.throwIfStopped();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #expired(clock: ClockName): TimeoutError {
    const ms = this.#clocks[clock];
    const [code, state] = expirations[clock];
    return new TimeoutError(`${this.#what}: ${state.replace("*", `${ms} ms`)}`, { code });
  }
}

/** Codes and messages by clock. A star stands for the time. */
const expirations: Readonly<Record<ClockName, [code: string, state: string]>> = {
  timeout: ["TotalTimeout", "the answer did not end within *; see the option timeout"],
  headersTimeout: [
    "HeadersTimeout",
    "the service did not begin to answer within *; see the option headersTimeout",
  ],
  idleTimeout: ["IdleTimeout", "the service sent nothing for *; see the option idleTimeout"],
};
