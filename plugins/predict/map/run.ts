import type { Clock } from "../../../core/clock.ts";
import type { PredictOptions, Predictor } from "../../../core/predictor.ts";
import type { RetryPolicy } from "../../../core/retry.ts";
import type { Named, Source } from "./items.ts";
import type { Limit, Outcome } from "./limit.ts";
import type { MapResult } from "./result.ts";
import { outcomeOf, type Pause, Retries } from "./retries.ts";

/** How a run is done. */
export interface RunOptions {
  readonly limit: Limit;
  readonly ordered: boolean;
  readonly retry: RetryPolicy | false;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** What each call gets. */
  readonly call: PredictOptions;
}

/** An item that is to be predicted. */
interface Task<Item> extends Named<Item> {
  /** Its place among those that are predicted. */
  readonly place: number;
}

/**
 * Items that may be open for each request at a time: results that wait to be taken, or for their turn. One that pauses
 * before its next attempt stops the whole line when results are ordered, so that has more room.
 */
const openShare = { ordered: 16, unordered: 2 };

/** Attempts between two in which an item need not hope for luck: see `#handOver`. */
const patience = 4;

/** One run of `map()`. Everything goes on by itself while there is room; results wait until they are taken. */
export class Run<Item, Output> {
  readonly #predictor: Pick<Predictor<Item, Output>, "predict">;
  readonly #source: Source<Item>;
  readonly #options: RunOptions;
  readonly #call: PredictOptions;
  /** Ends what is on its way and what waits. */
  readonly #end = new AbortController();
  /** An item that was read ahead. */
  #next: Task<Item> | undefined;
  /** Results by their place, or in the order in which they came. */
  readonly #results = new Map<number, MapResult<Item, Output>>();
  #read = 0;
  #taken = 0;
  #answered = 0;
  #active = 0;
  /** What wakes items that wait for their next attempt, in their order: those that were tried in vain again and again, */
  readonly #patient = new Set<() => void>();
  /** and all others; and how many are about to be tried. */
  readonly #resting = new Set<() => void>();
  #handed = 0;
  #isReading = false;
  #isExhausted = false;
  #failure: { reason: unknown } | undefined;
  #wake = (): void => {};

  /** Prepares it; nothing is read yet. */
  constructor(
    predictor: Pick<Predictor<Item, Output>, "predict">,
    source: Source<Item>,
    options: RunOptions,
  ) {
    this.#predictor = predictor;
    this.#source = source;
    this.#options = options;
    // The predictor repeats what broke before it was sent; statuses are ours, since the limit must hear of them.
    const retry = options.retry && { ...options.retry, statuses: {}, budget: Infinity };
    this.#call = { ...options.call, retry, signal: this.#end.signal };
  }

  /** Results as they are ready, or as their items came. */
  async *results(): AsyncGenerator<MapResult<Item, Output>, void, undefined> {
    const { signal } = this.#options;
    const abort = (): void => {
      this.#failure = { reason: signal!.reason };
      this.#end.abort(signal!.reason);
      this.#wake();
    };
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    try {
      while (true) {
        signal?.throwIfAborted();
        this.#goOn();
        const result = this.#take();
        if (result) yield result;
        else if (!this.#isExhausted || this.#taken < this.#read) {
          await new Promise<void>((resolve) => this.#wake = resolve);
        } else if (this.#failure) throw this.#failure.reason;
        else return;
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#end.abort(new DOMException("The loop over the results has ended", "AbortError"));
      await this.#stopReading();
    }
  }

  #take(): MapResult<Item, Output> | undefined {
    const [first] = this.#options.ordered ? [this.#taken] : this.#results.keys();
    const result = this.#results.get(first!);
    if (result) {
      this.#results.delete(first!);
      this.#taken++;
    }
    return result;
  }

  /** Sends the item that was read ahead when that may be, and reads another. */
  #goOn(): void {
    const isFree = this.#active < this.#options.limit.limit && !this.#handed;
    if (this.#next && isFree && !this.#end.signal.aborted) {
      void this.#process(this.#next);
      this.#next = undefined;
    }
    if (!this.#isReading && this.#hasRoom()) void this.#readOn();
  }

  #hasRoom(): boolean {
    const { limit: { limit }, ordered } = this.#options;
    const open = this.#read - this.#taken;
    return !this.#isExhausted && !this.#end.signal.aborted && !this.#next &&
      open < limit * openShare[ordered ? "ordered" : "unordered"];
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#hasRoom()) {
        const named = await this.#source.next();
        if (named) this.#next = { ...named, place: this.#read++ };
        else this.#isExhausted = true;
        this.#goOn();
      }
    } catch (reason) {
      this.#isExhausted = true;
      this.#failure ??= { reason };
    } finally {
      this.#isReading = false;
      this.#wake();
    }
  }

  async #stopReading(): Promise<void> {
    if (this.#isExhausted) return;
    const stopped = Promise.resolve(this.#source.stop());
    if (!this.#isReading) await stopped;
    else stopped.catch(() => {}); // a read that hangs must not hold the loop
  }

  /** Tries an item until it has a result. Between attempts it keeps its place, so that a busy service is asked less. */
  async #process({ item, index, key, place }: Task<Item>): Promise<void> {
    const { clock, limit, retry, call } = this.#options;
    const retries = new Retries(retry, clock, call.idempotent);
    this.#active++;
    limit.begin(clock.now());
    let result: MapResult<Item, Output> | undefined;
    for (let attempts = 1; !result; attempts++) {
      const begun = clock.now(), answered = this.#answered;
      const tried = (outcome: Outcome): void => limit.tried(clock.now(), outcome, clock.now() - begun);
      try {
        const output = await this.#predictor.predict(item, this.#call);
        tried("answered");
        this.#answered++;
        result = { ok: true, item, index, key, attempts, output };
      } catch (error) {
        if (this.#end.signal.aborted) return;
        tried(outcomeOf(error));
        const pause = retries.pause(error, this.#answered > answered);
        if (pause === undefined) result = { ok: false, item, index, key, attempts, error };
        else await this.#rest(pause, attempts % patience === 0);
        if (this.#end.signal.aborted) return;
      }
    }
    this.#active--;
    limit.end(clock.now());
    this.#results.set(place, result);
    if (result.ok) this.#handOver();
    this.#goOn();
    this.#wake();
  }

  /** Waits for the next attempt, for as long as the service has asked, or else until it is handed somebody's room. */
  async #rest({ ms, isAsked }: Pause, isPatient: boolean): Promise<void> {
    const sleep = this.#options.clock.sleep(ms, this.#end.signal).catch(() => {});
    if (isAsked) return await sleep;
    const line = isPatient ? this.#patient : this.#resting;
    let hand = (): void => {};
    const turn = new Promise<void>((resolve) => hand = resolve);
    line.add(hand);
    await Promise.race([sleep, turn]);
    if (!line.delete(hand)) this.#handed--;
  }

  /** The room of an answer is for the one that has waited longest; a new item would be faster. At the end any will do. */
  #handOver(): void {
    const line = this.#patient.size || !this.#isExhausted || this.#next ? this.#patient : this.#resting;
    const [hand] = line;
    if (!hand) return;
    line.delete(hand);
    this.#handed++;
    hand();
  }
}
