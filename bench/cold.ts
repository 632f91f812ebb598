/**
 * What a codec costs a process that has just begun: importing it, writing the first request and reading the first
 * answer, over what an empty module takes. `deno run -A cold.ts [--quick]`. Each time is of a fresh process; the
 * modules take turns in random order, and are compared with the empty one of the same round.
 *
 * @module
 */
import { stop } from "esbuild";
import { pathToFileURL } from "node:url";
import { encode, predictRequest, predictResponse } from "../protos/tf-predict.ts";
import { generate } from "./codecs/generate.ts";
import type { GoalRow } from "./goals.ts";
import { payload } from "./payloads.ts";
import { bundle, printGoals, type Program, run, runtimes } from "./processes.ts";

/** Most milliseconds over an empty module. */
const limit = 2;

// Each module is the shortest program that uses a codec.
const empty = "export default () => undefined;";
const ours = `import { decode, encode, predictRequest, predictResponse } from "../protos/tf-predict.ts";
export default (tensors, answer) => {
  const inputs = new Map();
  for (const { name, dtype, shape, data } of tensors) {
    inputs.set(name, { dtype, array_shape: { dim: shape }, float_val: data });
  }
  const written = encode(predictRequest, { signature_name: "serving_default", inputs });
  const { outputs } = decode(predictResponse, answer);
  return { written, read: tensors.map(({ name }) => outputs.get(name).float_val) };
};`;
const peers: Record<string, string> = {
  "protobufjs 8 static": `import { PredictRequest, PredictResponse } from "../tests/fixtures/protos/tf.js";
export default (tensors, answer) => {
  const inputs = {};
  for (const { name, dtype, shape, data } of tensors) {
    inputs[name] = { dtype, array_shape: { dim: shape }, float_val: data };
  }
  const written = PredictRequest.encode({ signature_name: "serving_default", inputs }).finish();
  const { outputs } = PredictResponse.decode(answer);
  return { written, read: tensors.map(({ name }) => outputs[name].float_val) };
};`,
  "protobuf-es 2": `import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PredictRequestSchema, PredictResponseSchema } from "./node_modules/.bench/codecs/protobuf-es/tf.mjs";
export default (tensors, answer) => {
  const inputs = {};
  for (const { name, dtype, shape, data } of tensors) {
    inputs[name] = { dtype, arrayShape: { dim: shape.map(BigInt) }, floatVal: data };
  }
  const request = create(PredictRequestSchema, { signatureName: "serving_default", inputs });
  const written = toBinary(PredictRequestSchema, request);
  const { outputs } = fromBinary(PredictResponseSchema, answer);
  return { written, read: tensors.map(({ name }) => outputs[name].floatVal) };
};`,
};

/** Milliseconds of a module over the empty one, on one runtime. */
interface Cold {
  runtime: string;
  module: string;
  ms: number;
}

/** One row, of our codec. */
export async function coldGoals(options: { quick: boolean }): Promise<GoalRow[]> {
  return [rowOf(await measureCold(options.quick ? { ours } : { ours, ...peers }, options.quick ? 15 : 31))];
}

/** Measures modules on all runtimes. */
async function measureCold(modules: Readonly<Record<string, string>>, rounds: number): Promise<Cold[]> {
  await generate();
  const programs = await runtimes(new URL("cold-case.ts", import.meta.url));
  const files: [name: string, address: string][] = [];
  for (const [name, text] of Object.entries({ empty, ...modules })) {
    const file = await bundle(text, `cold-${name.replace(/\W+/g, "-")}`);
    files.push([name, pathToFileURL(file).href]);
  }
  await stop(); // nothing else should run meanwhile
  const found: Cold[] = [];
  for (const program of programs) found.push(...await measureOn(program, files, rounds));
  return found;
}

async function measureOn(
  program: Program,
  files: readonly (readonly [name: string, address: string])[],
  rounds: number,
): Promise<Cold[]> {
  const made = payload("small");
  if (made.family !== "tf") throw new TypeError("Cannot measure: the messages are TensorFlow's");
  const answer = encode(predictResponse, made.response).toHex();
  const right = encode(predictRequest, made.request).toHex();
  const times = new Map(files.map(([name]) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) { // the first brings the files into memory
    for (const [name, address] of files.toSorted(() => Math.random() - 0.5)) {
      const [ms, written] = (await run(program, address, answer)).trim().split(" ");
      if (written && written !== right) throw new Error(`Cannot compare ${name}: it writes other bytes`);
      if (round >= 0) times.get(name)!.push(Number(ms)); // each has its list
    }
  }
  const base = times.get("empty")!; // it is one of the files
  return Array.from(times, ([module, list]) => {
    const over = list.map((ms, round) => ms - base[round]!).sort((a, b) => a - b);
    return { runtime: program.title, module, ms: over[Math.floor(rounds / 2)]! }; // there are rounds
  });
}

function rowOf(times: readonly Cold[]): GoalRow {
  const measured = times.filter(({ module }) => module === "ours").map(({ runtime, ms }) => {
    const others = times.filter((other) => other.runtime === runtime && other.module in peers);
    const beside = others.map(({ module, ms }) => `${module} ${ms.toFixed(1)}`).join(", ");
    const text = `${ms.toFixed(1)} ms${beside && ` (${beside})`}`;
    return { runtime, text, met: ms <= limit, gateMet: ms <= 2 * limit };
  });
  return {
    what: "Import, first encode and first decode in a fresh process",
    goal: `≤ ${limit} ms over an empty module`,
    measured,
  };
}

if (import.meta.main) {
  printGoals([rowOf(await measureCold({ ours, ...peers }, Deno.args.includes("--quick") ? 15 : 31))]);
}
