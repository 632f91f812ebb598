/**
 * An emulator on a port of this machine, as a process of its own: asynchronous services that answer with what they are sent.
 * `deno run -A queue-server.ts NAME=MS …`, where their model takes so many milliseconds; it ends with its standard input.
 *
 * @module
 */
import process from "node:process";
import { createClient } from "../../core/client.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { serve } from "../../plugins/emulator/serve.ts";

const credentials = { accessKeyId: "benchKeyId", accessKeySecret: "invented-secret" };
const services = process.argv.slice(2).map((argument) => argument.split("=") as [name: string, ms: string]);

/** Says what it is sent, after so many milliseconds. */
function echo(ms: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const body = await request.arrayBuffer();
    if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
    return new Response(body, { headers: { "content-type": "application/json" } });
  };
}

const cloud = await serve(emulator({
  credentials: [credentials],
  delays: { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 },
  handlers: Object.fromEntries(services.map(([name, ms]) => [name, echo(Number(ms))])),
}));
const client = createClient({ region: "cn-hangzhou", credentials, endpoints: { eas: cloud.url } });
for (const [name] of services) {
  const body = { name, processor: name, metadata: { type: "Async" }, token: "invented-token" };
  await client.call("CreateService", { method: "POST", path: "/api/v2/services", body });
}
console.log(`listening on ${cloud.url}`);
for await (const _ of process.stdin) { /* until it ends */ }
process.exit();
