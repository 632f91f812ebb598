import assert from "node:assert/strict";
import { test } from "node:test";

/** One row of a reference suite: what the official SDKs are specified to do, corrected where they are wrong. */
export interface ReferenceCase {
  /** The specification's number of the row, such as `T-10` of the PAI Python SDK or `D-1` of the data plane. */
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
  ...range(57, 59),
  ...range(65, 70),
];

/** Rows about the data plane, which run on every runtime. */
export const dataPlane: string[] = [...range(1, 31, "D"), ...range(47, 66, "D")];

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

function range(first: number, last: number, letter = "T"): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${letter}-${first + index}`);
}
