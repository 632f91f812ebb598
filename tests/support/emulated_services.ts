import { type Client, createClient } from "../../core/client.ts";
import { eas, type EasService, getService, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";

/** An emulated cloud on a clock of its own, and what was asked of its control plane. */
export interface EmulatedServices {
  client: Client;
  clock: FakeClock;
  /** Method, path and query of each request, the oldest first. */
  requests: string[];
  /** Deploys a service that answers everything with its name. */
  deploy(
    name: string,
    options?: Record<string, unknown>,
    labels?: Record<string, string>,
  ): Promise<EasService>;
}

export function emulatedServices(options: EmulatorOptions = {}): EmulatedServices {
  const clock = fakeClock();
  const handlers = new Proxy({}, {
    get: (_, name) => typeof name === "string" ? () => Response.json(name) : undefined,
    has: (_, name) => typeof name === "string",
    getOwnPropertyDescriptor: (_, name) => ({ configurable: true, enumerable: true, value: name }),
  });
  const cloud = emulator({ clock, handlers, delays: { create: 5_000, start: 5_000 }, ...options });
  const requests: string[] = [];
  const client = createClient({
    ...cloud,
    fetch: (url, init) => {
      const { host, pathname, search } = new URL(url);
      if (host.startsWith("pai-eas.")) {
        requests.push(`${init.method} ${pathname}${decodeURIComponent(search)}`);
      }
      return cloud.fetch(url, init);
    },
  });
  return {
    client,
    clock,
    requests,
    async deploy(name, config = {}, labels = {}) {
      const inferenceSpec = new InferenceSpec({ processor: "pmml", ...config });
      const model = new Model({ modelData: "oss://emulator-bucket/m.pmml", inferenceSpec });
      await model.deploy(eas(client), { serviceName: name, instanceType: "ecs.c6.large", labels });
      const service = await getService(client, name);
      requests.length = 0;
      return service;
    },
  };
}
