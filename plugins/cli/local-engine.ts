import type { FlagParametersForType } from "@stricli/core";
import { parseOssUri } from "../../core/oss-uri.ts";
import type { Deployment } from "../../core/target.ts";
import type { LocalDocker } from "../local-docker/mod.ts";
import { oss } from "../storage/oss.ts";
import type { Tools } from "./command.ts";
import { connect } from "./connect.ts";
import type { Context } from "./context.ts";
import { type ConnectionFlags, text } from "./flags.ts";

/** Flags that say which container engine. */
export interface EngineFlags {
  /** Its address. */
  readonly dockerHost?: string;
  /** A Docker context with its address. */
  readonly dockerContext?: string;
}

/** How the flags of {@linkcode EngineFlags} are read. */
export const engineFlags: FlagParametersForType<EngineFlags, Context> = {
  dockerHost: text(
    "Engine, such as unix:///var/run/docker.sock; else DOCKER_HOST or the context in use",
    "address",
  ),
  dockerContext: text("Docker context that names the engine", "name"),
};

/** What flags say of the engine, as `localDocker()` takes it. */
export function engineOf({ dockerHost: host, dockerContext: context }: EngineFlags): {
  host?: string;
  context?: string;
} {
  return { ...(host !== undefined && { host }), ...(context !== undefined && { context }) };
}

/** The target for a deployment, with the buckets that it reads from: only these need access keys. */
export async function openTarget(
  tools: Tools,
  flags: EngineFlags & ConnectionFlags,
  { mounts, modelData }: Deployment,
): Promise<LocalDocker> {
  const { localDocker } = await import("../local-docker/mod.ts"); // large, as the emulator is
  const buckets = new Map<string, string | undefined>(); // with their endpoints, when they are in other regions
  for (const { source, endpoint } of [{ source: modelData, endpoint: undefined }, ...mounts]) {
    if (typeof source !== "string") continue;
    const { bucket, endpoint: own } = parseOssUri(source);
    buckets.set(bucket, buckets.get(bucket) ?? endpoint ?? own);
  }
  if (buckets.size === 0) return localDocker(engineOf(flags));
  const { client } = await connect(tools, flags);
  const storage = [...buckets].map(([bucket, endpoint]) =>
    oss(client, { bucket, ...(endpoint && { endpoint }) })
  );
  return localDocker({ ...engineOf(flags), storage });
}

/** The engine, to ask about what runs there. */
export async function openEngine(flags: EngineFlags): Promise<LocalDocker> {
  const { localDocker } = await import("../local-docker/mod.ts");
  return localDocker(engineOf(flags));
}
