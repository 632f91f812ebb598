import { systemClock } from "../../core/clock.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment } from "../../core/target.ts";
import { watchOf } from "../../core/watch.ts";
import { deployContainer } from "./create/deploy.ts";
import type { Engine } from "./engine/engine.ts";
import { inspectContainer } from "./engine/inspect-container.ts";
import { serviceLabels } from "./find-services.ts";
import { ownLabels } from "./labels.ts";
import { checkDeployOptions, type LocalDockerDeployOptions, type LocalDockerOptions } from "./options.ts";
import type { ContainerPlan } from "./plan/container-plan.ts";
import { planContainer } from "./plan/plan-container.ts";
import { LocalService } from "./service.ts";
import { type ReadyOptions, untilReady } from "./wait/until-ready.ts";

/** What deployments to one target share. */
export interface Setup {
  /** The target's options. */
  readonly options: LocalDockerOptions;
  /** Finds the engine. */
  readonly connect: (signal?: AbortSignal) => Promise<Engine>;
}

/** Options of a deployment, with the format of its predictor. */
export type Own<Input, Output> = LocalDockerDeployOptions & { serializer?: Serializer<Input, Output> };

/**
 * Runs a deployment in a container.
 *
 * @param owned Whether the container is to end with this process, as a service does that is temporary.
 */
export async function deployService<Input, Output>(
  deployment: Deployment,
  { options, connect }: Setup,
  own: Own<Input, Output>,
  owned: { temporary?: boolean } = own,
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
  const labels = ownLabels(name, owned);
  const containerLabels = { ...labels, ...serviceLabels(shown(config), port) };
  const order = { plan, config, labels, containerLabels, unpackModel, watch, connect };
  return await deployContainer(order, cleanupOnFailure, async (engine, { id, made: { volumes } }) => {
    const ready: ReadyOptions = { ...own, action: "deploy", began: watch.began };
    const info = wait
      ? await untilReady(engine, { id, name, port, config }, ready)
      : await inspectContainer(engine, id, { signal: own.signal }); // for the port
    const hostPort = info.ports[`${port}/tcp`];
    const init = { name, containerId: id, volumes, port, hostPort, config, serializer, temporary };
    return new LocalService<Input, Output>(engine, init);
  });
}

/**
 * How a deployment would run.
 *
 * @throws {TypeError} or {RangeError} when it can't.
 */
export function planFor(
  deployment: Deployment,
  { storage = [], ...options }: LocalDockerOptions,
  own: LocalDockerDeployOptions,
): ContainerPlan {
  checkDeployOptions(own);
  const serviceName = nameOf(deployment, own);
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

/** What labels may show of a configuration: commands and requirements may hold secrets as well as variables do. */
function shown(config: ServiceConfig): ServiceConfig {
  const containers = config.containers?.map(({ script: _, command: __, args: ___, prepare: ____, ...rest }) =>
    rest
  );
  return { ...config, ...(containers && { containers }) };
}

/**
 * Name of the service.
 *
 * @throws {TypeError} when there is none.
 */
export function nameOf({ config }: Deployment, { serviceName }: LocalDockerDeployOptions): string {
  const name = serviceName ?? config.name ?? config.metadata?.name;
  if (typeof name === "string") return name;
  throw new TypeError("Cannot deploy locally: the service has no name; give serviceName");
}

/** Options that are given: one that is undefined doesn't beat the target's. */
export function withoutUndefined<O extends object>(options: O): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<O>;
}
