import { ServiceError } from "../../../core/errors.ts";
import { createContainer, startContainer } from "../engine/containers.ts";
import { DockerError } from "../engine/docker-error.ts";
import type { ImageInfo } from "../engine/images.ts";
import { inspectContainer } from "../engine/inspect-container.ts";
import { createVolume } from "../engine/volumes.ts";
import type { Copy } from "../files/copy-files.ts";
import type { PlannedMount } from "../plan/container-plan.ts";
import { containerSpec, volumeOptions } from "../plan/container-spec.ts";
import { launchOf } from "../plan/start.ts";
import { fill } from "./fill.ts";
import { fitting } from "./fitting.ts";
import { type Job, momentTimeout } from "./job.ts";
import type { Made } from "./made.ts";
import { mountFailure } from "./mount-failure.ts";

/**
 * Finds out that no container has the name of the service. A conflict would show when the container is made, but only
 * after its image was pulled.
 *
 * @throws {ServiceError} when one has it.
 */
export async function checkNameIsFree(job: Job): Promise<void> {
  const { engine, plan: { containerName }, watch: { signal } } = job;
  try {
    await inspectContainer(engine, containerName, { signal, timeout: momentTimeout });
  } catch (error) {
    if (error instanceof DockerError && error.code === "NOT_FOUND") return;
    throw error;
  }
  throw await nameIsTaken(job);
}

/**
 * Makes the container with its volumes and all that is in them, and starts it.
 *
 * @param copies What is copied, by mount.
 * @returns The container's id.
 * @throws {ServiceError} when its name is taken; {@linkcode DockerError} when the engine refuses.
 */
export async function makeContainer(
  job: Job,
  image: ImageInfo,
  copies: ReadonlyMap<PlannedMount, Copy>,
  made: Made,
): Promise<string> {
  const { engine, plan, containerLabels: labels, watch: { signal, report } } = job;
  const launch = launchOf(plan, image);
  const resources = await fitting(job);
  report({ stage: "create", message: `creating container "${plan.containerName}"` });
  const volumes = await makeVolumes(job, made);
  const spec = containerSpec({ ...plan, resources }, {
    launch,
    labels,
    volumeOf: (mount) => volumes.get(mount),
  });
  const { platform, containerName: name } = plan;
  // Not cancelled by the caller's signal: whether there is a container would be unknown.
  const id = await made.container(
    name,
    () => createContainer(engine, spec, { name, platform, timeout: momentTimeout }),
  )
    .catch(async (error) => {
      if (error instanceof DockerError && error.code === "CONFLICT") throw await nameIsTaken(job, error);
      throw mountFailure(plan, error) ?? error;
    });
  signal.throwIfAborted();
  try {
    await fill(job, id, { launch, copies, volumes, made });
    report({ stage: "start", message: `starting container "${name}"` });
    await startContainer(engine, id, { signal, timeout: momentTimeout });
  } catch (error) {
    throw mountFailure(plan, error) ?? error;
  }
  return id;
}

/** Makes a volume for each mount that is one. Names are random, so that what is removed is nobody else's. */
async function makeVolumes(
  { engine, plan, labels, watch }: Job,
  made: Made,
): Promise<Map<PlannedMount, string>> {
  const random = crypto.randomUUID().slice(0, 8);
  const volumes = new Map<PlannedMount, string>();
  const all: Promise<unknown>[] = [];
  for (const mount of plan.mounts) {
    const driverOptions = volumeOptions(mount);
    if (!driverOptions) continue;
    const name = `${plan.containerName}-${random}-${volumes.size + 1}`;
    made.addVolume(name);
    volumes.set(mount, name);
    all.push(createVolume(engine, { name, labels, driverOptions }, { timeout: momentTimeout }));
  }
  const failed = (await Promise.allSettled(all)).find((result) => result.status === "rejected"); // none is left behind
  if (failed) throw failed.reason;
  watch.signal.throwIfAborted();
  return volumes;
}

/** The error of a name that somebody has. */
async function nameIsTaken({ engine, plan }: Job, cause?: DockerError): Promise<ServiceError> {
  const { serviceName, containerName } = plan;
  const found = await inspectContainer(engine, containerName, { timeout: momentTimeout }).catch(() =>
    undefined
  );
  const status = found?.state.status ?? "there";
  return new ServiceError(
    `Cannot deploy service "${serviceName}" locally: the name is taken, by a container that is ${status}; ` +
      `delete it (docker rm --force --volumes ${containerName}, or gc() when its process is gone), or choose another`,
    {
      serviceName,
      serviceStatus: found?.state.running ? "Running" : "Stopped",
      code: "AlreadyExists",
      cause,
    },
  );
}
