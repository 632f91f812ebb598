/**
 * What reading a stream of events takes over reading its raw body: time, delay and memory, from the server of
 * `server.cpp`. `deno run -A end-to-end/streams.ts [--quick]`.
 *
 * @module
 */
import { stop } from "esbuild";
import type { GoalRow } from "../goals.ts";
import {
  buildFolder,
  makeBuildFolder,
  printGoals,
  type Program,
  runtimes,
  skipped,
  start,
} from "../processes.ts";
import { type Callers, scripts, startCallers } from "./callers.ts";
import { check } from "./mod.ts";
import { type Service, startService } from "./service.ts";
import { delayGoals, memoryGoals, readGoals } from "./stream-goals.ts";
import { tableOf } from "./tables.ts";
import { event, paced, streamOf, titleOf } from "./texts.ts";
import { type Caller, type Taken, takeTurns, type Turns } from "./turns.ts";

type Stream = `events-${number}-${number}`;

/** What is measured, and how. */
interface Plan {
  streams: readonly Stream[];
  turns: Turns;
  /** The clients; the first is what the others are compared with. */
  clients: readonly string[];
  /** Streams for memory, the second many times as long as the first. */
  memory: readonly [Stream, Stream];
  /** How often delays are measured. */
  paced: number;
}

const all = [...Object.keys(scripts.events), "go-sdk", "eas"];
const full: Plan = {
  streams: ["events-10000-1", "events-10000-10"],
  turns: { rounds: 11, turn: 200 },
  clients: all,
  memory: ["events-10000-10", "events-1000000-10"],
  paced: 15,
};
const quick: Plan = {
  streams: ["events-10000-1"],
  turns: { rounds: 7, turn: 0 },
  clients: ["raw", "stream", "chat"],
  memory: ["events-10000-10", "events-200000-10"],
  paced: 5,
};

/** What was measured of one stream. */
export interface StreamRun {
  id: Stream;
  taken: readonly Taken[];
}

/** By how much later than the chunks of the raw body a client hands out events, in milliseconds, in the quickest rounds. */
export interface Delay {
  caller: Caller;
  ms: number;
}

/** By how many bytes a process grew. */
export interface Growth {
  runtime: string;
  client: string;
  /** For each of the two streams. */
  bytes: [number, number];
}

/** All of it. */
export interface StreamRuns {
  runtimes: string[];
  runs: StreamRun[];
  delays: Delay[];
  growths: Growth[];
  memory: readonly [Stream, Stream];
}

/** Measures all clients. */
export async function measureStreams(options: { quick: boolean }): Promise<StreamRuns | undefined> {
  if (skipped.includes("end-to-end")) return;
  const plan = options.quick ? quick : full;
  await using service = await startStreams([...plan.streams, ...plan.memory, "paced"]);
  const programs = await runtimes(new URL("child.ts", import.meta.url));
  await using started = await startCallers(service.url, "", {
    events: (client) => plan.clients.includes(client),
  });
  await stop(); // nothing else should run meanwhile
  const { callers } = started, runs: StreamRun[] = [];
  for (const id of plan.streams) {
    for (const caller of callers) await check(caller, id);
    runs.push({ id, taken: await takeTurns(callers, id, 1, plan.turns) });
  }
  return {
    runtimes: started.runtimes,
    runs,
    delays: await measureDelays(callers, started, plan.paced),
    growths: await measureGrowths(programs, service, plan, options),
    memory: plan.memory,
  };
}

async function startStreams(ids: readonly string[]): Promise<Service> {
  makeBuildFolder();
  const file = `${buildFolder}event.sse`;
  await Deno.writeTextFile(file, event);
  const said = ids.map((id): [string, string] => {
    const { count, together, pause } = streamOf(id)!; // all of them are
    return [id, `${file}*${count}*${together}*${pause}`];
  });
  return await startService(new Map(said));
}

async function measureDelays(
  callers: readonly Caller[],
  { runtimes }: Callers,
  rounds: number,
): Promise<Delay[]> {
  const own = callers.filter(({ child }) => runtimes.includes(child.title)); // others read bodies whole
  const found = own.map((caller) => ({ caller, means: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { caller: { child, client }, means } of found) {
      const times = (await child.ask(`times ${client} paced`)).split(" ").map(Number);
      if (times.length !== paced.count) {
        throw new Error(`Cannot compare ${client}: it reads ${times.length} events`);
      }
      means.push(times.reduce((sum, time) => sum + time) / times.length);
    }
  }
  return found.map(({ caller, means }) => {
    const raw = found.find((other) => other.caller.child === caller.child)!; // the first of the process
    return { caller, ms: Math.min(...means) - Math.min(...raw.means) }; // what holds a chunk back does so always
  });
}

/** Each in a process of its own, which has read the short stream once. */
async function measureGrowths(
  programs: readonly Program[],
  { url }: Service,
  { clients, memory }: Plan,
  { quick }: { quick: boolean },
): Promise<Growth[]> {
  const found: Growth[] = [];
  for (const program of programs) {
    for (const client of quick ? ["stream"] : clients) {
      if (!(client in scripts.events)) continue;
      await using child = await start(program, url);
      const bytes: number[] = [];
      await child.ask(`check ${client} ${memory[0]}`);
      for (const id of memory) bytes.push(Number(await child.ask(`memory ${client} ${id}`)));
      found.push({ runtime: program.title, client, bytes: bytes as [number, number] }); // there are two streams
    }
  }
  return found;
}

/** What is held against goals. */
export function streamGoals(runs: StreamRuns | undefined): GoalRow[] {
  return runs ? [...readGoals(runs), ...delayGoals(runs), ...memoryGoals(runs)] : [];
}

/** The tables; nothing when streams were left out. */
export function streamTables(measured: StreamRuns | undefined): string {
  if (!measured) return "";
  const { runs, delays, growths, memory } = measured;
  const tables = runs.map(({ id, taken }) => tableOf(`Stream: ${titleOf(id)}`, new Map([[1, taken]])));
  const late = delays.map(({ caller, ms }) =>
    `| ${caller.child.title} | ${caller.name} | ${ms.toFixed(3)} |`
  );
  const grown = growths.map(({ runtime, client, bytes }) => {
    const sizes = bytes.map((size) => (size / 1024 / 1024).toFixed(1));
    return `| ${runtime} | ${scripts.events[client]} | ${sizes.join(" | ")} |`;
  });
  const [few, many] = memory.map((id) => streamOf(id)!.count.toLocaleString("en")); // they are streams
  const lines = [
    `### Stream: delay of an event behind the chunk of a raw body, events every ${paced.pause} ms\n`,
    "| | | ms |",
    "| --- | --- | ---: |",
    ...late,
    "",
    "### Stream: peak memory above the idle runtime\n",
    `| | | MB, ${few} events | MB, ${many} events |`,
    "| --- | --- | ---: | ---: |",
    ...grown,
    "",
  ];
  return [...tables, lines.join("\n")].join("\n");
}

if (import.meta.main) {
  const runs = await measureStreams({ quick: Deno.args.includes("--quick") });
  console.log(streamTables(runs));
  printGoals(streamGoals(runs));
}
