/** The candidate that somebody who wrote `word` most likely meant, or `undefined`. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const given = plain(word);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(given.length / 4)) + 1;
  for (const candidate of candidates) {
    const away = distance(given, plain(candidate));
    if (away < least) [best, least] = [candidate, away];
  }
  return best;
}

/** Whether two words differ in case and separators alone, as `instanceType` and `instance_type` do. */
export function sameWord(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, "");
}

/** How many letters are to be added, removed, exchanged or swapped with their neighbour. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      next[column] = Math.min(
        last[column]! + 1,
        next[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
        swapped ? before[column - 2]! + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return last[to.length]!;
}
