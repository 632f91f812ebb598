import { redact } from "../../../core/redact.ts";
import { backOff, crashed } from "../eas/container-failures.ts";
import type { Failure } from "../eas/failure.ts";
import { isObject, looseConfig, portOf } from "../eas/loose-config.ts";
import type { JsonObject } from "../service-config.ts";

/** What the error of a target tells, where it does: the members that errors about containers have in this package. */
interface Told {
  message: string;
  name?: string;
  code?: string;
  exitCode?: number;
  oomKilled?: boolean;
  logs: string[];
}

/** How it shows that a container can't run, in the words of EAS and Kubernetes around those of the target. */
export function containerFailure(error: unknown, config: JsonObject): Failure {
  const told = read(error);
  if (told.oomKilled) return killed(told);
  if (told.exitCode !== undefined) return exited(told, told.exitCode);
  if (told.name === "TimeoutError" || /^(WaitTimeout|Hopeless|StartupCheckFailed)$/.test(told.code ?? "")) {
    return unready(told, config);
  }
  if (/IMAGE|PULL/i.test(told.code ?? "")) return unpulled(told, config);
  return unmounted(told);
}

function read(error: unknown): Told {
  const { message, name, code, exitCode, oomKilled, logs } = isObject(error) ? error : {};
  return {
    // The caller's own words come before: what was being done, and to which container.
    message: redact(typeof message === "string" ? message : String(error))
      .replace(/^Cannot [a-z ]+ service "[^"]*"(?: locally)?: /, ""),
    ...(typeof name === "string" && { name }),
    ...(typeof code === "string" && { code }),
    ...(typeof exitCode === "number" && { exitCode }),
    ...(oomKilled === true && { oomKilled }),
    logs: Array.isArray(logs) ? logs.map(lineOf) : [],
  };
}

function lineOf(line: unknown): string {
  return redact(isObject(line) && typeof line.text === "string" ? line.text : String(line));
}

const started = { type: "Normal", reason: "Started", message: "Started container worker0" } as const;

function exited({ message, logs }: Told, exitCode: number): Failure {
  return {
    reason: "FAILED",
    stage: "startup",
    message: (instance) => `${crashed(instance)} ${message}`,
    instance: { status: "CrashLoopBackOff", reason: "Error", exitCode, once: true },
    incidents: ({ name }) => [started, backOff(name)],
    log: logs,
    diagnosis: {
      error: `Container worker0 exited with code ${exitCode}.`,
      causes: [message],
      advices: ["Read the log of the instance."],
    },
  };
}

function killed(told: Told): Failure {
  const failure = exited(told, told.exitCode ?? 137);
  return {
    ...failure,
    instance: { ...failure.instance, reason: "OOMKilled" },
    incidents: ({ name }) => [
      started,
      { reason: "OOMKilling", message: "Memory cgroup out of memory: Killed process of worker0" },
      backOff(name),
    ],
    diagnosis: {
      error: "Container worker0 was OOMKilled.",
      causes: [told.message],
      advices: ["Set metadata.memory to more, or choose an instance type with more memory."],
    },
  };
}

/** In EAS it would go on waiting; here the runner has given up. */
function unready({ message, logs }: Told, config: JsonObject): Failure {
  return {
    reason: "FAILED",
    stage: "startup",
    message: (instance) => `Instance <${instance}> not healthy: ${message}`,
    instance: { status: "Pending", reason: "ContainersNotReady" },
    incidents: () => [started, { reason: "Unhealthy", message: `Readiness probe failed: ${message}` }],
    log: logs,
    diagnosis: {
      error: "Container worker0 is not ready: its health check failed.",
      causes: [message],
      advices: [`Let the code listen on 0.0.0.0:${portOf(config)}, or set containers[0].port to its port.`],
    },
  };
}

function unpulled({ message }: Told, config: JsonObject): Failure {
  const image = String(looseConfig(config).container?.image);
  return {
    reason: "FAILED",
    stage: "startup",
    message: (instance) =>
      `Instance <${instance}> not healthy: Back-off pulling image "${image}": ${message}`,
    instance: { status: "Pending", reason: "ImagePullBackOff" },
    incidents: () => [
      { reason: "Failed", message: `Failed to pull image "${image}": ${message}` },
      { reason: "Failed", message: "Error: ImagePullBackOff" },
    ],
    log: [],
    diagnosis: {
      error: "Container worker0 failed to pull image.",
      causes: [message],
      advices: ["Check the address and the tag of the image, and whether this machine may pull it."],
    },
  };
}

/** It came to no container: there is no engine, a folder can't be had, or the configuration asks for what can't be here. */
function unmounted({ message, code, logs }: Told): Failure {
  return {
    reason: code ?? "FAILED",
    stage: "startup",
    message: (instance) => `Instance <${instance}> not healthy: ${message}`,
    instance: { status: "Pending", reason: "ContainerCreating" },
    incidents: () => [{ reason: "Failed", message: `Error: ${message}` }],
    log: logs,
    diagnosis: {
      error: "Container worker0 was not created.",
      causes: [message],
      advices: ["Read the message: it is that of the runner on this machine."],
    },
  };
}
