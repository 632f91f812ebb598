/** A test that is not registered yet. */
export type Unregistered = readonly [name: string, run: () => Promise<void>];

/**
 * Runs tests before they are registered, on Node: from the first registration on its runner looks at every promise, and
 * those of a simulation, which are millions, take ten times as long. What they have thrown is thrown again when they are
 * run. Other runtimes run them as they are.
 */
export async function unwatched(tests: readonly Unregistered[]): Promise<readonly Unregistered[]> {
  if ("Deno" in globalThis || "Bun" in globalThis || !("process" in globalThis)) return tests;
  const run: Unregistered[] = [];
  for (const [name, work] of tests) {
    const [outcome] = await Promise.allSettled([work()]);
    run.push([
      name,
      () => outcome.status === "rejected" ? Promise.reject(outcome.reason) : Promise.resolve(),
    ]);
  }
  return run;
}
