import { DockerError } from "../engine/docker-error.ts";
import { parseReference } from "../engine/image-reference.ts";
import { type ImageInfo, inspectImage } from "../engine/images.ts";
import { publicImage } from "../plan/public-image.ts";
import { pullImage, type PullProgress } from "../engine/pull-image.ts";
import { fromDockerAuth, type RegistryAuth, registryAuth } from "../engine/registry-auth.ts";
import { thisMachine } from "../engine/this-machine.ts";
import { type Job, momentTimeout } from "./job.ts";

/**
 * Sees that the engine has an image, which it pulls when it may.
 *
 * @param image Default: the container's.
 * @throws {DockerError} `IMAGE_NOT_FOUND`, `PULL_REFUSED` … with what to do about it.
 */
export async function haveImage(job: Job, image: string = job.plan.image): Promise<ImageInfo> {
  const { engine, plan: { serviceName, pull, platform }, watch } = job;
  const options = { signal: watch.signal, timeout: momentTimeout };
  const found = await inspectImage(engine, image, options);
  if (found && pull !== "always" && fits(found, platform)) return found;
  if (pull === "never") {
    const what = found ? `is there for ${found.platform} only` : "is not there";
    throw new DockerError(
      `Cannot deploy service "${serviceName}" locally: the image "${image}" ${what}, and pull is "never"; ` +
        `build or load it, or pull it yourself: docker pull ${image}`,
      { code: "IMAGE_NOT_FOUND" },
    );
  }
  watch.report({ stage: "pull", message: `pulling image "${image}"` });
  const auth = await accountFor(job, image);
  await pullImage(engine, image, {
    platform,
    auth,
    signal: watch.signal,
    onProgress: progressOf(job, image),
  });
  const pulled = await inspectImage(engine, image, options);
  if (pulled) return pulled;
  throw new DockerError(
    `Cannot deploy service "${serviceName}" locally: the image "${image}" was pulled and is gone`,
    {
      code: "IMAGE_NOT_FOUND",
    },
  );
}

function fits({ platform: its }: ImageInfo, wanted: string | undefined): boolean {
  return wanted === undefined || its === wanted || its.startsWith(`${wanted}/`);
}

/** The account in the configuration, for that image's registry and no other; else the user's own. */
async function accountFor({ config, watch }: Job, image: string): Promise<RegistryAuth | undefined> {
  const { dockerAuth, containers } = config;
  const { registry } = parseReference(image);
  const its = containers?.[0]?.image;
  if (dockerAuth && its !== undefined && parseReference(publicImage(its)).registry === registry) {
    return { ...fromDockerAuth(dockerAuth), serverAddress: registry };
  }
  try {
    return await registryAuth(thisMachine(), image, watch.signal);
  } catch (error) {
    watch.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    watch.report({ stage: "pull", level: "warning", message: `${message}; it is pulled without an account` });
    return undefined;
  }
}

/** How often progress is told, in milliseconds: engines tell it a hundred times a second. */
const interval = 200;

function progressOf({ watch }: Job, image: string): (progress: PullProgress) => void {
  const layers = new Map<string, { done: number; total: number }>();
  let told = -Infinity;
  return ({ layer, status, done, total }) => {
    if (
      layer === undefined || !/^(Downloading|Download complete|Already exists|Pull complete)/.test(status)
    ) return;
    const known = layers.get(layer);
    if (done !== undefined && total !== undefined && total > 0) layers.set(layer, { done, total });
    else if (known) layers.set(layer, { done: known.total, total: known.total });
    const now = watch.clock.now();
    if (now - told < interval) return;
    told = now;
    const bytes = { done: 0, total: 0 };
    for (const { done, total } of layers.values()) {
      bytes.done += done;
      bytes.total += total;
    }
    if (bytes.total > 0) watch.report({ stage: "pull", message: `pulling image "${image}"`, bytes });
  };
}
