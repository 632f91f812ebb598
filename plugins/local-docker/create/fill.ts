import { getArchive, putArchive } from "../engine/archive.ts";
import { createContainer, removeContainer } from "../engine/containers.ts";
import { type Copy, copyFiles } from "../files/copy-files.ts";
import { startFiles } from "../files/start-files.ts";
import type { PlannedMount } from "../plan/container-plan.ts";
import type { Launch } from "../plan/start.ts";
import { type Job, momentTimeout } from "./job.ts";
import type { Made } from "./made.ts";

/** What a container is filled with. */
export interface Filling {
  /** What starts it. */
  readonly launch: Launch;
  /** What is copied, by mount. */
  readonly copies: ReadonlyMap<PlannedMount, Copy>;
  /** Names of volumes, by mount. */
  readonly volumes: ReadonlyMap<PlannedMount, string>;
  /** Takes note of other containers. */
  readonly made: Made;
}

/** Puts into a container what starts it, and into its volumes what they hold. */
export async function fill(job: Job, id: string, { launch, copies, volumes, made }: Filling): Promise<void> {
  const { engine, plan, watch: { signal } } = job;
  if (Object.keys(launch.files).length > 0) {
    await putArchive(engine, id, "/", startFiles(launch.files, signal), { signal });
  }
  for (const mount of plan.mounts) {
    const volume = volumes.get(mount), copy = copies.get(mount);
    if (!volume || !(copy || mount.kind === "image")) continue;
    const put = async (container: string): Promise<void> => {
      if (copy) await copyFiles(job, container, mount.path, copy);
      else if (mount.kind === "image") await copyFromImage(job, container, mount, `${volume}-image`, made);
    };
    if (isWritable(mount, plan.mounts)) await put(id);
    else await withVolume(job, `${volume}-copy`, { volume, path: mount.path, made }, put);
  }
}

/**
 * Whether files can be put into a mount by way of the container: it may write there, and nothing is mounted inside, which
 * might get them instead.
 */
function isWritable(mount: PlannedMount, mounts: readonly PlannedMount[]): boolean {
  if (mount.kind === "copy" && mount.readOnly) return false;
  return !mounts.some(({ path }) => path.startsWith(`${mount.path}/`));
}

/** Uses a volume by a container that has nothing else and is never started. */
async function withVolume(
  job: Job,
  name: string,
  { volume, path, made }: { volume: string; path: string; made: Made },
  use: (container: string) => Promise<void>,
): Promise<void> {
  const VolumeOptions = { NoCopy: true };
  const HostConfig = { Mounts: [{ Type: "volume", Source: volume, Target: path, VolumeOptions }] };
  await withIdle(job, name, { image: job.plan.image, HostConfig, made }, use);
}

/** Copies a folder of an image into a container, by another one that is never started. */
async function copyFromImage(
  job: Job,
  container: string,
  { image, folder, path }: Extract<PlannedMount, { kind: "image" }>,
  name: string,
  made: Made,
): Promise<void> {
  const { engine, watch: { signal, report } } = job;
  report({ stage: "upload", message: `copying "${folder}" of image "${image}" to "${path}"` });
  await withIdle(job, name, { image, made }, async (source) => {
    const content = await getArchive(engine, source, `${folder}/.`, { signal }); // without the folder itself
    await putArchive(engine, container, path, content, { signal });
  });
}

/** Uses a container that is never started, and removes it. */
async function withIdle(
  { engine, plan, labels, watch }: Job,
  name: string,
  { image, HostConfig, made }: { image: string; HostConfig?: Readonly<Record<string, unknown>>; made: Made },
  use: (container: string) => Promise<void>,
): Promise<void> {
  const spec = { Image: image, Cmd: ["never-started"], Labels: labels, HostConfig };
  const id = await made.container(
    name,
    () => createContainer(engine, spec, { name, platform: plan.platform, timeout: momentTimeout }),
  );
  watch.signal.throwIfAborted();
  await use(id);
  await removeContainer(engine, id, { force: true, volumes: true, timeout: momentTimeout });
  made.removed(name);
}
