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

/** What a proxied service is made of. */
export interface ProxiedServiceParts<Input, Output> {
  /** The service behind it: a container that speaks another protocol. */
  inner: Service;
  /** Speaks the processor's protocol; asks the container at the address that it is given, which changes with each start. */
  translate: (endpoint: () => string) => Handler;
  /** The configuration that was deployed, which is not the container's. */
  config: ServiceConfig;
  /** Format of its predictor. */
  serializer: Serializer<Input, Output>;
}

/**
 * A processor whose model runs in a container with another protocol, with what translates between the two in this
 * process. When the process ends, nobody translates: the container is of no use then, and left to `gc()`.
 */
export class ProxiedService<Input = unknown, Output = unknown>
  implements Service<Input, Output>, AsyncDisposable {
  readonly #inner: Service;
  readonly #config: ServiceConfig;
  readonly #serializer: Serializer<Input, Output>;
  readonly #loopback: Loopback;

  /** Nothing listens until {@linkcode ProxiedService.open}. */
  constructor({ inner, translate, config, serializer }: ProxiedServiceParts<Input, Output>) {
    this.#inner = inner;
    this.#config = config;
    this.#serializer = serializer;
    this.#loopback = new Loopback(translate(() => inner.predictor().endpoint));
  }

  /** Name of the service. */
  get name(): string {
    return this.#inner.name;
  }

  /** Listens. */
  open(): Promise<void> {
    return this.#loopback.open();
  }

  /** Tells the state of the container, and the address of what translates for it. */
  async describe(options?: { signal?: AbortSignal; timeout?: number }): Promise<ServiceDescription> {
    return this.#described(await this.#inner.describe(options));
  }

  /** Waits until the container answers. */
  async wait(options?: WaitOptions): Promise<ServiceDescription> {
    return this.#described(await this.#inner.wait(options));
  }

  /** Starts the container. */
  async start(options?: StateChangeOptions): Promise<void> {
    await this.#inner.start(options);
    await this.#loopback.open();
  }

  /** Stops the container. */
  async stop(options?: StateChangeOptions): Promise<void> {
    await this.#inner.stop(options);
    await this.#loopback.close();
  }

  /** Deletes the container with all that was made for it. */
  async delete(options?: DeleteOptions): Promise<void> {
    await this.#inner.delete(options);
    await this.#loopback.close();
  }

  /** Deletes the service, unless it is deleted already. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loopback.close();
    if (isDisposable(this.#inner)) await this.#inner[Symbol.asyncDispose]();
    else await this.#inner.delete();
  }

  /** What the container printed. */
  logs(options?: LogOptions): AsyncIterable<LogLine> {
    return this.#inner.logs(options);
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

  #described(inner: ServiceDescription): ServiceDescription {
    const isRunning = inner.status === "Running";
    return { ...inner, config: this.#config, internetEndpoint: isRunning ? this.#loopback.url : undefined };
  }
}

function isDisposable(service: Service): service is Service & AsyncDisposable {
  return Symbol.asyncDispose in service;
}
