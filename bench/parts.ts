/**
 * What the bench consists of: parts that can be measured alone, in groups whose figures are published together.
 *
 * @module
 */
import { stop } from "esbuild";
import { coldGoals } from "./cold.ts";
import { generate } from "./codecs/generate.ts";
import { coldWorkerGoals, coldWorkerTable, measureColdWorkers } from "./end-to-end/cold-worker.ts";
import { goalRows } from "./end-to-end/goals.ts";
import { mapGoals, mapTable, measureMap } from "./end-to-end/map.ts";
import { measureEndToEnd } from "./end-to-end/mod.ts";
import { measureQueue, queueGoals, queueTables } from "./end-to-end/queue.ts";
import { measureStreams, streamGoals, streamTables } from "./end-to-end/streams.ts";
import { endToEndTables } from "./end-to-end/tables.ts";
import { type GoalRow, tensorGoals } from "./goals.ts";
import { localDockerGoals } from "./local-docker.ts";
import { memoryGoals } from "./memory.ts";
import { comparePeers } from "./peers/native.ts";
import {
  bundleFor,
  type Group,
  measureHere,
  measureIn,
  others,
  type Report,
  type Selection,
} from "./runtimes.ts";
import { contestGoals } from "./storage/goals.ts";
import { measureStorage, storageGoals, storagePreface, storageTables } from "./storage.ts";
import { tables } from "./tables.ts";

/** What a part has measured. */
export interface Measurement {
  /** What is held against goals. */
  rows: GoalRow[];
  /** Tables, with headings of the third level. */
  text?: string;
  /** Times of contests, unaltered. */
  reports?: Report[];
}

/** What can be measured alone. */
export interface Part {
  group: Group;
  /** What the command line calls it, behind the group. */
  name: string;
  measure(options: Options): Promise<Measurement>;
}

/** How it is measured. */
export interface Options extends Omit<Selection, "only"> {
  /** The runtimes of contests. */
  runtimes: readonly string[];
}

/** All parts, in the order of the tables. */
export const parts: readonly Part[] = [
  contests("predict"),
  {
    group: "predict",
    name: "end-to-end",
    async measure(options) {
      const runs = await measureEndToEnd(options);
      return { rows: goalRows(runs), text: endToEndTables(runs) };
    },
  },
  {
    group: "predict",
    name: "streams",
    async measure(options) {
      const runs = await measureStreams(options);
      return { rows: streamGoals(runs), text: streamTables(runs) };
    },
  },
  {
    group: "predict",
    name: "queue",
    async measure(options) {
      const runs = await measureQueue(options);
      return { rows: queueGoals(runs), text: queueTables(runs) };
    },
  },
  {
    group: "predict",
    name: "map",
    async measure(options) {
      const runs = await measureMap(options);
      return { rows: mapGoals(runs), text: mapTable(runs) };
    },
  },
  {
    group: "predict",
    name: "cold",
    async measure(options) {
      const measured = await measureColdWorkers(options);
      return { rows: coldWorkerGoals(measured), text: coldWorkerTable(measured) };
    },
  },
  contests("tensors", tensorGoals),
  {
    group: "tensors",
    name: "native",
    async measure(options) {
      const { rows, tables } = await comparePeers(options);
      return { rows, text: tables };
    },
  },
  { group: "tensors", name: "memory", measure: async (options) => ({ rows: await memoryGoals(options) }) },
  { group: "tensors", name: "cold", measure: async (options) => ({ rows: await coldGoals(options) }) },
  contests("sign"),
  contests("storage", contestGoals),
  {
    group: "storage",
    name: "transfers",
    async measure(options) {
      const run = await measureStorage(options), tables = storageTables(run);
      return { rows: storageGoals(run), text: tables && `${storagePreface}\n\n${tables}` };
    },
  },
  { group: "docker", name: "start", measure: async (options) => ({ rows: await localDockerGoals(options) }) },
];

/** What runs within a process of each runtime. */
function contests(group: Group, goals: (reports: readonly Report[]) => GoalRow[] = () => []): Part {
  return {
    group,
    name: "contests",
    async measure({ runtimes, ...selection }) {
      const reports = await report({ ...selection, only: [group] }, runtimes);
      return { reports, rows: goals(reports), text: tables(reports) };
    },
  };
}

async function report(selection: Selection, runtimes: readonly string[]): Promise<Report[]> {
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
