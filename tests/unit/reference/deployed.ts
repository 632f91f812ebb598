import { createClient } from "../../../core/client.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import { eas, type InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import { fakeClock } from "../../support/fake_clock.ts";

/** What came of a deployment. */
export interface Deployed {
  /** The configuration that the service has, without its name, metadata and machines. */
  config: ServiceConfig;
  /** Keys of the objects in the bucket. */
  keys: string[];
  /** What was said on the way. */
  messages: string[];
}

/** Deploys a spec to the emulator, whose bucket is `my-bucket`. */
export async function deployed(inferenceSpec: InferenceSpec): Promise<Deployed> {
  const cloud = emulator({
    buckets: ["my-bucket"],
    clock: fakeClock(),
    handlers: { svc: () => new Response("ok") },
  });
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "my-bucket" });
  const messages: string[] = [];
  const service = await new Model({ inferenceSpec }).deploy(eas(client, { storage }), {
    serviceName: "svc",
    instanceType: "ecs.c6.large",
    onProgress: ({ message }) => messages.push(message),
  });
  const { config: { name: _name, metadata: _metadata, cloud: _cloud, ...config } } = await service.describe();
  const keys = (await Array.fromAsync(storage.list())).map(({ key }) => key);
  return { config, keys, messages };
}
