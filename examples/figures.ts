/**
 * Figures of the examples, one a line.
 *
 * @module
 */

/** Runs a step and prints how long it took. */
export async function timed<T>(step: string, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await run();
  figure(step, seconds(performance.now() - began));
  return result;
}

/** Prints a figure. */
export function figure(name: string, value: string): void {
  console.log(`${name.padEnd(28)} ${value}`);
}

/** A time as seconds. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(7)} s`;
}
