import type { ServiceStatus } from "../../core/service.ts";
import type { ContainerInfo } from "./engine/inspect-container.ts";

/** A state as EAS would call it, and why. */
export interface StatusOfContainer {
  /** The state. */
  status: ServiceStatus;
  /** Short reason, as Kubernetes would call it. */
  reason?: string;
  /** One sentence for people. */
  message?: string;
}

// What ends with the signals that a stop sends was stopped: 128 + 15 (SIGTERM), + 9 (SIGKILL), + 2 (SIGINT).
const stopped = [0, 130, 137, 143];

/**
 * What the state of a container is called in EAS.
 *
 * @param isReady Whether it answers, when it runs.
 */
export function statusOf({ state }: ContainerInfo, isReady: boolean): StatusOfContainer {
  const { status, exitCode, oomKilled, error } = state;
  switch (status) {
    case "running":
      return isReady
        ? { status: "Running" }
        : { status: "Waiting", reason: "NotReady", message: "the container runs and does not answer yet" };
    case "paused":
      return { status: "Waiting", reason: "Paused", message: "the container is paused" };
    case "created":
      return error
        ? { status: "Failed", reason: "StartError", message: error }
        : { status: "Creating", message: "the container was not started yet" };
    case "removing":
      return { status: "Deleting" };
    default: {
      if (oomKilled) {
        return {
          status: "Failed",
          reason: "OOMKilled",
          message: "the container was killed for its memory",
        };
      }
      const message = `the container ended with exit code ${exitCode}`;
      return stopped.includes(exitCode) && status !== "dead"
        ? { status: "Stopped", message }
        : { status: "Failed", reason: "Error", message };
    }
  }
}
