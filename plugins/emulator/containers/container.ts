import type { Clock } from "../../../core/clock.ts";
import type { Fetch } from "../../../core/fetch.ts";
import { redact } from "../../../core/redact.ts";
import type { ProgressEvent, Service } from "../../../core/service.ts";
import type { Target } from "../../../core/target.ts";
import {
  type Failure,
  type Incident,
  type InstanceContainer,
  isFailure,
  type NamedInstance,
  type Runner,
} from "../eas/failure.ts";
import type { JsonObject } from "../service-config.ts";
import type { Store } from "../store.ts";
import { containerFailure } from "./container-failure.ts";
import { toDeployment } from "./deployment.ts";
import { forwardTo } from "./forward.ts";

/** Where containers come from, and what they are given. */
export interface Surroundings {
  /** Runs them. */
  readonly target: Target;
  /** Sends requests to them. */
  readonly send: Fetch;
  /** Tells when what happened. */
  readonly clock: Clock;
  /** Holds the files that they get. */
  readonly store: Store;
}

/** What a container is to run, and for whom. */
export interface ContainerOrder {
  /** Name that the target is to know it by. */
  name: string;
  /** Configuration of the service. */
  config: JsonObject;
  /** The instance. */
  instance: NamedInstance;
  /** Is told when nothing of it is left. */
  removed: () => void;
}

/** Whether it is worth the wait is for those to say who deploy the service. */
const patient = { timeout: Infinity, giveUpAfter: Infinity } as const;
/** Longest time of a question to the target, in milliseconds: those who ask the emulator wait for it. */
const patience = 5_000;
/** Lines of a container that are shown, and kept when it is removed. */
const mostLines = 1_000;
/** Events of a start that are kept. */
const mostIncidents = 100;

/** A container that a target runs for one instance of a service. */
export class Container implements InstanceContainer {
  settled: Promise<Runner | Failure>;
  readonly incidents: (Incident & { at: number })[] = [];
  readonly #around: Surroundings;
  readonly #order: ContainerOrder;
  /** Breaks off the start that is under way. */
  #attempt = new AbortController();
  #service: Service | undefined;
  #ended: Promise<void> | undefined;
  #removalError: unknown;
  #kept: readonly { at: number; text: string }[] = [];

  /** Begins to start it. */
  constructor(around: Surroundings, order: ContainerOrder) {
    this.#around = around;
    this.#order = order;
    this.settled = this.#begin((signal) => this.#deploy(signal));
  }

  /** What went wrong when it was removed, if it was left. */
  get removalError(): unknown {
    return this.#removalError;
  }

  get isStarted(): boolean {
    return this.#service !== undefined;
  }

  restart(): Promise<Runner | Failure> {
    const before = this.settled;
    this.#attempt.abort(new DOMException("the container is started again", "AbortError"));
    this.#attempt = new AbortController();
    return this.settled = this.#begin(async (signal) => {
      await before;
      signal.throwIfAborted();
      const service = this.#service;
      if (!service) return await this.#deploy(signal);
      await service.stop({ signal });
      await service.start({ signal, ...patient });
      return service;
    });
  }

  async look(): Promise<Failure | undefined> {
    const service = this.#service;
    if (!service || this.#ended) return undefined;
    try {
      const { status } = await service.describe({ timeout: patience });
      if (!/^(Failed|Stopped|Deleted|Complete)$/.test(status)) return undefined;
    } catch {
      return undefined; // whether it runs isn't known
    }
    try {
      await service.wait({ timeout: patience });
      return undefined;
    } catch (error) { // says why it ended
      return this.#ended ? undefined : this.#fail(error);
    }
  }

  async lines(): Promise<readonly { at: number; text: string }[]> {
    const service = this.#service;
    if (!service || this.#ended) return this.#kept;
    const lines = await this.#read(service).catch(() => []);
    return lines.length > 0 ? lines : this.#kept; // which its error may have had
  }

  end(): Promise<void> {
    if (this.#removalError !== undefined) this.#ended = undefined; // it is tried again
    return this.#ended ??= this.#remove();
  }

  /** Starts it, which may take a pull, and waits for its first answer, however long that takes: as EAS does. */
  async #deploy(signal: AbortSignal): Promise<Service> {
    const { target, store } = this.#around;
    const { name, config } = this.#order;
    const options = { signal, onProgress: (event: ProgressEvent) => this.#progress(event) };
    const deployment = toDeployment(config, store);
    const service = await target.deploy(deployment, {
      ...options,
      serviceName: name,
      temporary: true,
      wait: false,
    });
    this.#service = service;
    this.#say({ type: "Normal", reason: "Started", message: "Started container worker0" });
    await service.wait({ ...options, ...patient });
    return service;
  }

  async #begin(start: (signal: AbortSignal) => Promise<Service>): Promise<Runner | Failure> {
    const { signal } = this.#attempt;
    try {
      const service = await start(signal);
      return { run: forwardTo(service.predictor().endpoint, this.#around.send) };
    } catch (error) {
      return signal.aborted ? containerFailure(error, this.#order.config) : this.#fail(error); // the one is no incident
    }
  }

  #fail(error: unknown): Failure {
    const failure = containerFailure(error, this.#order.config);
    for (const incident of failure.incidents(this.#order.instance)) {
      if (incident.reason !== "Started" || !this.isStarted) this.#say(incident); // that it started was said then
    }
    const at = this.#around.clock.now();
    this.#kept = failure.log.map((text) => ({ at, text }));
    return failure;
  }

  #progress({ stage, status, message: said, level }: ProgressEvent): void {
    const text = redact(said.replace(/^service "[^"]*": /, ""));
    const isProbe = (stage === "wait" || stage === "probe") && status !== "Running";
    const message = isProbe ? `Readiness probe failed: ${text}` : text;
    const isNew = this.incidents.at(-1)?.message !== message;
    if (!isNew || status === "Running" || this.incidents.length >= mostIncidents || this.#ended) return;
    const reason = isProbe ? "Unhealthy" : /pull/i.test(message) ? "Pulling" : "Progress";
    this.#say({ ...(level !== "warning" && !isProbe && { type: "Normal" }), reason, message });
  }

  #say(incident: Incident): void {
    this.incidents.push({ ...incident, at: this.#around.clock.now() });
  }

  async #read(service: Service): Promise<{ at: number; text: string }[]> {
    const now = this.#around.clock.now();
    const lines: { at: number; text: string }[] = [];
    for await (const { text, time } of service.logs({ tail: mostLines, timeout: patience })) {
      const at = Math.min(time?.getTime() ?? lines.at(-1)?.at ?? now, now);
      lines.push({ at, text });
    }
    return lines;
  }

  async #remove(): Promise<void> {
    this.#attempt.abort(new DOMException("the instance has ended", "AbortError"));
    this.#removalError = undefined;
    await this.settled;
    const service = this.#service;
    try {
      if (service) this.#kept = await this.#read(service).catch(() => this.#kept);
      await service?.delete({ wait: true });
      this.#order.removed();
    } catch (error) {
      this.#removalError = error;
    }
  }
}

/** Why a container doesn't answer, once that is known; `undefined` when it does. */
export async function failureIn(settled: Promise<Runner | Failure>): Promise<Failure | undefined> {
  const result = await settled;
  return isFailure(result) ? result : undefined;
}
