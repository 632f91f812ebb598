import type { Client } from "../../core/client.ts";
import { describeService, type EasDescription, predictorFor } from "../../core/eas-service.ts";
import type { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import type {
  DeleteOptions,
  LogLine,
  LogOptions,
  Service,
  ServiceDescription,
  StateChangeOptions,
  WaitOptions,
} from "../../core/service.ts";
import { checkSerializer } from "./eas/options.ts";
import { untilGatewayAnswers } from "./waiting/probe.ts";
import { logs } from "./services/logs.ts";
import { callService, changed, type EasRef, settle } from "./services/ref.ts";
import { type Asked, type Goal, goals, requestTimeout, untilGone, untilStatus } from "./waiting/wait.ts";
import { timeLeft, type Watch, watchOf } from "./waiting/watch.ts";

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
export class EasService<Input = unknown, Output = unknown> implements Service<Input, Output>, EasRef {
  /** Name of the service. */
  readonly name: string;
  readonly #client: Client;
  readonly #serializer: Serializer<Input, Output> | undefined;
  readonly #endpointType: EndpointType | undefined;
  #description: EasDescription;
  #answered: boolean;
  #asked: Asked | undefined; // until it was seen to run, the service may tell the state from before

  /** Makes the service of a description. */
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

  /** Asks for it; what it holds never shows. */
  get client(): Client {
    return this.#client;
  }

  /**
   * Asks for the current state.
   *
   * @throws {ApiError} when the service is gone, or the API refuses.
   */
  async describe(options: { signal?: AbortSignal; timeout?: number } = {}): Promise<ServiceDescription> {
    return this.#learn(await describeService(this.#client, this.name, options));
  }

  /**
   * Waits until the service runs and answers, with what it was asked to become last.
   *
   * @throws {DeployError} when it fails, or looks hopeless for `giveUpAfter`.
   * @throws {TimeoutError} when the time is up, and nothing tells why.
   */
  async wait(options: WaitOptions = {}): Promise<ServiceDescription> {
    const watch = watchOf(this.#client, this.name, "wait for", options);
    return await this.#until(watch, this.#asked ? goals.started : goals.running);
  }

  /**
   * Starts a stopped service.
   *
   * @throws {DeployError} or {TimeoutError} as {@linkcode EasService.wait} does.
   * @throws {ApiError} when the API refuses.
   */
  async start({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#client, this.name, "start", options);
    await this.#call("StartService", "PUT", ["start"], watch);
    this.#asked = { at: this.#client.clock.now() };
    if (wait) await this.#until(watch, goals.started);
  }

  /**
   * Stops the service; its configuration stays.
   *
   * @throws {TimeoutError} when the time is up.
   * @throws {ApiError} when the API refuses, as it does for a service that is stopped.
   */
  async stop({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#client, this.name, "stop", options);
    await this.#call("StopService", "PUT", ["stop"], watch);
    this.#answered = false;
    this.#asked = undefined;
    if (wait) this.#learn(await untilStatus(watch, goals.stopped));
  }

  /**
   * Deletes the service. What was uploaded for it stays in the bucket: other services may use it.
   *
   * @throws {TimeoutError} when the time is up.
   * @throws {ApiError} when there is no such service, or the API refuses.
   */
  async delete({ wait = false, ...options }: DeleteOptions = {}): Promise<void> {
    const watch = watchOf(this.#client, this.name, "delete", options);
    await this.#call("DeleteService", "DELETE", [], watch);
    if (wait) await untilGone(watch);
  }

  /** What the service printed, the oldest line first. */
  logs(options: LogOptions = {}): AsyncIterable<LogLine> {
    return logs(this, options);
  }

  /**
   * Takes note that the service has been asked to become another, for the next wait.
   *
   * @internal
   */
  [changed](before: EasDescription): void {
    this.#answered = false;
    this.#asked = { at: this.#client.clock.now(), before };
  }

  /**
   * Waits for what the service was asked to become by an action that has begun at a time.
   *
   * @internal
   */
  async [settle](action: string, options: WaitOptions, began: number): Promise<ServiceDescription> {
    return await this.#until(watchOf(this.#client, this.name, action, options, began), goals.started);
  }

  /** A client of the service that speaks the format it was deployed with. */
  predictor(): Predictor<Input, Output>;
  /** A client of the service that speaks another format. */
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
  predictor({ serializer }: { serializer?: Serializer } = {}): Predictor {
    const chosen = serializer ?? this.#serializer;
    return predictorFor(this.#client, this.#description, {
      endpointType: this.#endpointType,
      ...(chosen && { serializer: chosen }), // an absent one is chosen by the configuration
    });
  }

  /** Its name and last known state. */
  toString(): string {
    return `EasService "${this.name}" (${this.#description.status})`;
  }

  async #call(action: string, method: string, below: string[], watch: Watch): Promise<void> {
    const { signal } = watch;
    await callService(this, action, below, { method, signal, timeout: timeLeft(watch, requestTimeout) });
  }

  async #until(watch: Watch, goal: Goal): Promise<EasDescription> {
    const description = await untilStatus(watch, goal, this.#asked);
    this.#asked = undefined;
    this.#learn(description);
    if (this.#answered) return description;
    await untilGatewayAnswers(watch, description, this.#endpointType);
    this.#answered = true;
    return description;
  }

  #learn(description: EasDescription): EasDescription {
    if (description.status === "Running" && !this.#asked?.before) this.#asked = undefined;
    return this.#description = description;
  }
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
): Promise<EasService<Input, Output>> {
  checkSerializer(`Cannot find service "${name}"`, options.serializer);
  return new EasService(client, await describeService(client, name, { signal }), options);
}
