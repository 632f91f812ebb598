import { DockerError } from "./engine/docker-error.ts";
import type { Engine } from "./engine/engine.ts";
import { listContainers } from "./engine/list-containers.ts";
import { listVolumes } from "./engine/volumes.ts";
import { labels } from "./labels.ts";
import { type Life, lifeOf } from "./owner.ts";
import { removeFreed, removeWholly } from "./remove.ts";

/** Options of {@linkcode collectGarbage}. */
export interface GcOptions {
  /**
   * Whether to remove what belongs to processes that run, this one included, or of which nobody here knows whether they
   * run, as they are on another machine or in a container. @default {false}
   */
  all?: boolean;
  /**
   * Whether to leave containers that run, and what they use: those of scripts that deployed a service and ended. Temporary
   * ones are removed all the same, as their process should have done. @default {false}
   */
  keepRunning?: boolean;
  /** Whether to only tell what would be removed. @default {false} */
  dryRun?: boolean;
  /** Ends it; what is removed by then stays removed. */
  signal?: AbortSignal;
  /** Milliseconds that each call of the engine may take. @default {60000} */
  timeout?: number;
}

/** What was removed, or would be. */
export interface GcResult {
  /** Containers. */
  containers: GcItem[];
  /** Volumes. */
  volumes: GcItem[];
}

/** A container or a volume that was removed. */
export interface GcItem {
  /** Its name. */
  name: string;
  /** The service that it belonged to. */
  service: string;
  /** Why: its process is dead, or all was asked for. */
  owner: Life;
}

/**
 * Removes containers and volumes of services whose process is dead, as one that was killed leaves
 * them. Only what carries the labels of this package is looked at. A process is known by its id, the time of its start
 * and the boot of its machine; where the system doesn't tell these, by its id alone. It may run at the same time as
 * deployments and other collections.
 *
 * @throws {DockerError} when the engine refuses or is gone; what could be removed is removed.
 */
export async function collectGarbage(engine: Engine, options: GcOptions = {}): Promise<GcResult> {
  const { all = false, keepRunning = false, dryRun = false, signal, timeout = 60_000 } = options;
  const limits = { signal, timeout };
  const isGarbage = (owner: Life): boolean => all || owner === "dead";
  const listed = await listContainers(engine, { labels: { [labels.service]: true }, all: true, ...limits });
  const found = listed.map((container) => ({ ...container, ...itemOf(container) }));
  const containers = found.filter(({ owner, status, labels: found }) =>
    isGarbage(owner) && !(keepRunning && status === "running" && found[labels.temporary] !== "true")
  );
  const kept = found.filter((container) => !containers.includes(container)).map(({ labels }) => labels);
  const volumes = (await listVolumes(engine, { labels: { [labels.service]: true }, ...limits }))
    .filter((volume) => isGarbage(itemOf(volume).owner))
    .filter((volume) => !kept.some((other) => isSame(other, volume.labels, labels.owner, labels.service)))
    .map(itemOf);
  const result: GcResult = { containers: containers.map(itemOf), volumes };
  if (dryRun) return result;
  const failures = [
    ...await failuresOf(
      containers,
      ({ id }) => removeWholly(engine, id, limits),
    ),
    ...await failuresOf(volumes, ({ name }) => removeFreed(engine, name, limits)),
  ];
  if (failures.length > 0) throw failures[0];
  return result;
}

function itemOf({ name, labels: found }: { name: string; labels: Record<string, string> }): GcItem {
  return { name, service: found[labels.service] ?? "", owner: lifeOf(found[labels.owner] ?? "") };
}

function isSame(one: Record<string, string>, other: Record<string, string>, ...names: string[]): boolean {
  return names.every((name) => one[name] === other[name]);
}

/** Does something with every item, and tells what failed. What another process has removed by now is as good. */
async function failuresOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<unknown[]> {
  const results = await Promise.allSettled(items.map(run));
  return results.flatMap((result) =>
    result.status === "rejected" && !isGone(result.reason) ? [result.reason] : []
  );
}

function isGone(error: unknown): boolean {
  return error instanceof DockerError && error.code === "NOT_FOUND";
}
