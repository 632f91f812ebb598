/** An item with its place and name. */
export interface Named<Item> {
  /** The item itself. */
  readonly item: Item;
  /** Its place among all items, from 0. */
  readonly index: number;
  /** Its name, when it has one. */
  readonly key: string | undefined;
}

/** Where items come from. */
export interface Source<Item> {
  /** The next item that is to be predicted; `undefined` when there is none. */
  next(): Promise<Named<Item> | undefined>;
  /** Tells where they come from that no more are wanted. */
  stop(): unknown;
}

/**
 * Reads items, but for those that were answered before. Not a generator: the end of one waits for its pending read,
 * which may never come.
 *
 * @throws {TypeError} when they can't be iterated.
 */
export function readItems<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  key: ((item: Item, index: number) => string) | undefined,
  answered: { has(key: string): boolean | Promise<boolean> } | undefined,
): Source<Item> {
  const open = (items as AsyncIterable<Item>)?.[Symbol.asyncIterator] ??
    (items as Iterable<Item>)?.[Symbol.iterator];
  if (typeof open !== "function") throw new TypeError("Cannot map: the items can't be iterated");
  let iterator: Iterator<Item> | AsyncIterator<Item> | undefined;
  let index = 0;
  return {
    async next() {
      iterator ??= open.call(items);
      while (true) {
        const { done, value: item } = await iterator.next();
        if (done) return undefined;
        const named = { item, index, key: key?.(item, index) };
        index++;
        if (named.key === undefined || !await answered?.has(named.key)) return named;
      }
    },
    stop: () => iterator?.return?.(),
  };
}
