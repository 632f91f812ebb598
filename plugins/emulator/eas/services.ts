import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cloud } from "../cloud.ts";
import { refuseFaults } from "../config-check.ts";
import { loadRunner } from "../processors.ts";
import { Refusal } from "../refusal.ts";
import { type JsonObject, mergeConfig, parseLabels, serviceName, splitToken } from "../service-config.ts";
import { countReady } from "./instances.ts";
import { type ServiceState, stateAfter } from "./lifecycle.ts";
import { looseConfig } from "./loose-config.ts";
import { currentVersion, type ServiceRecord } from "./record.ts";
import { configuredAutoscaler, onlyScales, wantedInstances } from "./replicas.ts";
import { transit } from "./transit.ts";

/** A service that exists, with its state at the time it was looked up. */
export interface FoundService {
  /** What is stored. */
  service: ServiceRecord;
  /** How it is now. */
  state: ServiceState;
}

/** Looks a service up; one whose deletion is over is not there any more. */
export function findService(cloud: Cloud, name: string): FoundService | undefined {
  const service = cloud.store.services.get(name);
  if (!service) return undefined;
  const state = stateAfter(service.transitions.at(-1)!, cloud.delays, cloud.clock.now()); // it was created
  return state && { service, state };
}

/** All services, the oldest first. */
export function allServices(cloud: Cloud): FoundService[] {
  return [...cloud.store.services.keys()].flatMap((name) => findService(cloud, name) ?? []);
}

/** What a creation says besides the configuration. */
export interface Creation {
  /** Tags, as JSON text. */
  labels?: string;
  /** Workspace that the service is to belong to. */
  workspaceId?: string;
}

/** Creates a service. */
export async function createService(
  cloud: Cloud,
  body: JsonObject,
  { labels, workspaceId }: Creation = {},
): Promise<FoundService> {
  const { token, config } = splitToken(body);
  const name = serviceName(config);
  refuseFaults(config);
  if (findService(cloud, name)) {
    throw new Refusal({
      status: 409,
      code: "ServiceAlreadyExists",
      message: `The service ${name} already exists.`,
    });
  }
  const now = cloud.clock.now();
  const id = `eas-m-${cloud.store.next().toString(36).padStart(12, "0")}`;
  const { metadata } = looseConfig(config);
  const service: ServiceRecord = {
    id,
    name,
    token: token ?? inventToken(cloud, id),
    labels: { ...parseLabels(config.labels ?? {}), ...parseLabels(labels ?? {}) },
    workspaceId: String(workspaceId ?? metadata.workspace_id ?? ""),
    createdAt: now,
    updatedAt: now,
    versions: [{ number: 1, at: now, config, runner: await loadRunner(name, config, cloud) }],
    version: 1,
    replicas: 0,
    transitions: [],
    instances: [],
    printed: [],
    requests: 0,
    weight: 100,
    trafficState: "standalone",
    safetyLock: "none",
    autoscaler: configuredAutoscaler(config),
  };
  service.replicas = wantedInstances(service, config);
  transit(service, "create", cloud);
  cloud.store.services.delete(name); // so that the new one comes last
  cloud.store.services.set(name, service);
  return findService(cloud, name) ?? { service, state: gone };
}

const gone: ServiceState = {
  status: "Deleted",
  reason: "DELETED",
  message: "Service is deleted",
  routed: false,
};

/** A token for whom it belongs to; real ones are Base64 of hex digits as well. */
export function inventToken({ accountId, region }: Cloud, id: string): string {
  return btoa(bytesToHex(sha256(utf8ToBytes(`${accountId}/${region}/${id}`))).slice(0, 40));
}

/** Changes the configuration; what runs is replaced, what is stopped stays so. */
export async function updateService(
  cloud: Cloud,
  found: FoundService,
  body: JsonObject,
  replace: boolean,
): Promise<void> {
  const { service } = found;
  const { token, config: change } = splitToken(body);
  const old = currentVersion(service).config;
  const config: JsonObject = { name: service.name, ...replace ? change : mergeConfig(old, change) };
  if (serviceName(config) !== service.name) {
    throw new Refusal({
      status: 400,
      code: "InvalidParameter",
      message: "The name of a service can't be changed.",
    });
  }
  refuseFaults(config);
  refuseWhileDeleting("update", found);
  service.token = token ?? service.token;
  if (config.labels !== undefined) service.labels = parseLabels(config.labels);
  service.autoscaler = configuredAutoscaler(config) ?? (replace ? undefined : service.autoscaler);
  service.updatedAt = cloud.clock.now();
  if (onlyScales(old, config)) {
    currentVersion(service).config = config; // the vendor scales by hand without making a version
    service.replicas = wantedInstances(service, config);
    return redeploy(found, "scale", cloud);
  }
  const number = service.versions.at(-1)!.number + 1; // the first is never forgotten
  const runner = await loadRunner(service.name, config, cloud);
  service.versions.push({ number, at: service.updatedAt, config, runner });
  service.version = number;
  service.replicas = wantedInstances(service, config);
  redeploy(found, "update", cloud);
}

/** Puts a changed service in motion: nothing while it is stopped, all of it anew when nothing of it works. */
export function redeploy(
  { service, state }: FoundService,
  kind: "update" | "scale" | "autoscale",
  cloud: Cloud,
): void {
  if (state.status.startsWith("Stop")) return;
  const works = state.status === "Running" || countReady(service, cloud.clock.now()) > 0;
  transit(service, works ? kind : "create", cloud);
}

/** Starts, stops, restarts or deletes a service, if its state allows that. */
export async function changeState(
  cloud: Cloud,
  found: FoundService,
  kind: "start" | "stop" | "restart" | "delete",
): Promise<void> {
  const { service, state: { status } } = found;
  const stopped = status === "Stopped" || status === "Stopping";
  const allowed = kind === "start"
    ? status === "Stopped" || status === "Failed"
    : kind === "delete" || !stopped;
  if (!allowed) throw wrongState(kind, found);
  refuseWhileDeleting(kind, found);
  if (kind === "start" || kind === "restart") { // the model may have been uploaded since
    const version = currentVersion(service);
    version.runner = await loadRunner(service.name, version.config, cloud);
  }
  if (kind === "stop" || kind === "delete") service.queues?.disconnect();
  transit(service, kind === "restart" && status === "Failed" ? "start" : kind, cloud);
}

/** Refuses what a service can't do any more. */
export function refuseWhileDeleting(action: string, found: FoundService): void {
  if (found.state.status === "Deleting") throw wrongState(action, found);
}

/** Refuses what only a service with instances can do. */
export function refuseWhileStopped(action: string, found: FoundService): void {
  if (/^(Stopp|Delet)/.test(found.state.status)) throw wrongState(action, found);
}

function wrongState(action: string, { service, state }: FoundService): Refusal {
  return new Refusal({
    status: 409,
    code: "InvalidServiceStatus",
    message: `Can't ${action} the service ${service.name} while it is ${state.status}.`,
  });
}
