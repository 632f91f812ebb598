import type { Client } from "../../../core/client.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import type { EndpointType } from "../eas-service.ts";
import { watchOf } from "../waiting/watch.ts";
import type { EasDeployOptions } from "./options.ts";

/** Where models are deployed to: what {@linkcode EasTarget} is made of. */
export interface EasPlace {
  /** Asks, and has the clock. */
  readonly client: Client;
  /** Where files are uploaded to. */
  readonly storage?: Storage;
  /** What the keys of uploaded files start with. */
  readonly uploadPrefix: string;
  /** Which address of a service is called; the client's network decides when absent. */
  readonly endpointType?: EndpointType;
}

/** One deployment: where to, how, and until when. */
export interface Job extends EasPlace {
  /** What is being done, for messages. */
  readonly action: "deploy" | "plan" | "apply";
  /** The caller's options, checked. */
  readonly options: EasDeployOptions;
  /** When it began, by the client's clock. */
  readonly began: number;
  /** When it gives up, by the client's clock. */
  readonly deadline: number;
  /** Hears of each step. */
  readonly report: (event: Omit<ProgressEvent, "elapsed">) => void;
}

/**
 * Begins a deployment.
 *
 * @throws {TypeError} or {RangeError} when an option of the wait can't be used.
 */
export function jobOf(place: EasPlace, action: Job["action"], options: EasDeployOptions): Job {
  const { client, storage, uploadPrefix, endpointType } = place;
  const { began, deadline } = watchOf(client, options.serviceName ?? "", action, options);
  const report: Job["report"] = (event) =>
    options.onProgress?.({ ...event, elapsed: client.clock.now() - began });
  return { client, storage, uploadPrefix, endpointType, action, options, began, deadline, report };
}
