import type { Client } from "../../core/client.ts";
import { describeService, type EasDescription, predictorFor, servicePath } from "../../core/eas-service.ts";
import type { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service, ServiceDescription, StateChangeOptions, WaitOptions } from "../../core/service.ts";
import { checkSerializer } from "./eas-options.ts";
import { untilAnswered } from "./probe.ts";
import { type Goal, goals, requestTimeout, untilStatus } from "./wait.ts";
import { timeLeft, type Watch, watchOf } from "./watch.ts";

/** Which address of a service is called: `INTRANET` from inside its VPC. */
export type EndpointType = "INTERNET" | "INTRANET";

/** Options of {@linkcode getService}. */
export interface EasServiceOptions<Input = unknown, Output = unknown> {
  /** Format of the service's predictor; chosen from the service's configuration when absent. */
  serializer?: Serializer<Input, Output>;
  /** Which address is called; the client's network decides when absent. */
  endpointType?: EndpointType;
}

/** A service that runs in EAS. What it knows of the service is as old as the last call; its token never shows. */
export class EasService<Input = unknown, Output = unknown> implements Service<Input, Output> {
  readonly name: string;
  readonly #client: Client;
  readonly #serializer: Serializer<Input, Output> | undefined;
  readonly #endpointType: EndpointType | undefined;
  #description: EasDescription;
  #answered: boolean;
  #startAsked: number | undefined; // until it was seen to run, the service may tell the state from before

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
    return this.#learn(await describeService(this.#client, this.name, options));
  }

  async wait(options: WaitOptions = {}): Promise<ServiceDescription> {
    const watch = watchOf(this.#client, this.name, "wait for", options);
    return await this.#until(watch, this.#startAsked === undefined ? goals.running : goals.started);
  }

  async start({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#client, this.name, "start", options);
    await this.#call("StartService", "PUT", ["start"], watch);
    this.#startAsked = this.#client.clock.now();
    if (wait) await this.#until(watch, goals.started);
  }

  async stop({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#client, this.name, "stop", options);
    await this.#call("StopService", "PUT", ["stop"], watch);
    this.#answered = false;
    this.#startAsked = undefined;
    if (wait) await this.#until(watch, goals.stopped);
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
    { signal, deadline = Infinity }: { signal?: AbortSignal; deadline?: number },
  ): Promise<unknown> {
    const path = servicePath(this.#client.region, this.name, ...below);
    const timeout = timeLeft({ client: this.#client, deadline }, requestTimeout);
    return this.#client.call(action, { method, path, signal, timeout });
  }

  async #until(watch: Watch, goal: Goal): Promise<EasDescription> {
    const description = this.#learn(await untilStatus(watch, goal, this.#startAsked));
    if (description.status !== "Running" || this.#answered) return description;
    await untilGatewayAnswers(watch, description, this.#endpointType);
    this.#answered = true;
    return description;
  }

  #learn(description: EasDescription): EasDescription {
    if (description.status === "Running") this.#startAsked = undefined;
    return this.#description = description;
  }
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
 * @throws {TypeError} when the serializer is none.
 * @throws {ApiError} when there is none of this name.
 */
export async function getService<Input = unknown, Output = unknown>(
  client: Client,
  name: string,
  { signal, ...options }: EasServiceOptions<Input, Output> & { signal?: AbortSignal } = {},
): Promise<Service<Input, Output>> {
  checkSerializer(`Cannot find service "${name}"`, options.serializer);
  return new EasService(client, await describeService(client, name, { signal }), options);
}
