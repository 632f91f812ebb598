/**
 * Lets clients in processes of their own take turns, so that they are compared as `measure.ts` compares functions.
 *
 * @module
 */
import type { Measured } from "../measure.ts";
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

/** Measures clients with one payload. Each takes turns with all others, in whatever process they are. */
export async function takeTurns(callers: readonly Caller[], id: string, turns: Turns): Promise<Measured> {
  const runners: { caller: Caller; calls: number; rounds: number[] }[] = [];
  for (const caller of callers) {
    runners.push({ caller, calls: await warmUp(caller, id, turns.turn), rounds: [] });
  }
  for (let round = 0; round < turns.rounds; round++) {
    for (const { caller, calls, rounds } of shuffled(runners)) {
      rounds.push(await time(caller, id, calls) / calls * 1e6);
    }
  }
  return { contest: id, candidates: runners.map(({ caller, rounds }) => ({ name: caller.name, rounds })) };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) =>
    item
  );
}

/** How many calls fill a turn, when compilers have done their work. */
async function warmUp(caller: Caller, id: string, turn: number): Promise<number> {
  let calls = 1, took = await time(caller, id, 1);
  for (let spent = 0; spent < 5 * turn; spent += took) {
    took = await time(caller, id, calls);
    calls = Math.max(1, Math.round(calls * Math.min(turn / took, 10)));
  }
  return calls;
}

/** Milliseconds of so many calls. */
async function time({ child, client }: Caller, id: string, calls: number): Promise<number> {
  return Number(await child.ask(`run ${client} ${id} ${calls}`));
}
