import type { Clock } from "../../core/clock.ts";
import { isObject, looseConfig } from "./eas/loose-config.ts";
import { plainText } from "./plain-text.ts";
import type { JsonObject } from "./service-config.ts";

/**
 * Keeps the limits that a service's configuration sets: requests a second and at a time (429), requests that wait for a
 * worker of an instance (450), and how long one may take (408). Limits that it does not set are not kept.
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/parameters-of-model-services.
 */
export class ServiceLimits {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #working = new Map<string, number>();
  #second = -1;
  #count = 0;
  #running = 0;

  /** Begins to count. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has an instance answer a request, or refuses it. */
  async run(config: JsonObject, instance: string, answer: () => Promise<Response>): Promise<Response> {
    const policy = member(config.networking, "gateway_policy");
    const rpc = member(looseConfig(config).metadata, "rpc");
    if (this.#isTooOften(Math.min(limitOf(policy, "rate_limit"), Number(rpc.rate_limit) || Infinity))) {
      return plainText(429, "too many requests a second");
    }
    if (this.#running >= limitOf(policy, "concurrency_limit")) {
      return plainText(429, "too many requests at a time");
    }
    this.#running++;
    try {
      const work = (): Promise<Response> => this.#inTurn(rpc, instance, answer);
      const { keepalive } = rpc;
      return typeof keepalive === "number" ? await this.#inTime(keepalive, work()) : await work();
    } finally {
      this.#running--;
    }
  }

  #isTooOften(limit: number): boolean {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) [this.#second, this.#count] = [second, 0];
    return ++this.#count > limit;
  }

  /** Waits until a worker has time, in a queue of limited length. */
  async #inTurn(rpc: JsonObject, instance: string, answer: () => Promise<Response>): Promise<Response> {
    const { worker_threads, max_queue_size } = rpc;
    if (worker_threads === undefined && max_queue_size === undefined) return await answer();
    const working = this.#working.get(instance) ?? 0;
    const waiting = this.#waiting.get(instance) ?? [];
    this.#waiting.set(instance, waiting);
    if (working >= Number(worker_threads ?? 5)) { // the vendor's defaults
      if (waiting.length >= Number(max_queue_size ?? 64)) {
        return plainText(450, "the queue of the instance is full");
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else this.#working.set(instance, working + 1);
    try {
      return await answer();
    } finally {
      const next = waiting.shift(); // takes the worker over
      if (next) next();
      else this.#working.set(instance, (this.#working.get(instance) ?? 1) - 1);
    }
  }

  /** Gives up on an answer that takes too long. */
  async #inTime(ms: number, answer: Promise<Response>): Promise<Response> {
    const over = new AbortController();
    // Not before the next turn of the event loop: on a clock that jumps, what takes no time at all is in time.
    const late = new Promise<void>((resolve) => setTimeout(resolve))
      .then(() => this.#clock.sleep(ms, over.signal))
      .then(() => plainText(408, `the request took more than ${ms} ms`, { connection: "close" }));
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
      late.catch(() => {});
    }
  }
}

/** A limit of the gateway, when it is on. */
function limitOf(policy: JsonObject, name: string): number {
  const { enable, limit } = member(policy, name);
  return enable === true && typeof limit === "number" ? limit : Infinity;
}

function member(value: unknown, name: string): JsonObject {
  const found = isObject(value) ? value[name] : undefined;
  return isObject(found) ? found : {};
}
