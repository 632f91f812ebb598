import assert from "node:assert/strict";
import { test } from "node:test";

/** One row of the reference suite: what the PAI Python SDK is specified to do, corrected where it is wrong. */
export interface ReferenceCase {
  /** The specification's number of the row, such as `T-10`. */
  id: string;
  /** What is required, as the end of a test's name. */
  title: string;
  /** Checks it with assertions. */
  run(): void | Promise<void>;
}

/** Rows that run on every runtime. The specification has no T-19. */
export const everywhere: string[] = [
  ...range(10, 18),
  ...range(20, 36),
  "T-40",
  ...range(42, 49),
  "T-58",
  ...range(65, 70),
];

/** Rows about files on this machine, in `tests/unit/system`: configuration files and product environments. */
export const onDisk: string[] = range(71, 72);

/** Makes one test of each row, and one that fails when a row is missing, there twice, or on nobody's list. */
export function referenceSuite(ids: readonly string[], tables: readonly (readonly ReferenceCase[])[]): void {
  const rows = tables.flat();
  test(`the reference suite has ${ids.length} rows, each once`, () => {
    assert.deepEqual(rows.map(({ id }) => id).sort(), [...ids].sort());
  });
  for (const { id, title, run } of rows) test(`${id} ${title}`, run);
}

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `T-${first + index}`);
}
