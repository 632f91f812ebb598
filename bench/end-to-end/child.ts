/**
 * The clients as a process that does what lines tell it: `check CLIENT PAYLOAD` calls once and compares the answer,
 * `run CLIENT PAYLOAD CALLS` calls so often, one after the other, and answers how many milliseconds that took; before
 * that it makes a tenth as many calls that are not counted.
 *
 * @module
 */
import process from "node:process";
import { encode, predictResponse } from "../../protos/tf-predict.ts";
import { payload, type PayloadId, payloadIds } from "../payloads.ts";
import { type Answer, type Client, client } from "./clients.ts";
import { isSame } from "./same.ts";

const url = process.argv[2]!; // its parent says it
const made = new Map<string, Client>();

function idOf(text: string): PayloadId {
  const id = payloadIds.find((id) => id === text);
  if (!id) throw new RangeError(`Cannot send "${text}": no such payload`);
  return id;
}

async function find(name: string, id: PayloadId): Promise<Client> {
  const key = `${name} ${id}`, found = made.get(key) ?? await client(name, url, id);
  made.set(key, found);
  return found;
}

/** The service answers with the arrays that it was sent. */
function isRight(answer: Answer, id: PayloadId): boolean {
  const { sources, family, response } = payload(id);
  if (answer instanceof Uint8Array) {
    return family === "tf" && isSame(answer, encode(predictResponse, response));
  }
  return sources.every(({ data }, i) => isSame(answer[i], data));
}

async function run({ call }: Client, calls: number): Promise<number> {
  for (let i = 0; i < Math.floor(calls / 10); i++) await call(); // caches hold what another process did
  const start = performance.now();
  for (let i = 0; i < calls; i++) await call();
  return performance.now() - start;
}

console.log("ready");
// The parent waits for each answer, so lines come one by one.
for await (const line of process.stdin.setEncoding("utf8")) {
  const [command, name = "", text = "", calls] = `${line}`.trim().split(" "), id = idOf(text);
  const { call, read } = await find(name, id);
  if (command === "run") console.log(await run({ call, read }, Number(calls)));
  // a client reads what it has resolved to
  else console.log(isRight(read(await call() as never), id) ? "same" : "other values");
}
process.exit();
