/**
 * Compares our codec on Deno, Bun and Node with protobuf in C++, Go and Python: `deno run -A peers/native.ts`, where
 * `--quick` takes seconds. All are processes that stay, take turns in a new random order in each round, and are
 * compared within a round. Before that each must have read and written the same bytes.
 *
 * @module
 */
import { stop } from "esbuild";
import { encode, predictRequest } from "../../protos/tf-predict.ts";
import type { GoalRow } from "../goals.ts";
import { type Measured, ratios } from "../measure.ts";
import { payload, type PayloadId } from "../payloads.ts";
import { buildFolder, type Child } from "../processes.ts";
import { nativeGoals } from "./native-goals.ts";
import { type Peer, peers, startPeer } from "./programs.ts";

const payloads: readonly PayloadId[] = ["f32_600K", "f64_1M", "small", "i64_tokens", "u8_image", "bool_100K"];

const ways = ["encode", "decode"] as const;
type Way = typeof ways[number];

/** Seconds of work for some peers, so in the full form only, and in fewer rounds. */
const large: PayloadId = "f32_38M";

/** What was compared. */
export interface NativeReport {
  /** Goals that are about these peers. */
  rows: GoalRow[];
  /** All ratios, as Markdown. */
  tables: string;
}

/** Builds, starts and measures everything. */
export async function comparePeers(options: { quick: boolean }): Promise<NativeReport> {
  const ids = options.quick ? payloads : [...payloads, large];
  const folder = await writePayloads(ids);
  const all = await peers(folder, options);
  await stop(); // nothing else should run meanwhile
  await using children = new AsyncDisposableStack();
  const running: [Peer, Child][] = [];
  for (const peer of all) running.push([peer, children.use(await startPeer(peer, ids))]);
  const contests: Measured[] = [];
  for (const id of ids) {
    const rounds = options.quick ? 7 : id === large ? 7 : 21, turn = options.quick ? 4 : 20;
    for (const way of ways) contests.push(await compare(running, way, id, rounds, turn));
  }
  return { rows: nativeGoals(contests), tables: tables(contests) };
}

/** The messages as files, since the peers can't make them: `ID.pb`. */
async function writePayloads(ids: readonly PayloadId[]): Promise<string> {
  const folder = `${buildFolder}payloads`;
  await Deno.mkdir(folder, { recursive: true });
  for (const id of ids) {
    const { family, request } = payload(id);
    if (family !== "tf") {
      throw new TypeError(`Cannot write "${id}": the peers know TensorFlow's messages only`);
    }
    await Deno.writeFile(`${folder}/${id}.pb`, encode(predictRequest, request));
  }
  return folder;
}

async function compare(
  running: [Peer, Child][],
  way: Way,
  id: PayloadId,
  rounds: number,
  turn: number,
): Promise<Measured> {
  const candidates = running.filter(([peer]) => !peer.without?.includes(id)).flatMap(([peer, child]) =>
    peer[way].map(({ name, work }) => ({
      name,
      line: `${work} ${id} ${turn}ms`,
      child,
      rounds: [] as number[],
    }))
  );
  for (const { child, line } of candidates) await warmUp(child, line, turn);
  for (let round = 0; round < rounds; round++) {
    for (const { child, line, rounds } of shuffled(candidates)) rounds.push(await ask(child, line));
  }
  const key = `${way} ${id}`;
  return { key, contest: key, candidates: candidates.map(({ name, rounds }) => ({ name, rounds })) };
}

/** Until calls have filled about five turns; the programs find out how many make up one. */
async function warmUp(child: Child, line: string, turn: number): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < 5 * turn) await ask(child, line);
}

async function ask(child: Child, line: string): Promise<number> {
  const nanoseconds = Number(await child.ask(line));
  if (nanoseconds > 0) return nanoseconds;
  throw new Error(`Cannot measure ${child.title}: its answer to "${line}" is no time`);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => [Math.random(), item] as const).sort(([a], [b]) => a - b).map(([, item]) =>
    item
  );
}

/** A table for each direction, with a column for each payload: time as a multiple of the first row's. */
function tables(contests: readonly Measured[]): string {
  return ways.map((way) => {
    const columns = contests.filter(({ contest }) => contest.startsWith(way));
    const names = new Set(columns.flatMap(({ candidates }) => candidates.map(({ name }) => name)));
    const rows = [
      ["", ...columns.map(({ contest }) => contest.replace(`${way} `, ""))],
      ["---", ...columns.map(() => "---:")],
      ...Array.from(names, (name) => [name, ...columns.map((column) => cell(column, name))]),
    ];
    const title = way === "encode" ? "from arrays to bytes" : "from bytes to arrays";
    return `### Other languages: ${title}\n\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
  }).join("\n");
}

function cell(measured: Measured, name: string): string {
  const at = measured.candidates.findIndex((candidate) => candidate.name === name);
  const median = ratios(measured)[at]?.median;
  return median === undefined ? "" : median < 9.95 ? median.toFixed(2) : median.toFixed(0);
}

if (import.meta.main) {
  const { rows, tables } = await comparePeers({ quick: Deno.args.includes("--quick") });
  console.log(tables);
  for (const { what, goal, measured } of rows) {
    const each = measured.map(({ runtime, text, met }) => `${runtime} ${text}${met ? "" : " (missed)"}`);
    console.log(`${what}, ${goal}: ${each.join(", ")}`);
  }
}
