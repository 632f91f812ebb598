const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads a time such as `90`, `90s`, `5m` or `1.5h`; seconds when it has no unit.
 *
 * @returns Milliseconds.
 * @throws {RangeError} when it is none, or not above zero.
 */
export function parseDuration(text: string): number {
  const [, figure, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(figure) * units[unit]!;
  if (ms > 0) return ms;
  throw new RangeError("give a time such as 90s, 5m or 1h");
}

/** A time for people: `0.8 s`, `42 s`, `3 min 5 s`. */
export function showDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A size for people: `512 B`, `1.4 MB`. */
export function showBytes(bytes: number): string {
  let rest = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (rest < 1000) return `${unit === "B" ? rest : rest.toFixed(1)} ${unit}`;
    rest /= 1000;
  }
  return `${rest.toFixed(1)} TB`;
}
