/**
 * The clients of all languages, as processes.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { buildGo, sdkFolder, skipGo } from "../../tests/peers/go.ts";
import { python, skipPython } from "../../tests/peers/python.ts";
import { type Child, type Program, runtimes, skipped, start } from "../processes.ts";
import type { Caller } from "./turns.ts";

/** Clients by their names in a process, with what tables say. */
type Titles = Readonly<Record<string, string>>;

/** What is sent and answered: arrays, JSON, streams of events, or JSON through queues. */
export type Kind = "arrays" | "json" | "events" | "queue";

/** The clients in JavaScript; the first is what all are compared with. */
export const scripts: Readonly<Record<Kind, Titles>> = {
  arrays: {
    fetch: "bare `fetch` of ready bytes",
    predictor: "**`Predictor`**",
    allocated: "**`Predictor`**, tensors built in place",
    protobufjs: "`fetch` with protobufjs 8, static",
    "protobuf-es": "`fetch` with protobuf-es 2",
  },
  json: { fetch: "bare `fetch`", predictor: "**`Predictor`**", openai: "`openai`" },
  events: {
    raw: "bare `fetch`: the raw body",
    stream: "**`stream`**: events",
    json: "**`stream`**: what they say in JSON",
    passed: "**`stream`**: passed on, the raw body",
    chat: "**`chatStream`**",
    openai: "`openai`",
  },
  queue: {
    fetch: "bare `fetch`: the calls of the next",
    async: "**`AsyncPredictor`**",
    queue: "**`QueueClient`**",
  },
};

/** Those on Node alone. */
const onNode: Readonly<Record<Kind, Titles>> = {
  arrays: { undici: "**`Predictor`** over `undici.request`" },
  json: { undici: "**`Predictor`** over `undici.request`" },
  events: {},
  queue: {},
};

const sdk = sdkFolder ? "Go: Alibaba's SDK" : "Go: the steps of Alibaba's SDK";
/** The clients in Go: with no more than they must do, and Alibaba's SDK where `EAS_GO_SDK` names its source. */
const inGo: Readonly<Record<Kind, Titles>> = {
  arrays: { go: "Go: `net/http`, protobuf", "go-sdk": sdk },
  json: { go: "Go: `net/http`, `encoding/json`", "go-sdk": sdk },
  events: { "go-sdk": `${sdk}, which reads the body whole` },
  queue: sdkFolder ? { "go-sdk": `${sdk}, its \`QueueClient\`` } : {},
};
/** The clients in Python, by the scripts that have them. */
const inPython: Readonly<Record<Kind, Readonly<Record<string, Titles>>>> = {
  arrays: { clients: { eas: "Python: `eas_prediction`", pai: "Python: the steps of the PAI SDK" } },
  json: { clients: { eas: "Python: `eas_prediction`" }, pai_clients: { pai: "Python: the PAI SDK" } },
  events: { clients: { eas: "Python: `eas_prediction`, which reads the body whole" } },
  queue: {
    queue_clients: { eas: "Python: `eas_prediction`, its `QueueClient`" },
    pai_clients: { pai: "Python: the PAI SDK, its `AsyncPredictor`" },
  },
};

/** All clients, and how to end their processes. */
export interface Callers extends AsyncDisposable {
  /** Titles of the runtimes. */
  runtimes: string[];
  /** The clients. The `child` of those in JavaScript has the title of the runtime. */
  callers: (Caller & { kind: Kind })[];
}

/** The names of clients, by what they send; of some kind, none. */
export type Wanted = { readonly [Name in Kind]?: (client: string) => boolean };

/**
 * Starts the processes of all languages that have a client that is wanted, but those in `SKIP`. `folder` has a request of
 * each payload.
 */
export async function startCallers(url: string, folder: string, wanted: Wanted): Promise<Callers> {
  const stack = new AsyncDisposableStack(), callers: Callers["callers"] = [];
  const found = await runtimes(new URL("child.ts", import.meta.url));
  const kinds: Kind[] = ["arrays", "json", "events", "queue"];
  const add = async (program: Program, titles: (kind: Kind) => Titles, ...args: string[]): Promise<void> => {
    const own = kinds.flatMap((kind) =>
      Object.entries(titles(kind)).map(([client, name]) => ({ kind, client, name }))
    ).filter(({ kind, client }) => wanted[kind]?.(client));
    if (!own.length) return;
    const child = stack.use(await start(program, ...args));
    await keepOnFirstCore(child);
    for (const one of own) callers.push({ ...one, child });
  };
  for (const runtime of found) {
    const isNode = runtime.title.startsWith("Node");
    await add(runtime, (kind) => ({ ...scripts[kind], ...isNode && onNode[kind] }), url);
  }
  if (!skipGo) {
    const command = await buildGo(new URL("go/", import.meta.url), sdkFolder);
    await add({ title: "Go", command, args: [] }, (kind) => inGo[kind], url, folder);
  }
  if (!skipPython && !skipped.includes("python-bench")) {
    const interpreter = await python();
    for (const script of ["clients", "pai_clients", "queue_clients"]) {
      const program = { title: "Python", command: interpreter, args: [pathOf(`python/${script}.py`)] };
      await add(program, (kind) => inPython[kind][script] ?? {}, url, folder, pathOf("../../protos/"));
    }
  }
  const dispose = (): Promise<void> => stack.disposeAsync();
  return { runtimes: found.map(({ title }) => title), callers, [Symbol.asyncDispose]: dispose };
}

/** Its main thread only, and where that is possible: `server.cpp` says why. Other threads go where there is room. */
export async function keepOnFirstCore({ pid }: Child): Promise<void> {
  await new Deno.Command("taskset", { args: ["--cpu-list", "--pid", "0", `${pid}`] }).output().catch(
    () => {},
  );
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
