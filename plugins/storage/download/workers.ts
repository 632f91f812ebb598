/**
 * Does something with every item, some at once. The first failure ends the others, and is thrown when they have ended:
 * nothing is written any more.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  most: number,
  given: AbortSignal | undefined,
  run: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal;
  const queue = items.values(); // shared by the workers
  const worker = async (): Promise<void> => {
    for (const item of queue) await run(item, signal);
  };
  const workers = Array.from({ length: Math.min(most, items.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(workers);
  }
}
