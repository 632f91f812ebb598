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

/** The clients in JavaScript; the first is what all are compared with. */
export const scripts: Titles = {
  fetch: "bare `fetch` of ready bytes",
  predictor: "**`Predictor`**",
  allocated: "**`Predictor`**, tensors built in place",
  protobufjs: "`fetch` with protobufjs 8, static",
  "protobuf-es": "`fetch` with protobuf-es 2",
};

/** The clients in Go: with no more than they must do, and Alibaba's SDK where `EAS_GO_SDK` names its source. */
const inGo: Titles = {
  go: "Go: `net/http`, protobuf",
  "go-sdk": sdkFolder ? "Go: Alibaba's SDK" : "Go: the steps of Alibaba's SDK",
};
/** The clients in Python. */
const inPython: Titles = { eas: "Python: `eas_prediction`", pai: "Python: the steps of the PAI SDK" };

/** All clients, and how to end their processes. */
export interface Callers extends AsyncDisposable {
  /** Titles of the runtimes. */
  runtimes: string[];
  /** The clients. The `child` of those in JavaScript has the title of the runtime. */
  callers: Caller[];
}

/** Starts the processes of all languages but those in `SKIP`. `folder` has a request of each payload. */
export async function startCallers(url: string, folder: string): Promise<Callers> {
  const stack = new AsyncDisposableStack(), callers: Caller[] = [];
  const found = await runtimes(new URL("child.ts", import.meta.url));
  const add = async (program: Program, titles: Titles, ...args: string[]): Promise<void> => {
    const child = stack.use(await start(program, ...args));
    await keepOnFirstCore(child);
    for (const [client, name] of Object.entries(titles)) callers.push({ child, client, name });
  };
  for (const runtime of found) await add(runtime, scripts, url);
  if (!skipGo) {
    const command = await buildGo(new URL("go/", import.meta.url), sdkFolder);
    await add({ title: "Go", command, args: [] }, inGo, url, folder);
  }
  if (!skipPython && !skipped.includes("python-bench")) {
    const program = { title: "Python", command: await python(), args: [pathOf("python/clients.py")] };
    await add(program, inPython, url, folder, pathOf("../../protos/"));
  }
  const dispose = (): Promise<void> => stack.disposeAsync();
  return { runtimes: found.map(({ title }) => title), callers, [Symbol.asyncDispose]: dispose };
}

/** Its main thread only, and where that is possible: `server.cpp` says why. Other threads go where there is room. */
async function keepOnFirstCore({ pid }: Child): Promise<void> {
  await new Deno.Command("taskset", { args: ["--cpu-list", "--pid", "0", `${pid}`] }).output().catch(
    () => {},
  );
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
