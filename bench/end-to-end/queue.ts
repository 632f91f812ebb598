/**
 * What predicting through queues takes, from the put to the result, with the emulator as a process of its own:
 * `deno run -A end-to-end/queue.ts [--quick]`.
 *
 * @module
 */
import { stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { type GoalRow, short } from "../goals.ts";
import { printGoals, skipped, start } from "../processes.ts";
import { startCallers } from "./callers.ts";
import { check } from "./mod.ts";
import { tableOf } from "./tables.ts";
import { middle, ratio, type Taken, takeTurns, type Turns } from "./turns.ts";

/** One service, by how many milliseconds its model takes. */
interface Plan {
  ms: number;
  /** The clients that take part. */
  clients: readonly string[];
  turns: Turns;
}

const quickest = ["fetch", "async", "queue", "go-sdk", "eas"];
const full: Plan[] = [
  { ms: 0, clients: quickest, turns: { rounds: 21, turn: 100 } },
  { ms: 100, clients: quickest, turns: { rounds: 9, turn: 0 } },
  { ms: 100, clients: ["pai"], turns: { rounds: 3, turn: 0 } }, // a call takes seconds, and nobody waits meanwhile
];
const quick: Plan[] = [
  { ms: 0, clients: ["fetch", "async"], turns: { rounds: 9, turn: 40 } },
  { ms: 100, clients: ["fetch", "async"], turns: { rounds: 5, turn: 0 } },
];

/** What was measured of one service. */
export interface QueueRun {
  ms: number;
  taken: Taken[];
}

/** Measures all clients. */
export async function measureQueue(options: { quick: boolean }): Promise<QueueRun[]> {
  if (skipped.includes("end-to-end")) return [];
  const plans = options.quick ? quick : full, runs = new Map<number, Taken[]>();
  const names = [...new Set(plans.map(({ ms }) => ms))].map((ms) => `${nameOf(ms)}=${ms}`);
  const args = [
    "run",
    "-A",
    "--no-check",
    fileURLToPath(new URL("queue-server.ts", import.meta.url)),
    ...names,
  ];
  await using server = await start({ title: "the emulator", command: Deno.execPath(), args });
  await using started = await startCallers(server.ready.replace("listening on ", ""), "", {
    queue: (client) => plans.some(({ clients }) => clients.includes(client)),
  });
  await stop(); // nothing else should run meanwhile
  for (const { ms, clients, turns } of plans) {
    const callers = started.callers.filter(({ client }) => clients.includes(client));
    for (const caller of callers) await check(caller, nameOf(ms));
    const taken = await takeTurns(callers, nameOf(ms), 1, turns);
    runs.set(ms, [...runs.get(ms) ?? [], ...taken]);
  }
  return Array.from(runs, ([ms, taken]) => ({ ms, taken }));
}

const nameOf = (ms: number): string => `queue_${ms}`;
const titleOf = (ms: number): string => `put to result, a model that takes ${ms} ms`;

/** One table for each service. */
export function queueTables(runs: readonly QueueRun[]): string {
  return runs.map(({ ms, taken }) => tableOf(`Queue: ${titleOf(ms)}`, new Map([[1, taken]]))).join("\n");
}

/** Of the same calls by bare `fetch`. */
const most = 1.2;
/** How many times as long as ours a client takes that sleeps between polls. */
const least = 10;

/** What is held against goals. */
export function queueGoals(runs: readonly QueueRun[]): GoalRow[] {
  return runs.flatMap(({ ms, taken }) => {
    const ours = taken.filter(({ caller }) => caller.client === "async");
    const rows: GoalRow[] = [{
      what: `\`AsyncPredictor\`, ${titleOf(ms)}`,
      goal: `≤ ${most} × the same calls by bare \`fetch\``,
      measured: ours.map(({ caller: { child }, time }) => {
        const bare = taken.find(({ caller }) => caller.child === child)!; // the first of the process
        const value = ratio(time, bare.time);
        return {
          runtime: child.title,
          text: `${short(value)} ×`,
          met: value <= most,
          gateMet: value <= 2 * most,
        };
      }),
    }];
    const polling = taken.find(({ caller }) => caller.client === "pai");
    if (polling) {
      rows.push({
        what: `The PAI SDK's \`AsyncPredictor\`, ${titleOf(ms)}`,
        goal: `≥ ${least} × ours`,
        measured: ours.map(({ caller, time }) => {
          const value = middle(polling.time) / middle(time);
          return {
            runtime: caller.child.title,
            text: `${short(value)} ×`,
            met: value >= least,
            gateMet: value >= least / 2,
          };
        }),
      });
    }
    return rows;
  });
}

if (import.meta.main) {
  const runs = await measureQueue({ quick: Deno.args.includes("--quick") });
  console.log(queueTables(runs));
  printGoals(queueGoals(runs));
}
