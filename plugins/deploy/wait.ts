import { describeService, type EasDescription } from "../../core/eas-service.ts";
import { ApiError, CredentialsError, ServiceError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import type { ServiceStatus } from "../../core/service.ts";
import { pauseWithin, timeLeft, type Watch } from "./watch.ts";

/** When a wait ends. */
export interface Goal {
  /** Whether this is the state waited for. */
  reached: (status: ServiceStatus) => boolean;
  /** States that lead nowhere. */
  failed: readonly ServiceStatus[];
  /** What may be an old state for a while: one from before the call, or none as the service has just been made. */
  settling?: "old state" | "new service";
}

const dead: ServiceStatus[] = ["Failed", "DeleteFailed", "Deleting", "Deleted", "Complete"];

/** The goals of the operations on a service. */
export const goals = {
  visible: { reached: () => true, failed: [], settling: "new service" },
  created: {
    reached: (status) => status === "Running",
    failed: [...dead, "Stopped"],
    settling: "new service",
  },
  running: { reached: (status) => status === "Running", failed: [...dead, "Stopped"] },
  started: { reached: (status) => status === "Running", failed: [...dead, "Stopped"], settling: "old state" },
  stopped: { reached: (status) => status === "Stopped", failed: dead, settling: "old state" },
} satisfies Record<string, Goal>;

const firstPause = 1_000;
const longestPause = 5_000;

// How long a service may go on telling the state that it had before a call.
const settlingTime = 30_000;

/** Longest time of one request in milliseconds: one without an answer must not use up the time of the whole wait. */
export const requestTimeout = 60_000;

// A wait of half an hour outlives a few failed requests, each of which the client has retried already.
const toleratedFailures = 5;

/**
 * Asks for the state of a service until it is what the goal says.
 *
 * @param asked When the service was asked for this state; when the wait begins, unless it was before.
 * @throws {ServiceError} when the service ends in a state that leads nowhere.
 * @throws {TimeoutError} when the time is up; its message has the last state.
 */
export async function untilStatus(
  watch: Watch,
  goal: Goal,
  asked: number = watch.client.clock.now(),
): Promise<EasDescription> {
  const { client, signal, report } = watch;
  let first: ServiceStatus | undefined;
  let moved = false; // once it has, no state is an old one
  let last: EasDescription | undefined;
  let failures = 0;
  let heard: string | undefined;
  for (let pause = firstPause;; pause = Math.min(pause * 1.5, longestPause)) {
    const settling = goal.settling && client.clock.now() - asked < settlingTime;
    try {
      last = await describeService(client, watch.name, { signal, timeout: timeLeft(watch, requestTimeout) });
      failures = 0;
    } catch (error) {
      const isNew = settling && goal.settling === "new service" && isMissing(error);
      if (signal?.aborted || !(isNew || (isPassing(error) && ++failures <= toleratedFailures))) throw error;
    }
    if (last) {
      first ??= last.status;
      moved ||= last.status !== first;
      const told = `${last.status}${explanation(last)}`;
      if (told !== heard) {
        report({ stage: "wait", status: last.status, message: `service "${watch.name}" is ${told}` });
      }
      heard = told;
      if (goal.reached(last.status)) return last;
      const isOld = settling && goal.settling === "old state" && !moved;
      if (goal.failed.includes(last.status) && !isOld) throw failure(watch, last);
    }
    const state = last ? `it is ${last.status}${explanation(last)}` : "it is not visible";
    await pauseWithin(watch, pause, state);
  }
}

/** Whether an error says that there is no such service. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

// What may be gone the next time: no answer, throttling, or a failure of the server.
function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return !(error instanceof CredentialsError);
  return error.status === undefined || error.status === 429 ||
    error.status >= 500;
}

function failure({ action, name }: Watch, description: EasDescription): ServiceError {
  const { status } = description;
  return new ServiceError(
    `Cannot ${action} service "${name}": status is ${status}${explanation(description)}`,
    {
      serviceName: name,
      serviceStatus: status,
      code: description.reason,
    },
  );
}

function explanation({ reason, message, accessToken }: EasDescription): string {
  const parts = [reason, message].filter(Boolean);
  return parts.length > 0 ? ` (${redact(parts.join(": "), [accessToken])})` : "";
}
