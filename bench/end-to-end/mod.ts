/**
 * What a prediction takes with everything: from what the caller has, over a socket of this machine, to what the service
 * answers, which is compared; one call after the other, and several at a time. `deno run -A end-to-end/mod.ts [--quick]`.
 *
 * @module
 */
import { stop } from "esbuild";
import assert from "node:assert/strict";
import { decode, encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import { generate } from "../codecs/generate.ts";
import { buildFolder, makeBuildFolder, printGoals, skipped } from "../processes.ts";
import { payload, type PayloadId } from "../payloads.ts";
import { type Callers, startCallers, type Wanted } from "./callers.ts";
import { goalRows } from "./goals.ts";
import { isSame } from "./same.ts";
import { type Service, startService } from "./service.ts";
import { endToEndTables } from "./tables.ts";
import { small } from "./texts.ts";
import { type Caller, type Taken, takeTurns, type Turns } from "./turns.ts";

/** One payload, and how it is measured. */
interface Plan {
  id: PayloadId | "json";
  /** Clients that are left out: calls of theirs take seconds, or they are not what goals name. */
  without?: readonly string[];
  turns: Turns;
  /** How many calls at a time, in turns of their own. */
  inFlight: readonly number[];
}

const slow = ["protobuf-es", "go", "go-sdk", "eas", "pai", "undici"];

/** Long enough for figures that stay. */
const full: Plan[] = [
  { id: "json", turns: { rounds: 25, turn: 40 }, inFlight: [1, 8, 64] },
  { id: "small", without: ["protobuf-es"], turns: { rounds: 25, turn: 40 }, inFlight: [1, 8, 64] },
  { id: "f32_600K", turns: { rounds: 25, turn: 40 }, inFlight: [1, 8, 64] },
  { id: "f32_38M", without: slow, turns: { rounds: 15, turn: 0 }, inFlight: [1] },
];

/** About fifteen seconds. */
const quick: Plan[] = [
  {
    id: "json",
    without: ["openai", "go", "go-sdk", "eas", "pai"],
    turns: { rounds: 9, turn: 10 },
    inFlight: [1, 64],
  },
  {
    id: "small",
    without: ["protobufjs", "protobuf-es", "undici", "go", "go-sdk", "eas", "pai"],
    turns: { rounds: 9, turn: 10 },
    inFlight: [1],
  },
  { id: "f32_600K", without: ["protobuf-es", "go"], turns: { rounds: 7, turn: 15 }, inFlight: [1] },
  { id: "f32_38M", without: [...slow, "protobufjs"], turns: { rounds: 3, turn: 0 }, inFlight: [1] },
];

/** What was measured with one payload. */
export interface Run {
  /** The payload. */
  id: string;
  /** What tables say. */
  title: string;
  /** Titles of the runtimes. */
  runtimes: string[];
  /** What all clients took, in one order, with so many calls at a time. */
  taken: Map<number, Taken[]>;
}

/** Measures all clients with all payloads. */
export async function measureEndToEnd(options: { quick: boolean }): Promise<Run[]> {
  if (skipped.includes("end-to-end")) return [];
  await generate();
  const plans = options.quick ? quick : full, folder = `${buildFolder}end-to-end/`;
  const answers = new Map(
    plans.map(({ id }) => [id, id === "json" ? writeJson(folder) : writeMessages(folder, id)]),
  );
  await using service = await startService(answers);
  await using started = await startCallers(service.url, folder, wantedBy(plans));
  await stop(); // nothing else should run meanwhile
  const runs: Run[] = [];
  for (const plan of plans) runs.push(await runPlan(plan, started, service));
  return runs;
}

/** All clients that some plan has. */
function wantedBy(plans: readonly Plan[]): Wanted {
  const isWanted = (own: Plan[]) => (client: string): boolean =>
    own.some(({ without = [] }) => !without.includes(client));
  const [json, arrays] = [plans.filter(({ id }) => id === "json"), plans.filter(({ id }) => id !== "json")];
  return { json: isWanted(json), arrays: isWanted(arrays) };
}

async function runPlan(plan: Plan, { runtimes, callers: all }: Callers, service: Service): Promise<Run> {
  const { id, without = [], turns, inFlight } = plan, kind = id === "json" ? "json" : "arrays";
  const callers = all.filter((caller) => caller.kind === kind && !without.includes(caller.client));
  for (const caller of callers) {
    await check(caller, id);
    const sent = await service.last();
    if (id === "json") assert.deepEqual(JSON.parse(new TextDecoder().decode(sent)), small.input, caller.name);
    else checkRequest(caller, id, sent);
  }
  const taken = new Map<number, Taken[]>();
  for (const count of inFlight) {
    const rounds = count > 1 ? Math.ceil(turns.rounds / 2) : turns.rounds; // with many calls in a turn, turns differ less
    taken.set(count, await takeTurns(callers, id, count, { ...turns, rounds }));
  }
  return { id, title: id === "json" ? "1 × 4 floats as JSON" : payload(id).title, runtimes, taken };
}

function makeFolder(folder: string): void {
  makeBuildFolder();
  Deno.mkdirSync(folder, { recursive: true });
}

/** Writes the files that the service and other languages read; returns the path of the answer. */
function writeMessages(folder: string, id: PayloadId): string {
  const made = payload(id), answer = `${folder}${id}.answer`;
  if (made.family !== "tf") throw new TypeError(`Cannot send "${id}": the service is one of TensorFlow`);
  makeFolder(folder);
  Deno.writeFileSync(`${folder}${id}.request`, encode(predictRequest, made.request));
  Deno.writeFileSync(answer, encode(predictResponse, made.response));
  return answer;
}

/** The same for JSON. */
function writeJson(folder: string): string {
  const answer = `${folder}json.json`;
  makeFolder(folder);
  Deno.writeTextFileSync(`${folder}json.request`, JSON.stringify(small.input));
  Deno.writeTextFileSync(answer, JSON.stringify(small.output));
  return answer;
}

/** A client takes part when it reads what the service says. */
export async function check({ child, client, name }: Caller, id: string): Promise<void> {
  const said = await child.ask(`check ${client} ${id}`);
  if (said === "same") return;
  throw new Error(`Cannot compare ${name} (${child.title}): it reads ${said} of "${id}"`);
}

/** And when it sends the arrays of the payload. */
function checkRequest({ child, name }: Caller, id: PayloadId, sent: Uint8Array<ArrayBuffer>): void {
  const { inputs } = decode(predictRequest, sent);
  for (const { name: input, data } of payload(id).sources) {
    if (isSame(inputs?.get(input)?.float_val, data)) continue;
    throw new Error(`Cannot compare ${name} (${child.title}): it sends another "${input}" of "${id}"`);
  }
}

if (import.meta.main) {
  const runs = await measureEndToEnd({ quick: Deno.args.includes("--quick") });
  console.log(endToEndTables(runs));
  printGoals(goalRows(runs));
}
