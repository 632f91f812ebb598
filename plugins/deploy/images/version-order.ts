/** A version as precedence sees it. */
interface Precedence {
  numbers: number[];
  prerelease: string[];
}

/**
 * Compares versions of frameworks by the precedence of https://semver.org. What is no semantic version is made one:
 * missing parts count as 0, text behind the numbers as a pre-release (`1.10.0PAI` comes before `1.10.0`), further
 * numbers not at all; a version that begins with no number comes first.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [precedence(a), precedence(b)];
  for (const [i, number] of left.numbers.entries()) {
    if (number !== right.numbers[i]) return number - right.numbers[i]!; // there are always three
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

function precedence(text: string): Precedence {
  const [, core = "0", rest = ""] = /^(\d+(?:\.\d+){0,2})(.*)$/s.exec(text) ?? [];
  const numbers = [...core.split(".").map(Number), 0, 0].slice(0, 3);
  if (/^[.+]/.test(rest)) return { numbers, prerelease: [] }; // builds don't count
  const [label = ""] = rest.replace(/[^\w.+-]|_/g, "-").replace(/^-/, "").split("+");
  return { numbers, prerelease: label === "" ? [] : label.split(".") };
}

function comparePrereleases(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length; // the release comes last
  for (const [i, left] of a.entries()) {
    const right = b[i];
    if (right === undefined) return 1;
    if (left === right) continue;
    const [x, y] = [left, right].map((part) => /^\d+$/.test(part) ? Number(part) : undefined);
    if (x !== undefined && y !== undefined && x !== y) return x - y;
    if ((x === undefined) !== (y === undefined)) return x === undefined ? 1 : -1; // numbers come first
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}
