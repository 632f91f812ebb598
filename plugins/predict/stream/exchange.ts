import { TimeoutError } from "../../../core/errors.ts";
import type { PredictOptions } from "../../../core/predictor.ts";
import { type Bare, bare } from "../../../core/timeout.ts";

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

/** What `setTimeout` returns. Where it is a number, timers hold no process. */
type Timer = Parameters<typeof clearTimeout>[0] & { ref?(): void; unref?(): void };

/**
 * One request and its body, read chunk by chunk. The clocks run only while the service is waited for: between two
 * reads the timer holds no process and stops nothing. The caller's signal has one listener, until
 * {@linkcode Exchange.end}.
 */
export class Exchange {
  readonly #what: string;
  readonly #clocks: Readonly<Record<ClockName, number>>;
  readonly #started = performance.now();
  readonly #signal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  #isStopped = false;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  /** One for all steps, as to set and clear it for each takes Deno longer than to read a chunk. It may ring too early. */
  #timer: Timer | undefined;
  #rings = Infinity;
  /** When the step that is waited for has to end, and by which clock. */
  #due = Infinity;
  #dueBy: ClockName = "timeout";
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
   * Sends the request, with options that leave all clocks to this.
   *
   * @throws {TimeoutError} when no headers come in time; the signal's reason; what `send` throws.
   */
  async send(send: (own: PredictOptions & Bare) => Promise<Response>): Promise<Response> {
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener("abort", this.#stop);
    const { signal } = this.#controller;
    try {
      const response = await this.#within(
        "headersTimeout",
        () => send({ signal, [bare]: signal, timeout: Infinity }),
      );
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

  /** Whether the signal or a clock stopped it: then that is what reads throw. Asked for each item, as signals are slow to. */
  get stopped(): boolean {
    return this.#isStopped;
  }

  /** Throws the reason for which it was stopped, if it was. */
  throwIfStopped(): void {
    if (this.#isStopped) throw this.#controller.signal.reason;
  }

  /** Lets go of everything; a body that has not ended is cancelled. May be called twice. */
  async end(reason?: unknown): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    clearTimeout(this.#timer);
    [this.#timer, this.#rings] = [undefined, 0]; // and no other is made
    await this.#reader?.cancel(reason).catch(() => {}); // it has failed by itself
  }

  readonly #stop = (): void => this.#abort(this.#signal!.reason);

  #abort(reason: unknown): void {
    this.#isStopped = true;
    this.#controller.abort(reason);
    this.#reject(reason);
    void this.end(reason); // bodies that don't know the signal
  }

  /** Waits for a step, as long as its own clock and that of the whole allow it. No `async`: it is the way of each chunk. */
  #within<T>(clock: ClockName, step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const now = performance.now(), own = now + this.#clocks[clock];
      const whole = this.#started + this.#clocks.timeout;
      if (whole <= now) this.#abort(this.#expired("timeout")); // by a reader that took its time
      this.throwIfStopped();
      this.#dueBy = whole < own ? "timeout" : clock;
      this.#due = Math.min(whole, own);
      this.#wind(now);
      this.#reject = reject;
      step().then((value) => {
        this.#rest();
        resolve(value);
      }, (error) => {
        this.#rest();
        reject(this.#isStopped ? this.#controller.signal.reason : error);
      });
    });
  }

  /** Nothing is waited for. */
  #rest(): void {
    this.#due = Infinity;
    this.#timer?.unref?.();
  }

  /** Sees to it that the timer rings when the step has to end, or earlier. */
  #wind(now: number): void {
    if (this.#rings <= this.#due) return void this.#timer?.ref?.();
    clearTimeout(this.#timer);
    this.#rings = this.#due;
    this.#timer = setTimeout(this.#ring, Math.min(this.#due - now, longest));
  }

  readonly #ring = (): void => {
    const now = performance.now();
    [this.#timer, this.#rings] = [undefined, Infinity];
    if (this.#due <= now) this.#abort(this.#expired(this.#dueBy));
    else this.#wind(now);
  };

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
