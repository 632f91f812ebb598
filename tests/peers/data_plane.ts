// The services that official clients of the data plane call in these tests, all with the token `token`.
import { createClient } from "../../core/client.ts";
import type { EmulatorServer } from "../../plugins/emulator/serve.ts";
import { lasting, startCloud } from "./cloud.ts";

/** Starts an emulator with `echo`, which says what it is sent, `jobs`, a queue, and `slow_echo`, reached through queues. */
export async function startDataPlane(): Promise<EmulatorServer> {
  const cloud = await startCloud({ handlers: { echo: (request) => new Response(request.body) } });
  const endpoints = { eas: cloud.url };
  const client = createClient({ region: "cn-hangzhou", credentials: lasting, endpoints });
  const services = [
    { name: "echo", processor: "echo" },
    { name: "jobs", metadata: { type: "Queue" } },
    { name: "slow_echo", processor: "echo", metadata: { type: "Async" } },
  ];
  for (const service of services) {
    const body = { ...service, token: "token" };
    await client.call("CreateService", { method: "POST", path: "/api/v2/services", body });
  }
  return cloud;
}
