/** Says which name a misspelt one was probably meant to be: one that has most of its pairs of letters. */
export function didYouMean(name: string, names: readonly string[]): string {
  const word = name.toLowerCase();
  const shared = (other: string): number =>
    [...word].filter((_, i) => other.toLowerCase().includes(word.slice(i, i + 2))).length;
  const [best = ""] = names.toSorted((a, b) => shared(b) - shared(a));
  return shared(best) * 2 > word.length ? `; did you mean "${best}"?` : "";
}
