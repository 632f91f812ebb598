/**
 * What storage is meant to reach, held against what it does.
 *
 * @module
 */
import { type GoalRow, short } from "../goals.ts";
import { ratioOf, timeOf } from "../measure.ts";
import type { Report } from "../runtimes.ts";
import { hashed, names } from "./contests.ts";
import type { MemoryUse } from "./memory.ts";
import { operations } from "./operations.ts";
import { sizeText } from "./plans.ts";
import { ratio, type Taken, type Transfer } from "./transfers.ts";

/** Of what plain `fetch` moves in the same time. */
const leastOfFetch = 0.9;
/** MB above the idle runtime. */
const mostMemory = 64;

type Figure = GoalRow["measured"][number];

/** Rows of transfers: what we reach of plain `fetch`, and of the fastest peer. */
export function transferGoals(transfers: readonly Transfer[]): GoalRow[] {
  return transfers.flatMap(({ plan, taken }) => {
    const what = `${operations[plan.operation]}, ${sizeText(plan.size)}`;
    const runtimes = [...new Set(taken.map(({ caller }) => caller.child.title))];
    const of = (runtime: string): Taken[] => taken.filter(({ caller }) => caller.child.title === runtime);
    const rows: [string, string, number, string, Taken[][]][] = [
      [
        "to plain `fetch`",
        `≥ ${leastOfFetch} × as fast`,
        leastOfFetch,
        "ours",
        runtimes.map((runtime) => fetchOf(of(runtime))),
      ],
      ["to the fastest peer", "≥ 1 × as fast", 1, "ours", runtimes.map((runtime) => peersOf(of(runtime)))],
      [
        "to the fastest peer, over `node:http`",
        "≥ 1 × as fast",
        1,
        "injected",
        runtimes.map((runtime) => peersOf(of(runtime))),
      ],
    ];
    return rows.flatMap(([against, goal, least, client, others]) => {
      const measured = runtimes.flatMap((runtime, i): Figure[] => {
        const ours = of(runtime).find(({ caller }) => caller.client === client);
        return ours ? judged(runtime, least, ours, others[i] ?? []) : [];
      });
      return measured.length ? [{ what: `${what}, ${against}`, goal, measured }] : [];
    });
  });
}

const fetchOf = (taken: readonly Taken[]): Taken[] => taken.filter(({ caller }) => caller.client === "fetch");
const peersOf = (taken: readonly Taken[]): Taken[] =>
  taken.filter(({ caller }) => !["fetch", "ours", "injected"].includes(caller.client));

/** How many times as fast as the fastest of the others. */
function judged(runtime: string, least: number, ours: Taken, others: readonly Taken[]): Figure[] {
  if (!others.length) return [];
  const value = Math.min(...others.map(({ times }) => ratio(times, ours.times)));
  return [{ runtime, text: `${short(value)} ×`, met: value >= least, gateMet: value >= least / 2 }];
}

/** Rows of memory, for our clients. */
export function memoryGoals(uses: readonly MemoryUse[]): GoalRow[] {
  const ours = uses.filter(({ client }) => client === "ours");
  return [...new Set(ours.map(({ operation }) => operation))].map((operation) => {
    const measured = ours.filter((use) => use.operation === operation).map(({ runtime, size, bytes }) => {
      const value = bytes / 1024 / 1024, text = `${short(value)} MB`;
      return { runtime, size, text, met: value <= mostMemory, gateMet: value <= 2 * mostMemory };
    });
    const size = sizeText(measured[0]?.size ?? 0);
    return {
      what: `${operations[operation]}, ${size}, peak memory above the idle runtime`,
      goal: `≤ ${mostMemory} MB`,
      measured,
    };
  });
}

/** Rows of the contests. */
export function contestGoals(reports: readonly Report[]): GoalRow[] {
  const rows: GoalRow[] = [
    { what: "CRC-64", goal: "≥ 1 GB/s", measured: [] },
    { what: "signing a request for a range", goal: "≤ 20 µs", measured: [] },
  ];
  for (const { runtime, measured } of reports) {
    const crc = measured.find(({ key }) => key === "crc64"),
      sign = measured.find(({ key }) => key === "sign");
    if (!crc || !sign) continue;
    const speed = hashed / timeOf(crc, names.crc64)!; // bytes in a nanosecond; the contests have these rows
    rows[0]!.measured.push({ runtime, text: `${short(speed)} GB/s`, met: speed >= 1, gateMet: speed >= 0.5 });
    const time = timeOf(sign, names.sign)! / 1000, hashes = ratioOf(sign, names.sign, names.sha256)!;
    const text = `${short(time)} µs (${short(hashes)} × one SHA-256 of the text)`;
    rows[1]!.measured.push({ runtime, text, met: time <= 20, gateMet: time <= 40 });
  }
  return rows.filter(({ measured }) => measured.length);
}
