// What tests of services of a real engine have alike.
import assert from "node:assert/strict";
import type { Container, Metadata } from "../../core/service-config.ts";
import type { Service } from "../../core/service.ts";
import { type ContainerServingOptions, containerServingSpec, Model } from "../../plugins/deploy/mod.ts";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { listContainers } from "../../plugins/local-docker/engine/list-containers.ts";
import { listVolumes } from "../../plugins/local-docker/engine/volumes.ts";
import {
  localDocker,
  type LocalDockerDeployOptions,
  type LocalDockerOptions,
} from "../../plugins/local-docker/mod.ts";

/** What an engine holds of this package, by name. */
export async function held(engine: Engine): Promise<string[]> {
  const labels = { "com.pai-edge.sdk.service": true } as const;
  const containers = await listContainers(engine, { all: true, labels });
  const volumes = await listVolumes(engine, { labels });
  return [...containers.map(({ name }) => name), ...volumes.map(({ name }) => name)].sort();
}

/** Runs something, and finds that it leaves nothing behind. */
export async function leavingNothing(engine: Engine, run: () => Promise<void>): Promise<void> {
  const before = await held(engine);
  await run();
  assert.deepEqual(await held(engine), before);
}

/** A service to deploy. */
export interface Order extends LocalDockerDeployOptions {
  /** Of the container. */
  spec: ContainerServingOptions;
  /** What else its configuration says. */
  container?: Partial<Container>;
  /** Megabytes that it may use. */
  memory?: number;
  /** More of its configuration's metadata. */
  metadata?: Metadata;
  /** Of the target. */
  target?: LocalDockerOptions;
}

/** Deploys one container. */
export async function deployed(
  name: string,
  { spec, container, memory, metadata, target, ...options }: Order,
): Promise<Service> {
  const inferenceSpec = containerServingSpec({ ...spec, command: spec.command || "true" });
  Object.assign(inferenceSpec.config.containers![0]!, container); // which the function has made
  Object.assign(inferenceSpec.config.metadata, metadata);
  if (memory !== undefined) inferenceSpec.config.metadata.memory = memory;
  return await new Model({ inferenceSpec }).deploy(localDocker(target), { serviceName: name, ...options });
}

/** What something is rejected with. */
export async function rejection(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.catch((error) => ({ error }));
  const { error } = Object(outcome);
  assert.ok(error instanceof Error, "it was to reject");
  return error;
}

/** Waits until something holds, at most a minute. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  for (let turn = 0; turn < 1_200; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within a minute: ${what}`);
}
