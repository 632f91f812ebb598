/**
 * Compares speed with peers, on Deno, Bun and Node: `deno task bench`. Ends with 1 when a figure is worse than half of its
 * goal.
 *
 * - `--quick` takes about two minutes, with fewer and shorter rounds and only the peer that goals name;
 * - `--only tensors`, or `predict`, `sign` or `storage`: one group, or several with commas;
 * - `--payload small`: one payload of the tensors, or several;
 * - `--runtime node`: one runtime, or several with commas; the variable `SKIP=bun,node` leaves some out;
 * - `--json` prints every measured time in nanoseconds instead of tables;
 * - `--write` puts the tables into RESULTS.md.
 *
 * @module
 */
import { stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { coldGoals } from "./cold.ts";
import { generate } from "./codecs/generate.ts";
import { goalRows } from "./end-to-end/goals.ts";
import { endToEndTables, measureEndToEnd } from "./end-to-end/mod.ts";
import { type GoalRow, tensorGoals } from "./goals.ts";
import { memoryGoals } from "./memory.ts";
import { payloadIds } from "./payloads.ts";
import { comparePeers } from "./peers/native.ts";
import {
  bundleFor,
  groups,
  measureHere,
  measureIn,
  others,
  type Report,
  type Selection,
} from "./runtimes.ts";
import { measureStorage, storageGoals, storagePreface, storageTables } from "./storage.ts";
import { closedGates, goalTable, tables } from "./tables.ts";

const preface =
  `Time of one call as a multiple of the first row's, whose median is given: **below 1 is faster**; in brackets the
middle half of the rounds. The candidates of a table run in one process and take turns in random order, are compared
within a round, and the median of the rounds counts. Before that they must have written the same bytes, read the same
values, sent the same request or written the same signature.

Tensors: from typed arrays to the bytes of a request, and from the bytes of a response to typed arrays. What a peer forces
on its users is inside its time: numbers or \`Long\` in place of \`bigint\`, lists in place of typed arrays, bytes in
place of text; typed arrays are handed over as they are wherever the peer writes them right. Two rows are no codecs: copies
of as many bytes, as a measure of what memory allows. Peers' code is written by their own generators, but that of
google-protobuf, whose generator comes in no package: its calls are written by hand.

Predict: the service is a function in this process, but for the row with a port: a yardstick, what a bare call costs that
leaves the function. Clients have their default options.

Sign: the vendor's signers hash with the runtime's native code; ours hash in JavaScript (\`@noble/hashes\`), which is
synchronous and the same on every runtime, edge workers included.`;

/** What is measured by other means than contests: goals, and tables beside them. */
interface More {
  rows: GoalRow[];
  text?: string;
}

async function measureMore(options: { quick: boolean }): Promise<More[]> {
  const runs = await measureEndToEnd(options), native = await comparePeers(options);
  const memory = await memoryGoals(options), cold = await coldGoals(options);
  return [
    { rows: goalRows(runs), text: `## End to end\n\n${endToEndTables(runs)}` },
    { rows: native.rows, text: `## Other languages\n\n${native.tables}` },
    { rows: [...memory, ...cold] },
  ];
}

/** What the command line asks for. */
interface Command {
  selection: Selection;
  runtimes: string[];
  json: boolean;
  write: boolean;
}

const known = ["deno", ...others.map(({ name }) => name)];

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
  if (write && (quick || payload || only !== groups.join(","))) {
    throw new TypeError("Cannot write the results: they are of everything in full");
  }
  const skipped = (Deno.env.get("SKIP") ?? "").split(",");
  return {
    selection: {
      quick,
      only: namesIn(only, groups),
      payloads: payload ? namesIn(payload, payloadIds) : undefined,
    },
    runtimes: namesIn(runtime, known).filter((name) => !skipped.includes(name)),
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

async function reportAll(selection: Selection, runtimes: string[]): Promise<Report[]> {
  const reports: Report[] = [];
  if (selection.only.includes("tensors")) await generate();
  const module = await bundleFor(selection);
  await stop(); // nothing else should run meanwhile
  if (runtimes.includes("deno")) {
    reports.push({ runtime: `Deno ${Deno.version.deno}`, measured: await measureHere(selection) });
  }
  for (const runtime of others) {
    if (runtimes.includes(runtime.name)) reports.push(measureIn(runtime, module));
  }
  return reports;
}

/** Replaces RESULTS.md, with the peers' versions as the manifest pins them. */
async function write(text: string): Promise<void> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", import.meta.url)));
  const ranged = /\^|esbuild|plugin|gen-es/; // those are tools, and our own dependencies
  const peers = Object.values<string>(imports).filter((one) => !ranged.test(one));
  const versions = peers.map((peer) => peer.replace("npm:", "")).join(", ");
  const date = new Date().toISOString().slice(0, 10);
  const origin =
    `Written by \`deno task bench --write\` on ${date}, ${Deno.build.os} ${Deno.build.arch}. Peers: ${versions}.`;
  const file = fileURLToPath(new URL("RESULTS.md", import.meta.url));
  await Deno.writeTextFile(file, `# Speed\n\n${origin}\n\n${text}`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).output(); // aligns the columns
}

/** Storage runs apart, too: its transfers are no contests within a process. */
async function measureTransfers(options: { quick: boolean }, reports: readonly Report[]): Promise<More> {
  const run = await measureStorage(options), tables = storageTables(run);
  return {
    rows: storageGoals(reports, run),
    text: tables && `## Storage\n\n${storagePreface}\n\n${tables}`,
  };
}

/** Everything that is asked for, once. */
async function measureAll(selection: Selection, runtimes: string[]): Promise<[Report[], GoalRow[], More[]]> {
  const reports = await reportAll(selection, runtimes);
  const isWhole = selection.only.length === groups.length && !selection.payloads;
  const more = isWhole ? await measureMore(selection) : [];
  if (selection.only.includes("storage")) more.push(await measureTransfers(selection, reports));
  return [reports, [...tensorGoals(reports), ...more.flatMap(({ rows }) => rows)], more];
}

/** What a line of a gate is about, without the figure. */
function subject(line: string): string {
  return line.replace(/: [^:]+ on /, " on ");
}

if (import.meta.main) {
  const { selection, runtimes, json, write: isWritten } = parse(Deno.args);
  const [reports, rows, more] = await measureAll(selection, runtimes);
  const goals = rows.length ? `## Goals\n\nBold is missed.\n\n${goalTable(rows)}\n` : "";
  const texts = [tables(reports), ...more.flatMap(({ text }) => text ?? [])].join("\n");
  const text = `${goals}## Contests\n\n${isWritten ? `${preface}\n\n` : ""}${texts}`;
  console.log(json ? JSON.stringify(reports) : text);
  if (isWritten) await write(text);
  let closed = closedGates(rows);
  if (closed.length && selection.quick) { // the machine may have been busy: what is beyond its gate must be so twice
    console.error(`Once more, for:\n${closed.join("\n")}`);
    const again = closedGates((await measureAll(selection, runtimes))[1]);
    const isAgain = (line: string): boolean => again.some((other) => subject(other) === subject(line));
    closed = closed.filter(isAgain);
  }
  for (const line of closed) console.error(`Beyond the gate: ${line}`);
  Deno.exitCode = closed.length ? 1 : 0;
}
