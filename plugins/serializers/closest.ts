/** Says which of the names a misspelt one was probably meant to be: the one with most of its pairs of letters. */
export function didYouMean(name: string, names: readonly string[]): string {
  const shared = (other: string): number =>
    [...name].filter((letter, i) => i && other.toLowerCase().includes((name[i - 1] + letter).toLowerCase()))
      .length;
  const best = names.reduce((best, other) => shared(other) > shared(best) ? other : best, "");
  return best && `; did you mean "${best}"?`;
}
