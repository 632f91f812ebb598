import { json } from "../../core/json.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment } from "../../core/target.ts";
import { deployService, nameOf, type Own, type Setup, withoutUndefined } from "./deploy-service.ts";
import { runProcessor } from "./processors/run-processor.ts";

/** Runs a deployment that has a processor: in a container, and with an engine, only where its model needs one. */
export async function deployProcessor<Input, Output>(
  deployment: Deployment,
  setup: Setup,
  own: Own<Input, Output>,
): Promise<Service<Input, Output>> {
  const { storage = [], processors, images, serializers = [], ...options } = setup.options;
  const { gpus = 0, platform } = { ...options, ...withoutUndefined(own) };
  const usual = serializers.find((serializer) => serializer.matches?.(deployment.config)) ?? json();
  // What matches a configuration has the types that the caller expects of the service.
  const serializer = own.serializer ?? usual as Serializer<unknown, unknown> as Serializer<Input, Output>;
  return await runProcessor<Input, Output>(deployment, {
    ...own,
    serviceName: nameOf(deployment, own),
    serializer,
    handlers: processors,
    images,
    storages: "bucket" in storage ? [storage] : storage,
    hasGpus: gpus !== 0,
    runContainer: async (inner, { platform: usualPlatform, timeout, endsWithProcess }) => {
      const chosen = platform ?? (own.image === undefined ? usualPlatform : undefined);
      const order = { ...own, timeout, serializer, platform: chosen };
      return await deployService(inner, setup, order, { temporary: own.temporary || endsWithProcess });
    },
  });
}
