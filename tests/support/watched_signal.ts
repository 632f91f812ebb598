/** A signal, what aborts it, and how many listeners it has now. */
export function watchedSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: () => number;
} {
  const controller = new AbortController(), { signal } = controller;
  const held = new Set<unknown>();
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (held.add(args[1]), add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (held.delete(args[1]), remove(...args));
  return { controller, signal, listeners: () => held.size };
}

/** Resolves after so many milliseconds of real time. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
