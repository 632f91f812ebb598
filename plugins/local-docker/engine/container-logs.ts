import { path, short } from "./containers.ts";
import type { Engine } from "./engine.ts";
import { inspectContainer } from "./inspect-container.ts";
import { logFrames } from "./log-frames.ts";
import { type LogLine, logLines, terminalFrames } from "./log-lines.ts";

/** Options of {@linkcode containerLogs}. */
export interface ContainerLogsOptions {
  /**
   * Whether lines that are yet to be written are waited for, until the container ends. Engines may lose what it writes at
   * its very end; those who need that read again without. @default {false}
   */
  follow?: boolean;
  /** How many of the last lines. @default {all} */
  tail?: number;
  /** Not what was written before. */
  since?: Date;
  /** Not what was written later. */
  until?: Date;
  /** Ends the lines, without an error. */
  signal?: AbortSignal;
}

/**
 * Reads a container's output line by line. Breaking out of the loop, or aborting, closes the connection.
 *
 * @throws {DockerError} `NOT_FOUND` when there is no such container, `ENGINE_GONE` when the engine goes away.
 */
export async function* containerLogs(
  engine: Engine,
  id: string,
  options: ContainerLogsOptions = {},
): AsyncGenerator<LogLine, void, undefined> {
  const { signal } = options;
  if (signal?.aborted) return;
  try {
    const { tty } = await inspectContainer(engine, id, { signal });
    const response = await engine.call("GET", `${path(id)}/logs`, {
      query: query(options),
      signal,
      what: `Cannot read the output of the container ${short(id)}`,
    });
    const chunks = response.body ?? new ReadableStream();
    for await (const line of logLines(tty ? terminalFrames(chunks) : logFrames(chunks))) {
      if (signal?.aborted) return; // what was read before is not told after
      if (isWithin(line, options)) yield line;
    }
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return;
    throw error;
  }
}

function query({ follow, tail, since, until }: ContainerLogsOptions): Record<string, string | undefined> {
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0)) {
    throw new RangeError(`Cannot read the container's output: tail is ${tail}; give a whole number of lines`);
  }
  return {
    stdout: "true",
    stderr: "true",
    timestamps: "true",
    follow: follow ? "true" : undefined,
    tail: tail === undefined ? undefined : `${tail}`,
    since: since && seconds(since),
    until: until && seconds(until),
  };
}

/** Podman counts whole seconds only. */
function isWithin({ time }: LogLine, { since, until }: ContainerLogsOptions): boolean {
  return !time || ((!since || time >= since) && (!until || time <= until));
}

/** Seconds since 1970 with a fraction; a shortest form such as `1e-7` is not understood. */
function seconds(date: Date): string {
  return (date.getTime() / 1000).toFixed(3);
}
