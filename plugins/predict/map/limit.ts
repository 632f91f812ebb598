/** How one attempt ended: with any answer, with one that asks for less load, or with none. */
export type Outcome = "answered" | "refused" | "broken";

/** How many items may be tried at a time, as far as is known. It is told of each. */
export interface Limit {
  /** So many at present. */
  readonly limit: number;
  /** An item begins. */
  begin(now: number): void;
  /** An attempt of it has ended that took so many milliseconds. */
  tried(now: number, outcome: Outcome, took: number): void;
  /** It has ended. */
  end(now: number): void;
}

/** Always the same. */
export function fixed(limit: number): Limit {
  return { limit, begin() {}, tried() {}, end() {} };
}
