import type { Container, HealthCheck } from "../../../core/service-config.ts";
import type { Storage } from "../../../core/storage.ts";
import type { Deployment } from "../../../core/target.ts";
import type { ContainerPlan, Gpus, PullPolicy } from "./container-plan.ts";
import { environmentOf, portVariable } from "./environment.ts";
import { reachableImage } from "./public-image.ts";
import { checkedPorts } from "../wait/checks.ts";
import { type LocalFolders, planMounts, sharedMemoryPath } from "./mounts.ts";
import { refusal, type Subject } from "./refusal.ts";
import { resourcesOf } from "./resources.ts";
import { requirementsOf, startOf } from "./start.ts";

/** How deployments are planned: the target's options and those of one deployment. */
export interface PlanSettings {
  /** Name of the service. */
  readonly serviceName: string;
  /** Another image than the configuration's. */
  readonly image?: string;
  /** Buckets whose objects can be read. */
  readonly storages: readonly Storage[];
  /** How the container sees folders of this machine. */
  readonly folders: LocalFolders;
  /** When the image is pulled. */
  readonly pull: PullPolicy;
  /** System and processor of the image. */
  readonly platform?: string;
  /** GPUs of the container. */
  readonly gpus?: Gpus;
  /** Whether the configuration's memory and processors are limits. */
  readonly limits: boolean;
  /** Address of the engine's machine that ports are published at. */
  readonly publishedAt: string;
}

// A container's name, and a service's in EAS within that: https://help.aliyun.com/document_detail/450525.html.
const serviceName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

/** What names of containers and volumes of this package start with. */
export const namePrefix = "pai-edge-";

/**
 * Plans the container that runs a deployment. Nothing is read, sent or started.
 *
 * @throws {TypeError} or {RangeError} when the deployment can't run in a container here; the message says why.
 */
export function planContainer(deployment: Deployment, settings: PlanSettings): ContainerPlan {
  const { config, mounts } = deployment;
  const subject: Subject = settings;
  if (!serviceName.test(settings.serviceName)) {
    throw refusal(
      subject,
      "the name must have letters, digits, underscores, dots and hyphens only, 63 at most",
    );
  }
  const container = onlyContainer(deployment, subject);
  const port = portOf(container.port, subject);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const image = imageOf(settings.image ?? container.image, subject, warn);
  const planned = planMounts(mounts, { ...settings, warn }, subject);
  const shared = planned.find(({ path, kind }) => path === sharedMemoryPath && kind === "memory");
  const resources = resourcesOf(config, container, settings, subject);
  const requirements = requirementsOf(container, subject);
  const env = environmentOf(container, port, subject);
  noteDifferences(deployment, container, settings, warn);
  return {
    serviceName: settings.serviceName,
    containerName: namePrefix + settings.serviceName,
    image,
    pull: settings.pull,
    ...(settings.platform && { platform: settings.platform }),
    port,
    ports: portsOf(container, port, subject),
    publishedAt: settings.publishedAt,
    env,
    start: startOf(container, subject),
    ...(requirements && { requirements }),
    mounts: planned.filter((mount) => mount !== shared),
    resources: {
      ...resources,
      ...(shared?.kind === "memory" && shared.bytes && { sharedMemory: shared.bytes }),
    },
    warnings,
  };
}

function onlyContainer({ config }: Deployment, subject: Subject): Container {
  const { containers, processor } = config;
  if (containers === undefined || containers === null) {
    throw refusal(
      subject,
      typeof processor === "string"
        ? `only containers can be planned, and it has the processor "${processor}"; deploy() finds out how it runs`
        : "it has no container; a container engine runs containers, made by containerServingSpec()",
    );
  }
  if (!Array.isArray(containers) || containers.length === 0) {
    throw refusal(subject, "its containers are no list of at least one");
  }
  if (containers.length > 1) {
    throw refusal(subject, `it has ${containers.length} containers; one runs here, so leave the others out`);
  }
  const [container] = containers;
  if (typeof container === "object" && container !== null) return container;
  throw refusal(subject, "its container is no object");
}

function imageOf(image: unknown, subject: Subject, warn: (message: string) => void): string {
  if (typeof image !== "string" || image.trim() === "") throw refusal(subject, "its container has no image");
  return reachableImage(image, warn);
}

function portOf(port: unknown, subject: Subject): number {
  const number = port === undefined || port === null ? 8000 : Number(port);
  if (isPort(number)) return number;
  throw new RangeError(`${refusal(subject, `its port is ${JSON.stringify(port)}`).message}; use 1 to 65535`);
}

/**
 * Ports in the container that are published: the server's, and those that its checks ask.
 *
 * @throws {TypeError} when a check is none.
 */
function portsOf(container: Container, port: number, subject: Subject): number[] {
  for (const name of ["startup_check", "health_check", "readiness_check"] as const) {
    const check: unknown = container[name] ?? {};
    if (typeof check !== "object") throw refusal(subject, `its ${name} is no object`);
    const { exec } = check as HealthCheck; // whose kinds `checksOf` tells apart
    if (exec === undefined || exec === null) continue;
    const isCommand = Array.isArray(exec.command) && exec.command.length > 0 &&
      exec.command.every((word) => typeof word === "string");
    if (!isCommand) throw refusal(subject, `the command of its ${name} is no list of texts`);
  }
  const wrong = checkedPorts(container, port).find((port) => !isPort(port));
  if (wrong !== undefined) throw refusal(subject, `a check asks port ${JSON.stringify(wrong)}`);
  return [...new Set([port, ...checkedPorts(container, port)])];
}

function isPort(port: unknown): boolean {
  return typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
}

/** Tells of what matters in EAS and does nothing here. */
function noteDifferences(
  { config }: Deployment,
  container: Container,
  settings: PlanSettings,
  warn: (message: string) => void,
): void {
  const { gpu } = config.metadata ?? {};
  if (typeof gpu === "number" && gpu > 0 && settings.gpus === undefined) {
    warn(
      'it runs without the GPUs that its configuration asks for; give it some with localDocker({ gpus: "all" })',
    );
  }
  const own = Array.isArray(container.env)
    ? container.env.find((entry) => entry?.name === portVariable)
    : undefined;
  if (own) warn(`${portVariable} is set to the port, whatever the configuration says`);
  if (container.liveness_check) {
    warn("liveness_check is not made: a container that hangs is not started again");
  }
  if (config.metadata?.type === "Async") warn("it is an asynchronous service, and has no queue here");
}
