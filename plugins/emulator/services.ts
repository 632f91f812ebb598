import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cloud } from "./cloud.ts";
import { serviceEndpoints } from "./hosts.ts";
import { isFailure, loadRunner } from "./processors.ts";
import { Refusal } from "./refusal.ts";
import { type JsonObject, mergeConfig, parseLabels, serviceName, splitToken } from "./service-config.ts";
import { type ServiceState, serviceState, type Transition } from "./service-state.ts";
import type { ServiceRecord } from "./store.ts";

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
  const failure = isFailure(service.runner) ? service.runner : undefined;
  const state = serviceState(service.transition, failure, cloud.delays, cloud.clock.now());
  return state && { service, state };
}

/** All services, the oldest first. */
export function allServices(cloud: Cloud): FoundService[] {
  return [...cloud.store.services.keys()].flatMap((name) => findService(cloud, name) ?? []);
}

/** Creates a service. */
export async function createService(
  cloud: Cloud,
  body: JsonObject,
  labels: string | undefined,
): Promise<FoundService> {
  const { token, config } = splitToken(body);
  const name = serviceName(config);
  if (findService(cloud, name)) {
    throw new Refusal({
      status: 409,
      code: "ServiceAlreadyExists",
      message: `The service ${name} already exists.`,
    });
  }
  const now = cloud.clock.now();
  const id = `eas-m-${cloud.store.next().toString(36).padStart(12, "0")}`;
  const service: ServiceRecord = {
    id,
    name,
    // Real tokens are Base64 of hex digits as well.
    token: token ??
      btoa(bytesToHex(sha256(utf8ToBytes(`${cloud.accountId}/${cloud.region}/${id}`))).slice(0, 40)),
    config,
    labels: { ...parseLabels(config.labels ?? {}), ...parseLabels(labels ?? {}) },
    createdAt: now,
    updatedAt: now,
    version: 1,
    transition: { kind: "create", at: now },
    runner: await loadRunner(name, config, cloud),
  };
  cloud.store.services.delete(name); // so that the new one comes last
  cloud.store.services.set(name, service);
  return found(cloud, name);
}

/** Changes the configuration; what runs is replaced, what is stopped stays so. */
export async function updateService(
  cloud: Cloud,
  { service, state }: FoundService,
  body: JsonObject,
  replace: boolean,
): Promise<void> {
  const { token, config: change } = splitToken(body);
  const config = replace ? change : mergeConfig(service.config, change);
  if (serviceName({ name: service.name, ...config }) !== service.name) {
    throw new Refusal({
      status: 400,
      code: "InvalidParameter",
      message: "The name of a service can't be changed.",
    });
  }
  if (state.status === "Deleting") throw wrongState("update", { service, state });
  const now = cloud.clock.now();
  service.config = { name: service.name, ...config };
  service.token = token ?? service.token;
  service.labels = config.labels === undefined ? service.labels : parseLabels(config.labels);
  service.version++;
  service.updatedAt = now;
  service.runner = await loadRunner(service.name, service.config, cloud);
  if (state.routed) service.transition = { kind: "update", at: now };
  else if (!state.status.startsWith("Stop")) service.transition = { kind: "create", at: now };
}

/** Starts, stops or deletes a service, if its state allows that. */
export async function changeState(
  cloud: Cloud,
  found: FoundService,
  kind: "start" | "stop" | "delete",
): Promise<void> {
  const { service, state: { status } } = found;
  const stopped = status === "Stopped" || status === "Stopping";
  const allowed = kind === "start"
    ? status === "Stopped" || status === "Failed"
    : kind === "delete" || !stopped;
  if (!allowed || status === "Deleting") throw wrongState(kind, found);
  if (kind === "start") service.runner = await loadRunner(service.name, service.config, cloud);
  service.transition = { kind, at: cloud.clock.now() } satisfies Transition;
}

/** The service as DescribeService and ListServices show it to one who asked at this address. */
export function describe(cloud: Cloud, { service, state }: FoundService, asked: URL): JsonObject {
  const { internet, intranet } = serviceEndpoints(asked, service.name, cloud);
  const metadata = service.config.metadata as { instance?: unknown } | null | undefined; // as loose as users write it
  const total = Number(metadata?.instance ?? 1);
  const ready = state.status === "Running" || state.status === "Updating" ? total : 0;
  return {
    ServiceId: service.id,
    ServiceUid: service.id,
    ServiceName: service.name,
    Region: cloud.region,
    ParentUid: cloud.accountId,
    CallerUid: cloud.accountId,
    Status: state.status,
    Reason: state.reason,
    Message: state.message,
    ServiceConfig: JSON.stringify(service.config),
    InternetEndpoint: internet,
    IntranetEndpoint: intranet,
    AccessToken: service.token,
    CurrentVersion: service.version,
    LatestVersion: service.version,
    TotalInstance: total,
    RunningInstance: ready,
    PendingInstance: total - ready,
    Weight: 100,
    Labels: Object.entries(service.labels).map(([LabelKey, LabelValue]) => ({ LabelKey, LabelValue })),
    CreateTime: apiTime(service.createdAt),
    UpdateTime: apiTime(service.updatedAt),
  };
}

function found(cloud: Cloud, name: string): FoundService {
  const service = findService(cloud, name);
  if (!service) throw new Error(`service ${name} was stored a moment ago`);
  return service;
}

function wrongState(action: string, { service, state }: FoundService): Refusal {
  return new Refusal({
    status: 409,
    code: "InvalidServiceStatus",
    message: `Can't ${action} the service ${service.name} while it is ${state.status}.`,
  });
}

function apiTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
