import { type Clock, systemClock } from "../../core/clock.ts";
import { ServiceError } from "../../core/errors.ts";
import { type Fetch, globalFetch } from "../../core/fetch.ts";
import { json } from "../../core/json.ts";
import { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import type {
  DeleteOptions,
  LogLine,
  LogOptions,
  Service,
  ServiceDescription,
  StateChangeOptions,
  WaitOptions,
} from "../../core/service.ts";
import { timeLeft, watchOf } from "../../core/watch.ts";
import { startContainer, stopContainer } from "./engine/containers.ts";
import { DockerError } from "./engine/docker-error.ts";
import type { Engine } from "./engine/engine.ts";
import { type ContainerInfo, inspectContainer } from "./engine/inspect-container.ts";
import { explainFailure, type ServiceContainer } from "./failure/explain.ts";
import { logs } from "./logs.ts";
import { ownVolumes, removeFreed, removeWholly } from "./remove.ts";
import { type ServiceFetch, serviceFetch } from "./service-fetch.ts";
import { statusOf, type StatusOfContainer } from "./service-status.ts";
import { ask } from "./wait/ask.ts";
import { type Check, checksOf } from "./wait/checks.ts";
import { type ReadyOptions, untilReady } from "./wait/until-ready.ts";

/** What a {@linkcode LocalService} is made from. */
export interface LocalServiceInit<Input = unknown, Output = unknown> {
  /** Name of the service. */
  name: string;
  /** Id of its container. */
  containerId: string;
  /** Port in the container that takes the requests. */
  port: number;
  /** Port on the engine's host, when it is known already. */
  hostPort?: number;
  /** Configuration of the service. */
  config: ServiceConfig;
  /** Volumes that belong to it. @default {those of its container that carry the service's label} */
  volumes?: readonly string[];
  /** Checks that tell when it is ready. @default {those of the configuration} */
  checks?: readonly Check[];
  /** Format of its predictor. @default {json()} */
  serializer?: Serializer<Input, Output>;
  /** Sends its predictors' requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Seconds that its program has to end by itself when it is stopped. @default {that of the configuration, or 10} */
  graceSeconds?: number;
  /** Whether it is deleted when the block ends that holds it. @default {false} */
  temporary?: boolean;
  /** Tells the time and waits. @default {systemClock} */
  clock?: Clock;
}

// One look at the container; an engine that is busy pulling and building may take its time.
const requestTimeout = 30_000;

// Removing a container and its volumes takes the engine a second or two, unless the disk is very slow.
const removeTimeout = 60_000;

const describeTimeout = 1_000; // for a check when somebody only asks for the state

/** A service that runs in a container of an engine. */
export class LocalService<Input = unknown, Output = unknown> implements Service<Input, Output> {
  /** Name of the service. */
  readonly name: string;
  /** Id of its container. */
  readonly containerId: string;
  readonly #engine: Engine;
  readonly #init: LocalServiceInit<Input, Output>; // private: its configuration may hold secrets
  readonly #checks: readonly Check[];
  readonly #fetch: ServiceFetch;
  readonly #clock: Clock;
  #hostPort: number | undefined;
  #status: string | undefined; // as it was seen last

  /** Makes the service of a container that is there. */
  constructor(engine: Engine, init: LocalServiceInit<Input, Output>) {
    const { clock = systemClock, config, port } = init;
    this.name = init.name;
    this.containerId = init.containerId;
    this.#engine = engine;
    this.#init = init;
    this.#clock = clock;
    this.#hostPort = init.hostPort;
    this.#checks = init.checks ?? checksOf(config.containers?.[0] ?? { image: "" }, port);
    this.#fetch = serviceFetch(init.fetch ?? globalFetch, () => this.#address(), clock);
    if (init.temporary) Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.delete() });
  }

  /**
   * Asks for the current state: what the engine says of the container, and whether it passes its checks.
   *
   * @throws {ContainerError} when the container is gone.
   * @throws {DockerError} when the engine refuses or is gone.
   */
  async describe(
    { signal, timeout = requestTimeout }: { signal?: AbortSignal; timeout?: number } = {},
  ): Promise<ServiceDescription> {
    const info = await this.#look("describe", { signal, timeout });
    return this.#describe(
      info,
      statusOf(info, info.state.status === "running" && await this.#isReady(info, signal)),
    );
  }

  /**
   * Waits until the service runs and answers.
   *
   * @throws {ContainerError} when its container ends, or looks hopeless for `giveUpAfter`.
   * @throws {TimeoutError} when the time is up, and nothing tells why.
   */
  async wait(options: WaitOptions = {}): Promise<ServiceDescription> {
    return await this.#untilReady("wait for", options);
  }

  /**
   * Starts a stopped service; one that runs goes on. The engine gives it another port, which its predictors learn.
   *
   * @throws {ContainerError} or {TimeoutError} as {@linkcode LocalService.wait} does.
   * @throws {DockerError} when the engine can't start it.
   */
  async start({ wait = true, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#clock, this.name, "start", options);
    const { began, signal } = watch;
    await this.#look("start", { signal, timeout: timeLeft(watch, requestTimeout) });
    watch.report({ stage: "wait", status: "Starting", message: `service "${this.name}" is Starting` });
    await startContainer(this.#engine, this.containerId, { signal, timeout: timeLeft(watch) });
    this.#moved();
    if (wait) await this.#untilReady("start", { ...options, began });
  }

  /**
   * Stops the service: its program gets a signal, and is killed when it has not ended after its grace. Its container,
   * its files and its configuration stay. A service that doesn't run stays so. The engine ends this only when the
   * program has ended, so `wait: false` makes no difference.
   *
   * @throws {TimeoutError} when the time is up.
   * @throws {ContainerError} when the container is gone; {@linkcode DockerError} when the engine refuses.
   */
  async stop({ wait: _, ...options }: StateChangeOptions = {}): Promise<void> {
    const watch = watchOf(this.#clock, this.name, "stop", options);
    const { signal } = watch;
    await this.#look("stop", { signal, timeout: timeLeft(watch, requestTimeout) });
    watch.report({ stage: "wait", status: "Stopping", message: `service "${this.name}" is Stopping` });
    await stopContainer(this.#engine, this.containerId, {
      graceSeconds: this.#graceSeconds(),
      signal,
      timeout: timeLeft(watch),
    });
    this.#moved();
    this.#status = "Stopped";
    watch.report({ stage: "wait", status: "Stopped", message: `service "${this.name}" is Stopped` });
  }

  /**
   * Deletes the service: its container, which is killed when it runs, and its volumes. What is
   * gone already is as good, so it may be called again. All is gone when it returns, also with `wait: false`.
   *
   * @throws {DockerError} when the engine refuses or is gone; what could be removed is removed.
   */
  async delete({ wait: _, ...options }: DeleteOptions = {}): Promise<void> {
    const watch = watchOf(this.#clock, this.name, "delete", options);
    const { signal } = watch;
    const limits = () => ({ signal, timeout: timeLeft(watch, removeTimeout) });
    const volumes = this.#init.volumes ??
      await ownVolumes(this.#engine, { id: this.containerId, name: this.name }, limits());
    await removeWholly(this.#engine, this.containerId, { clock: this.#clock, ...limits() });
    this.#moved();
    this.#status = "Deleted";
    const removals = volumes.map((name) =>
      removeFreed(this.#engine, name, { clock: this.#clock, ...limits() })
    );
    const results = await Promise.allSettled(removals);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** What the service printed, the oldest line first. */
  logs(options: LogOptions = {}): AsyncIterable<LogLine> {
    return logs(this.#engine, { id: this.containerId, name: this.name }, options);
  }

  /** A client of the service that speaks the format it was deployed with; it outlives stops and starts. */
  predictor(): Predictor<Input, Output>;
  /** A client of the service that speaks another format. */
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
  predictor({ serializer = this.#init.serializer ?? json() }: { serializer?: Serializer } = {}): Predictor {
    return new Predictor({
      endpoint: this.#endpoint(this.#hostPort ?? this.#init.port),
      serializer,
      fetch: this.#fetch, // which knows the port when it has changed
    });
  }

  /** Its name and last known state. */
  toString(): string {
    return `LocalService "${this.name}" (${this.#status ?? "not asked yet"})`;
  }

  get #container(): ServiceContainer {
    const { name, port, config } = this.#init;
    return { id: this.containerId, name, port, config };
  }

  async #untilReady(action: string, options: ReadyOptions): Promise<ServiceDescription> {
    const clock = this.#clock;
    const info = await untilReady(this.#engine, this.#container, {
      ...options,
      action,
      clock,
      checks: this.#checks,
    });
    return this.#describe(info, statusOf(info, true));
  }

  async #look(action: string, options: { signal?: AbortSignal; timeout: number }): Promise<ContainerInfo> {
    try {
      return await inspectContainer(this.#engine, this.containerId, options);
    } catch (error) {
      if (!(error instanceof DockerError && error.code === "NOT_FOUND")) throw error;
      this.#status = "Deleted";
      throw await explainFailure(this.#engine, this.#container, {
        code: "ContainerGone",
        action,
        state: "its container is gone",
        mend: "deploy it again",
      });
    }
  }

  async #isReady({ ports }: ContainerInfo, signal: AbortSignal | undefined): Promise<boolean> {
    const place = { engine: this.#engine, id: this.containerId, ports };
    const verdicts = await Promise.all(
      this.#checks.map(({ question, timeout }) =>
        ask(place, { question, timeout: Math.min(timeout, describeTimeout) }, signal)
      ),
    );
    return verdicts.every(({ passed }) => passed);
  }

  #describe(info: ContainerInfo, { status, reason, message }: StatusOfContainer): ServiceDescription {
    const { token: _, ...config } = this.#init.config;
    const hostPort = this.#hostPortOf(info);
    this.#hostPort = hostPort ?? this.#hostPort;
    this.#status = status;
    return {
      name: this.name,
      status,
      ...(reason && { reason }),
      ...(message && { message }),
      config,
      ...(hostPort && { internetEndpoint: this.#endpoint(hostPort) }),
      labels: { ...config.labels },
      raw: { ...info },
    };
  }

  /** Where the service answers now. */
  async #address(): Promise<URL> {
    const info = await this.#look("predict with", { timeout: requestTimeout });
    const hostPort = this.#hostPortOf(info);
    if (hostPort !== undefined) return new URL(this.#endpoint(this.#hostPort = hostPort));
    const { status } = statusOf(info, false);
    throw new ServiceError(
      `Cannot predict with "${this.name}": it is ${status}; start it with start(), or deploy it again`,
      { serviceName: this.name, serviceStatus: status, code: "NotRunning" },
    );
  }

  /** Podman tells the port of a container that is stopped, too. */
  #hostPortOf({ ports, state }: ContainerInfo): number | undefined {
    return state.running ? ports[`${this.#init.port}/tcp`] : undefined;
  }

  #endpoint(port: number): string {
    const { host } = this.#engine;
    return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  }

  /** Forgets where it answered. */
  #moved(): void {
    this.#fetch.forget();
  }

  #graceSeconds(): number {
    const { config, graceSeconds } = this.#init;
    return graceSeconds ?? config.metadata?.eas?.termination_grace_period ??
      config.runtime?.termination_grace_period ?? 10;
  }
}
