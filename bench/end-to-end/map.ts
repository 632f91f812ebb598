/**
 * How many items a second `map` predicts that adapts its concurrency, beside fixed ones, with a service that can do a
 * limited number at once and refuses what it has no room for: `deno run -A end-to-end/map.ts [--quick]`.
 *
 * @module
 */
import { stop } from "esbuild";
import { type GoalRow, short } from "../goals.ts";
import {
  buildFolder,
  type Child,
  makeBuildFolder,
  printGoals,
  runtimes,
  skipped,
  start,
} from "../processes.ts";
import { keepOnFirstCore } from "./callers.ts";
import { startService } from "./service.ts";
import { small } from "./texts.ts";
import { middle } from "./turns.ts";

/** The service: so many at once, each in so many milliseconds, and as many that wait. */
const service = { slots: 16, takes: 10, room: 16 };

/** The adaptive one, which all rates are compared with. */
const adaptive = "adaptive";

interface Plan {
  /** Those that can be the best, which are measured like the adaptive one. */
  near: readonly number[];
  /** Others, measured once and for a second or two. */
  far: readonly number[];
  items: number;
  rounds: number;
}

const full: Plan = { near: [16, 32], far: [1, 2, 4, 8, 64, 128, 256], items: 5000, rounds: 3 };
const quick: Plan = { near: [16, 32], far: [], items: 1500, rounds: 1 };

/** Items a second of one runtime, by concurrency. */
export interface MapRun {
  runtime: string;
  rates: Map<string, number>;
}

/** Measures `map` on all runtimes. */
export async function measureMap(options: { quick: boolean }): Promise<MapRun[]> {
  if (skipped.includes("end-to-end")) return [];
  const plan = options.quick ? quick : full, file = `${buildFolder}limited.json`;
  makeBuildFolder();
  await Deno.writeTextFile(file, JSON.stringify(small.output));
  await using limited = await startService(
    new Map([["limited", `${file}@${service.slots}@${service.takes}@${service.room}`]]),
  );
  const programs = await runtimes(new URL("child.ts", import.meta.url));
  await stop(); // nothing else should run meanwhile
  const runs: MapRun[] = [];
  for (const program of programs) {
    await using child = await start(program, limited.url);
    await keepOnFirstCore(child);
    runs.push({ runtime: program.title, rates: await ratesOf(child, plan) });
  }
  return runs;
}

async function ratesOf(child: Child, { near, far, items, rounds }: Plan): Promise<Map<string, number>> {
  const most = service.slots * 1000 / service.takes, found = new Map<string, number>();
  await rateOf(child, "16", 500); // compilers do their work
  for (const limit of far) {
    found.set(`${limit}`, await rateOf(child, `${limit}`, Math.min(most, limit * 2000 / service.takes)));
  }
  const measured = new Map([...near.map(String), adaptive].map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, rates] of measured) rates.push(await rateOf(child, name, items));
  }
  for (const [name, rates] of measured) found.set(name, middle(rates));
  const order = [...[...near, ...far].sort((a, b) => a - b).map(String), adaptive];
  return new Map(order.map((name) => [name, found.get(name)!])); // each was measured
}

/** Items a second. */
async function rateOf(child: Child, name: string, count: number): Promise<number> {
  const [ms, answered] = (await child.ask(`map ${name} limited ${count}`)).split(" ").map(Number);
  return answered! / ms! * 1000; // it says both
}

const most = service.slots * 1000 / service.takes;

/** One table. */
export function mapTable(runs: readonly MapRun[]): string {
  const names = [...runs[0]?.rates.keys() ?? []];
  if (!names.length) return "";
  const rows = names.map((name) => {
    const title = name === adaptive ? "**adaptive**" : `${name} at a time`;
    return [title, ...runs.map(({ rates }) => rates.get(name)!.toFixed(0))]; // all have all
  });
  const head = ["", ...runs.map(({ runtime }) => runtime)], rule = head.map((_, i) => i ? "---:" : "---");
  const lines = [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`);
  const { slots, takes, room } = service;
  const title = `### Map: items a second, of a service that takes ${slots} at a time, ${takes} ms each`;
  const more = `${room} more wait, others are refused with 450: ${most} a second is all there is.`;
  return [title, "", more, "", ...lines, ""].join("\n");
}

/** Of the best fixed concurrency. */
const least = 0.95;

/** What is held against the goal. */
export function mapGoals(runs: readonly MapRun[]): GoalRow[] {
  const measured = runs.map(({ runtime, rates }) => {
    const fixed = [...rates].filter(([name]) => name !== adaptive).map(([, rate]) => rate);
    const value = rates.get(adaptive)! / Math.max(...fixed); // all have it
    return { runtime, text: `${short(value)} ×`, met: value >= least, gateMet: value >= least / 2 };
  });
  const what = "`map`, adaptive concurrency";
  return measured.length ? [{ what, goal: `≥ ${least} × the best fixed one`, measured }] : [];
}

if (import.meta.main) {
  const runs = await measureMap({ quick: Deno.args.includes("--quick") });
  console.log(mapTable(runs));
  printGoals(mapGoals(runs));
}
