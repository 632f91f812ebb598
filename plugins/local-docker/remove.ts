import { type Clock, systemClock } from "../../core/clock.ts";
import { TimeoutError } from "../../core/errors.ts";
import { removeContainer } from "./engine/containers.ts";
import { DockerError } from "./engine/docker-error.ts";
import type { Engine } from "./engine/engine.ts";
import { inspectContainer } from "./engine/inspect-container.ts";
import { listVolumes, removeVolume } from "./engine/volumes.ts";
import { labels } from "./labels.ts";

/** How long a removal may take, and what ends it. */
export interface RemovalOptions {
  /** Ends the wait; the engine may go on. */
  signal?: AbortSignal;
  /** Milliseconds in all. */
  timeout: number;
  /** Tells the time and waits. @default {systemClock} */
  clock?: Clock;
}

const pause = 50;

// For how long the volumes of a container that is gone may still be in use.
const settling = 10_000;

/**
 * Removes a container with its anonymous volumes, and waits until it is gone: when somebody else is removing it, the
 * engine says so at once.
 *
 * @throws {TimeoutError} when it is there still; {@linkcode DockerError} when the engine refuses or is gone.
 */
export async function removeWholly(
  engine: Engine,
  id: string,
  { signal, timeout, clock = systemClock }: RemovalOptions,
): Promise<void> {
  const deadline = clock.now() + timeout;
  await removeContainer(engine, id, { force: true, volumes: true, signal, timeout });
  while (await isThere(engine, id, { signal, timeout })) {
    if (clock.now() >= deadline) {
      throw new TimeoutError(
        `Cannot remove the container ${id.slice(0, 12)}: it is there after ${timeout} ms`,
      );
    }
    await clock.sleep(pause, signal);
  }
}

/**
 * Removes a volume. An engine forgets a container before it lets go of its volumes, so one that is in use is tried again
 * for some seconds.
 *
 * @throws {DockerError} when it stays in use, or the engine refuses or is gone.
 */
export async function removeFreed(
  engine: Engine,
  name: string,
  { signal, timeout, clock = systemClock }: RemovalOptions,
): Promise<void> {
  for (const deadline = clock.now() + Math.min(timeout, settling);;) {
    try {
      return await removeVolume(engine, name, { signal, timeout });
    } catch (error) {
      const isInUse = error instanceof DockerError && error.code === "CONFLICT";
      if (!isInUse || clock.now() >= deadline) throw error;
    }
    await clock.sleep(pause, signal);
  }
}

/** Volumes of a service's container that were made for it: others may be the user's own. */
export async function ownVolumes(
  engine: Engine,
  { id, name }: { id: string; name: string },
  { signal, timeout }: RemovalOptions,
): Promise<string[]> {
  const options = { signal, timeout };
  const info = await inspectContainer(engine, id, options).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const mounted = new Set(Object.values(info?.volumes ?? {}));
  const own = await listVolumes(engine, { labels: { [labels.service]: name }, ...options });
  return own.map(({ name }) => name).filter((name) => mounted.has(name));
}

async function isThere(
  engine: Engine,
  id: string,
  options: { signal?: AbortSignal; timeout: number },
): Promise<boolean> {
  try {
    await inspectContainer(engine, id, options);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DockerError && error.code === "NOT_FOUND";
}
