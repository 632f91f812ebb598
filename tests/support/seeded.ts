/** Runs work in which `Math.random` gives the same numbers each time: those of the method mulberry32. */
export async function seeded<T>(seed: number, work: () => Promise<T>): Promise<T> {
  const { random } = Math;
  let state = seed;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  try {
    return await work();
  } finally {
    Math.random = random;
  }
}
