/**
 * Lets clients of storage take turns, whatever process they are in: all against the same server, in a new random order
 * each round.
 *
 * @module
 */
import type { Child } from "../processes.ts";
import type { Plan } from "./plans.ts";

/** A client in a process. */
export interface Caller {
  /** How the process knows it. */
  client: string;
  /** The process; its title is the runtime's. */
  child: Child;
}

/** What one client took. */
export interface Taken {
  caller: Caller;
  /** Milliseconds of one call, by round. */
  times: number[];
  /** Milliseconds of the processor of one call, by round. */
  busy: number[];
}

/** What was measured of one plan. */
export interface Transfer {
  plan: Plan;
  taken: Taken[];
}

/** Measures the clients that can do it. */
export async function transfer(
  plan: Plan,
  callers: readonly Caller[],
  received: () => Promise<number>,
): Promise<Transfer> {
  const taken: (Taken & { calls: number })[] = [];
  for (const caller of callers) {
    if (await caller.child.ask(`has ${caller.client} ${plan.operation}`) !== "yes") continue;
    await received();
    const calls = await warmUp(caller, plan);
    checkReceived(caller, plan, await received());
    taken.push({ caller, calls, times: [], busy: [] });
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const { caller, calls, times, busy } of shuffled(taken)) {
      const [ms, cpu] = await run(caller, plan, calls);
      times.push(ms / calls);
      busy.push(cpu / calls);
    }
  }
  return { plan, taken };
}

/** How many calls fill a turn, when compilers have done their work. */
async function warmUp(caller: Caller, plan: Plan): Promise<number> {
  let calls = 1;
  if (!plan.turn) await run(caller, { ...plan, size: Math.min(plan.size, 64 * 1024 * 1024) }, 1);
  for (let spent = 0; spent < 4 * plan.turn;) {
    const [took] = await run(caller, plan, calls);
    spent += took;
    calls = Math.max(1, Math.round(calls * Math.min(plan.turn / took, 10)));
  }
  return calls;
}

/** A client that puts sends at least the object. */
function checkReceived({ client, child }: Caller, { operation, size }: Plan, received: number): void {
  const least = operation.startsWith("put") ? Math.min(size, 64 * 1024 * 1024) : 0;
  if (received >= least) return;
  throw new Error(`Cannot compare ${client} (${child.title}): of ${least} bytes it sends ${received}`);
}

/** Milliseconds of so many calls, and those of the processor. */
async function run({ child, client }: Caller, plan: Plan, calls: number): Promise<[ms: number, cpu: number]> {
  const answer = await child.ask(`run ${client} ${plan.operation} ${plan.size} ${calls}`);
  const [ms = NaN, cpu = NaN] = answer.split(" ").map(Number);
  if (ms > 0) return [ms, cpu];
  throw new Error(`Cannot measure ${client} (${child.title}): "${answer}"`);
}

function shuffled<T>(items: readonly T[]): T[] {
  const placed = items.map((item) => ({ item, at: Math.random() }));
  return placed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/** The middle of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** The middle of the ratios of two clients' values within rounds. */
export function ratio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, round) => value / (under[round] ?? NaN)));
}
