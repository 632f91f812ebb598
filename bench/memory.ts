/**
 * The most memory that writing or reading 38.5 MB takes beside the arrays and the message: one call in a fresh process
 * for each case and runtime. `deno run -A memory.ts [--quick]`. Needs Linux, whose kernel tells the high-water mark.
 *
 * @module
 */
import { stop } from "esbuild";
import { generate } from "./codecs/generate.ts";
import type { GoalRow } from "./goals.ts";
import { printGoals, type Program, run, runtimes } from "./processes.ts";

/** A case, and how many times the payload it may take. */
interface Bound {
  /** Name of the case in the process. */
  id: string;
  what: string;
  /** Peers have none. */
  most?: number;
}

const bounds: Bound[] = [
  { id: "encode", what: "`encode`", most: 1.05 },
  { id: "encodeInto", what: "`encodeInto` a pooled buffer", most: 0.02 },
  { id: "inPlace", what: "written in place", most: 0.02 },
  { id: "encodeChunks", what: "`encodeChunks`", most: 0.02 },
  { id: "decodeView", what: "`decode`, aligned: a view", most: 0.02 },
  { id: "decodeOwn", what: "`decode` with `own`: moved in place", most: 0.02 },
  { id: "decodeCopied", what: "`decode` with `copy`", most: 1.05 },
  { id: "protobufjs encode", what: "protobufjs 8 static, encode" },
  { id: "protobufjs decode", what: "protobufjs 8 static, decode" },
  { id: "protobuf-es encode", what: "protobuf-es 2, encode" },
  { id: "protobuf-es decode", what: "protobuf-es 2, decode" },
];

const payloadSize = 64 * 3 * 224 * 224 * 4;

/** The gate is as much above the goal on each row: memory that is measured in pages is hardly noisy. */
const slack = 0.05;

/** One row for each case that has a goal. */
export async function memoryGoals({ quick }: { quick: boolean }): Promise<GoalRow[]> {
  return await measureMemory(bounds.filter(({ most }) => most !== undefined), quick ? 1 : 3);
}

/** One row for each case of a peer; they have no goal, and so each keeps it. */
export async function memoryOfPeers(): Promise<GoalRow[]> {
  return await measureMemory(bounds.filter(({ most }) => most === undefined), 1);
}

async function measureMemory(bounds: readonly Bound[], times: number): Promise<GoalRow[]> {
  await generate();
  const programs = await runtimes(new URL("memory-case.ts", import.meta.url));
  await stop(); // nothing else should run meanwhile
  const rows: GoalRow[] = [];
  for (const bound of bounds) rows.push(await rowOf(bound, programs, times));
  return rows;
}

async function rowOf(
  { id, what, most }: Bound,
  programs: readonly Program[],
  times: number,
): Promise<GoalRow> {
  const goal = most === undefined ? "none" : `≤ ${most} × the payload`, measured: GoalRow["measured"] = [];
  for (const program of programs) {
    const found: number[] = [];
    for (let i = 0; i < times; i++) found.push(Number(await run(program, id)) / payloadSize);
    const ratio = found.sort((a, b) => a - b)[Math.floor(times / 2)]!; // it was measured at least once
    const [met, gateMet] = [0, slack].map((more) => ratio <= (most ?? Infinity) + more);
    measured.push({ runtime: program.title, text: `${ratio.toFixed(2)} ×`, met: met!, gateMet: gateMet! });
  }
  return { what: `Memory of one call with 38.5 MB: ${what}`, goal, measured };
}

if (import.meta.main) {
  const quick = Deno.args.includes("--quick");
  printGoals(await memoryGoals({ quick }));
  if (!quick) printGoals(await memoryOfPeers());
}
