/**
 * What a prediction takes with everything: from the arrays of the caller, over a socket of this machine, to the
 * arrays of the answer, which are the same. `deno run -A end-to-end/mod.ts [--quick]`.
 *
 * @module
 */
import { stop } from "esbuild";
import { decode, encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import { generate } from "../codecs/generate.ts";
import type { Measured } from "../measure.ts";
import { buildFolder, makeBuildFolder, printGoals, skipped } from "../processes.ts";
import { payload, type PayloadId } from "../payloads.ts";
import { type Callers, startCallers } from "./callers.ts";
import { goalRows } from "./goals.ts";
import { isSame } from "./same.ts";
import { type Service, startService } from "./service.ts";
import { type Caller, takeTurns, type Turns } from "./turns.ts";

/** One payload, and how it is measured. */
interface Plan {
  id: PayloadId;
  /** Clients that are left out: calls of theirs take seconds. */
  without?: readonly string[];
  turns: Turns;
}

const slow = ["protobuf-es", "go", "go-sdk", "eas", "pai"];

/** Long enough for figures that stay. */
const full: Plan[] = [
  { id: "small", turns: { rounds: 25, turn: 40 } },
  { id: "f32_600K", turns: { rounds: 25, turn: 40 } },
  { id: "f32_38M", without: slow, turns: { rounds: 15, turn: 0 } },
];

/** About twenty seconds. */
const quick: Plan[] = [
  { id: "small", turns: { rounds: 11, turn: 25 } },
  { id: "f32_600K", turns: { rounds: 11, turn: 20 } },
  { id: "f32_38M", without: [...slow, "protobufjs"], turns: { rounds: 5, turn: 0 } },
];

/** What was measured with one payload. */
export interface Run {
  /** The payload. */
  id: PayloadId;
  /** Titles of the runtimes. */
  runtimes: string[];
  /** Who called, in the order of the candidates. */
  callers: Caller[];
  /** All times. */
  measured: Measured;
}

/** Measures all clients with all payloads. */
export async function measureEndToEnd(options: { quick: boolean }): Promise<Run[]> {
  if (skipped.includes("end-to-end")) return [];
  await generate();
  const plans = options.quick ? quick : full, folder = `${buildFolder}end-to-end/`;
  const answers = new Map(plans.map(({ id }) => [id, writeMessages(folder, id)]));
  await using service = await startService(answers);
  await using started = await startCallers(service.url, folder);
  await stop(); // nothing else should run meanwhile
  const runs: Run[] = [];
  for (const plan of plans) runs.push(await runPlan(plan, started, service));
  return runs;
}

async function runPlan(plan: Plan, { runtimes, callers: all }: Callers, service: Service): Promise<Run> {
  const { id, without = [], turns } = plan;
  const callers = all.filter(({ client }) => !without.includes(client));
  for (const caller of callers) await check(caller, id, service);
  return { id, runtimes, callers, measured: await takeTurns(callers, id, turns) };
}

/** Writes the files that the service and other languages read; returns the path of the answer. */
function writeMessages(folder: string, id: PayloadId): string {
  const made = payload(id), answer = `${folder}${id}.answer`;
  if (made.family !== "tf") throw new TypeError(`Cannot send "${id}": the service is one of TensorFlow`);
  makeBuildFolder();
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeFileSync(`${folder}${id}.request`, encode(predictRequest, made.request));
  Deno.writeFileSync(answer, encode(predictResponse, made.response));
  return answer;
}

/** A client takes part when it sends the arrays of the payload, and reads them in the answer. */
async function check({ child, client, name }: Caller, id: PayloadId, service: Service): Promise<void> {
  const said = await child.ask(`check ${client} ${id}`);
  if (said !== "same") {
    throw new Error(`Cannot compare ${name} (${child.title}): it reads ${said} of "${id}"`);
  }
  const { inputs } = decode(predictRequest, await service.last());
  for (const { name: input, data } of payload(id).sources) {
    if (isSame(inputs?.get(input)?.float_val, data)) continue;
    throw new Error(`Cannot compare ${name} (${child.title}): it sends another "${input}" of "${id}"`);
  }
}

/** A table for each payload: the middle of the times, and of their ratios to the first client of the process. */
export function endToEndTables(runs: readonly Run[]): string {
  return runs.map(({ id, callers, measured }) => {
    const rows = callers.map(({ name, child }, i) => {
      const base = callers.findIndex((caller) => caller.child === child);
      const [times, bases] = [i, base].map((at) => measured.candidates[at]!.rounds) as [number[], number[]];
      const middle = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
      const ratio = middle(times.map((time, round) => time / bases[round]!));
      return `| ${child.title} | ${name} | ${(middle(times) / 1e6).toFixed(3)} | ${ratio.toFixed(2)} |`;
    });
    return [
      `### ${payload(id).title}`,
      "",
      "| | | ms | × first |",
      "| --- | --- | ---: | ---: |",
      ...rows,
      "",
    ].join("\n");
  }).join("\n");
}

if (import.meta.main) {
  const runs = await measureEndToEnd({ quick: Deno.args.includes("--quick") });
  console.log(endToEndTables(runs));
  printGoals(goalRows(runs));
}
