import { type Clock, systemClock } from "../../../core/clock.ts";
import { TimeoutError } from "../../../core/errors.ts";
import type { WaitOptions } from "../../../core/service.ts";
import { duration, pauseWithin, timeLeft, type Watch, watchOf } from "../../../core/watch.ts";
import { DockerError } from "../engine/docker-error.ts";
import type { Engine } from "../engine/engine.ts";
import { type ContainerInfo, inspectContainer } from "../engine/inspect-container.ts";
import type { ContainerError } from "../failure/container-error.ts";
import {
  causeOf,
  explainFailure,
  type Failure,
  lastLines,
  printedLast,
  type ServiceContainer,
} from "../failure/explain.ts";
import { ask, type Verdict } from "./ask.ts";
import { type Check, checksOf } from "./checks.ts";
import { endOf } from "./end-of.ts";

/** Options of {@linkcode untilReady}. */
export interface ReadyOptions extends WaitOptions {
  /** What the wait is a part of, for messages. @default {"wait for"} */
  action?: string;
  /** When that began, by the clock. @default {now} */
  began?: number;
  /** Checks that must pass, one after the other. @default {those of the configuration} */
  checks?: readonly Check[];
  /** Tells the time and waits. @default {systemClock} */
  clock?: Clock;
}

/** Pauses between checks in milliseconds: short at first, as most containers need a tenth of a second. */
const firstPause = 20;
const growth = 1.25;
const longestPause = 1_000;

// A container that waits for no command: how long one look at it may take.
const lookTimeout = 30_000;

// Reading the log costs more than a look; what it says of the port is wanted only when the port stays shut.
const readLogAfter = 2_000;

// What a log says of a wrong port is sure, but another process of the container may still open the right one.
const sureFraction = 1 / 10;

interface Job {
  engine: Engine;
  container: ServiceContainer;
  watch: Watch;
  /** What was reported last. */
  told?: string;
  /** What the last check said. */
  health?: string;
  /** The container as it was looked at last. */
  info?: ContainerInfo;
}

/**
 * Waits until a container runs and its checks pass, and resolves to what the engine says of it then, its port on the
 * host included.
 *
 * @throws {ContainerError} when the container ends, is paused or removed, when its startup check fails as often as it
 * may, when it looks hopeless for `giveUpAfter`, or when the time is up and there is a cause to tell.
 * @throws {TimeoutError} when the time is up and there is none; its message has the last state and what was printed last.
 * @throws {DockerError} when the engine refuses or is gone; the signal's reason when it is aborted.
 */
export async function untilReady(
  engine: Engine,
  container: ServiceContainer,
  options: ReadyOptions = {},
): Promise<ContainerInfo> {
  const { name, port, config } = container;
  const { action = "wait for", clock = systemClock, began } = options;
  const watch = watchOf(clock, name, action, options, began);
  const job: Job = { engine, container, watch };
  const checks = options.checks ?? checksOf(config.containers?.[0] ?? { image: "" }, port);
  try {
    let info = await look(job);
    for (const check of checks) info = await untilPassed(job, check);
    tell(job, "wait", `service "${name}" is Running`, "Running");
    return info;
  } catch (error) {
    watch.signal?.throwIfAborted();
    throw error instanceof TimeoutError ? await explainedTimeout(job, error) : error;
  }
}

async function untilPassed(job: Job, check: Check): Promise<ContainerInfo> {
  const { watch, engine, container: { id } } = job;
  const { clock, signal } = watch;
  const began = clock.now();
  const doubts = new Doubts(job, check);
  for (let pause = firstPause, passed = 0;; pause = Math.min(pause * growth, longestPause)) {
    const info = await look(job);
    const delay = check.initialDelay - sinceStart(info, began, clock.now());
    if (delay > 0) {
      const state = `its ${check.name} begins ${check.initialDelay / 1000} s after its start`;
      await pauseAfter(job, Math.min(delay, longestPause), state);
      pause = firstPause;
      continue;
    }
    const timeout = timeLeft(watch, check.timeout);
    const verdict = await ask({ engine, id, ports: info.ports }, { ...check, timeout }, signal)
      .catch(afterTheEnd);
    job.health = verdict.state;
    if (verdict.passed) {
      if (++passed >= check.successes) return info;
      pause = check.period;
    } else {
      passed = 0;
    }
    await doubts.endHopeless(verdict);
    await pauseAfter(job, pause, verdict.state);
  }
}

/** A command can't be run in a container that has just ended; the next look tells more. */
function afterTheEnd(error: unknown): Verdict {
  const isOver = error instanceof DockerError && (error.code === "CONFLICT" || error.code === "NOT_FOUND");
  if (!isOver) throw error;
  return { passed: false, state: "its check can't be run" };
}

/** Looks at the container, and throws when it will not come to run. */
async function look(job: Job): Promise<ContainerInfo> {
  const { engine, container: { id }, watch } = job;
  const options = { signal: watch.signal, timeout: timeLeft(watch, lookTimeout) };
  const info = await inspectContainer(engine, id, options).catch((error) => {
    if (error instanceof DockerError && error.code === "NOT_FOUND") return undefined;
    throw error;
  });
  job.info = info;
  const end = endOf(info);
  if (end) throw await explained(job, end);
  return info!; // one that is gone has an end
}

// The engine's clock may be another than ours, so that a start can seem to be yet to come.
function sinceStart({ state: { startedAt } }: ContainerInfo, began: number, now: number): number {
  return now - Math.min(began, startedAt?.getTime() ?? began);
}

async function pauseAfter(job: Job, pause: number, state: string): Promise<void> {
  tell(job, "probe", `service "${job.container.name}": ${state}`, "Waiting");
  await pauseWithin(job.watch, pause, state);
}

function tell(job: Job, stage: "wait" | "probe", message: string, status: string): void {
  if (message === job.told) return;
  job.told = message;
  job.watch.report({ stage, status, message });
}

/** What makes waiting look useless. */
class Doubts {
  readonly #job: Job;
  readonly #check: Check;
  #failing: number | undefined; // since when, without a success between
  #final: number | undefined; // since when it answers what it will hardly answer otherwise later
  #logRead: number | undefined;

  constructor(job: Job, check: Check) {
    this.#job = job;
    this.#check = check;
  }

  /** Throws when a failed check was one too many. */
  async endHopeless({ passed, state, isFinal }: Verdict): Promise<void> {
    const { watch: { clock, giveUpAfter } } = this.#job;
    const { name, period, failures } = this.#check;
    const now = clock.now();
    if (passed) this.#failing = undefined;
    else this.#failing ??= now;
    if (isFinal) this.#final ??= now;
    else this.#final = undefined;
    if (this.#failing === undefined) return;
    const failing = now - this.#failing;
    if (failing >= (failures - 1) * period) {
      const times = failures === 1 ? "failed" : `failed ${failures} times in a row`;
      throw await this.#error("StartupCheckFailed", `its ${name} ${times}: ${state}`);
    }
    if (this.#final !== undefined && now - this.#final >= giveUpAfter) {
      throw await this.#error("Hopeless", `its ${name} fails and will not pass as it is: ${state}`);
    }
    if (failing >= giveUpAfter * sureFraction && await this.#listensElsewhere(now)) {
      throw await this.#error("Hopeless", state);
    }
  }

  async #listensElsewhere(now: number): Promise<boolean> {
    if (this.#logRead !== undefined && now - this.#logRead < readLogAfter) return false;
    this.#logRead = now;
    const { engine, container, info, watch } = this.#job;
    return causeOf(container, info, await lastLines(engine, container, watch.signal)) !== undefined;
  }

  #error(code: Failure["code"], state: string): Promise<ContainerError> {
    const mend = state.includes("nothing listens")
      ? "let the code listen on 0.0.0.0 and the port in LISTENING_PORT, or correct containers[0].port"
      : `correct the ${this.#check.name} in containers[0], or what the code answers to it`;
    return explained(this.#job, { code, state, mend });
  }
}

async function explained(job: Job, failure: Omit<Failure, "action" | "info">): Promise<ContainerError> {
  const { engine, container, info, health, watch: { action, signal } } = job;
  const error = await explainFailure(engine, container, { ...failure, action, info, health });
  signal?.throwIfAborted();
  return error;
}

/** What to throw when the time is up: the error of the container, if there is a cause to tell; else the time's own. */
async function explainedTimeout(job: Job, error: TimeoutError): Promise<Error> {
  const { engine, container, info, health, watch: { action, name, began, clock } } = job;
  // The engine may have had too little time left to answer; that is not what was waited for.
  const isOwn = error.code === "WaitTimeout" || health === undefined;
  const state = isOwn
    ? error.message.slice(error.message.indexOf(": ") + 2)
    : `${health} after ${duration(clock.now() - began)}`;
  const logs = await lastLines(engine, container);
  if (causeOf(container, info, logs)) {
    return await explained(job, { code: "WaitTimeout", state, cause: error });
  }
  return new TimeoutError(`Cannot ${action} service "${name}": ${state}${printedLast(logs)}`, {
    code: "WaitTimeout",
    cause: error.code === "WaitTimeout" ? undefined : error,
  });
}
