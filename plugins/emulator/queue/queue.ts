import type { Clock } from "../../../core/clock.ts";
import { ConsumerGroup } from "./consumer-group.ts";
import { type Filter, type Item, Items } from "./items.ts";

/** How a queue is. */
export interface QueueOptions {
  /** Name that its attributes tell. */
  name: string;
  /** Where its times come from. */
  clock: Clock;
  /** Most items that it holds. */
  maxLength: number;
  /** Longest content of an item, in bytes. */
  maxPayload: number;
  /** Whether the oldest item makes way for one too many. */
  evicts: boolean;
  /** What is added to the indexes that follow from the time, so that no two queues of a service have the same. */
  offset: bigint;
}

/** A queue of the emulated queue service: items in their order, groups of consumers, and those who wait for either. */
export class Queue {
  /** How it is. */
  readonly options: QueueOptions;
  /** Groups of consumers by name. Each gets all items, unless somebody deletes them before. */
  readonly groups: Map<string, ConsumerGroup> = new Map();
  readonly #items = new Items();
  readonly #waiters = new Set<() => void>();
  #last = 0n;
  #closed = false;

  /** Makes an empty queue. */
  constructor(options: QueueOptions) {
    this.options = options;
  }

  /** Number of items. */
  get length(): number {
    return this.#items.size;
  }

  /** Whether it takes no more items for want of room. */
  get isFull(): boolean {
    return this.length >= this.options.maxLength;
  }

  /** Whether somebody has ended it. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The smallest index and the largest; 0 when it is empty. */
  get ends(): { first: bigint; last: bigint } {
    const indexes = this.#items.indexes();
    return { first: indexes[0] ?? 0n, last: indexes.at(-1) ?? 0n };
  }

  /** The largest index that was ever given. */
  get lastIndex(): bigint {
    return this.#last;
  }

  /** Puts an item behind the others of its priority; whether there is room for it is for the caller to ask. */
  put(item: Omit<Item, "index">): Item {
    // Real indexes have 19 digits, more than a double holds, which clients must be able to take.
    const timely = BigInt(Math.floor(this.options.clock.now())) * 1_000_000n + this.options.offset;
    const index = timely > this.#last ? timely : this.#last + 1n;
    const oldest = this.isFull && this.options.evicts && this.#items.indexes()[0];
    if (oldest) this.remove([oldest]);
    const made = { ...item, index };
    this.#last = index;
    this.#items.add(made);
    this.changed();
    return made;
  }

  /** Finds an item by its index. */
  get(index: bigint): Item | undefined {
    return this.#items.get(index);
  }

  /** Items in the order in which they go out. */
  inOrder(): Iterable<Item> {
    return this.#items.inOrder();
  }

  /** The first items that a filter lets through, in the order in which they go out. */
  find(filter: Filter, most?: number): Item[] {
    return this.#items.find(filter, most);
  }

  /** Deletes items; an index that none has does no harm. */
  remove(indexes: Iterable<bigint>): void {
    for (const index of indexes) {
      const item = this.#items.get(index);
      if (!item) continue;
      this.#items.delete(item);
      for (const group of this.groups.values()) group.forget(index);
    }
    this.changed();
  }

  /** Deletes all items with an index below this one. */
  truncate(end: bigint): void {
    this.remove(this.#items.indexes().filter((index) => index < end));
  }

  /** The group of this name, made when there is none. */
  group(name: string): ConsumerGroup {
    const group = this.groups.get(name) ?? new ConsumerGroup(name, this);
    this.groups.set(name, group);
    return group;
  }

  /** Takes no more items. Those that are there still go out, unless it is forced to forget them. */
  close(force: boolean): void {
    this.#closed = true;
    if (force) this.remove(this.#items.indexes());
    this.changed();
  }

  /** Ends what its consumers read, as when the service is gone. */
  disconnect(): void {
    for (const { consumers } of this.groups.values()) {
      for (const consumer of consumers.values()) consumer.end?.();
    }
  }

  /** Wakes those who wait. */
  changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  /** Sleeps, but not before the next turn of the event loop: on a clock that jumps, what takes no time is done before. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve));
    const longest = 2 ** 31 - 1; // of a timer
    await this.options.clock.sleep(Math.min(ms, longest), signal).catch(() => {});
  }

  /** Waits until something changes, the time is over, or the signal aborts; there is no timer when the time is infinite. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    let wake = (): void => {};
    const woken = new Promise<void>((resolve) => wake = resolve);
    this.#waiters.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
    if (signal?.aborted) wake();
    await Promise.race([woken, ...ms < Infinity ? [this.#sleep(ms, over.signal)] : []]);
    over.abort();
    this.#waiters.delete(wake);
    signal?.removeEventListener("abort", wake);
  }
}
