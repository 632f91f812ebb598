/** A time as the API takes it: UTC in seconds, such as `2006-01-02 15:04:05`. */
export function wireTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ");
}

/** A time that the API tells, in UTC with or without saying so; `undefined` when it is none. */
export function readTime(text: string | undefined): Date | undefined {
  if (!text) return undefined;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = new Date(zoned ? text : `${text.trim().replace(" ", "T")}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
