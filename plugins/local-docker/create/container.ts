import { ServiceError } from "../../../core/errors.ts";
import { createContainer, removeContainer, startContainer } from "../engine/containers.ts";
import { DockerError } from "../engine/docker-error.ts";
import type { ImageInfo } from "../engine/images.ts";
import { inspectContainer } from "../engine/inspect-container.ts";
import { putArchive } from "../engine/archive.ts";
import { createVolume } from "../engine/volumes.ts";
import { type Copy, copyFiles } from "../files/copy-files.ts";
import { startFiles } from "../files/start-files.ts";
import type { PlannedMount } from "../plan/container-plan.ts";
import { containerSpec, volumeOptions } from "../plan/container-spec.ts";
import { type Launch, launchOf } from "../plan/start.ts";
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

/** Puts into the container what starts it, and into its volumes what they hold. */
async function fill(
  job: Job,
  id: string,
  { launch, copies, volumes, made }: {
    launch: Launch;
    copies: ReadonlyMap<PlannedMount, Copy>;
    volumes: ReadonlyMap<PlannedMount, string>;
    made: Made;
  },
): Promise<void> {
  const { engine, plan, watch: { signal } } = job;
  if (Object.keys(launch.files).length > 0) {
    await putArchive(engine, id, "/", startFiles(launch.files, signal), { signal });
  }
  for (const [mount, copy] of copies) {
    if (isWritable(mount, plan.mounts)) await copyFiles(job, id, mount.path, copy);
    else await copyByAnother(job, { mount, copy, volume: volumes.get(mount)!, made });
  }
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

/**
 * Whether files can be put into a mount by way of the container: it may write there, and nothing is mounted inside, which
 * might get them instead.
 */
function isWritable(mount: PlannedMount, mounts: readonly PlannedMount[]): boolean {
  if (mount.kind === "copy" && mount.readOnly) return false;
  return !mounts.some(({ path }) => path.startsWith(`${mount.path}/`));
}

/** Copies into a volume by a container that has nothing else and is never started. */
async function copyByAnother(
  job: Job,
  { mount, copy, volume, made }: { mount: PlannedMount; copy: Copy; volume: string; made: Made },
): Promise<void> {
  const { engine, plan, labels } = job;
  const name = `${volume}-copy`;
  const HostConfig = { Mounts: [{ Type: "volume", Source: volume, Target: mount.path }] };
  const spec = { Image: plan.image, Cmd: ["never-started"], Labels: labels, HostConfig };
  const id = await made.container(
    name,
    () => createContainer(engine, spec, { name, platform: plan.platform, timeout: momentTimeout }),
  );
  await copyFiles(job, id, mount.path, copy);
  await removeContainer(engine, id, { force: true, volumes: true, timeout: momentTimeout });
  made.removed(name);
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
