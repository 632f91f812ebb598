import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment, Target } from "../../core/target.ts";
import { deployProcessor } from "./deploy-processor.ts";
import { deployService, planFor } from "./deploy-service.ts";
import { connectEngine } from "./engine/connect.ts";
import { DockerError } from "./engine/docker-error.ts";
import type { Engine, OperationOptions } from "./engine/engine.ts";
import { findService, type FindServiceOptions, findServices } from "./find-services.ts";
import { collectGarbage, type GcOptions, type GcResult } from "./gc.ts";
import {
  checkDeployOptions,
  checkTargetOptions,
  type LocalDockerDeployOptions,
  type LocalDockerOptions,
} from "./options.ts";
import type { ContainerPlan } from "./plan/container-plan.ts";
import { shownPlan } from "./plan/shown.ts";
import { isProcessor } from "./processors/run-processor.ts";

/** A container engine as a target: `model.deploy` runs models in containers of it. */
export interface LocalDocker extends Target<LocalDockerDeployOptions> {
  /**
   * How a deployment would run, without asking an engine. It is for reading: secrets are masked, and `dockerRunText()`
   * makes one line of it.
   *
   * @throws {TypeError} or {RangeError} when it can't run.
   */
  plan(deployment: Deployment, options?: LocalDockerDeployOptions): ContainerPlan;
  /**
   * Finds a service that runs or is stopped, whichever process deployed it.
   *
   * @throws {ServiceError} with the code `NotFound` when there is none of this name.
   * @throws {DockerError} when the engine refuses, or there is none.
   */
  service<Input = unknown, Output = unknown>(
    name: string,
    options?: FindServiceOptions<Input, Output>,
  ): Promise<Service<Input, Output>>;
  /** Lists the services of the engine, whichever process deployed them. */
  services(options?: OperationOptions): AsyncIterable<Service>;
  /**
   * Removes containers and volumes of services whose process is dead, as one that was killed leaves
   * them; nothing else is looked at.
   *
   * @throws {DockerError} when the engine refuses, or there is none; what could be removed is removed.
   */
  gc(options?: GcOptions): Promise<GcResult>;
}

/**
 * Runs models in containers of Docker, Podman or another engine that speaks Docker's API. What can be checked is checked
 * before anything is asked of the engine, and a deployment that fails or is cancelled leaves nothing behind. Nothing is
 * done before a deployment; each looks for the engine anew.
 *
 * @throws {TypeError} or {RangeError} when an option is wrong.
 */
export function localDocker(options: LocalDockerOptions = {}): LocalDocker {
  checkTargetOptions(options);
  const { host, context, tls } = options;
  const connect = async (signal?: AbortSignal): Promise<Engine> => {
    checkRuntime();
    return await connectEngine({ host, context, tls, signal });
  };
  return {
    plan(deployment, own = {}) {
      const { config } = deployment;
      const name = own.serviceName ?? config.name ?? config.metadata?.name ?? "service"; // deploy() makes one up
      return shownPlan(planFor(deployment, options, { ...own, serviceName: name }), config);
    },
    service: async (name, own = {}) => await findService(await connect(own.signal), name, own),
    async *services(own = {}) {
      yield* findServices(await connect(own.signal), own);
    },
    gc: async (own = {}) => await collectGarbage(await connect(own.signal), own),
    async deploy<Input, Output>(
      deployment: Deployment,
      own: LocalDockerDeployOptions & { serializer?: Serializer<Input, Output> },
    ): Promise<Service<Input, Output>> {
      checkDeployOptions(own);
      const setup = { options, connect };
      return isProcessor(deployment)
        ? await deployProcessor<Input, Output>(deployment, setup, own)
        : await deployService<Input, Output>(deployment, setup, own);
    },
  };
}

/** Workers have no sockets that lead to an engine, whichever modules they are given. */
function checkRuntime(): void {
  if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") return;
  const problem =
    "a worker can't reach a container engine; deploy from Deno, Bun or Node, and call the service from here";
  throw new DockerError(`Cannot use local Docker: ${problem}`, { code: "NO_ENGINE" });
}
