import { ServiceError } from "../../../core/errors.ts";
import { Predictor } from "../../../core/predictor.ts";
import type { Serializer } from "../../../core/serializer.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type {
  DeleteOptions,
  LogLine,
  LogOptions,
  Service,
  ServiceDescription,
  StateChangeOptions,
  WaitOptions,
} from "../../../core/service.ts";
import type { Handler } from "../../processors/handler.ts";
import { Loopback } from "./loopback.ts";
import { RequestLog } from "./request-log.ts";

/** What a service in this process is made of. */
export interface ProcessServiceParts<Input, Output> {
  /** Its name. */
  name: string;
  /** Its configuration. */
  config: ServiceConfig;
  /** Runs its model. */
  handler: Handler;
  /** Format of its predictor. */
  serializer: Serializer<Input, Output>;
  /** Whether it is deleted when the block ends that holds it. */
  temporary: boolean;
}

/** A model that runs in this process, at a port of this machine; it needs no container engine, and ends with the process. */
export class ProcessService<Input = unknown, Output = unknown> implements Service<Input, Output> {
  /** Name of the service. */
  readonly name: string;
  readonly #config: ServiceConfig;
  readonly #serializer: Serializer<Input, Output>;
  readonly #log = new RequestLog();
  readonly #loopback: Loopback;
  #status: "Stopped" | "Running" | "Deleted" = "Stopped";

  /** Nothing listens until it is started. */
  constructor({ name, config, handler, serializer, temporary }: ProcessServiceParts<Input, Output>) {
    this.name = name;
    this.#config = config;
    this.#serializer = serializer;
    this.#loopback = new Loopback(this.#log.noting(handler));
    if (temporary) Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.delete() });
  }

  /** Tells the state, and the address while it runs. */
  describe(options: { signal?: AbortSignal } = {}): Promise<ServiceDescription> {
    return this.#now("describe", options, () => {
      const isRunning = this.#status === "Running";
      return {
        name: this.name,
        status: this.#status,
        config: this.#config,
        ...(isRunning && { internetEndpoint: this.#loopback.url }),
        labels: {},
        raw: {},
      };
    });
  }

  /**
   * Resolves at once, as a model that is loaded answers.
   *
   * @throws {ServiceError} when the service is stopped.
   */
  async wait(options: WaitOptions = {}): Promise<ServiceDescription> {
    const description = await this.describe(options);
    if (this.#status === "Running") return description;
    throw this.#error("wait for", `it is ${this.#status}; start it`);
  }

  /** Listens again, at the address that it had if that is still free. */
  start(options: StateChangeOptions = {}): Promise<void> {
    return this.#now("start", options, async () => {
      await this.#loopback.open();
      this.#status = "Running";
    });
  }

  /** Stops listening; the model stays in memory. */
  stop(options: StateChangeOptions = {}): Promise<void> {
    return this.#now("stop", options, async () => {
      this.#status = "Stopped";
      await this.#loopback.close();
    });
  }

  /** Stops for good; one that is deleted already is as good. */
  async delete({ signal }: DeleteOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#status = "Deleted";
    this.#log.end();
    await this.#loopback.close();
  }

  /** The requests that came, each with its status and time, and the errors of the model. */
  logs(options?: LogOptions): AsyncGenerator<LogLine> {
    return this.#log.read(`Cannot read the log of service "${this.name}"`, options);
  }

  /** A client of the service that speaks the format it was deployed with. */
  predictor(): Predictor<Input, Output>;
  /** A client of the service that speaks another format. */
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
  predictor({ serializer }: { serializer?: Serializer } = {}): Predictor {
    // what the service was deployed with, of whatever types
    return new Predictor({
      endpoint: this.#loopback.url,
      serializer: serializer ?? this.#serializer as Serializer,
    });
  }

  async #now<T>(what: string, { signal }: { signal?: AbortSignal }, run: () => T | Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#status === "Deleted") throw this.#error(what, "it was deleted");
    return await run();
  }

  #error(what: string, state: string): ServiceError {
    return new ServiceError(`Cannot ${what} service "${this.name}": ${state}`, {
      serviceName: this.name,
      serviceStatus: this.#status,
    });
  }
}
