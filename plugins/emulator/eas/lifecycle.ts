import type { ServiceStatus } from "../../../core/service.ts";
import type { Failure } from "./failure.ts";

/** How long services take to change their state, in milliseconds; `Infinity` means they never do. */
export interface Delays {
  /** From creation to Running: half of it Creating, half of it Waiting. @default {150} */
  create?: number;
  /** From start to Running, and how long an update, a restart or scaling takes. @default {150} */
  start?: number;
  /** From stop to Stopped. @default {100} */
  stop?: number;
  /** From deletion until the name is free. @default {50} */
  delete?: number;
  /** From Running until the gateway answers; it says 503 `no healthy upstream` before. @default {100} */
  gateway?: number;
}

/** What can be asked of a service. */
export type TransitionKind =
  | "create"
  | "update"
  | "scale"
  | "autoscale"
  | "restart"
  | "replace"
  | "start"
  | "stop"
  | "delete"
  | "develop"
  | "commit"
  | "crash";

/** A change that was asked for, and when. The state follows from the last one and the time: there are no timers. */
export interface Transition {
  /** What was asked for. */
  kind: TransitionKind;
  /** When, in milliseconds since the Unix epoch. */
  at: number;
  /** Number of the configuration that it leads to. */
  version: number;
  /** Why it fails, if it does, in the words of this time. */
  failure: Explained | undefined;
  /** Whether the gateway had instances to ask before, and keeps asking them. */
  served: boolean;
  /** When it was over, where containers are what takes the time: `Infinity` until then. Else the delays tell. */
  over?: number;
  /** Whether containers are replaced one by one in it. */
  rolls?: boolean;
  /** Why the containers of it failed, if they did; `failure` has its words. */
  cause?: Failure;
}

/** A failure with the name of the instance that failed. */
export type Explained = Pick<Failure, "reason" | "stage" | "incidents"> & { message: string };

/** How a service is from one moment on. */
export interface Phase {
  /** When it begins, in milliseconds after the transition. */
  after: number;
  /** State, as the vendor spells it. */
  status: ServiceStatus;
  /** Explanation, in the vendor's words where these are known. */
  message: string;
  /** Whether the gateway sends requests to it. */
  routed: boolean;
  /** Why it is so, when it failed. */
  failure?: Explained;
}

/** The phases that a transition leads through, the first at once; `Deleted` means that the service is gone. */
export function phases(transition: Transition, delays: Required<Delays>): Phase[] {
  const { kind, at, served, over, failure } = transition;
  const took = (delay: number): number => over === undefined ? delay : over - at;
  const phase = (after: number, status: string, message: string, routed = false): Phase => ({
    after,
    status,
    message,
    routed,
  });
  switch (kind) {
    case "create":
      return [
        phase(0, "Creating", "Service is now creating"),
        ...waiting(transition, Math.min(delays.create / 2, took(delays.create))),
        ...ending(transition, took(delays.create), delays.gateway),
      ];
    case "start":
      return [
        phase(0, "Starting", "Service is now deploying"),
        ...ending(transition, took(delays.start), delays.gateway),
      ];
    case "stop":
      return [
        phase(0, "Stopping", "Service is now stopping"),
        phase(took(delays.stop), "Stopped", "Service is stopped"),
      ];
    case "delete":
      return [
        phase(0, "Deleting", "Service is now deleting"),
        phase(took(delays.delete), "Deleted", "Service is deleted"),
      ];
    case "develop":
      return [phase(0, "Developing", "Service is in development mode", served)];
    case "crash":
      return failure ? [failed(failure, 0, false)] : [];
    default: // instances are replaced one by one, so the gateway goes on
      return [
        phase(0, ...inBetween[kind], served),
        ...ending(transition, took(delays.start), served ? 0 : delays.gateway),
      ];
  }
}

/** What a service is while its instances change, and what it says then. */
const inBetween: Record<
  "update" | "scale" | "autoscale" | "restart" | "replace" | "commit",
  [status: ServiceStatus, message: string]
> = {
  update: ["Updating", "Service specification changed"],
  scale: ["Scaling", "Service is now scaling"],
  autoscale: ["Scaling", "Service is now auto scaling"],
  restart: ["Waiting", "Service is now waiting to all available"],
  replace: ["Waiting", "Service is now waiting to all available"],
  commit: ["Committing", "Service is now committing"],
};

/** Instances are there but not ready; a service that fails before it has any never waits for them. */
function waiting({ failure }: Transition, after: number): Phase[] {
  if (failure?.stage === "deployment") return [failed(failure, after, false)];
  return [{ after, status: "Waiting", message: "Service is now waiting to all available", routed: false }];
}

/** How a transition ends when its time is over. */
function ending(transition: Transition, after: number, gateway: number): Phase[] {
  const { kind, failure } = transition;
  const served = transition.served && kind !== "create" && kind !== "start"; // these two keep no instance
  if (failure?.stage === "readiness") {
    if (kind === "create") return []; // it goes on waiting
    return [{ after, status: "Waiting", message: "Service is now waiting to all available", routed: served }];
  }
  if (failure) {
    return kind === "create" && failure.stage === "deployment" ? [] : [failed(failure, after, served)];
  }
  const running = { status: "Running", message: "Service is running" };
  if (gateway === 0) return [{ after, ...running, routed: true }];
  return [{ after, ...running, routed: false }, { after: after + gateway, ...running, routed: true }];
}

function failed(failure: Explained, after: number, routed: boolean): Phase {
  return { after, status: "Failed", message: failure.message, routed, failure };
}

/** How a service is at one time. */
export interface ServiceState {
  /** State, as the vendor spells it. */
  status: ServiceStatus;
  /** Short reason of the state: the state in capitals, or the emulator's own code of a failure. */
  reason: string;
  /** Longer explanation. */
  message: string;
  /** Whether the gateway sends requests to it. */
  routed: boolean;
}

/** The state at the time `now`; `undefined` once the service is gone. */
export function stateAfter(
  transition: Transition,
  delays: Required<Delays>,
  now: number,
): ServiceState | undefined {
  const phase = phases(transition, delays).findLast(({ after }) => now - transition.at >= after);
  if (!phase || phase.status === "Deleted") return undefined;
  const { status, message, routed, failure } = phase;
  return { status, reason: failure?.reason ?? status.toUpperCase(), message, routed };
}
