import type { Handler } from "../../processors/handler.ts";

/** A service that can run. */
export interface Runner {
  /** Answers one request. */
  run: Handler;
  /** Begins to run a container, where one has to for each instance; it is what answers then. */
  start?: (instance: NamedInstance) => InstanceContainer;
}

/** A container that runs for an instance. */
export interface InstanceContainer {
  /** What answers requests, once it does; or why nothing does. Never rejects. */
  readonly settled: Promise<Runner | Failure>;
  /** Whether it runs, or has run, though it may not answer yet. */
  readonly isStarted: boolean;
  /** What has happened to it, the oldest first. */
  readonly incidents: readonly (Incident & { at: number })[];
  /** What it has printed, the oldest line first. */
  lines(): Promise<readonly { at: number; text: string }[]>;
  /** Why it doesn't run any more, if it has ended by itself. */
  look(): Promise<Failure | undefined>;
  /** Starts it again; settles when it answers. */
  restart(): Promise<Runner | Failure>;
  /** Removes it, or breaks off its start. Never rejects. */
  end(): Promise<void>;
}

/** An instance as the words about its failure need it. */
export interface NamedInstance {
  /** Its name. */
  name: string;
  /** Its own address. */
  ip: string;
}

/** Something that happened to an instance. */
export interface Incident {
  /** `Warning`, unless it is what always happens. */
  type?: "Normal";
  /** Kubernetes' word for it, such as `BackOff`. */
  reason: string;
  /** A sentence. */
  message: string;
}

/** What the vendor's diagnosis says of a failure. */
export interface Diagnosis {
  /** What is wrong. */
  error: string;
  /** Why that may be. */
  causes: readonly string[];
  /** What to do about it. */
  advices: readonly string[];
}

/** Why a service can't run, and how that shows. */
export interface Failure {
  /** Short reason: `FAILED`, as the real one has it, or a code of the emulator's own. */
  reason: string;
  /**
   * How far it gets: not to any instance, to instances that don't start, or to instances that start but never get ready;
   * with these the service stays Waiting.
   */
  stage: "deployment" | "startup" | "readiness";
  /** What the service says; the instance is the first that failed. */
  message: (instance: string) => string;
  /** How its instances look, if it has any. */
  instance: {
    /** State of an instance. */
    status: string;
    /** Why it is in it. */
    reason: string;
    /** Exit code of a container that starts again and again. */
    exitCode?: number;
    /** Set when it isn't started again, so that it has exited but once. */
    once?: true;
  };
  /** What happens to an instance, over and over if its container exits. */
  incidents: (instance: NamedInstance) => readonly Incident[];
  /** What the container prints each time it runs. */
  log: readonly string[];
  /** What the diagnosis says. */
  diagnosis: Diagnosis;
}

/** Tells a {@linkcode Failure} from a {@linkcode Runner}. */
export function isFailure(value: Runner | Failure): value is Failure {
  return "stage" in value;
}
