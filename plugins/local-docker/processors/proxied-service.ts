import { PredictionError } from "../../../core/errors.ts";
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
  /** Makes what speaks the processor's protocol and asks the container; once for each start. */
  translate: (ask: AskContainer) => Handler;
  /** The configuration that was deployed, which is not the container's. */
  config: ServiceConfig;
  /** Format of its predictor. */
  serializer: Serializer<Input, Output>;
  /** Whether it is deleted when the block ends that holds it. */
  temporary: boolean;
}

/** Sends a request to a path of the container, wherever it listens now, and resolves to whatever it answers. */
export type AskContainer = (
  path: string,
  init?: { method?: string; body?: string; signal?: AbortSignal },
) => Promise<Response>;

/**
 * A processor whose model runs in a container with another protocol, with what translates between the two in this
 * process. When the process ends, nobody translates: the container is of no use then, and left to `gc()`.
 */
export class ProxiedService<Input = unknown, Output = unknown> implements Service<Input, Output> {
  readonly #inner: Service;
  readonly #config: ServiceConfig;
  readonly #serializer: Serializer<Input, Output>;
  readonly #translate: (ask: AskContainer) => Handler;
  readonly #loopback: Loopback;
  #handler: Handler = () => new Response(null, { status: 503 });

  /** Nothing listens until {@linkcode ProxiedService.open}. */
  constructor(parts: ProxiedServiceParts<Input, Output>) {
    const { inner, translate, config, serializer, temporary } = parts;
    this.#inner = inner;
    this.#config = config;
    this.#serializer = serializer;
    this.#translate = translate;
    this.#loopback = new Loopback((request) => this.#handler(request));
    if (temporary) Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.delete() });
  }

  /** Name of the service. */
  get name(): string {
    return this.#inner.name;
  }

  /** Listens. */
  async open(): Promise<void> {
    this.#handler = this.#translate(asking(this.#inner));
    await this.#loopback.open();
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
    await this.open();
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

/** Asks a service in its own way: its predictors know where it listens. */
function asking(service: Service): AskContainer {
  const predictor = service.predictor();
  return async (path, { method = "GET", body, signal } = {}) => {
    try {
      return await predictor.rawPredict(body, { path, method, signal, retry: false, timeout: Infinity });
    } catch (error) {
      if (!(error instanceof PredictionError && error.status)) throw error;
      return new Response(error.body, { status: error.status }); // no success, which is for the asker to judge
    }
  };
}
