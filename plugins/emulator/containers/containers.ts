import { PaiError } from "../../../core/errors.ts";
import type { InstanceContainer, NamedInstance, Runner } from "../eas/failure.ts";
import type { JsonObject } from "../service-config.ts";
import { Container, type Surroundings } from "./container.ts";

/** All containers of an emulator, so that none is left when it is over. */
export class Containers {
  readonly #around: Surroundings;
  readonly #there = new Set<Container>();
  /** Tells the containers of this emulator from those of another one on the same machine; made when needed. */
  #mark = "";

  /** Runs nothing yet. */
  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** What runs a service of this configuration: one container for each instance. */
  runner(service: string, config: JsonObject): Runner {
    return {
      run: () => new Response(null, { status: 503 }), // nothing answers before its container does
      start: (instance) => this.#start(service, config, instance),
    };
  }

  /** Begins to remove all containers; `close()` waits for them too. */
  removeAll(): void {
    for (const container of this.#there) void container.end();
  }

  /**
   * Removes all containers, those that are still starting too.
   *
   * @throws {PaiError} when one is left.
   */
  async close(): Promise<void> {
    const there = [...this.#there];
    await Promise.all(there.map((container) => container.end()));
    const left = there.find(({ removalError }) => removalError !== undefined);
    if (!left) return;
    const cause = left.removalError;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PaiError(`Cannot remove all containers of the emulator: ${reason}`, { cause });
  }

  #start(service: string, config: JsonObject, instance: NamedInstance): InstanceContainer {
    this.#mark ||= crypto.randomUUID().slice(0, 8);
    // A name of a service, as the target asks for one: what makes it unique is at its end.
    const end = `_${instance.name.slice(-5)}_${this.#mark}`;
    const name = `${service.slice(0, 63 - end.length)}${end}`;
    const removed = (): void => void this.#there.delete(container);
    const container = new Container(this.#around, { name, config, instance, removed });
    this.#there.add(container);
    return container;
  }
}
