/**
 * How long a worker of workerd takes from its start to its first answer, when it calls a service with our predictor, with
 * `openai` or with nothing but `fetch`: `deno run -A end-to-end/cold-worker.ts [--quick]`. Each time is of a fresh
 * process; the workers take turns, and are compared with the one with `fetch` of the same round. workerd is the program
 * in `WORKERD`, or in the `PATH`; `SKIP=workerd` leaves it out.
 *
 * @module
 */
import { stop } from "esbuild";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type GoalRow, short } from "../goals.ts";
import { buildFolder, bundle, makeBuildFolder, printGoals, skipped } from "../processes.ts";
import { startService } from "./service.ts";
import { small } from "./texts.ts";
import { middle } from "./turns.ts";

const input = JSON.stringify(small.input);

/** The shortest workers; the first is what the others are compared with. Clients are made once, as authors do. */
const workers: Readonly<Record<string, string>> = {
  "bare `fetch`": `export default {
  async fetch(_, { URL }) {
    const headers = { authorization: "invented-token", "content-type": "application/json" };
    const response = await fetch(URL, { method: "POST", headers, body: ${JSON.stringify(input)} });
    if (!response.ok) throw new Error("status is " + response.status);
    return Response.json(await response.json());
  },
};`,
  "**`Predictor`**": `import { Predictor } from "../core/predictor.ts";
let predictor;
export default {
  async fetch(_, { URL }) {
    predictor ??= new Predictor({ endpoint: URL, token: "invented-token" });
    return Response.json(await predictor.predict(${input}));
  },
};`,
  "**`chatStream`** and tensors beside it": `import { Predictor } from "../core/predictor.ts";
import { tensorflow } from "../plugins/serializers/tensorflow.ts";
import { chatStream } from "../plugins/predict/chat.ts";
let predictor;
export default {
  async fetch(request, { URL }) {
    predictor ??= new Predictor({ endpoint: URL, token: "invented-token" });
    if (request.method === "PUT") return (await chatStream(predictor, await request.json())).toResponse();
    if (request.method === "PATCH") return Response.json(tensorflow().deserialize(await request.bytes()));
    return Response.json(await predictor.predict(${input}));
  },
};`,
  "`openai`": `import OpenAI from "openai";
let openai;
export default {
  async fetch(_, { URL }) {
    openai ??= new OpenAI({ apiKey: "invented-token", baseURL: URL });
    return Response.json(await openai.post("", { body: ${input} }));
  },
};`,
};
const bare = Object.keys(workers)[0]!; // there are some

/** Most milliseconds of ours over the one with `fetch`. */
const most = 5;

/** What was measured of one worker. */
export interface ColdWorker {
  name: string;
  /** Bytes of the bundle, compressed. */
  size: number;
  /** Milliseconds to the first answer, by rounds. */
  times: number[];
}

/** Measures all workers. */
export async function measureColdWorkers(options: { quick: boolean }): Promise<ColdWorker[]> {
  if (["workerd", "end-to-end"].some((name) => skipped.includes(name))) return [];
  makeBuildFolder();
  const answer = `${buildFolder}cold.json`, found: (ColdWorker & { folder: string })[] = [];
  await Deno.writeTextFile(answer, JSON.stringify(small.output));
  await using service = await startService(new Map([["json", answer]]));
  for (const [name, text] of Object.entries(workers)) {
    const file = await bundle(text, `worker-${found.length}`), code = await Deno.readFile(file);
    const folder = `${buildFolder}worker-${found.length}/`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(`${folder}index.js`, code);
    await Deno.writeTextFile(`${folder}config.capnp`, config(`${service.url}/api/predict/json`));
    found.push({ name, folder, size: gzipSync(code, { level: 9 }).length, times: [] });
  }
  await stop(); // nothing else should run meanwhile
  for (let round = -1; round < (options.quick ? 9 : 31); round++) { // the first brings the files into memory
    for (const { folder, times } of found.toSorted(() => Math.random() - 0.5)) {
      const ms = await firstAnswer(folder);
      if (round >= 0) times.push(ms);
    }
  }
  return found;
}

const config = (url: string): string =>
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  bindings = [(name = "URL", text = "${url}")],
  compatibilityDate = "2026-11-01",
);
`;

/** Milliseconds from the start of the process. */
async function firstAnswer(folder: string): Promise<number> {
  const command = Deno.env.get("WORKERD") ?? "workerd", args = ["serve", "config.capnp", "--control-fd=1"];
  const start = performance.now();
  let workerd: Deno.ChildProcess;
  try {
    workerd = new Deno.Command(command, { args, cwd: folder, stdout: "piped", stderr: "inherit" }).spawn();
  } catch (cause) {
    const remedy = "name another in WORKERD, or leave it out with SKIP=workerd";
    throw new Error(`Cannot run "${command}": ${(cause as Error).message}; ${remedy}`, { cause }); // spawn throws errors
  }
  try {
    const response = await fetch(`http://127.0.0.1:${await portOf(workerd)}/`),
      answer = await response.json();
    const ms = performance.now() - start;
    assert.deepEqual(answer, small.output, `the worker in ${folder} answers something else`);
    return ms;
  } finally {
    workerd.kill("SIGKILL");
    await workerd.status;
  }
}

async function portOf({ stdout }: Deno.ChildProcess): Promise<string> {
  let told = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    const port = /"event":"listen".*"port":(\d+)/.exec(told)?.[1];
    if (port) return port;
  }
  throw new Error(`Cannot compare workers: workerd ended before it listened: ${told}`);
}

/** Milliseconds over the worker with `fetch`, within rounds. */
function over(measured: readonly ColdWorker[], { times }: ColdWorker): number {
  const base = measured.find(({ name }) => name === bare)!; // it was measured with the others
  return middle(times.map((ms, round) => ms - base.times[round]!)); // as often
}

/** One table. */
export function coldWorkerTable(measured: readonly ColdWorker[]): string {
  if (!measured.length) return "";
  const rows = measured.map((worker) =>
    `| ${worker.name} | ${worker.size} | ${middle(worker.times).toFixed(1)} | ${
      over(measured, worker).toFixed(1)
    } |`
  );
  return [
    "### Cold start in workerd: from the start of the process to the first answer\n",
    "| | bundle, gzip | ms | ms over the first |",
    "| --- | ---: | ---: | ---: |",
    ...rows,
    "",
  ].join("\n");
}

/** What is held against the goal. */
export function coldWorkerGoals(measured: readonly ColdWorker[]): GoalRow[] {
  return measured.filter(({ name }) => name === "**`Predictor`**").map((ours) => {
    const ms = over(measured, ours), text = `${ms < 0 ? ms.toFixed(1) : short(ms)} ms`;
    return {
      what: "Cold start of a worker with `Predictor`",
      goal: `≤ ${most} ms over one with bare \`fetch\``,
      measured: [{ runtime: "workerd", text, met: ms <= most, gateMet: ms <= 2 * most }],
    };
  });
}

if (import.meta.main) {
  const measured = await measureColdWorkers({ quick: Deno.args.includes("--quick") });
  console.log(coldWorkerTable(measured));
  printGoals(coldWorkerGoals(measured));
}
