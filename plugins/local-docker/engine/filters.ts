/** Labels by name; `true` stands for any value. */
export type LabelFilter = Readonly<Record<string, string | true>>;

/** A filter by labels as the Engine API has it; `undefined` when there is nothing to filter by. */
export function filters(labels: LabelFilter = {}): string | undefined {
  const wanted = Object.entries(labels).map(([name, value]) => value === true ? name : `${name}=${value}`);
  return wanted.length ? JSON.stringify({ label: wanted }) : undefined;
}
