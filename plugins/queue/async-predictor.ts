import { type Clock, systemClock } from "../../core/clock.ts";
import { Predictor, type PredictorOptions } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import { type AsyncTask, PolledTask, type Results } from "./async-task.ts";
import { whole } from "./check.ts";
import { QueueClient } from "./client.ts";
import type { PutOptions } from "./options.ts";
import { Slots } from "./slots.ts";

/** An asynchronous service: one that was deployed or found, its predictor, or what one is made from. */
export type AsyncService<Input = unknown, Output = unknown> =
  | Pick<Service<Input, Output>, "predictor">
  | Predictor<Input, Output>
  | PredictorOptions<Input, Output>;

/** Options of {@linkcode AsyncPredictor}. */
export interface AsyncPredictorOptions<Input = unknown, Output = unknown> {
  /** Format of inputs and outputs. @default {the predictor's} */
  serializer?: Serializer<Input, Output>;
  /** Most results that are asked for at once; with more of them waiting, the queue is asked in shorter turns. @default {30} */
  concurrency?: number;
  /**
   * Whether the queue forgets a result when it sends it: one request less, and a result that breaks off on its way is
   * lost. @default {false, it is deleted once it is here}
   */
  autoDelete?: boolean;
  /** Waits between polls. @default {systemClock} */
  clock?: Clock;
}

/** How long the queue holds a poll, in milliseconds; the vendor's clients ask for no more, so no gateway ends it. */
const longPoll = 5000;

/** The same when others wait for their turn, at least. */
const shortPoll = 250;

/**
 * Predicts through the queues of an asynchronous service: requests wait in the one, answers in the other. Services of this
 * kind take minutes for an answer, start from no instance, and lose nothing while they are restarted. A request may run
 * twice when an instance is lost.
 *
 * Source: https://help.aliyun.com/document_detail/351072.html.
 */
export class AsyncPredictor<Input = unknown, Output = unknown> {
  /** The queue of requests. */
  readonly input: QueueClient;
  /** The queue of answers. */
  readonly sink: QueueClient;
  readonly #serializer: Serializer<Input, Output>;
  readonly #results: Results;

  /**
   * Makes a client. Nothing is sent.
   *
   * @throws {TypeError} when the service has no address yet, or what is given is none.
   * @throws {RangeError} when `concurrency` is no whole number from 1.
   */
  constructor(service: AsyncService<Input, Output>, options: AsyncPredictorOptions<Input, Output> = {}) {
    const { concurrency = 30, autoDelete = false, clock = systemClock } = options;
    const predictor = "rawPredict" in service
      ? service
      : "predictor" in service
      ? service.predictor()
      : new Predictor(service);
    this.input = new QueueClient(predictor, { clock });
    this.sink = new QueueClient(predictor, { clock, path: "sink" });
    this.#serializer = options.serializer ?? predictor.serializer;
    const slots = new Slots(whole("Cannot make an AsyncPredictor", "concurrency", concurrency, 1));
    this.#results = {
      name: this.sink.name,
      clock,
      poll: (requestId, signal) =>
        slots.run(signal, async () => {
          const wait = Math.max(shortPoll, Math.ceil(longPoll / (1 + slots.waiting / concurrency)));
          const [item] = await this.sink.get({ requestId, wait, autoDelete, signal });
          return item;
        }),
      remove: async (item) => {
        if (!autoDelete) await this.sink.delete(item, { retry: false, timeout: 5000 });
      },
    };
  }

  /**
   * Puts a request into the queue, and resolves when it is there.
   *
   * @param options Tags and a path as those of the request that the model gets; a priority.
   * @throws {TypeError} or {RangeError} when the input can't be written.
   * @throws {PredictionError} when the queue refuses it; {@linkcode QueueError} when there is no queue.
   */
  async predict(input: Input, options: PutOptions = {}): Promise<AsyncTask<Output>> {
    const body = this.#serializer.serialize(input);
    if (!body) { // asking a queue for the signature would take an item out of it
      throw new TypeError(
        `Cannot predict with "${this.input.name}": the input needs the model's signature, which a queue doesn't know; ` +
          "give tensors with their types",
      );
    }
    const headers = new Headers(options.headers);
    if (!headers.has("content-type")) headers.set("content-type", this.#serializer.contentType);
    return this.#task(await this.input.put(body, { ...options, headers }));
  }

  /**
   * The task of a request that was made before, perhaps elsewhere.
   *
   * @throws {TypeError} when the id is empty, which would find any result.
   */
  task(requestId: string): AsyncTask<Output> {
    if (!requestId) throw new TypeError(`Cannot find a task of "${this.input.name}": no request id`);
    return this.#task({ requestId });
  }

  #task(request: { requestId: string; index?: bigint }): AsyncTask<Output> {
    return new PolledTask(request, this.#serializer, this.#results);
  }
}
