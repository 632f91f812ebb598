import { systemClock } from "../../../core/clock.ts";
import { DockerError } from "../engine/docker-error.ts";
import { removeContainer } from "../engine/containers.ts";
import type { Engine } from "../engine/engine.ts";
import { inspectContainer } from "../engine/inspect-container.ts";
import { removeVolume } from "../engine/volumes.ts";

// A container that was killed is removed in a second or two, unless the disk is very slow.
const removeTimeout = 60_000;

/** Milliseconds until a removal that failed is tried again. */
const secondTry = 500;

/** What a deployment has made so far, so that it can be removed. */
export class Made {
  /** Containers by id; one without an id was asked for, and may be there under its name. */
  readonly #containers = new Map<string, string | undefined>();
  readonly #volumes: string[] = [];
  readonly #labels: Readonly<Record<string, string>>;

  /** Starts with nothing; only what has these labels is ever removed by its name. */
  constructor(labels: Readonly<Record<string, string>>) {
    this.#labels = labels;
  }

  /** Names of the volumes. */
  get volumes(): readonly string[] {
    return this.#volumes;
  }

  /** Whether nothing is there. */
  get isEmpty(): boolean {
    return this.#containers.size === 0 && this.#volumes.length === 0;
  }

  /** Takes note of a volume that is about to be made, whose name nobody else has. */
  addVolume(name: string): void {
    this.#volumes.push(name);
  }

  /** Makes a container and takes note of it, also when the engine's answer is lost. */
  async container(name: string, make: () => Promise<string>): Promise<string> {
    this.#containers.set(name, undefined);
    try {
      const id = await make();
      this.#containers.set(name, id);
      return id;
    } catch (error) {
      const isRefusal = error instanceof DockerError && error.code !== "ENGINE_GONE" &&
        error.code !== "ENGINE_FAILED";
      if (isRefusal) this.#containers.delete(name);
      throw error;
    }
  }

  /** Takes note of a container that was removed. */
  removed(name: string): void {
    this.#containers.delete(name);
  }

  /**
   * Removes everything, the containers first, as volumes that are in use can't be. It goes on when something fails.
   *
   * @returns What is left and why; nothing when all is gone.
   */
  async removeAll(engine: Engine): Promise<string | undefined> {
    const left: string[] = [];
    const attempt = (what: string, run: () => Promise<void>): Promise<void> =>
      twice(run).catch((error) => void left.push(`${what} could not be removed (${messageOf(error)})`));
    for (const [name, known] of this.#containers) {
      await attempt(`the container "${name}"`, async () => {
        const id = known ?? await this.#own(engine, name);
        if (id) await removeContainer(engine, id, { force: true, volumes: true, timeout: removeTimeout });
      });
    }
    await Promise.all(
      this.#volumes.map((name) =>
        attempt(`the volume "${name}"`, () => removeVolume(engine, name, { timeout: removeTimeout }))
      ),
    );
    return left.length > 0 ? left.join("; ") : undefined;
  }

  /** The container of this name, if it is this deployment's. */
  async #own(engine: Engine, name: string): Promise<string | undefined> {
    try {
      const { id, labels } = await inspectContainer(engine, name, { timeout: removeTimeout });
      const isOurs = Object.entries(this.#labels).every(([key, value]) => labels[key] === value);
      return isOurs ? id : undefined;
    } catch (error) {
      if (error instanceof DockerError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  }
}

/** Tries again a moment later, as an engine that is restarted is back soon. */
async function twice(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    await systemClock.sleep(secondTry);
    await run();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
