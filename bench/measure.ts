/**
 * Compares ways of doing the same work: in one process, taking turns in a new random order each round, so that
 * whatever slows the machine down slows all of them. What counts is the ratio inside a round; its median over the
 * rounds is the result. It runs on any runtime.
 *
 * @module
 */

import { collectGarbage } from "./garbage.ts";

/** One way to do the work. */
export interface Candidate {
  /** What the table says. */
  name: string;
  /** Does the work once; a promise is waited for before the next call. */
  call: () => unknown;
}

/** Ways of doing the same work; the first is what tables compare the others with. */
export interface Contest {
  /** What goals call it, where there are any. */
  key?: string;
  /** What the work is. */
  name: string;
  /** At least the one to compare with. */
  candidates: [Candidate, ...Candidate[]];
  /** What is not measured as usual, where one call takes long. */
  effort?: Partial<Effort>;
  /**
   * Whether garbage is collected before each turn: where it is so much that others' time would be spent on it. V8 then
   * compiles small functions again, for which short turns leave no time.
   */
  collects?: boolean;
}

/** How long to measure. */
export interface Effort {
  /** Rounds; in each, every candidate gets one turn. */
  rounds: number;
  /** About how many milliseconds a turn takes. */
  turn: number;
}

/** What was measured, unaltered. */
export interface Measured {
  /** What goals call it. */
  key?: string;
  /** Name of the contest. */
  contest: string;
  /** Nanoseconds of one call, by candidate and round. */
  candidates: { name: string; rounds: number[] }[];
}

/** A candidate's time over the first one's, within rounds. */
export interface Ratio {
  /** Middle of all rounds. */
  median: number;
  /** A quarter of the rounds is below. */
  low: number;
  /** A quarter of the rounds is above. */
  high: number;
}

/** Short enough to run on every change, and just long enough for the order of the rows to hold. */
export const quick: Effort = { rounds: 7, turn: 3 };
/** What the published table is made with. */
export const full: Effort = { rounds: 21, turn: 20 };

/** Lets all candidates of a contest take turns. */
export async function measure(contest: Contest, effort: Effort): Promise<Measured> {
  const { key, name, candidates, collects } = contest, { rounds, turn } = { ...effort, ...contest.effort };
  const runners = candidates.map(({ name, call }) => ({ name, call, calls: 1, rounds: [] as number[] }));
  for (const runner of runners) runner.calls = await warmUp(runner.call, turn);
  for (let round = 0; round < rounds; round++) {
    for (const { call, calls, rounds } of shuffled(runners)) {
      if (collects) collectGarbage();
      rounds.push(await time(call, calls) / calls * 1e6);
    }
  }
  return { key, contest: name, candidates: runners.map(({ name, rounds }) => ({ name, rounds })) };
}

/** The result for each candidate, the first included, whose ratio is 1. */
export function ratios({ candidates }: Measured): Ratio[] {
  const [base] = candidates;
  return candidates.map(({ rounds }) => {
    const sorted = rounds.map((time, i) => time / base!.rounds[i]!).sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))]!;
    return { median: at(0.5), low: at(0.25), high: at(0.75) };
  });
}

/** The median of a candidate's time over that of another one, within rounds; nothing when one of them did not run. */
export function ratioOf({ candidates }: Measured, name: string, other: string): number | undefined {
  const [over, under] = [name, other].map((name) => candidates.find((one) => one.name === name)?.rounds);
  return over && under && median(over.map((time, i) => time / under[i]!)); // all have the same rounds
}

/** The median of a candidate's times in nanoseconds; nothing when it did not run. */
export function timeOf({ candidates }: Measured, name: string): number | undefined {
  const rounds = candidates.find((one) => one.name === name)?.rounds;
  return rounds && median(rounds);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!; // there is a round
}

/** Milliseconds after which compilers have done most of their work, whatever the turns are. */
const enough = 40;

/** How often to call in one turn. Compilers have done their work once the count has stopped growing. */
async function warmUp(call: () => unknown, turn: number): Promise<number> {
  let took = 0;
  let calls = 1;
  for (let spent = 0; spent < Math.max(5 * turn, enough); spent += took) {
    took = await time(call, calls);
    calls = Math.max(1, Math.round(calls * Math.min(turn / took, 10)));
  }
  return calls;
}

/** Where results go, lest a compiler find that nobody needs them. */
export let sink: unknown;

async function time(call: () => unknown, calls: number): Promise<number> {
  const start = performance.now();
  let result = call();
  if (result instanceof Promise) {
    result = await result;
    for (let i = 1; i < calls; i++) result = await call();
  } else {
    for (let i = 1; i < calls; i++) result = call();
  }
  sink = result;
  return performance.now() - start;
}

function shuffled<T>(items: readonly T[]): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!]; // both are inside the list
  }
  return list;
}
