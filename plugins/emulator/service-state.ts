import type { ServiceStatus } from "../../core/service.ts";
import type { Failure } from "./processors.ts";

/** How long services take to change their state, in milliseconds; `Infinity` means they never do. */
export interface Delays {
  /** From creation to Running: half of it Creating, half of it Waiting. @default {150} */
  create?: number;
  /** From start to Running, and how long an update takes. @default {150} */
  start?: number;
  /** From stop to Stopped. @default {100} */
  stop?: number;
  /** From deletion until the name is free. @default {50} */
  delete?: number;
  /** From Running until the gateway answers; it says 503 `no healthy upstream` before. @default {100} */
  gateway?: number;
}

/** The last change that was asked for, and when. The state follows from it and the time alone: there are no timers. */
export interface Transition {
  /** What was asked for. */
  kind: "create" | "update" | "start" | "stop" | "delete";
  /** When, in milliseconds since the Unix epoch. */
  at: number;
}

/** How a service is at one time. */
export interface ServiceState {
  /** State, as the vendor spells it. */
  status: ServiceStatus;
  /** Short reason of the state. */
  reason: string;
  /** Longer explanation. */
  message: string;
  /** Whether the gateway sends requests to it. */
  routed: boolean;
}

/** The state at the time `now`; `undefined` once the service is gone. */
export function serviceState(
  { kind, at }: Transition,
  failure: Failure | undefined,
  delays: Required<Delays>,
  now: number,
): ServiceState | undefined {
  const passed = now - at;
  switch (kind) {
    case "create":
      if (passed < delays.create / 2) return state("Creating", "The service is being created");
      if (passed < delays.create) return state("Waiting", "The service waits for its instances");
      return running(failure, passed >= delays.create + delays.gateway);
    case "start":
      if (passed < delays.start) return state("Starting", "The service is being started");
      return running(failure, passed >= delays.start + delays.gateway);
    case "update": // instances are replaced one by one, so the gateway goes on
      if (passed < delays.start) return state("Updating", "The service is being updated", !failure);
      return running(failure, true);
    case "stop":
      if (passed < delays.stop) return state("Stopping", "The service is being stopped");
      return state("Stopped", "The service is stopped");
    case "delete":
      return passed < delays.delete ? state("Deleting", "The service is being deleted") : undefined;
  }
}

function running(failure: Failure | undefined, routed: boolean): ServiceState {
  return failure
    ? { status: "Failed", reason: failure.reason, message: failure.message, routed: false }
    : state("Running", "The service is running", routed);
}

function state(status: string, message: string, routed = false): ServiceState {
  return { status, reason: status.toUpperCase(), message, routed };
}
