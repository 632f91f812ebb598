import type { Failure } from "./failure.ts";
import { looseConfig, portOf } from "./loose-config.ts";
import { machineOf } from "./machine-spec.ts";

type Config = Readonly<Record<string, unknown>>;

/** What a service says whose container exits, whatever for. */
export function crashed(instance: string): string {
  return `Instance <${instance}> not healthy: Instance crashed, please inspect instance log.`;
}

/** What Kubernetes says of a container that exits again and again. */
export function backOff(instance: string): { reason: string; message: string } {
  return { reason: "BackOff", message: `Back-off restarting failed container worker0 in pod ${instance}` };
}

/** The image can't be pulled. */
export function imagePull(config: Config, region: string): Failure {
  const image = String(
    looseConfig(config).container?.image ??
      `registry-vpc.${region}.aliyuncs.com/pai-eas/${config.processor}:latest`,
  );
  const cause =
    `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve ` +
    `reference "${image}": pull access denied, repository does not exist or may require authorization: ` +
    "authorization failed: 401 Unauthorized";
  return {
    reason: "FAILED",
    stage: "startup",
    message: (instance) => `Instance <${instance}> not healthy: Back-off pulling image "${image}"`,
    instance: { status: "Pending", reason: "ImagePullBackOff" },
    incidents: () => [
      { type: "Normal", reason: "Pulling", message: `Pulling image "${image}"` },
      { reason: "Failed", message: `Failed to pull image "${image}": ${cause}` },
      { reason: "Failed", message: "Error: ErrImagePull" },
      { reason: "BackOff", message: `Back-off pulling image "${image}"` },
      { reason: "Failed", message: "Error: ImagePullBackOff" },
    ],
    log: [],
    diagnosis: {
      error: "Container worker0 failed to pull image.",
      causes: [
        `The image ${image} does not exist.`,
        "The registry needs credentials, and dockerAuth is missing or wrong.",
        "The registry can't be reached from the network of the service.",
      ],
      advices: [
        "Check the address and the tag of the image.",
        "Set dockerAuth to the Base64 of user:password of the registry.",
        "Use the VPC address of the registry, or give the service access to the Internet.",
      ],
    },
  };
}

/** The container is killed for its memory. */
export function outOfMemory(config: Config): Failure {
  const { Memory } = machineOf(config);
  const kib = Memory * 1024;
  return {
    reason: "FAILED",
    stage: "startup",
    message: crashed,
    instance: { status: "CrashLoopBackOff", reason: "OOMKilled", exitCode: 137 },
    incidents: ({ name }) => [
      { type: "Normal", reason: "Started", message: "Started container worker0" },
      {
        reason: "OOMKilling",
        message: `Memory cgroup out of memory: Killed process 1 (python) total-vm:${
          kib * 2
        }kB, anon-rss:${kib}kB`,
      },
      backOff(name),
    ],
    log: [
      "INFO loading model weights",
      `WARNING memory usage is ${Math.round(Memory * 0.98)} MiB of ${Memory} MiB`,
      "Killed",
    ],
    diagnosis: {
      error: "Container worker0 was OOMKilled.",
      causes: [`The container needs more than its ${Memory} MB of memory.`],
      advices: ["Set metadata.memory to more, or choose an instance type with more memory."],
    },
  };
}

/** The container listens on another port than the one that is checked. */
export function wrongPort(config: Config): Failure {
  const port = portOf(config);
  const other = port === 7000 ? 7001 : 7000;
  return {
    reason: "WAITING",
    stage: "readiness",
    message: () => "Service is now waiting to all available",
    instance: { status: "Running", reason: "ContainersNotReady" },
    incidents: ({ ip }) => [
      { type: "Normal", reason: "Started", message: "Started container worker0" },
      {
        reason: "Unhealthy",
        message: `Readiness probe failed: dial tcp ${ip}:${port}: connect: connection refused`,
      },
    ],
    log: [
      "INFO:     Started server process [1]",
      `INFO:     Uvicorn running on http://0.0.0.0:${other} (Press CTRL+C to quit)`,
    ],
    diagnosis: {
      error: "Container worker0 is not ready: its health check failed.",
      causes: [`Nothing listens on port ${port}, which containers[0].port names and the health check asks.`],
      advices: ["Set containers[0].port to the port on which the code listens, on 0.0.0.0."],
    },
  };
}
