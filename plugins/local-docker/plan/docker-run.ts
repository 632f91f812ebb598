import { maskSecrets } from "../../../core/mask-secrets.ts";
import type { ContainerPlan, PlannedMount, Requirements, Start } from "./container-plan.ts";
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
    ...entrypoint(plan),
    plan.image,
    ...words(plan),
  ];
}

/** A plan in one line that a shell would take, without what looks like a secret in a script. */
export function dockerRunText(plan: ContainerPlan): string {
  return maskSecrets(["docker", "run", ...dockerRun(plan)].map(quoted).join(" "), []);
}

function entrypoint({ start, requirements }: ContainerPlan): string[] {
  if (start.kind === "script" || requirements) return ["--entrypoint", "/bin/sh"];
  return start.kind === "program" ? ["--entrypoint", start.words[0]!] : [];
}

function words({ start, requirements }: ContainerPlan): readonly string[] {
  if (start.kind === "script" || requirements) {
    const install = requirements ? `${installation(requirements)} || exit $?\n` : "";
    return ["-c", install + commandOf(start)];
  }
  return start.kind === "program" ? start.words.slice(1) : start.args;
}

function commandOf(start: Start): string {
  if (start.kind === "script") return start.text;
  if (start.kind === "program") return `exec ${start.words.map(quoted).join(" ")}`;
  return ["# and then what the image starts", ...start.args.map(quoted)].join(" ");
}

function installation(requirements: Requirements): string {
  if (requirements.kind === "file") return `python -m pip install -r ${quoted(requirements.path)}`;
  const lines = requirements.text.trimEnd().split("\n").map(quoted);
  return `printf '%s\\n' ${lines.join(" ")} | python -m pip install -r /dev/stdin`;
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
