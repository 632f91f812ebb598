/** What a container engine is: Docker's own, or Podman behind the same API. */
export type EngineKind = "docker" | "podman";

/** A reachable container engine. */
export interface Engine {
  /** Where it is, without secrets: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Whether it runs on this machine, so that folders can be bind-mounted and its ports are on loopback. */
  readonly isLocal: boolean;
  /** Host on which published ports answer: `127.0.0.1`, or a remote engine's. */
  readonly host: string;
  /** Version of the API that is spoken, such as `1.41`. */
  readonly apiVersion: string;
  /** Whose it is. */
  readonly kind: EngineKind;
  /**
   * Sends one request; `path` is without the version: `/containers/json`.
   *
   * @throws {DockerError} for an answer that is no success and not in `accept`, and when the engine is gone, also midway
   * in the answer's body; {@linkcode TimeoutError} when it takes longer than `timeout`; the signal's reason when aborted.
   */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

/** A request of the Engine API. */
export interface CallOptions {
  /** The query; what is undefined is left out. */
  query?: Record<string, string | undefined>;
  /** A body to send as JSON. */
  json?: unknown;
  /** A body to send as it is. A stream is read as fast as the engine takes it, and cancelled when it takes no more. */
  body?: Uint8Array | ReadableStream<Uint8Array>;
  /** More headers. */
  headers?: Record<string, string>;
  /** Ends the call, or the reading of its answer. */
  signal?: AbortSignal;
  /** Milliseconds until the answer begins; its body may take longer. @default {no bound} */
  timeout?: number;
  /** Statuses to return beside 2xx and 3xx, such as 404. */
  accept?: readonly number[];
  /** Beginning of an error's message. @default {"Cannot call the engine"} */
  what?: string;
}

/** What every operation on an engine takes. */
export interface OperationOptions {
  /** Ends the operation. */
  signal?: AbortSignal;
  /** Milliseconds until the engine answers. @default {no bound} */
  timeout?: number;
}
