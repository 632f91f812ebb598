import { systemClock } from "../../core/clock.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment, Target } from "../../core/target.ts";
import { watchOf } from "../../core/watch.ts";
import { deployContainer } from "./create/deploy.ts";
import { connectEngine } from "./engine/connect.ts";
import type { Engine, OperationOptions } from "./engine/engine.ts";
import { findService, type FindServiceOptions, findServices, serviceLabels } from "./find-services.ts";
import { collectGarbage, type GcOptions, type GcResult } from "./gc.ts";
import { ownLabels } from "./labels.ts";
import {
  checkDeployOptions,
  checkTargetOptions,
  type LocalDockerDeployOptions,
  type LocalDockerOptions,
} from "./options.ts";
import type { ContainerPlan } from "./plan/container-plan.ts";
import { planContainer } from "./plan/plan-container.ts";
import { LocalService } from "./service.ts";
import { type ReadyOptions, untilReady } from "./wait/until-ready.ts";

/** A container engine as a target: `model.deploy` runs models in containers of it. */
export interface LocalDocker extends Target<LocalDockerDeployOptions> {
  /**
   * How a deployment would run, without asking an engine; `dockerRunText()` prints it. The plan has the environment in
   * it, whose values may be secrets.
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
   * Removes containers, volumes and temporary folders of services whose process is dead, as one that was killed leaves
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
  const connect = (signal?: AbortSignal): Promise<Engine> => connectEngine({ host, context, tls, signal });
  return {
    plan: (deployment, own = {}) => planFor(deployment, options, own),
    service: async (name, own = {}) => await findService(await connect(own.signal), name, own),
    async *services(own = {}) {
      yield* findServices(await connect(own.signal), own);
    },
    gc: async (own = {}) => await collectGarbage(await connect(own.signal), own),
    async deploy<Input, Output>(
      deployment: Deployment,
      own: LocalDockerDeployOptions & { serializer?: Serializer<Input, Output> },
    ): Promise<Service<Input, Output>> {
      const plan = planFor(deployment, options, own);
      const { config } = deployment;
      const { serviceName: name, port } = plan;
      const { serializer, temporary = false, wait = true, cleanupOnFailure = true, unpackModel = true } = {
        ...options,
        ...own,
      };
      const watch = watchOf(systemClock, name, "deploy", own);
      for (const message of plan.warnings) watch.report({ stage: "check", level: "warning", message });
      const labels = { ...ownLabels(name, { temporary }), ...serviceLabels(shown(config), port) };
      const order = { plan, config, labels, unpackModel, watch, connect };
      return await deployContainer(order, cleanupOnFailure, async (engine, { id, made: { volumes } }) => {
        const ready: ReadyOptions = { ...own, action: "deploy", began: watch.began };
        const info = wait ? await untilReady(engine, { id, name, port, config }, ready) : undefined;
        const hostPort = info?.ports[`${port}/tcp`];
        const init = { name, containerId: id, volumes, port, hostPort, config, serializer, temporary };
        return new LocalService<Input, Output>(engine, init);
      });
    },
  };
}

/** What labels may show of a configuration: commands and requirements may hold secrets as well as variables do. */
function shown(config: ServiceConfig): ServiceConfig {
  const containers = config.containers?.map(({ script: _, command: __, args: ___, prepare: ____, ...rest }) =>
    rest
  );
  return { ...config, ...(containers && { containers }) };
}

function planFor(
  deployment: Deployment,
  { storage = [], ...options }: LocalDockerOptions,
  own: LocalDockerDeployOptions,
): ContainerPlan {
  checkDeployOptions(own);
  const { name, metadata } = deployment.config;
  const serviceName = own.serviceName ?? name ?? metadata?.name;
  if (typeof serviceName !== "string") {
    throw new TypeError("Cannot deploy locally: the service has no name; give serviceName");
  }
  const {
    gpus,
    platform,
    pull = "missing",
    folders = "read-only",
    limits = true,
    publishedAt = "127.0.0.1",
  } = {
    ...options,
    ...withoutUndefined(own),
  };
  return planContainer(deployment, {
    serviceName,
    ...(own.image && { image: own.image }),
    storages: "bucket" in storage ? [storage] : storage,
    folders,
    pull,
    ...(platform && { platform }),
    ...(gpus !== undefined && { gpus }),
    limits,
    publishedAt,
  });
}

/** Options that are given: one that is undefined doesn't beat the target's. */
function withoutUndefined<O extends object>(options: O): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<O>;
}
