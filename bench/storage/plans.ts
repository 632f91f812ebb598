/**
 * What is measured with how many bytes, and how often.
 *
 * @module
 */
import type { Operation } from "./operations.ts";

/** One row of the comparison. */
export interface Plan {
  operation: Operation;
  /** Bytes of the object. */
  size: number;
  /** Rounds; in each, every client gets one turn. */
  rounds: number;
  /** About how many milliseconds a turn takes; 0 for one call. */
  turn: number;
}

const kib = 1024, mib = 1024 * kib;

const small: Operation[] = ["put-bytes", "get-bytes"];
const large: Operation[] = ["put-file", "put-stream", "get-file", "get-stream"];

function plans(operations: Operation[], size: number, rounds: number, turn = 0): Plan[] {
  return operations.map((operation) => ({ operation, size, rounds, turn }));
}

/** About half an hour. */
export const full: Plan[] = [
  ...plans(small, kib, 15, 60),
  ...plans(small, mib, 15, 60),
  ...plans(["put-stream", "get-stream"], mib, 15, 60),
  ...plans(large, 256 * mib, 9),
  ...plans(large, 2048 * mib, 3),
];

/** Less than a minute: what is large is large enough for parts and ranges. */
export const quick: Plan[] = [
  ...plans(small, kib, 3, 10),
  ...plans(small, mib, 3, 10),
  ...plans(large, 32 * mib, 3),
];

/** The size whose peak memory is measured, which shall not depend on it. */
export const memorySize = { full: 2048 * mib, quick: 128 * mib };

/** A size as tables say it. */
export function sizeText(size: number): string {
  return size >= 1024 * mib
    ? `${size / 1024 / mib} GB`
    : size >= mib
    ? `${size / mib} MB`
    : `${size / kib} KB`;
}
