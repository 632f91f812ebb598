import { thisProcess } from "./owner.ts";

/**
 * Labels of everything that is created, so that it is found again: by `docker ps --filter label=…`, by other processes
 * and by `gc()`.
 */
export const labels = {
  /** Name of the service. */
  service: "com.pai-edge.sdk.service",
  /** Process that created it, as {@linkcode thisProcess} writes it. */
  owner: "com.pai-edge.sdk.owner",
  /** When it was created, as ISO 8601. */
  created: "com.pai-edge.sdk.created",
  /** Id of the deployment, which no other has. */
  deployment: "com.pai-edge.sdk.deployment",
  /** `true` when the service is to end with its process; others are there to be used by other processes as well. */
  temporary: "com.pai-edge.sdk.temporary",
  /** Configuration of the service as JSON, secrets left out, for processes that find the service. */
  config: "com.pai-edge.sdk.config",
  /** Port in the container that takes the requests. */
  port: "com.pai-edge.sdk.port",
} as const;

/** Labels that containers and volumes of a service have alike. */
export function ownLabels(
  service: string,
  { temporary = false, now = new Date() }: { temporary?: boolean; now?: Date } = {},
): Record<string, string> {
  return {
    [labels.service]: service,
    [labels.owner]: thisProcess(),
    [labels.created]: now.toISOString(),
    [labels.deployment]: crypto.randomUUID(),
    [labels.temporary]: String(temporary),
  };
}
