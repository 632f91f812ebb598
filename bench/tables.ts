/**
 * What was measured as Markdown.
 *
 * @module
 */
import { type GoalRow, short } from "./goals.ts";
import { type Ratio, ratios, timeOf } from "./measure.ts";
import { reasonFor } from "./reasons.ts";
import type { Report } from "./runtimes.ts";

/** One table for each contest, one column for each runtime. */
export function tables(reports: readonly Report[]): string {
  return (reports[0]?.measured ?? []).map(({ contest, candidates }, i) => {
    const columns = reports.map(({ measured }) => ({ measured: measured[i]!, ratios: ratios(measured[i]!) })); // every runtime ran every contest
    const rows = candidates.map(({ name }, j) => [
      name,
      ...columns.map(({ measured, ratios }) =>
        j ? cell(ratios[j]!) : `1.00 = ${duration(timeOf(measured, name)!)}`
      ),
    ]);
    return `### ${contest}\n\n${table(["", ...reports.map(({ runtime }) => runtime)], rows)}`;
  }).join("\n");
}

/** The goals with what is measured, and why those that are missed are. */
export function goalTable(rows: readonly GoalRow[]): string {
  const runtimes = [...new Set(rows.flatMap(({ measured }) => measured.map(({ runtime }) => runtime)))];
  const body = rows.map(({ what, goal, measured }) => [
    what,
    goal,
    ...runtimes.map((runtime) => {
      const found = measured.find((one) => one.runtime === runtime);
      return found ? found.met ? found.text : `**${found.text}**` : "";
    }),
  ]);
  const missed = Map.groupBy(
    rows.filter(({ measured }) => measured.some(({ met }) => !met)),
    ({ what }) => reasonFor(what)?.why,
  );
  const reasons = [...missed].flatMap(([why, rows]) =>
    why ? [`- ${rows.map(({ what }) => what).join("; ")}: ${why}`] : []
  );
  return [table(["", "goal", ...runtimes], body), ...reasons.length ? [reasons.join("\n") + "\n"] : []].join(
    "\n",
  );
}

/** The gates that are closed, one a line. */
export function closedGates(rows: readonly GoalRow[]): string[] {
  return rows.flatMap(({ what, goal, measured }) => {
    const reason = reasonFor(what);
    return measured.flatMap(({ runtime, text, gateMet }) => {
      const gate = reason?.gates[runtime.split(" ")[0]!]; // a text has a first part
      const value = parseFloat(text), isOpen = goal[0] === "≥" ? value >= gate! : value <= gate!; // if there is one
      return (gate === undefined ? gateMet : isOpen)
        ? []
        : [`${what}: ${text} on ${runtime}, and the goal is ${goal}${gate ? `, the gate ${gate}` : ""}`];
    });
  });
}

/** All but the first column hold numbers. */
function table(head: string[], body: string[][]): string {
  const rule = head.map((_, i) => i ? "---:" : "---");
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function cell({ median, low, high }: Ratio): string {
  return low === high ? small(median) : `${small(median)} (${small(low)}–${small(high)})`;
}

/** Ratios below a hundredth keep a digit that counts. */
function small(ratio: number): string {
  return ratio < 0.01 ? ratio.toPrecision(1) : ratio < 9.95 ? ratio.toFixed(2) : ratio.toFixed(0);
}

function duration(nanoseconds: number): string {
  const [value, unit] = nanoseconds < 1e3
    ? [nanoseconds, "ns"]
    : nanoseconds < 1e6
    ? [nanoseconds / 1e3, "µs"]
    : [nanoseconds / 1e6, "ms"];
  return `${unit === "ns" ? value.toFixed(0) : short(value)} ${unit}`;
}
