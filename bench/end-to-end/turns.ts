/**
 * Lets clients in processes of their own take turns, so that they are compared as `measure.ts` compares functions.
 *
 * @module
 */
import type { Child } from "../processes.ts";

/** A client in a process. */
export interface Caller {
  /** What tables say. */
  name: string;
  /** The process. */
  child: Child;
  /** How the process knows it. */
  client: string;
}

/** How long to measure. */
export interface Turns {
  /** Rounds; in each, every client gets one turn. */
  rounds: number;
  /** About how many milliseconds a turn takes; 0 for one call. */
  turn: number;
}

/** What a client took, in nanoseconds a call, by rounds. */
export interface Taken {
  caller: Caller;
  /** From one call to the next: with several in flight, that is less than one takes. */
  time: number[];
  /** Of the processor. */
  busy: number[];
}

/** Measures clients with one payload. Each takes turns with all others, in whatever process they are. */
export async function takeTurns(
  callers: readonly Caller[],
  id: string,
  inFlight: number,
  turns: Turns,
): Promise<Taken[]> {
  const runners: (Taken & { calls: number })[] = [];
  for (const caller of callers) {
    runners.push({ caller, calls: await warmUp(caller, id, inFlight, turns.turn), time: [], busy: [] });
  }
  for (let round = 0; round < turns.rounds; round++) {
    for (const { caller, calls, time, busy } of shuffled(runners)) {
      const took = await run(caller, id, calls, inFlight);
      time.push(took.ms / calls * 1e6);
      busy.push(took.busy / calls * 1e6);
    }
  }
  return runners;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) =>
    item
  );
}

/** How many calls fill a turn, when compilers have done their work. */
async function warmUp(caller: Caller, id: string, inFlight: number, turn: number): Promise<number> {
  let calls = inFlight, took = await run(caller, id, calls, inFlight);
  for (let spent = 0; spent < 5 * turn; spent += took.ms) {
    took = await run(caller, id, calls, inFlight);
    calls = Math.max(inFlight, Math.round(calls * Math.min(turn / took.ms, 10)));
  }
  return calls;
}

/** Milliseconds of so many calls, and of the processor. */
async function run(
  { child, client }: Caller,
  id: string,
  calls: number,
  inFlight: number,
): Promise<{ ms: number; busy: number }> {
  const [ms, busy] = (await child.ask(`run ${client} ${id} ${calls} ${inFlight}`)).split(" ").map(Number);
  return { ms: ms!, busy: busy! }; // it says both
}

/** The middle of values. */
export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!; // there are some
}

/** The middle of the ratios within rounds. */
export function ratio(values: readonly number[], bases: readonly number[]): number {
  return middle(values.map((value, round) => value / bases[round]!)); // both took part in all rounds
}
