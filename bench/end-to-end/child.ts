/**
 * The clients as a process that does what lines tell it:
 *
 * - `check CLIENT PAYLOAD` calls once and compares the answer;
 * - `run CLIENT PAYLOAD CALLS IN-FLIGHT` calls so often, so many at a time, and answers how many milliseconds that took,
 *   and how many of the processor's; before that it makes a tenth as many calls that are not counted;
 * - `times CLIENT PAYLOAD` answers how many milliseconds after the call each event of a stream was there;
 * - `memory CLIENT PAYLOAD` answers by how many bytes the process grew in a call;
 * - `map CONCURRENCY PAYLOAD ITEMS` answers how many milliseconds many items took, and how many were answered.
 *
 * @module
 */
import process from "node:process";
import { payloadIds } from "../payloads.ts";
import { growthOf } from "../growth.ts";
import { type Client, client } from "./clients.ts";
import { type EventClient, eventClient } from "./event-clients.ts";
import { jsonClient } from "./json-clients.ts";
import { mapItems } from "./map-client.ts";
import { queueClient } from "./queue-clients.ts";
import { streamOf } from "./texts.ts";

const base = process.argv[2]!; // its parent says it
const made = new Map<string, Client | EventClient>();

async function make(name: string, text: string): Promise<Client | EventClient> {
  const url = `${base}/api/predict/${text}`;
  if (streamOf(text)) return eventClient(name, url, text);
  if (text.startsWith("queue")) return queueClient(name, url);
  if (text === "json") return await jsonClient(name, url);
  const id = payloadIds.find((id) => id === text);
  if (!id) throw new RangeError(`Cannot send "${text}": no such payload`);
  return await client(name, url, id);
}

async function find(name: string, text: string): Promise<Client | EventClient> {
  const key = `${name} ${text}`, found = made.get(key) ?? await make(name, text);
  made.set(key, found);
  return found;
}

/** So many calls, so many at a time. */
async function flood({ call }: Client, calls: number, inFlight: number): Promise<void> {
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  if (inFlight === 1) await worker();
  else await Promise.all(Array.from({ length: inFlight }, worker));
}

async function run(client: Client, calls: number, inFlight: number): Promise<string> {
  await flood(client, Math.floor(calls / 10), inFlight); // caches hold what another process did
  const busy = process.cpuUsage(), start = performance.now();
  await flood(client, calls, inFlight);
  const ms = performance.now() - start, { user, system } = process.cpuUsage(busy);
  return `${ms} ${(user + system) / 1000}`;
}

async function mapped(concurrency: string, text: string, count: number): Promise<string> {
  const limit = concurrency === "adaptive" ? concurrency : Number(concurrency);
  const { ms, answered } = await mapItems(`${base}/api/predict/${text}`, limit, count);
  return `${ms} ${answered}`;
}

async function answer(command: string, client: Client | EventClient, ...rest: number[]): Promise<string> {
  if (command === "run") return await run(client, rest[0]!, rest[1] ?? 1);
  if (command === "times" && "times" in client) return (await client.times()).join(" ");
  if (command === "memory") return `${await growthOf(() => client.call())}`;
  return client.isRight(await client.call() as never) ? "same" : "other values"; // a client reads what it has resolved to
}

console.log("ready");
// The parent waits for each answer, so lines come one by one.
for await (const line of process.stdin.setEncoding("utf8")) {
  const [command = "", name = "", text = "", ...rest] = `${line}`.trim().split(" ");
  if (command === "map") console.log(await mapped(name, text, Number(rest[0])));
  else console.log(await answer(command, await find(name, text), ...rest.map(Number)));
}
process.exit();
