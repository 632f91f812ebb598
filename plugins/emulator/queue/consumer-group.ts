import { type Item, passes } from "./items.ts";
import type { Queue } from "./queue.ts";

/** One who watches a queue. */
export interface Consumer {
  /** Its name in the group. */
  readonly user: string;
  /** Most items that it may hold without having committed them. */
  readonly window: number;
  /** Whether items count as committed when they are sent. */
  readonly autoCommit: boolean;
  /** Tags of the items that it wants. */
  readonly tags: ReadonlyMap<string, string>;
  /** Smallest index of the items that it wants. */
  readonly from: bigint;
  /** What it was sent and has not committed. */
  readonly pending: Set<bigint>;
  /** Index of the item that it was sent last. */
  index: bigint;
  /** When it last did something, in milliseconds since the Unix epoch. */
  at: number;
  /** Whether it is there. */
  connected: boolean;
  /** Ends what it reads. */
  end?: () => void;
}

/**
 * Consumers that share a queue: each item goes to one of them, and again to another if that one leaves or refuses it.
 * An item that all groups have committed is deleted:
 * https://www.alibabacloud.com/help/en/pai/user-guide/queue-service-subscription-push.
 */
export class ConsumerGroup {
  /** Its name. */
  readonly name: string;
  /** Its consumers by name, those that have left too. */
  readonly consumers: Map<string, Consumer> = new Map();
  readonly #queue: Queue;
  readonly #pending = new Map<bigint, Consumer>();
  readonly #committed = new Set<bigint>();
  readonly #refused = new Map<bigint, Consumer>();

  /** Makes a group without consumers. */
  constructor(name: string, queue: Queue) {
    this.name = name;
    this.#queue = queue;
  }

  /** Lets a consumer in. One of its name goes, since that is what became of it before it connected again. */
  join(
    user: string,
    { end, ...wishes }: Pick<Consumer, "window" | "autoCommit" | "tags" | "from" | "end">,
  ): Consumer {
    const before = this.consumers.get(user);
    before?.end?.();
    if (before) this.leave(before);
    const at = this.#queue.options.clock.now();
    const consumer = { user, ...wishes, pending: new Set<bigint>(), index: 0n, at, connected: true, end };
    this.consumers.set(user, consumer);
    return consumer;
  }

  /** Lets a consumer go; what it holds goes out again. */
  leave(consumer: Consumer): void {
    if (!consumer.connected) return;
    consumer.connected = false;
    consumer.at = this.#queue.options.clock.now();
    for (const index of consumer.pending) this.#pending.delete(index);
    consumer.pending.clear();
    this.#queue.changed();
  }

  /** Takes the next item for a consumer, if there is one and its window has room. */
  take(consumer: Consumer): Item | undefined {
    const { autoCommit, pending, window } = consumer;
    if (!consumer.connected || !autoCommit && pending.size >= window) return undefined;
    for (const item of this.#queue.inOrder()) {
      if (!this.#isFor(consumer, item)) continue;
      const { index } = item;
      consumer.index = index;
      consumer.at = this.#queue.options.clock.now();
      if (autoCommit) this.commit(index);
      else {
        this.#pending.set(index, consumer);
        pending.add(index);
      }
      return item;
    }
  }

  /** Whether an item was sent to a consumer who has not committed it. */
  isPending(index: bigint): boolean {
    return this.#pending.has(index);
  }

  /** Whether there is an item that this consumer could be sent. */
  hasFor(consumer: Consumer): boolean {
    for (const item of this.#queue.inOrder()) if (this.#isFor(consumer, item)) return true;
    return false;
  }

  /** Says that an item is dealt with. */
  commit(index: bigint): void {
    this.#release(index);
    if (!this.#queue.get(index)) return;
    this.#committed.add(index);
    const isDone = [...this.#queue.groups.values()].every((group) => group.#committed.has(index));
    if (isDone) this.#queue.remove([index]);
    else this.#queue.changed();
  }

  /** Says that an item was not dealt with: it goes out again, to another consumer when there is one. */
  refuse(index: bigint): void {
    const consumer = this.#release(index);
    if (consumer) this.#refused.set(index, consumer);
    this.#queue.changed();
  }

  /** Forgets an item that was deleted. */
  forget(index: bigint): void {
    this.#release(index);
    this.#committed.delete(index);
    this.#refused.delete(index);
  }

  #release(index: bigint): Consumer | undefined {
    const consumer = this.#pending.get(index);
    consumer?.pending.delete(index);
    this.#pending.delete(index);
    return consumer;
  }

  #isFor(consumer: Consumer, item: Item): boolean {
    const { index } = item;
    if (this.#committed.has(index) || this.#pending.has(index) || !passes(item, consumer)) return false;
    if (this.#refused.get(index) !== consumer) return true;
    return ![...this.consumers.values()].some((other) => other !== consumer && other.connected);
  }
}
