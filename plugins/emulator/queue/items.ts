/** An item of a queue. */
export interface Item {
  /** Its index, which no other item of the queue has or had. */
  readonly index: bigint;
  /** What is known about it; `requestId` is always there. */
  readonly tags: ReadonlyMap<string, string>;
  /** Items of a higher priority go out first. */
  readonly priority: number;
  /** Its content. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Where in the service it was sent, for a model to answer it there. */
  readonly path: string;
  /** The headers that it was sent with. */
  readonly headers: Headers;
}

/** What an item must have to be found. */
export interface Filter {
  /** Smallest index. */
  from: bigint;
  /** Tags, each with its value. */
  tags: ReadonlyMap<string, string>;
  /** Priority. */
  priority?: number;
}

/** Items in the order in which they go out, found by index, request id and tags. */
export class Items {
  readonly #byIndex = new Map<bigint, Item>();
  /** By priority, then by index. */
  readonly #lanes = new Map<number, Map<bigint, Item>>();
  /** By request id: thousands of results may lie in a sink, and each is asked for by its own. */
  readonly #byRequest = new Map<string, Map<bigint, Item>>();

  /** Number of items. */
  get size(): number {
    return this.#byIndex.size;
  }

  /** Indexes, the oldest first. */
  indexes(): bigint[] {
    return [...this.#byIndex.keys()];
  }

  /** Finds an item by its index. */
  get(index: bigint): Item | undefined {
    return this.#byIndex.get(index);
  }

  /** Puts an item behind the others of its priority. */
  add(item: Item): void {
    this.#byIndex.set(item.index, item);
    shelve(this.#lanes, item.priority, item);
    shelve(this.#byRequest, requestOf(item), item);
  }

  /** Takes an item away. */
  delete(item: Item): void {
    this.#byIndex.delete(item.index);
    unshelve(this.#lanes, item.priority, item);
    unshelve(this.#byRequest, requestOf(item), item);
  }

  /** All items, those of a higher priority first. */
  *inOrder(): Generator<Item> {
    for (const priority of [...this.#lanes.keys()].sort((a, b) => b - a)) {
      yield* this.#lanes.get(priority)!.values(); // one of its keys
    }
  }

  /** The first items that a filter lets through. */
  find(filter: Filter, most = Infinity): Item[] {
    const requestId = filter.tags.get("requestId");
    const items = requestId === undefined ? this.inOrder() : this.#byRequest.get(requestId)?.values() ?? [];
    const found: Item[] = [];
    for (const item of items) {
      if (found.length >= most) break;
      if (passes(item, filter)) found.push(item);
    }
    return found;
  }
}

function requestOf({ tags }: Pick<Item, "tags">): string {
  return tags.get("requestId") ?? "";
}

function shelve<Key>(shelves: Map<Key, Map<bigint, Item>>, key: Key, item: Item): void {
  const shelf = shelves.get(key) ?? new Map<bigint, Item>();
  shelves.set(key, shelf.set(item.index, item));
}

function unshelve<Key>(shelves: Map<Key, Map<bigint, Item>>, key: Key, { index }: Item): void {
  const shelf = shelves.get(key);
  shelf?.delete(index);
  if (shelf?.size === 0) shelves.delete(key);
}

/** Whether a filter lets an item through. */
export function passes({ index, tags, priority }: Item, filter: Filter): boolean {
  if (index < filter.from) return false;
  if (filter.priority !== undefined && priority !== filter.priority) return false;
  for (const [name, value] of filter.tags) if (tags.get(name) !== value) return false;
  return true;
}
