/** Says which of the names a misspelt one was probably meant to be: the one with most of its pairs of letters. */
export function didYouMean(name: string, names: readonly string[]): string {
  const word = name.toLowerCase();
  const shared = (other: string): number =>
    [...word].filter((_, i) => other.toLowerCase().includes(word.slice(i, i + 2))).length;
  const best = names.reduce((best, other) => shared(other) > shared(best) ? other : best, "");
  return best && `; did you mean "${best}"?`;
}
