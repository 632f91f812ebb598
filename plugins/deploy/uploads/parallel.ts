/** Does something with each item, a few at a time; each worker ends when the function says `false`. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  concurrency: number,
  run: (item: Item) => Promise<boolean | void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      if (await run(next.value) === false) return;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
