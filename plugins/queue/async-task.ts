import type { Clock } from "../../core/clock.ts";
import { predictRetry } from "../../core/retry.ts";
import type { Serializer } from "../../core/serializer.ts";
import { bounded } from "../../core/timeout.ts";
import { AsyncPredictionError, restated } from "./errors.ts";
import type { QueueItem } from "./item.ts";

/** Options of {@linkcode AsyncTask.result}. */
export interface ResultOptions {
  /** Stops waiting; the model goes on. */
  signal?: AbortSignal;
  /** Longest time in milliseconds; `Infinity` waits on, though a model that answers nothing never has a result. @default {600000} */
  timeout?: number;
}

/** A prediction that was asked for. Its result can be fetched whenever it is there, also by another process. */
export interface AsyncTask<Output = unknown> {
  /** What its result is found by: keep it to go on elsewhere, with {@linkcode AsyncPredictor.task}. */
  readonly requestId: string;
  /** Place of the request in the input queue, for `predictor.input.search(index)`, when this process has put it there. */
  readonly index: bigint | undefined;
  /**
   * Waits for the result. It can be called again after a failure, and by several callers.
   *
   * @throws {AsyncPredictionError} when the model failed, or what it said can't be read.
   * @throws {TimeoutError} when there is no result in time.
   * @throws {PredictionError} or {PaiError} when the queue can't be asked.
   */
  result(options?: ResultOptions): Promise<Output>;
}

/** Where the results are. */
export interface Results {
  /** Beginning of messages: the name of the queue. */
  readonly name: string;
  /** Waits between polls that the queue doesn't hold. */
  readonly clock: Clock;
  /** Asks for a result; resolves to nothing when there is none for now. */
  poll(requestId: string, signal: AbortSignal): Promise<QueueItem | undefined>;
  /** Lets the queue forget one. */
  remove(item: QueueItem): Promise<void>;
}

/** Shortest time between the first two polls and longest between any, in milliseconds, if the queue doesn't hold them. */
const firstPause = 500, longestPause = 5000;

/** A task whose result is found by polls that the queue holds until it is there. */
export class PolledTask<Output> implements AsyncTask<Output> {
  readonly requestId: string;
  readonly index: bigint | undefined;
  readonly #results: Results;
  readonly #serializer: Serializer<never, Output>;
  #outcome: { output: Output } | { error: AsyncPredictionError } | undefined;

  /** Makes a handle. Nothing is sent. */
  constructor(
    { requestId, index }: { requestId: string; index?: bigint },
    serializer: Serializer<never, Output>,
    results: Results,
  ) {
    this.requestId = requestId;
    this.index = index;
    this.#serializer = serializer;
    this.#results = results;
  }

  /** Waits for the result. */
  async result({ signal, timeout = 600_000 }: ResultOptions = {}): Promise<Output> {
    const what = `Cannot get the result of request "${this.requestId}" from queue "${this.#results.name}"`;
    try {
      await bounded(what, timeout, signal, (signal) => this.#wait(what, signal));
    } catch (error) {
      if (!this.#outcome) throw restated(error, what, this.requestId);
    }
    const outcome = this.#outcome!; // which the wait has brought
    if ("error" in outcome) throw outcome.error;
    return outcome.output;
  }

  async #wait(what: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#results;
    let pause = firstPause;
    while (!this.#outcome) { // another caller may have got it, and then the queue has it no more
      const asked = clock.now();
      const item = await this.#results.poll(this.requestId, signal);
      if (item) return await this.#settle(what, item);
      const rest = pause - (clock.now() - asked);
      if (rest > 0) await clock.sleep(rest, signal);
      pause = Math.min(pause * 2, longestPause);
    }
  }

  async #settle(what: string, item: QueueItem): Promise<void> {
    const status = Number(item.tags.get("lastCode") ?? 200);
    const fail = (state: string, cause?: unknown): void => {
      const body = new TextDecoder().decode(item.data.subarray(0, 65_536));
      const message = `${what}: ${state}${body && `: ${body.slice(0, 200)}`}`;
      const retryable = status in predictRetry.statuses;
      const { requestId } = this;
      this.#outcome = {
        error: new AsyncPredictionError(message, { status, requestId, body, retryable, cause }),
      };
    };
    if (status >= 200 && status < 300) {
      try {
        this.#outcome = { output: this.#serializer.deserialize(item.data) };
      } catch (cause) {
        return fail("can't read it", cause); // it stays in the queue, for somebody who can
      }
    } else fail(`status of the model is ${status}`);
    await this.#results.remove(item).catch(() => {}); // the result is here; what stays is dropped by the queue's limits
  }
}
