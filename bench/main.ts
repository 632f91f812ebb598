/**
 * Compares speed with peers, on Deno, Bun and Node: `deno task bench`. Ends with 1 when a figure is worse than half of its
 * goal.
 *
 * - `--quick` takes about two minutes, with fewer and shorter rounds and only the peer that goals name;
 * - `--only tensors`, or `predict`, `sign`, `storage` or `docker`: one group, or one part of a group, such as `predict/end-to-end`,
 *   or several with commas;
 * - `--payload small`: one payload of the contests of tensors, or several;
 * - `--runtime node`: contests on one runtime, or several with commas; the variable `SKIP=bun,node` leaves some out of
 *   everything;
 * - `--json` prints every measured time of contests in nanoseconds instead of tables;
 * - `--write` puts the tables of the groups into RESULTS.md.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { GoalRow } from "./goals.ts";
import { type Measurement, type Options, type Part, parts } from "./parts.ts";
import { payloadIds } from "./payloads.ts";
import { writeResults } from "./results.ts";
import { groups, others } from "./runtimes.ts";
import { closedGates, goalTable } from "./tables.ts";

/** What the command line asks for. */
interface Command {
  options: Options;
  chosen: readonly Part[];
  json: boolean;
  write: boolean;
}

const known = ["deno", ...others.map(({ name }) => name)];
const nameOf = ({ group, name }: Part): string => `${group}/${name}`;

function parse(args: string[]): Command {
  const { quick, json, write, only, payload, runtime } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      only: { type: "string", default: groups.join(",") },
      payload: { type: "string" },
      runtime: { type: "string", default: known.join(",") },
    },
  }).values;
  const names = namesIn(only, [...groups, ...parts.map(nameOf)]);
  const chosen = parts.filter((part) => names.includes(part.group) || names.includes(nameOf(part)));
  const isWhole = chosen.every(({ group }) => names.includes(group));
  if (write && (quick || payload || !isWhole || runtime !== known.join(","))) {
    throw new TypeError("Cannot write the results: they are of whole groups in full, on all runtimes");
  }
  const skipped = (Deno.env.get("SKIP") ?? "").split(",");
  return {
    options: {
      quick,
      payloads: payload ? namesIn(payload, payloadIds) : undefined,
      runtimes: namesIn(runtime, known).filter((name) => !skipped.includes(name)),
    },
    chosen: payload ? chosen.filter(({ name }) => name === "contests") : chosen,
    json,
    write,
  };
}

/** The names in a text with commas. */
function namesIn<Name extends string>(text: string, names: readonly Name[]): Name[] {
  return text.split(",").map((given) => {
    const name = names.find((name) => name === given);
    if (name === undefined) {
      throw new TypeError(`Cannot run the bench: ${given} is none of ${names.join(", ")}`);
    }
    return name;
  });
}

type Found = Map<Part, Measurement>;

async function measureAll(chosen: readonly Part[], options: Options): Promise<Found> {
  const found: Found = new Map();
  for (const part of chosen) {
    const start = performance.now();
    found.set(part, await part.measure(options));
    console.error(`${nameOf(part)}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  return found;
}

const rowsOf = (found: readonly Measurement[]): GoalRow[] => found.flatMap(({ rows }) => rows);
const textOf = (found: readonly Measurement[]): string => found.flatMap(({ text }) => text || []).join("\n");

/** Everything, for whoever has asked. */
function report(found: readonly Measurement[]): string {
  const rows = rowsOf(found);
  return `${rows.length ? `## Goals\n\nBold is missed.\n\n${goalTable(rows)}\n` : ""}## Contests\n\n${
    textOf(found)
  }`;
}

async function write(found: Found): Promise<void> {
  const measured = groups.flatMap((group) => {
    const own = [...found].filter(([part]) => part.group === group).map(([, measurement]) => measurement);
    const rows = rowsOf(own);
    return own.length ? [{ group, goals: rows.length ? goalTable(rows) : "", tables: textOf(own) }] : [];
  });
  await writeResults(measured);
}

/** What a line of a gate is about, without the figure. */
function subject(line: string): string {
  return line.replace(/: [^:]+ on /, " on ");
}

/** The gates that are closed when the parts that have closed ones are measured once more: the machine may have been busy. */
async function closedTwice(found: Found, options: Options): Promise<string[]> {
  const closed = closedGates(rowsOf([...found.values()]));
  console.error(`Once more, for:\n${closed.join("\n")}`);
  const suspects = [...found.keys()].filter((part) => closedGates(found.get(part)?.rows ?? []).length);
  const again = closedGates(rowsOf([...(await measureAll(suspects, options)).values()]));
  return closed.filter((line) => again.some((other) => subject(other) === subject(line)));
}

if (import.meta.main) {
  const { options, chosen, json, write: isWritten } = parse(Deno.args);
  const found = await measureAll(chosen, options), all = [...found.values()];
  console.log(json ? JSON.stringify(all.flatMap(({ reports }) => reports ?? [])) : report(all));
  if (isWritten) await write(found);
  let closed = closedGates(rowsOf(all));
  if (closed.length && options.quick) closed = await closedTwice(found, options);
  for (const line of closed) console.error(`Beyond the gate: ${line}`);
  Deno.exitCode = closed.length ? 1 : 0;
}
