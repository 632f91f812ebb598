import { type Clock, systemClock } from "../../core/clock.ts";
import { PaiError } from "../../core/errors.ts";
import { Predictor, type PredictorOptions, type RawPredictOptions } from "../../core/predictor.ts";
import { predictRetry, type RetryPolicy } from "../../core/retry.ts";
import {
  checkIndex,
  checkTags,
  duration,
  type Indexes,
  indexesOf,
  negativeCode,
  sizeOf,
  whole,
} from "./check.ts";
import { QueueError, restated } from "./errors.ts";
import { type QueueItem, readItems } from "./item.ts";
import type {
  GetItemsOptions,
  NegativeCommitOptions,
  PutOptions,
  PutResult,
  QueueCaller,
  QueueCallOptions,
  QueueOptions,
} from "./options.ts";
import { QueueWatch, type Watch, type WatchOptions } from "./watch.ts";

/** Media type of the vendor's messages, in which indexes are exact. */
const protobuf = "application/vnd.google.protobuf";

/** Statuses with which nothing was put: what may have been must not be put again. */
const putRetry: RetryPolicy = { ...predictRetry, statuses: { 429: {}, 450: {}, 503: {} } };

/** Indexes in one request, so that its address is one that every proxy lets through: 4,400 bytes. */
const indexesAtOnce = 200;

/**
 * A client of one queue: the input or the sink of an asynchronous service, or a queue that stands alone.
 *
 * Every call rejects with a {@linkcode PredictionError} when the queue refuses it, with a {@linkcode PaiError} of the
 * code `NetworkError` or a {@linkcode TimeoutError} when there is no answer, and with a {@linkcode QueueError} when the
 * answer can't be read. A wrong argument is a `TypeError` or `RangeError` before any request.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/queue-service-subscription-push.
 */
export class QueueClient {
  /** What errors call it: the service, and the path below it. */
  readonly name: string;
  readonly #caller: QueueCaller;
  readonly #path: string;
  readonly #identity: { [header: string]: string };
  readonly #clock: Clock;
  #attributes: ReadonlyMap<string, string> | undefined;

  /**
   * Makes a client. Nothing is sent.
   *
   * @param caller A predictor, or what one is made from: `{ endpoint, token }`.
   * @throws {TypeError} when the endpoint or the token can't be used.
   */
  constructor(caller: QueueCaller | PredictorOptions, options: QueueOptions = {}) {
    this.#caller = "rawPredict" in caller ? caller : new Predictor(caller);
    this.#path = (options.path ?? "").replace(/^\/+|\/+$/g, "");
    this.#clock = options.clock ?? systemClock;
    const service = this.#caller.endpoint.replace(/^.*\/predict\/|^https?:\/\/|[?].*|\/+$/g, "");
    this.name = [service, this.#path].filter(Boolean).join("/");
    this.#identity = {
      "x-eas-queueservice-redis-uid": options.consumer ?? crypto.randomUUID(),
      "x-eas-queueservice-redis-gid": options.group ?? "eas",
    };
  }

  /**
   * Puts an item: bytes, text, a `Blob` or a stream as they are, anything else as JSON. It is put again only where nothing
   * can have reached the queue.
   *
   * @throws {RangeError} when the priority is no whole number from 0, or the item is longer than {@linkcode attributes}
   * have allowed.
   */
  async put(data?: unknown, { tags, priority = 0, path, ...call }: PutOptions = {}): Promise<PutResult> {
    const what = this.#what("put into");
    const query = { ...checkTags(what, tags), _priority_: whole(what, "priority", priority) || undefined };
    const known = this.#attributes, header = known?.get("meta.header.priority");
    const longest = Number(known?.get("meta.maxPayloadBytes") || Infinity);
    if (sizeOf(data) > longest) {
      throw new RangeError(`${what}: the item has ${sizeOf(data)} bytes, more than ${longest}`);
    }
    const headers = new Headers(call.headers);
    if (header && priority) headers.set(header, `${priority}`);
    const init = { ...call, retry: call.retry ?? putRetry, headers, path, query };
    return await this.#call(what, init, (response) => readPut(what, response), data);
  }

  /** Gets items without taking them, unless `autoDelete` says so. Resolves to an empty list when there are none in time. */
  async get(options: GetItemsOptions = {}): Promise<QueueItem[]> {
    const what = this.#what("get from");
    const { index = 0n, length = 1, wait = 0, tags, requestId, autoDelete = false, ...call } = options;
    const query = {
      ...checkTags(what, tags),
      requestId,
      _index_: checkIndex(what, index, -1n),
      _length_: whole(what, "length", length, 1),
      _timeout_: duration(what, wait),
      _raw_: false,
      _auto_delete_: autoDelete,
    };
    const timeout = wait + (call.timeout ?? 60_000);
    const init = { ...call, timeout, method: "GET", query, idempotent: !autoDelete };
    return await this.#call(what, init, async (response) => {
      return readItems(new Uint8Array(await response.arrayBuffer()));
    });
  }

  /**
   * Items as they come, for as long as the loop runs; broken connections are made again. An item that is not committed
   * goes out again when this consumer leaves, so consumers see some of them twice.
   *
   * @throws {PredictionError} from the loop when the queue refuses to be watched.
   * @throws {QueueError} from the loop when connections keep failing, or what comes is no item.
   */
  watch(options: WatchOptions = {}): Watch {
    const what = this.#what("watch");
    const { autoCommit = false, index = 0n, window = 10, indexOnly = false, tags, headers } = options;
    const query = {
      ...checkTags(what, tags),
      _watch_: true,
      _index_: checkIndex(what, index, -1n),
      _window_: whole(what, "window", window, 1),
      _index_only_: indexOnly,
      _auto_commit_: autoCommit === "sent",
    };
    const init = { method: "GET", query, headers, retry: false, timeout: Infinity } as const; // a watch retries by itself
    return new QueueWatch(what, this.#clock, options, {
      open: (signal) => this.#call(what, { ...init, signal }, (response) => Promise.resolve(response)),
      commit: (item, signal) => this.commit(item, { signal, headers }),
    });
  }

  /** Says that items were dealt with, so that they don't go out again. */
  async commit(items: Indexes, options?: QueueCallOptions): Promise<void> {
    const what = this.#what("commit items of");
    await this.#callWith(what, items, { ...options, method: "PUT" });
  }

  /** Says that items were not dealt with, so that they go out again, to another consumer if there is one. */
  async negativeCommit(items: Indexes, { code, reason = "", ...call }: NegativeCommitOptions): Promise<void> {
    const what = this.#what("refuse items of");
    if (!negativeCode.test(code)) throw new TypeError(`${what}: "${code}" is no code such as "Shutdown"`);
    const headers = new Headers(call.headers);
    headers.set("content-type", "application/x-www-form-urlencoded");
    const body = `${new URLSearchParams({ _code_: code, _reason_: reason })}`;
    await this.#callWith(what, items, { ...call, headers, method: "PUT", query: { _negative_: true } }, body);
  }

  /** Deletes items. Those that are not there are no error. */
  async delete(items: Indexes, options?: QueueCallOptions): Promise<void> {
    await this.#callWith(this.#what("delete items of"), items, { ...options, method: "DELETE" });
  }

  /** Deletes all items whose index is smaller. */
  async truncate(before: bigint, options?: QueueCallOptions): Promise<void> {
    const what = this.#what("truncate");
    const query = { _index_: checkIndex(what, before), _trunc_: true };
    await this.#call(what, { ...options, method: "DELETE", query }, (response) => response.text());
  }

  /** Tells whether an item is being processed, and how many are ahead of it otherwise. */
  async search(
    index: bigint,
    options?: QueueCallOptions,
  ): Promise<{ isPending: boolean; waitCount: number }> {
    const what = this.#what("search");
    const query = { _search_: true, _index_: checkIndex(what, index) };
    return await this.#call(what, { ...options, method: "GET", query }, async (response) => {
      const { IsPending, WaitCount } = await response.json();
      return { isPending: IsPending === true, waitCount: Number(WaitCount ?? 0) };
    });
  }

  /**
   * Figures and settings by name, such as `stream.length`, all of them text. Puts of this client respect from then on what
   * they say about priorities and lengths.
   */
  async attributes(options: QueueCallOptions = {}): Promise<ReadonlyMap<string, string>> {
    const headers = new Headers(options.headers);
    headers.set("accept", "application/json");
    const init = { ...options, headers, method: "GET", query: { _attrs_: true } };
    return this.#attributes = await this.#call(this.#what("ask about"), init, async (response) => {
      const values = Object.entries<string>(await response.json());
      return new Map(values);
    });
  }

  #what(verb: string): string {
    return `Cannot ${verb} queue "${this.name}"`;
  }

  /** Calls with lists of indexes, as few as possible. */
  async #callWith(what: string, items: Indexes, init: RawPredictOptions, body?: string): Promise<void> {
    const all = indexesOf(what, items);
    for (let at = 0; at < all.length; at += indexesAtOnce) {
      const query = { _indexes_: all.slice(at, at + indexesAtOnce).join(), ...init.query };
      await this.#call(what, { ...init, query }, (response) => response.text(), body);
    }
  }

  async #call<T>(
    what: string,
    { path = "", ...init }: RawPredictOptions,
    read: (response: Response) => Promise<T>,
    body?: unknown,
  ): Promise<T> {
    const headers = new Headers({ accept: protobuf, ...this.#identity });
    new Headers(init.headers).forEach((value, name) => headers.set(name, value));
    const below = [this.#path, path.replace(/^\/+/, "")].filter(Boolean).join("/");
    let response: Response;
    try {
      response = await this.#caller.rawPredict(body, { ...init, headers, path: below || undefined });
    } catch (error) {
      throw restated(error, what);
    }
    try {
      return await read(response);
    } catch (cause) {
      init.signal?.throwIfAborted();
      if (cause instanceof PaiError) throw restated(cause, what);
      throw new QueueError(`${what}: can't read the answer; is there a queue?`, {
        code: "InvalidAnswer",
        status: response.status,
        cause,
      });
    }
  }
}

/** Reads the answer to a put: digits and nothing else. */
async function readPut(what: string, response: Response): Promise<PutResult> {
  const digits = await response.text();
  if (!/^\d{1,20}$/.test(digits)) throw new SyntaxError("no index");
  const index = checkIndex(what, BigInt(digits));
  const requestId = response.headers.get("x-eas-queueservice-request-id");
  if (requestId) return { index, requestId };
  throw new QueueError(`${what}: it has index ${index}, but the queue named no request id`, {
    code: "NoRequestId",
    index,
  });
}
