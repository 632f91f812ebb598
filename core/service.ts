import type { Predictor } from "./predictor.ts";
import type { Serializer } from "./serializer.ts";
import type { ServiceConfig } from "./service-config.ts";

/** A service's state, as the vendor spells it; states that the vendor adds later pass through. */
export type ServiceStatus =
  | "Creating"
  | "Cloning"
  | "Pending"
  | "Deploying"
  | "Waiting"
  | "Running"
  | "Updating"
  | "HotUpdate"
  | "Scaling"
  | "Starting"
  | "Stopping"
  | "Stopped"
  | "Developing"
  | "Committing"
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
  /**
   * `check` of what might stop it, `hash` of files, `pull` of an image, `upload` of files, `create`, `start` or `update` of
   * the service, `wait` for a state, `probe` of the gateway, or of the server in a container.
   */
  stage: "check" | "hash" | "pull" | "upload" | "create" | "start" | "update" | "wait" | "probe";
  /** The service, or the file during an upload. */
  name: string;
  /** State of the service, when the stage is about one. */
  status?: ServiceStatus;
  /** How many instances of the service are ready and how many there shall be, when the target tells. */
  instances?: { ready: number; total: number };
  /** One line for people. */
  message: string;
  /** What the message is, when it is no mere step that the next one replaces on a screen. */
  level?: "note" | "warning";
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
   * tells the last state; or, where a target finds out within some seconds more why it took so long, the error of a
   * service that failed. @default {1800000}
   */
  timeout?: number;
  /**
   * How long instances may show a failure that doesn't mend itself, such as an image that can't be pulled or a
   * container that crashes again and again, before the wait ends with it, in milliseconds. `Infinity` waits on until
   * `timeout`. @default {120000}
   */
  giveUpAfter?: number;
  /** Hears of each step. */
  onProgress?: (event: ProgressEvent) => void;
}

/** Options of {@linkcode Service.start} and {@linkcode Service.stop}. */
export interface StateChangeOptions extends WaitOptions {
  /** Whether to wait for the new state. @default {true} */
  wait?: boolean;
}

/** Options of {@linkcode Service.delete}. */
export interface DeleteOptions extends WaitOptions {
  /** Whether to wait until the service is gone and its name is free again. @default {false} */
  wait?: boolean;
}

/** A line that a service printed. */
export interface LogLine {
  /** The line, without its end. */
  text: string;
  /** When it was printed, when the line begins with a time of which the zone is known. */
  time?: Date;
  /** The instance that printed it, when only one was asked for. */
  instance?: string;
}

/** Options of {@linkcode Service.logs}. */
export interface LogOptions {
  /** Whether to go on with what is printed from now on, until `signal` ends it or the loop is left. @default {false} */
  follow?: boolean;
  /** Only the last lines of what has been printed: how many. @default {all that the other options ask for} */
  tail?: number;
  /** Only what was printed since then. */
  since?: Date;
  /** Only what was printed until then; not together with `follow`. */
  until?: Date;
  /** Only what this instance printed. */
  instance?: string;
  /** Only what this container of an instance printed. */
  container?: string;
  /** Only lines with this word. */
  keyword?: string;
  /** What was printed before the container was started again last. @default {false} */
  previous?: boolean;
  /** Ends a `follow` quietly; without `follow` it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Longest time of one request in milliseconds. @default {60000} */
  timeout?: number;
}

/** A model that runs somewhere: in EAS, or in a container on this machine. */
export interface Service<Input = unknown, Output = unknown> {
  /** Name of the service. */
  readonly name: string;
  /** Asks for the current state. */
  describe(options?: { signal?: AbortSignal; timeout?: number }): Promise<ServiceDescription>;
  /** Waits until the service runs and answers. */
  wait(options?: WaitOptions): Promise<ServiceDescription>;
  /** Starts a stopped service. */
  start(options?: StateChangeOptions): Promise<void>;
  /** Stops the service; its configuration stays. */
  stop(options?: StateChangeOptions): Promise<void>;
  /** Deletes the service. What was uploaded for it stays in the bucket: other services may use it. */
  delete(options?: DeleteOptions): Promise<void>;
  /** What the service printed, the oldest line first. */
  logs(options?: LogOptions): AsyncIterable<LogLine>;
  /** A client of the service that speaks the format it was deployed with. */
  predictor(): Predictor<Input, Output>;
  /** A client of the service that speaks another format. */
  predictor<I, O>(options: { serializer: Serializer<I, O> }): Predictor<I, O>;
}
