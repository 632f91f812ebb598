import type { ContainerPlan, PlannedMount, ResourceLimits } from "./container-plan.ts";
import type { Launch } from "./start.ts";

/** The body of the Engine API's call that creates a container. */
export type ContainerSpec = Readonly<Record<string, unknown>>;

/** What is only known once the engine was asked. */
export interface SpecParts {
  /** How the container starts. */
  readonly launch: Launch;
  /** Labels of everything that is made. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the volume behind a mount, for those that have one. */
  readonly volumeOf: (mount: PlannedMount) => string | undefined;
}

/** Writes a plan as the Engine API wants it; secrets are in the environment and nowhere else. */
export function containerSpec(plan: ContainerPlan, { launch, labels, volumeOf }: SpecParts): ContainerSpec {
  const ports = plan.ports.map((port) => `${port}/tcp`);
  const binding = [{ HostIp: plan.publishedAt, HostPort: "" }]; // a port that the engine finds free
  return {
    Image: plan.image,
    Env: Object.entries(plan.env).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    ...(launch.entrypoint && { Entrypoint: launch.entrypoint }),
    ...(launch.command && { Cmd: launch.command }),
    HostConfig: {
      PortBindings: Object.fromEntries(ports.map((port) => [port, binding])),
      Mounts: plan.mounts.map((mount) => engineMount(mount, volumeOf(mount))),
      ...limits(plan.resources),
    },
  };
}

function engineMount(mount: PlannedMount, volume: string | undefined): Readonly<Record<string, unknown>> {
  const { path: Target } = mount;
  switch (mount.kind) {
    case "bind":
      return { Type: "bind", Source: mount.folder, Target, ReadOnly: mount.readOnly };
    case "memory":
      return { Type: "tmpfs", Target, ...(mount.bytes && { TmpfsOptions: { SizeBytes: mount.bytes } }) };
    default: {
      const ReadOnly = (mount.kind === "copy" || mount.kind === "nfs") && mount.readOnly;
      // Else an engine fills an empty volume with what the image has at that place, which EAS doesn't.
      return { Type: "volume", Source: volume, Target, ReadOnly, VolumeOptions: { NoCopy: true } };
    }
  }
}

function limits({ memory, cpus, sharedMemory, gpus }: ResourceLimits): Readonly<Record<string, unknown>> {
  return {
    ...(memory !== undefined && { Memory: memory }),
    ...(cpus !== undefined && { NanoCpus: Math.round(cpus * 1e9) }),
    ...(sharedMemory !== undefined && { ShmSize: sharedMemory }),
    ...(gpus !== undefined && { DeviceRequests: [gpuRequest(gpus)] }),
  };
}

function gpuRequest(gpus: NonNullable<ResourceLimits["gpus"]>): Readonly<Record<string, unknown>> {
  const Capabilities = [["gpu", "compute", "utility"]];
  if (typeof gpus === "object") return { DeviceIDs: gpus, Capabilities };
  return { Count: gpus === "all" ? -1 : gpus, Capabilities };
}

/** What a volume for a mount is made with: nothing for a plain one, else the options of the engine's own driver. */
export function volumeOptions(mount: PlannedMount): Readonly<Record<string, string>> | undefined {
  if (mount.kind === "copy" || mount.kind === "image" || mount.kind === "empty") return {};
  if (mount.kind !== "nfs") return undefined;
  const mode = mount.readOnly ? "ro" : "rw";
  // The vendor's own options: https://help.aliyun.com/zh/nas/user-guide/mount-an-nfs-file-system-on-a-linux-ecs-instance.
  const o = `addr=${mount.server},${mode},vers=3,nolock,proto=tcp,hard,timeo=600,retrans=2,noresvport`;
  return { type: "nfs", o, device: `:${mount.folder}` };
}
