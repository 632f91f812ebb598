/**
 * The clients as a process that does what lines tell it: `has CLIENT OPERATION` answers whether it can,
 * `run CLIENT OPERATION SIZE CALLS` calls so often, one after the other, and answers how many milliseconds that took and
 * how many of the processor's; `memory CLIENT OPERATION SIZE` calls once and answers by how many bytes the process grew.
 *
 * @module
 */
import process from "node:process";
import { collectGarbage } from "../garbage.ts";
import { growthOf } from "../growth.ts";
import { clientsIn } from "./clients.ts";
import type { Operation } from "./operations.ts";

const [url = "", folder = ""] = process.argv.slice(2); // its parent says them
const clients = clientsIn({ url, folder });

type Call = (size: number) => Promise<unknown>;

async function run(call: Call, size: number, calls: number): Promise<string> {
  collectGarbage();
  await call(Math.min(size, 1024)); // wakes connections and caches that others' turns have cooled
  const busy = process.cpuUsage(), start = performance.now();
  for (let i = 0; i < calls; i++) await call(size);
  const ms = performance.now() - start, { user, system } = process.cpuUsage(busy);
  return `${ms} ${(user + system) / 1000}`;
}

/** The idle runtime has all modules, and has made one small call. */
async function growth(call: Call, size: number): Promise<number> {
  await call(1024);
  return await growthOf(() => call(size));
}

console.log("ready");
// The parent waits for each answer, so lines come one by one.
for await (const line of process.stdin.setEncoding("utf8")) {
  const [command, name = "", operation, size, calls] = `${line}`.trim().split(" ");
  const call = clients[name]?.[operation as Operation]; // the parent knows them
  if (command === "has" || !call) console.log(call ? "yes" : "no");
  else if (command === "run") console.log(await run(call, Number(size), Number(calls)));
  else console.log(await growth(call, Number(size)));
}
process.exit();
