import { describeService, type EasDescription } from "../../../core/eas-service.ts";
import { TimeoutError } from "../../../core/errors.ts";
import type { ServiceStatus } from "../../../core/service.ts";
import type { DeployError } from "../failure/deploy-error.ts";
import { Doubts } from "../failure/doubts.ts";
import { explainFailure, stateOf } from "../failure/explain.ts";
import { isMissing, isPassing, toleratedFailures } from "./api-failures.ts";
import { type End, verdict } from "./states.ts";
import { pauseWithin, timeLeft, type Watch } from "./watch.ts";

/** When a wait ends. */
export interface Goal {
  /** Where it leads to. */
  end: End;
  /** What may be an old state for a while: one from before the call, or none as the service has just been made. */
  settling?: "old state" | "new service";
}

/** The goals of the operations on a service. */
export const goals = {
  visible: { end: "there", settling: "new service" },
  created: { end: "running", settling: "new service" },
  running: { end: "running" },
  started: { end: "running", settling: "old state" },
  stopped: { end: "stopped", settling: "old state" },
  deleted: { end: "gone", settling: "old state" },
} satisfies Record<string, Goal>;

/** What a service was asked for before the wait. */
export interface Asked {
  /** When, by the client's clock. */
  at: number;
  /** How the service was described before, when the goal's own state may be that from before. */
  before?: EasDescription;
}

const firstPause = 1_000;

// Pauses grow up to this, and later with the time that has passed, of which a wait gets longer by a twentieth
// at most.
const longPause = 5_000;
const longestPause = 15_000;

// How long a service may go on telling the state that it had before a call.
const settlingTime = 30_000;

/** Longest time of one request in milliseconds: one without an answer must not use up the time of the whole wait. */
export const requestTimeout = 60_000;

/**
 * Asks for the state of a service until it is what the goal says.
 *
 * @param asked What it was asked for before; by default it was just now, when the wait begins.
 * @throws {DeployError} when the service ends in a state that leads nowhere, when it has looked hopeless for
 * `giveUpAfter`, or when the time is up and there is a cause to tell.
 * @throws {TimeoutError} when the time is up and there is none; its message has the last state.
 */
export async function untilStatus(watch: Watch, goal: Goal, asked?: Asked): Promise<EasDescription> {
  const last = await untilReached(watch, goal, asked);
  if (last) return last;
  throw new TypeError(`Cannot ${watch.action} service "${watch.name}": its end is that it is gone`);
}

/**
 * Waits until a service is gone.
 *
 * @throws {DeployError} when it can't be deleted.
 * @throws {TimeoutError} when the time is up.
 */
export async function untilGone(watch: Watch): Promise<void> {
  await untilReached(watch, goals.deleted);
}

async function untilReached(
  watch: Watch,
  goal: Goal,
  asked: Asked = { at: watch.client.clock.now() },
): Promise<EasDescription | undefined> {
  const { client: { clock } } = watch;
  const began = clock.now();
  const doubts = new Doubts(watch, began);
  const isOld = oldStates(asked.before);
  let last: EasDescription | undefined;
  let failures = 0;
  let heard: string | undefined;
  for (let pause = firstPause;; pause = nextPause(pause, clock.now() - began)) {
    const settling = clock.now() - asked.at < settlingTime ? goal.settling : undefined;
    try {
      last = await ask(watch);
      failures = 0;
    } catch (error) {
      if (isMissing(error) && goal.end === "gone") return undefined;
      const isNew = isMissing(error) && settling === "new service";
      if (watch.signal?.aborted || !(isNew || (isPassing(error) && ++failures <= toleratedFailures))) {
        throw error;
      }
    }
    if (last) {
      heard = tell(watch, last, heard);
      const old = isOld(last);
      const meaning = verdict(last.status, goal.end);
      if (meaning === "reached" && !(settling === "old state" && old.asBefore)) return last;
      if (meaning === "failed" && !(settling === "old state" && old.sameStatus)) {
        throw await failed(watch, last);
      }
      if (goal.end === "running") await endHopeless(watch, doubts, last);
    }
    await pauseOrExplain(watch, pause, last);
  }
}

function ask(watch: Watch): Promise<EasDescription> {
  const { client, name, signal } = watch;
  return describeService(client, name, { signal, timeout: timeLeft(watch, requestTimeout) });
}

/**
 * Tells of each description whether it may be that from before the call: a status until it has been another,
 * and a whole description, if the one from before is known, until its status, version or time has been another.
 */
function oldStates(
  before: EasDescription | undefined,
): (now: EasDescription) => { sameStatus: boolean; asBefore: boolean } {
  let status = before?.status;
  let sameStatus = true;
  let asBefore = before !== undefined;
  return (now) => {
    status ??= now.status;
    sameStatus &&= now.status === status;
    asBefore &&= fingerprint(now) === fingerprint(before ?? now);
    return { sameStatus, asBefore };
  };
}

function nextPause(pause: number, elapsed: number): number {
  return Math.min(pause * 1.5, Math.max(longPause, elapsed / 20), longestPause);
}

// What changes when a service begins to become another: its state, or, when that is the same, its version or time.
function fingerprint({ status, raw }: EasDescription): string {
  return [status, raw.CurrentVersion, raw.LatestVersion, raw.UpdateTime].join();
}

/** Reports a state, unless it was the last that was reported. */
function tell({ name, report }: Watch, description: EasDescription, heard: string | undefined): string {
  const { status } = description;
  const instances = instancesOf(description);
  const count = instances && status !== "Running"
    ? `, ${instances.ready} of ${instances.total} instances are ready`
    : "";
  const told = `service "${name}" is ${stateOf(description)}${count}`;
  if (told !== heard) report({ stage: "wait", status, message: told, ...(instances && { instances }) });
  return told;
}

function instancesOf({ raw: { RunningInstance, TotalInstance } }: EasDescription) {
  if (typeof RunningInstance !== "number" || typeof TotalInstance !== "number") return undefined;
  return { ready: RunningInstance, total: TotalInstance };
}

async function endHopeless(watch: Watch, doubts: Doubts, last: EasDescription): Promise<void> {
  const cause = await doubts.hopeless(last);
  watch.signal?.throwIfAborted();
  if (!cause) return;
  const state = `it is ${stateOf(last)} and will not run as it is`;
  throw await explained(watch, last, { state, init: { code: "Hopeless" } });
}

function failed(watch: Watch, last: EasDescription): Promise<DeployError> {
  return explained(watch, last, { state: `status is ${stateOf(last)}` });
}

async function pauseOrExplain(watch: Watch, pause: number, last: EasDescription | undefined): Promise<void> {
  const state = last ? `it is ${stateOf(last)}` : "it is not visible";
  await pauseWithin(watch, pause, state).catch(async (error) => {
    throw last ? await explainedTimeout(watch, last, error) : error;
  });
}

/** What to throw when the time is up: the error of a service, if there is a cause to tell; else the same. */
export async function explainedTimeout(
  watch: Watch,
  description: EasDescription,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof TimeoutError)) return error;
  const state = error.message.slice(error.message.indexOf(": ") + 2);
  const why = await explained(watch, description, { state, init: { code: error.code, cause: error } });
  return why.causes[0]?.kind === "unknown" ? error : why;
}

async function explained(
  watch: Watch,
  description: EasDescription,
  options: { state: string; init?: { code?: string; cause?: unknown } },
): Promise<DeployError> {
  const { client, name, action, signal, began } = watch;
  const since = new Date(began - settlingTime); // clocks differ
  const error = await explainFailure(client, name, { ...options, description, action, signal, since });
  signal?.throwIfAborted();
  return error;
}

/** Whether a state is one from which a service that is changed does not come to run. */
export function staysAsItIs(status: ServiceStatus): boolean {
  return status === "Stopped" || status === "Developing";
}
