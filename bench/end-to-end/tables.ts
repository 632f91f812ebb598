/**
 * What predictions took, as Markdown.
 *
 * @module
 */
import type { Run } from "./mod.ts";
import { middle, ratio, type Taken } from "./turns.ts";

/** What a row is about. */
type Cell = (taken: readonly Taken[], row: number) => string;

/** A table for each payload; ratios are to the first client of the process. */
export function endToEndTables(runs: readonly Run[]): string {
  return runs.map(({ title, taken }) => tableOf(`End to end: ${title}`, taken)).join("\n");
}

/** The middle of the times, and of their ratios. */
export function tableOf(title: string, taken: ReadonlyMap<number, readonly Taken[]>): string {
  const single = taken.get(1)!, more = [...taken].filter(([inFlight]) => inFlight > 1); // all are measured one by one
  const columns: [head: string, cell: Cell][] = [
    ["ms", (taken, row) => (middle(taken[row]!.time) / 1e6).toFixed(3)], // each row is there
    ["× first", (taken, row) => ratioTo(taken, row, "time")],
    ["processor, ms", (taken, row) => (middle(taken[row]!.busy) / 1e6).toFixed(3)], // the same
    ["× first", (taken, row) => ratioTo(taken, row, "busy")],
  ];
  const rows = single.map(({ caller }, row) => [
    caller.child.title,
    caller.name,
    ...columns.map(([, cell]) => cell(single, row)),
    ...more.map(([, taken]) => (1e9 / middle(taken[row]!.time)).toFixed(0)), // the same
  ]);
  const heads = [
    "",
    "",
    ...columns.map(([head]) => head),
    ...more.map(([inFlight]) => `${inFlight} at a time, /s`),
  ];
  const rule = heads.map((_, i) => i < 2 ? "---" : "---:");
  const lines = [heads, rule, ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [`### ${title}`, "", ...lines, ""].join("\n");
}

function ratioTo(taken: readonly Taken[], row: number, what: "time" | "busy"): string {
  const { caller, ...own } = taken[row]!; // each row is there
  const base = taken.find((other) => other.caller.child === caller.child)!; // itself, if no other
  return ratio(own[what], base[what]).toFixed(2);
}
