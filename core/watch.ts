import type { Clock } from "./clock.ts";
import { TimeoutError } from "./errors.ts";
import type { ProgressEvent, WaitOptions } from "./service.ts";

/** A wait for a service: who waits for what, and for how long. */
export interface Watch {
  /** Tells the time and waits. */
  clock: Clock;
  /** The service. */
  name: string;
  /** What is being done, for messages: `deploy`, `start`. */
  action: string;
  /** Cancels the wait. */
  signal?: AbortSignal;
  /** When the operation began, by the clock. */
  began: number;
  /** When the operation gives up, by the clock. */
  deadline: number;
  /** How long it may look hopeless, in milliseconds. */
  giveUpAfter: number;
  /** Hears of each step. */
  report: (
    event: Pick<ProgressEvent, "stage" | "message" | "status" | "instances" | "bytes" | "level">,
  ) => void;
}

// Half an hour covers pulling large images and loading large models.
const defaultTimeout = 1_800_000;

// Registries and what containers depend on come back within two minutes, or not soon.
const defaultPatience = 120_000;

/**
 * Begins a wait.
 *
 * @param began When the operation began that the wait is a part of, if it is.
 * @throws {TypeError} or {RangeError} when an option can't be used.
 */
export function watchOf(
  clock: Clock,
  name: string,
  action: string,
  options: WaitOptions,
  began: number = clock.now(),
): Watch {
  checkWaitOptions(`Cannot ${action} service "${name}"`, options);
  const { signal, timeout = defaultTimeout, giveUpAfter = defaultPatience, onProgress } = options;
  return {
    clock,
    name,
    action,
    signal,
    began,
    deadline: began + timeout,
    giveUpAfter,
    report: (event) => onProgress?.({ ...event, name, elapsed: clock.now() - began }),
  };
}

/**
 * Checks the options that every long operation takes, for callers whom no compiler has warned.
 *
 * @throws {TypeError} when one has the wrong type.
 * @throws {RangeError} when a time is out of range.
 */
function checkWaitOptions(what: string, options: WaitOptions): void {
  const { signal, timeout, giveUpAfter, onProgress }: { [K in keyof WaitOptions]: unknown } = options;
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`${what}: signal must be an AbortSignal`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new TypeError(`${what}: onProgress must be a function`);
  }
  if (giveUpAfter !== undefined && !(typeof giveUpAfter === "number" && giveUpAfter >= 0)) {
    throw new RangeError(`${what}: giveUpAfter is ${giveUpAfter}; give milliseconds from 0, or Infinity`);
  }
  if (timeout === undefined) return;
  if (typeof timeout !== "number") throw new TypeError(`${what}: timeout must be a number of milliseconds`);
  if (!(timeout > 0)) throw new RangeError(`${what}: timeout must be above 0 milliseconds, not ${timeout}`);
}

// By its shape, as signals may come from another realm.
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "aborted" in value && "addEventListener" in value && typeof value.addEventListener === "function";
}

/** Milliseconds that a step may take: what is left, and not more than `most`. At least 1, as 0 is no timeout. */
export function timeLeft({ clock, deadline }: Pick<Watch, "clock" | "deadline">, most = Infinity): number {
  return Math.max(1, Math.min(most, deadline - clock.now()));
}

/**
 * Waits, but not beyond the deadline.
 *
 * @throws {TimeoutError} when the time is up.
 */
export async function pauseWithin(watch: Watch, pause: number, state: string): Promise<void> {
  const { clock, began, deadline, signal } = watch;
  const now = clock.now();
  if (now >= deadline) {
    throw new TimeoutError(
      `Cannot ${watch.action} service "${watch.name}": ${state} after ${duration(now - began)}`,
      { code: "WaitTimeout" },
    );
  }
  await clock.sleep(Math.min(pause, deadline - now), signal);
}

/** Milliseconds for people. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}
