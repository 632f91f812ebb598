/**
 * Predicts many items: as many at a time as the service can take, with a result or an error for each, from any
 * iterable, in constant memory, and so that a run that was killed can go on where it was.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { map } from "@pai-edge/sdk/predict/map";
 *
 * const predictor = new Predictor<number[], number[]>({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris",
 *   token: "the token of the service",
 *   fetch: () => Response.json([0.98, 0.02]), // leave this out to call the real service
 * });
 * const flowers = [[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3]]; // or what reads them, one at a time
 * const answered = new Set<string>(["flower-0"]); // what an earlier run has written down
 *
 * for await (const result of map(predictor, flowers, { key: (_, index) => `flower-${index}`, resume: answered })) {
 *   if (result.ok) console.log(result.key, result.output);
 *   else console.error(result.key, result.error);
 * }
 * ```
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { PredictOptions, Predictor } from "../../core/predictor.ts";
import { predictRetry, type RetryPolicy } from "../../core/retry.ts";
import { Adaptive } from "./map/adaptive.ts";
import { fixed } from "./map/limit.ts";
import { readItems } from "./map/items.ts";
import type { MapResult } from "./map/result.ts";
import { Run } from "./map/run.ts";

export type { Clock };
export type { MapAnswer, MapFailure, MappedItem, MapResult } from "./map/result.ts";

/**
 * What {@linkcode map} retries: a batch can wait longer than a user, three quarters of a minute on average. Statuses
 * that ask for less load (429, 450, 503) cost only a tenth of a retry when another item was answered in the meantime,
 * since then the service does work. An item that is refused with `Retry-After` waits as long, unless that is longer than
 * `maxDelay`.
 */
export const mapRetry: RetryPolicy = {
  ...predictRetry,
  retries: 10,
  statuses: { ...predictRetry.statuses, 500: { retries: 3 } },
};

/** Options of {@linkcode map}; those of single calls are for the call of each item. */
export interface MapOptions<Item> extends PredictOptions {
  /**
   * Most requests at a time; `"adaptive"` finds out how many are best, and follows when that changes.
   *
   * @default {"adaptive"}
   */
  concurrency?: number | "adaptive";
  /** Most requests at a time when it adapts. @default {256} */
  maxConcurrency?: number;
  /** Whether results come in the order of the items; else as they are ready. @default {false} */
  ordered?: boolean;
  /** What is retried; `false` for nothing. @default {mapRetry} */
  retry?: RetryPolicy | false;
  /** Names an item, so that it can be told again in a later run. Names must differ. */
  key?: (item: Item, index: number) => string;
  /** Items whose names it has are left out, such as a `Set` of those that an earlier run has answered. */
  resume?: { has(key: string): boolean | Promise<boolean> };
  /** Cancels the run: requests that are on their way are aborted, and the loop throws the signal's reason. */
  signal?: AbortSignal;
  /** Longest time of one attempt of one item in milliseconds. @default {the predictor's} */
  timeout?: number;
  /** Where the time comes from, and pauses between attempts. @default {systemClock} */
  clock?: Clock;
}

/**
 * Predicts each item once. Nothing is read or sent before the first result is asked for, and no more than two items
 * for each request at a time, or sixteen when they are ordered, are read before their results are taken, so a slow loop
 * slows the run down. Leaving the loop aborts what is on its way.
 *
 * What goes wrong with an item is its result. The loop throws what `items`, `key` or `resume` throw, once the items
 * before have their results.
 *
 * @param predictor The service.
 * @param items What to predict; asynchronous ones are read one after the other.
 * @throws {RangeError} when a concurrency is no integer from 1.
 * @throws {TypeError} when `items` can't be iterated, or `resume` is without `key`.
 */
export function map<Item, Output>(
  predictor: Pick<Predictor<Item, Output>, "predict">,
  items: Iterable<Item> | AsyncIterable<Item>,
  options: MapOptions<Item> = {},
): AsyncGenerator<MapResult<Item, Output>, void, undefined> {
  const {
    concurrency = "adaptive",
    maxConcurrency = 256,
    ordered = false,
    retry = mapRetry,
    key,
    resume,
    signal,
    clock = systemClock,
    ...call
  } = options;
  const limit = concurrency === "adaptive"
    ? new Adaptive(checked("maxConcurrency", maxConcurrency))
    : fixed(checked("concurrency", concurrency));
  if (resume && !key) throw new TypeError('Cannot map: "resume" is given without "key"');
  const source = readItems(items, key, resume);
  return new Run(predictor, source, { limit, ordered, retry, signal, clock, call }).results();
}

function checked(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot map: "${name}" is ${value}; give an integer from 1`);
}
