import type { Clock } from "../../core/clock.ts";
import type { PredictOptions, Predictor } from "../../core/predictor.ts";

/** What a queue is called through: a {@linkcode Predictor} of the service, whose address and token it has. */
export type QueueCaller = Pick<Predictor, "endpoint" | "rawPredict">;

/** Options of {@linkcode QueueClient}. */
export interface QueueOptions {
  /** The queue below the service's address: `"sink"` for the output of an asynchronous service. @default {""} */
  path?: string;
  /** Name of this consumer. Items that it holds go out again when it comes back. @default {a random UUID} */
  consumer?: string;
  /** Consumers of a group share a queue, each item goes to one of them; groups each get all items. @default {"eas"} */
  group?: string;
  /** Waits between connections of a watch. @default {systemClock} */
  clock?: Clock;
}

/** Options of every call. */
export type QueueCallOptions = Pick<PredictOptions, "headers" | "retry" | "signal" | "timeout">;

/** Options of {@linkcode QueueClient.put}. */
export interface PutOptions extends QueueCallOptions {
  /** What is known about the item; keys must not begin with `_`. `requestId` names the item instead of a new id. */
  tags?: Readonly<Record<string, string>>;
  /** Items of a higher priority go out first. @default {0} */
  priority?: number;
  /** Path of the request that an asynchronous service makes of the item. */
  path?: string;
}

/** What a queue says of a new item. */
export interface PutResult {
  /** Its place in this queue; the answer of an asynchronous service has another one in the sink. */
  index: bigint;
  /** What the answer is found by. */
  requestId: string;
}

/** Options of {@linkcode QueueClient.get}. */
export interface GetItemsOptions extends QueueCallOptions {
  /** Smallest index of the wanted items; −1 is for the newest alone. @default {0n} */
  index?: bigint;
  /** Most items. @default {1} */
  length?: number;
  /** How long the queue waits for one, in milliseconds. `timeout` begins behind it. @default {0} */
  wait?: number;
  /** Only items with these tags. */
  tags?: Readonly<Record<string, string>>;
  /** Only the item, or the answer to it, that was put with this id. */
  requestId?: string;
  /** Whether the queue deletes what it sends, which is lost when its answer is. @default {false} */
  autoDelete?: boolean;
}

/** Why items were not dealt with. */
export interface NegativeCommitOptions extends QueueCallOptions {
  /** Capitalised words, one separator between two of them, or digits; at most 20 characters. `"Shutdown"` is well known. */
  code: string;
  /** A sentence for people. */
  reason?: string;
}
