/**
 * Uses queues in every way that waits, gives each up with a long time left on it, and says `done`: the program of which
 * a test sees whether it then ends by itself. Argument: the address of the gateway.
 *
 * @module
 */
import process from "node:process";
import { AsyncPredictor, QueueClient, webSocketWatch } from "../../plugins/queue/mod.ts";

const [endpoint = ""] = process.argv.slice(2);
const target = { endpoint, serviceName: "jobs", token: "token" };
const signal = AbortSignal.timeout(30_000);

for (const fetch of [undefined, webSocketWatch()]) {
  const queue = new QueueClient({ ...target, fetch });
  await queue.put("a");
  for await (const item of queue.watch({ signal, autoCommit: "handled" })) if (item) break;
  const watch = queue.watch({ signal, index: -1n });
  const waiting = watch.next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  watch.close();
  await waiting;
}
const lost = new QueueClient({ ...target, endpoint: "http://127.0.0.1:9" }).watch({ signal });
const waiting = lost.next(); // between two connections
setTimeout(() => lost.close(), 100);
await waiting;
const task = new AsyncPredictor({ ...target, serviceName: "echo" }).task("nobody's");
await task.result({ signal, timeout: 100 }).catch((error) => console.log(error.name));
console.log("done");
