import { type PaiErrorInit, ServiceError } from "../../../core/errors.ts";
import type { Diagnosis } from "../services/diagnosis.ts";
import type { ServiceEvent } from "../services/events.ts";
import type { ServiceInstance } from "../services/instances.ts";

/** What kind of cause a failure has. */
export type CauseKind =
  | "image-pull"
  | "port"
  | "out-of-memory"
  | "model-missing"
  | "quota"
  | "permission"
  | "crash"
  | "unknown";

/** Why a service does not run, and how to mend it. */
export interface Cause {
  /** Kind of the cause. */
  kind: CauseKind;
  /** One sentence for people. */
  message: string;
  /** What to do about it. */
  mend: string;
  /** What says so, each with where it was found; secrets are masked. */
  evidence: string[];
}

/** What was found out about a failed service, as far as it could be in a few seconds; secrets are masked. */
export interface Evidence {
  /** What happened to it lately, the oldest first. */
  events: readonly ServiceEvent[];
  /** Its instances, as they were at the end. */
  instances: readonly ServiceInstance[];
  /** The last lines that it printed, the oldest first. */
  logs: readonly string[];
  /** What the vendor's own diagnosis says. */
  diagnosis: readonly Diagnosis[];
}

/**
 * A service failed, crashes again and again, or did not get ready in time, with what was found out about it.
 * The message names the likeliest cause and how to mend it; secrets are masked everywhere.
 */
export class DeployError extends ServiceError {
  /** The likeliest cause first; the only one is `unknown` when nothing tells. */
  readonly causes: readonly Cause[];
  readonly #evidence: Evidence; // private: an error that is printed shall not fill the screen with logs

  /** Makes the error for one service. */
  constructor(
    message: string,
    init: PaiErrorInit & {
      serviceName: string;
      serviceStatus: string;
      causes: readonly Cause[];
      evidence: Evidence;
    },
  ) {
    super(message, init);
    this.causes = init.causes;
    this.#evidence = init.evidence;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "DeployError";
  }

  /** All that was found out. */
  get evidence(): Evidence {
    return this.#evidence;
  }

  /** What happened to the service lately, the oldest first. */
  get events(): readonly ServiceEvent[] {
    return this.#evidence.events;
  }

  /** Its instances, as they were at the end. */
  get instances(): readonly ServiceInstance[] {
    return this.#evidence.instances;
  }

  /** The last lines that it printed, the oldest first. */
  get logs(): readonly string[] {
    return this.#evidence.logs;
  }

  /** What the vendor's own diagnosis says. */
  get diagnosis(): readonly Diagnosis[] {
    return this.#evidence.diagnosis;
  }

  /** The same error with a note at the end of its message. */
  amended(note: string): DeployError {
    const init = { ...this, evidence: this.#evidence, cause: this.cause };
    return new DeployError(`${this.message}; ${note}`, init);
  }
}
