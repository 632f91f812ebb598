import { maskSecrets, secretsOf } from "../../../core/mask-secrets.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import { containerLogs } from "../engine/container-logs.ts";
import type { Engine } from "../engine/engine.ts";
import type { ContainerInfo } from "../engine/inspect-container.ts";
import { ContainerError, type ContainerErrorCode } from "./container-error.ts";
import { type LikelyCause, likelyCause, type Signs } from "./likely-cause.ts";

/** The container of a service. */
export interface ServiceContainer {
  /** Id of the container. */
  id: string;
  /** Name of the service. */
  name: string;
  /** Port in the container that takes the requests. */
  port: number;
  /** Configuration of the service: its checks, its memory and its secrets. */
  config: ServiceConfig;
}

/** What went wrong, as far as the one who noticed knows. */
export interface Failure {
  /** Which failure it is. */
  code: ContainerErrorCode;
  /** What was being done: `deploy`. */
  action: string;
  /** A clause about the container. */
  state: string;
  /** The container as it was looked at last; absent when it is gone. */
  info?: ContainerInfo;
  /** What the last check of its health said. */
  health?: string;
  /** What to do about it when nothing tells the cause. */
  mend?: string;
  /** What led to the error. */
  cause?: unknown;
}

/** Lines of the log that an error has, and milliseconds that reading them may take. */
const tail = 50;
const patience = 5_000;

const longestLine = 300; // of the one in a message

/** Makes the error of a container: with the end of its log, and the likeliest cause. Fails for no reason of its own. */
export async function explainFailure(
  engine: Engine,
  container: ServiceContainer,
  failure: Failure,
): Promise<ContainerError> {
  const { name } = container;
  const { code, action, state, info, health } = failure;
  const logs = info ? await lastLines(engine, container) : [];
  const cause = causeOf(container, info, logs);
  const why = cause ? `: ${cause.message}` : info?.state.startedAt ? printedLast(logs) : "";
  const isOver = info !== undefined && !info.state.running;
  return new ContainerError(`Cannot ${action} service "${name}": ${state}${why}`, {
    code: isOver && cause?.isMemory ? "ContainerOutOfMemory" : code,
    serviceName: name,
    serviceStatus: info ? (isOver ? "Failed" : "Waiting") : "Deleted",
    mend: cause?.mend ?? failure.mend ?? "see what it printed: the logs of this error",
    ...(isOver && info.state.startedAt && { exitCode: info.state.exitCode }),
    oomKilled: info?.state.oomKilled,
    logs,
    health,
    cause: failure.cause,
  });
}

/** The likeliest cause, as the container's state and its log tell it. */
export function causeOf(
  { port, config }: ServiceContainer,
  info: ContainerInfo | undefined,
  logs: readonly string[],
): LikelyCause | undefined {
  const { memory } = config.metadata ?? {};
  const signs: Signs = {
    port,
    logs,
    ...(info?.state.startedAt && !info.state.running && { exitCode: info.state.exitCode }),
    ...(info?.state.error && { engineError: info.state.error }),
    oomKilled: info?.state.oomKilled,
    ...(typeof memory === "number" && { memory }),
  };
  return likelyCause(signs);
}

/** The end of what a container printed, masked; nothing when the engine doesn't tell it within some seconds. */
export async function lastLines(
  engine: Engine,
  { id, config }: ServiceContainer,
  signal?: AbortSignal,
): Promise<string[]> {
  const secrets = secretsOf(config);
  const lines: string[] = [];
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patience);
  const stop = (): void => late.abort();
  signal?.addEventListener("abort", stop);
  try {
    for await (const { text } of containerLogs(engine, id, { tail, signal: late.signal })) {
      lines.push(maskSecrets(text, secrets));
    }
  } catch {
    // the failure that is to be explained counts, not this one
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  return lines;
}

/** The last line that says something, for a message. */
export function printedLast(logs: readonly string[]): string {
  const line = logs.findLast((text) => text.trim() !== "")?.replace(/\s+/g, " ").trim();
  if (line === undefined) return "; it printed nothing";
  const short = line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line;
  return `; it printed last: "${short}"`;
}
