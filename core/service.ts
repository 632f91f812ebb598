import type { Predictor } from "./predictor.ts";
import type { Serializer } from "./serializer.ts";
import type { ServiceConfig } from "./service-config.ts";

/** A service's state, as the vendor spells it; states that the vendor adds later pass through. */
export type ServiceStatus =
  | "Creating"
  | "Waiting"
  | "Running"
  | "Updating"
  | "Scaling"
  | "Starting"
  | "Stopping"
  | "Stopped"
  | "Failed"
  | "Deleting"
  | "Deleted"
  | "DeleteFailed"
  | "Complete"
  | (string & Record<never, never>);

/** What a target says about a service. */
export interface ServiceDescription {
  /** Name of the service. */
  name: string;
  /** Its state. */
  status: ServiceStatus;
  /** Short reason of the state, when the target gives one. */
  reason?: string;
  /** Longer explanation of the state, when the target gives one. */
  message?: string;
  /** The configuration that runs. */
  config: ServiceConfig;
  /** Address for callers on the internet. */
  internetEndpoint?: string;
  /** Address for callers inside the VPC. */
  intranetEndpoint?: string;
  /** Tags. */
  labels: Record<string, string>;
  /** The target's whole answer, without the access token. */
  raw: Readonly<Record<string, unknown>>;
}

/** A step of a long operation. */
export interface ProgressEvent {
  /** `upload` of files, `create` of the service, `wait` for a state, `probe` of the gateway. */
  stage: "upload" | "create" | "wait" | "probe";
  /** The service, or the file during an upload. */
  name: string;
  /** State of the service, when the stage is about one. */
  status?: ServiceStatus;
  /** One line for people. */
  message: string;
  /** Milliseconds since the operation began. */
  elapsed: number;
  /** Bytes done and in all, when the stage moves bytes. */
  bytes?: { done: number; total: number };
}

/** Options that every long operation takes. */
export interface WaitOptions {
  /** Cancels the wait; what runs on the server goes on. */
  signal?: AbortSignal;
  /**
   * Longest time of the whole operation in milliseconds, uploads included, after which a {@linkcode TimeoutError}
   * tells the last state. @default {1800000}
   */
  timeout?: number;
  /** Hears of each step. */
  onProgress?: (event: ProgressEvent) => void;
}

/** Options of {@linkcode Service.start} and {@linkcode Service.stop}. */
export interface StateChangeOptions extends WaitOptions {
  /** Whether to wait for the new state. @default {true} */
  wait?: boolean;
}

/** A model that runs somewhere: in EAS, or in a container on this machine. */
export interface Service<Input = unknown, Output = unknown> {
  /** Name of the service. */
  readonly name: string;
  /** Asks for the current state. */
  describe(options?: { signal?: AbortSignal }): Promise<ServiceDescription>;
  /** Waits until the service runs and answers. */
  wait(options?: WaitOptions): Promise<ServiceDescription>;
  /** Starts a stopped service. */
  start(options?: StateChangeOptions): Promise<void>;
  /** Stops the service; its configuration stays. */
  stop(options?: StateChangeOptions): Promise<void>;
  /** Deletes the service. What was uploaded for it stays in the bucket: other services may use it. */
  delete(options?: { signal?: AbortSignal }): Promise<void>;
  /** A client of the service that speaks the format it was deployed with. */
  predictor(): Predictor<Input, Output>;
  /** A client of the service that speaks another format. */
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
}
