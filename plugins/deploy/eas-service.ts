import type { Client } from "../../core/client.ts";
import { describeService, type EasDescription, predictorFor, servicePath } from "../../core/eas-service.ts";
import type { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service, ServiceDescription, StateChangeOptions, WaitOptions } from "../../core/service.ts";
import { untilAnswered } from "./probe.ts";
import { type Goal, goals, untilStatus, type Watch } from "./wait.ts";

/** Which address of a service is called: `INTRANET` from inside its VPC. */
export type EndpointType = "INTERNET" | "INTRANET";

/** Options of {@linkcode getService}. */
export interface EasServiceOptions<Input = unknown, Output = unknown> {
  /** Format of the service's predictor; chosen from the service's configuration when absent. */
  serializer?: Serializer<Input, Output>;
  /** Which address is called; the client's network decides when absent. */
  endpointType?: EndpointType;
}

// Half an hour covers pulling large images and loading large models.
const defaultTimeout = 1_800_000;

/** A service that runs in EAS. What it knows of the service is as old as the last call; its token never shows. */
export class EasService<Input = unknown, Output = unknown> implements Service<Input, Output> {
  readonly name: string;
  readonly #client: Client;
  readonly #serializer: Serializer<Input, Output> | undefined;
  readonly #endpointType: EndpointType | undefined;
  #description: EasDescription;
  #answered: boolean;

  constructor(
    client: Client,
    description: EasDescription,
    options: EasServiceOptions<Input, Output> & { answered?: boolean } = {},
  ) {
    this.name = description.name;
    this.#client = client;
    this.#description = description;
    this.#serializer = options.serializer;
    this.#endpointType = options.endpointType;
    this.#answered = options.answered ?? false;
  }

  async describe(options: { signal?: AbortSignal } = {}): Promise<ServiceDescription> {
    return this.#description = await describeService(this.#client, this.name, options);
  }

  async wait(options: WaitOptions = {}): Promise<ServiceDescription> {
    await this.#until(goals.running, "wait for", options);
    return this.#description;
  }

  async start({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    await this.#call("StartService", "PUT", ["start"], options);
    if (wait) await this.#until(goals.started, "start", options);
  }

  async stop({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    await this.#call("StopService", "PUT", ["stop"], options);
    this.#answered = false;
    if (wait) await this.#until(goals.stopped, "stop", options);
  }

  async delete(options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#call("DeleteService", "DELETE", [], options);
  }

  predictor(): Predictor<Input, Output>;
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
  predictor({ serializer }: { serializer?: Serializer } = {}): Predictor {
    const chosen = serializer ?? this.#serializer;
    return predictorFor(this.#client, this.#description, {
      endpointType: this.#endpointType,
      ...(chosen && { serializer: chosen }), // an absent one is chosen by the configuration
    });
  }

  toString(): string {
    return `EasService "${this.name}" (${this.#description.status})`;
  }

  #call(
    action: string,
    method: string,
    below: string[],
    { signal }: { signal?: AbortSignal },
  ): Promise<unknown> {
    const path = servicePath(this.#client.region, this.name, ...below);
    return this.#client.call(action, { method, path, signal });
  }

  async #until(goal: Goal, action: string, options: WaitOptions): Promise<void> {
    const watch = watchOf(this.#client, this.name, action, options);
    this.#description = await untilStatus(watch, goal);
    if (this.#description.status !== "Running" || this.#answered) return;
    await untilGatewayAnswers(watch, this.#description, this.#endpointType);
    this.#answered = true;
  }
}

/** Starts the clock of a wait. */
export function watchOf(
  client: Client,
  name: string,
  action: string,
  { signal, timeout = defaultTimeout, onProgress }: WaitOptions,
  operationBegan: number = client.clock.now(),
): Watch {
  const began = client.clock.now();
  if (!(timeout > 0)) {
    throw new RangeError(`Cannot ${action} service "${name}": timeout must be above 0 milliseconds`);
  }
  return {
    client,
    name,
    action,
    signal,
    began,
    deadline: began + timeout,
    report: (event) => onProgress?.({ ...event, name, elapsed: client.clock.now() - operationBegan }),
  };
}

/** Waits until the gateway has an instance of a running service to ask. */
export async function untilGatewayAnswers(
  watch: Watch,
  description: EasDescription,
  endpointType?: EndpointType,
): Promise<void> {
  const predictor = predictorFor(watch.client, description, { endpointType });
  await untilAnswered(watch, predictor, description.config.metadata?.type === "Async");
}

/**
 * Finds a service that is deployed already.
 *
 * @throws {ApiError} when there is none of this name.
 */
export async function getService<Input = unknown, Output = unknown>(
  client: Client,
  name: string,
  { signal, ...options }: EasServiceOptions<Input, Output> & { signal?: AbortSignal } = {},
): Promise<Service<Input, Output>> {
  return new EasService(client, await describeService(client, name, { signal }), options);
}
