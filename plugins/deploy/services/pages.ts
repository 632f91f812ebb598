/** One page of a list. */
export interface Page<Item> {
  /** What is on it. */
  items: readonly Item[] | undefined;
  /** How many there are on all pages, when the answer tells. */
  total?: number;
}

/**
 * The items of all pages, asked for one page after the other and only as far as they are read. A page that is
 * short or empty is the last, whatever the total says, so that a list which shrinks meanwhile comes to an end.
 *
 * @param what Beginning of the error's message.
 * @throws {RangeError} at once, when the size of a page is no whole number from 1.
 */
export function everyPage<Item>(
  what: string,
  pageSize: number,
  ask: (page: number) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  if (!Number.isInteger(pageSize) || pageSize < 1) {
    throw new RangeError(`${what}: pageSize is ${pageSize}; give a whole number from 1`);
  }
  return (async function* () {
    for (let page = 1, seen = 0;; page++) {
      const { items = [], total = Infinity } = await ask(page);
      yield* items;
      seen += items.length;
      if (items.length < pageSize || seen >= total) return;
    }
  })();
}
