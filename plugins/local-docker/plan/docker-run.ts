import { redact } from "../../../core/redact.ts";
import type { ContainerPlan, PlannedMount } from "./container-plan.ts";
import { quoted } from "./words.ts";

/**
 * A plan as the arguments of `docker run` that come closest to it, for people to read. Values of the environment are
 * left out, as they may be secrets: Docker takes them from its own environment then.
 */
export function dockerRun(plan: ContainerPlan): string[] {
  const { memory, cpus, sharedMemory, gpus } = plan.resources;
  return [
    ...["--name", plan.containerName],
    ...plan.ports.flatMap((port) => ["--publish", `${plan.publishedAt}::${port}`]),
    ...(plan.platform ? ["--platform", plan.platform] : []),
    ...["--pull", plan.pull],
    ...Object.keys(plan.env).flatMap((name) => ["--env", name]),
    ...plan.mounts.flatMap((mount) => ["--mount", mountText(mount)]),
    ...(memory ? ["--memory", String(memory)] : []),
    ...(cpus ? ["--cpus", String(cpus)] : []),
    ...(sharedMemory ? ["--shm-size", String(sharedMemory)] : []),
    ...(gpus === undefined
      ? []
      : ["--gpus", typeof gpus === "object" ? `device=${gpus.join(",")}` : String(gpus)]),
    ...(plan.start.kind === "image"
      ? []
      : ["--entrypoint", plan.start.kind === "script" ? "/bin/sh" : plan.start.words[0]!]),
    plan.image,
    ...words(plan),
  ];
}

/** A plan in one line that a shell would take, without what looks like a secret in a script. */
export function dockerRunText(plan: ContainerPlan): string {
  return redact(["docker", "run", ...dockerRun(plan)].map(quoted).join(" "));
}

function words({ start }: ContainerPlan): readonly string[] {
  if (start.kind === "script") return ["-c", start.text];
  return start.kind === "program" ? start.words.slice(1) : start.args;
}

function mountText(mount: PlannedMount): string {
  const target = `target=${mount.path}`;
  switch (mount.kind) {
    case "bind":
      return `type=bind,source=${mount.folder},${target}${mount.readOnly ? ",readonly" : ""}`;
    case "memory":
      return `type=tmpfs,${target}${mount.bytes ? `,tmpfs-size=${mount.bytes}` : ""}`;
    case "nfs":
      return `type=volume,${target},volume-opt=type=nfs,volume-opt=device=${mount.server}:${mount.folder}`;
    default:
      return `type=volume,${target}`;
  }
}
