import { TimeoutError } from "../../core/errors.ts";
import type { LogLine, LogOptions } from "../../core/service.ts";
import { containerLogs, type ContainerLogsOptions } from "./engine/container-logs.ts";
import type { Engine } from "./engine/engine.ts";
import { type ContainerState, inspectContainer } from "./engine/inspect-container.ts";

const defaultTimeout = 60_000;

/**
 * What a container printed since it was started last, the oldest line first; with `previous`, what it printed before.
 * With `follow` it goes on until the container ends, the signal ends it, or the loop is left.
 *
 * @throws {TypeError} when an option can't be used, or is of no meaning for a container.
 * @throws {RangeError} when `tail` is no whole number from 0.
 * @throws {DockerError} when the container or the engine is gone; {@linkcode TimeoutError} when the engine is silent.
 */
export function logs(
  engine: Engine,
  service: { id: string; name: string },
  options: LogOptions = {},
): AsyncIterable<LogLine> {
  const what = `Cannot read the log of service "${service.name}"`;
  checkLogOptions(what, options);
  const { follow = false, keyword = "", tail, signal } = options;
  return (async function* () {
    if (signal?.aborted) {
      if (follow) return;
      throw signal.reason;
    }
    const range = await rangeOf(engine, service.id, options);
    if (!range) return;
    const passes = ({ text }: LogLine): boolean => text.includes(keyword);
    const read = (more: ContainerLogsOptions): AsyncIterable<LogLine> =>
      lines(what, engine, service.id, { ...range, ...more }, options);
    // The engine counts the last lines before it looks at their words and times.
    const isCounted = tail === undefined || (keyword === "" && range.until === undefined);
    if (isCounted) {
      for await (const line of read({ follow, tail })) if (passes(line)) yield line;
      return;
    }
    let seen = 0;
    const last: LogLine[] = [];
    for await (const line of read({})) {
      seen++;
      if (passes(line)) last.push(line);
      if (last.length > tail) last.shift();
    }
    yield* last;
    if (!follow) return;
    for await (const line of read({ follow })) {
      if (seen-- <= 0 && passes(line)) yield line;
    }
  })();
}

/**
 * Checks what is asked of a log.
 *
 * @throws {TypeError} or {RangeError} as {@linkcode logs} does.
 */
export function checkLogOptions(what: string, options: LogOptions): void {
  const { follow, tail, since, until, instance, container, keyword, previous, timeout } = options;
  if (instance !== undefined || container !== undefined) {
    const name = instance !== undefined ? "instance" : "container";
    throw new TypeError(`${what}: ${name} is given, and a local service is one container; leave it out`);
  }
  if (follow && until) throw new TypeError(`${what}: follow and until are both given`);
  if (follow && previous) {
    throw new TypeError(
      `${what}: follow and previous are both given; nothing is added to what was printed before`,
    );
  }
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
      throw new TypeError(`${what}: ${name} is no valid Date`);
    }
  }
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0)) {
    throw new RangeError(`${what}: tail is ${tail}; give a whole number from 0`);
  }
  if (keyword !== undefined && typeof keyword !== "string") {
    throw new TypeError(`${what}: keyword is no text`);
  }
  if (timeout !== undefined && !(timeout > 0)) throw new RangeError(`${what}: timeout is ${timeout}`);
}

/** The times that are asked for, inside the run that is asked for, if there is one: all runs share one log. */
async function rangeOf(
  engine: Engine,
  id: string,
  { since, until, previous, signal, timeout = defaultTimeout }: LogOptions,
): Promise<Pick<ContainerLogsOptions, "since" | "until"> | undefined> {
  const begin = beginOfRun((await inspectContainer(engine, id, { signal, timeout })).state);
  if (!previous) return { since: later(since, begin), until };
  if (!begin) return undefined; // it was never started again
  return { since, until: until && until < begin ? until : begin };
}

// An engine notes the time of a start when the program has begun already, and perhaps printed something.
const startSlack = 500;

/** When the last run began: after the one before ended, or, when it has ended itself, some time before its noted start. */
function beginOfRun({ running, startedAt, finishedAt }: ContainerState): Date | undefined {
  if (running) return finishedAt && new Date(finishedAt.getTime() + 1);
  return startedAt && new Date(startedAt.getTime() - startSlack);
}

function later(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one && other ? (one > other ? one : other) : one ?? other;
}

/** Lines as the engine gives them. It has to give each within the time, unless it is to wait for new ones. */
async function* lines(
  what: string,
  engine: Engine,
  id: string,
  range: ContainerLogsOptions,
  { signal, timeout = defaultTimeout }: LogOptions,
): AsyncGenerator<LogLine, void, undefined> {
  const late = new AbortController();
  const cancel = (): void => late.abort(signal!.reason);
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  const source = containerLogs(engine, id, { ...range, signal: late.signal });
  try {
    for (;;) {
      const ring = (): void =>
        late.abort(new TimeoutError(`${what}: no answer of the engine within ${timeout} ms`));
      const timer = range.follow ? undefined : setTimeout(ring, Math.min(timeout, 2e9)); // it counts in 32 bits
      const { done, value } = await source.next().finally(() => clearTimeout(timer));
      if (late.signal.aborted && !(range.follow && signal?.aborted)) throw late.signal.reason;
      if (done || late.signal.aborted) return;
      const { text, time } = value;
      yield { text, ...(time && { time }) };
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    await source.return();
  }
}
