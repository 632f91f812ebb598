import { type PaiErrorInit, ServiceError } from "../../../core/errors.ts";

/** Why a container is no running service. */
export type ContainerErrorCode =
  /** Its command ended, or never began. */
  | "ContainerExited"
  /** It was killed, or gave up, as it needed more memory than it may have. */
  | "ContainerOutOfMemory"
  /** Somebody removed it. */
  | "ContainerGone"
  /** Somebody paused it. */
  | "ContainerPaused"
  /** Its startup check failed as often as it may. */
  | "StartupCheckFailed"
  /** It runs, and what is wrong does not mend itself. */
  | "Hopeless"
  /** It was not ready in time, and there is a cause to tell. */
  | "WaitTimeout";

/** What a {@linkcode ContainerError} is made from. */
export interface ContainerErrorInit extends PaiErrorInit {
  /** Which failure it is. */
  code: ContainerErrorCode;
  /** The service. */
  serviceName: string;
  /** Its last state. */
  serviceStatus: string;
  /** What to do about it. */
  mend: string;
  /** What the command returned, once it has ended. */
  exitCode?: number;
  /** Whether the system killed it for its memory. */
  oomKilled?: boolean;
  /** The last lines that it printed, the oldest first, masked. */
  logs?: readonly string[];
  /** What the last check of its health said. */
  health?: string;
}

/**
 * The container of a service ended, or will not get ready. The message names the likeliest cause and how to mend it;
 * secrets of the configuration are masked everywhere.
 */
export class ContainerError extends ServiceError {
  /** Which failure it is. */
  declare readonly code: ContainerErrorCode;
  /** What the command returned, once it has ended; 128 and more is the signal that ended it, plus 128. */
  readonly exitCode: number | undefined;
  /** Whether the engine says that the system killed it for its memory. */
  readonly oomKilled: boolean;
  /** What to do about it. */
  readonly mend: string;
  /** What the last check of its health said, when it was checked. */
  readonly health: string | undefined;
  readonly #logs: readonly string[]; // private: an error that is printed shall not fill the screen with logs

  /** Makes the error; the message gets {@linkcode ContainerErrorInit.mend} at its end. */
  constructor(message: string, init: ContainerErrorInit) {
    super(`${message}; ${init.mend}`, init);
    this.exitCode = init.exitCode;
    this.oomKilled = init.oomKilled ?? false;
    this.mend = init.mend;
    this.health = init.health;
    this.#logs = init.logs ?? [];
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "ContainerError";
  }

  /** The last lines that it printed, the oldest first; secrets are masked. */
  get logs(): readonly string[] {
    return this.#logs;
  }
}
