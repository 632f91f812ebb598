import { type Failure, type InstanceContainer, isFailure, type Runner } from "./failure.ts";
import type { ServiceQueues } from "../queue/service-queues.ts";
import type { ServiceLimits } from "../service-limits.ts";
import type { Transition } from "./lifecycle.ts";

/** A configuration that a service had or has. */
export interface VersionRecord {
  /** Number, from 1. */
  number: number;
  /** When it was made, in milliseconds since the Unix epoch. */
  at: number;
  /** The configuration, without its token. */
  config: Record<string, unknown>;
  /** What answers requests with it, or why nothing can. */
  runner: Runner | Failure;
}

/** An instance of a service, with the times of its life: past ones, and those it will come to if nothing else happens. */
export interface InstanceRecord {
  /** Name: the service's, a hash of the version, and five letters of its own. */
  name: string;
  /** Its own address. */
  ip: string;
  /** Address of the machine it runs on. */
  hostIp: string;
  /** Number of the configuration it runs. */
  version: number;
  /** What it answers requests with, or why it can't: what was so when it was made. */
  runner: Runner | Failure;
  /** When it was made, in milliseconds since the Unix epoch. */
  born: number;
  /** When it gets ready, or would if its service could run. */
  due: number;
  /** When it is no more. */
  gone: number;
  /** When its container was restarted by a call. */
  restarts: number[];
  /** The container that runs for it, if one does. */
  container?: InstanceContainer;
}

/** A line that a container printed because of a request. */
export interface PrintedLine {
  /** When, in milliseconds since the Unix epoch. */
  at: number;
  /** Name of the instance. */
  instance: string;
  /** The line. */
  text: string;
}

/** A service of the emulated control plane. */
export interface ServiceRecord {
  /** Id that the control plane gave it. */
  readonly id: string;
  /** Unique name. */
  readonly name: string;
  /** What callers of the service must send. */
  token: string;
  /** Tags. */
  labels: Record<string, string>;
  /** Workspace that it belongs to, or an empty text. */
  readonly workspaceId: string;
  /** Time of creation in milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** Time of the last change of the configuration. */
  updatedAt: number;
  /** Every configuration, the oldest first. */
  readonly versions: VersionRecord[];
  /** Number of the one that runs. */
  version: number;
  /** How many instances it is to have. */
  replicas: number;
  /** What was asked of it, the oldest first. */
  readonly transitions: Transition[];
  /** The last of these that started or ended containers. */
  moving?: Transition;
  /** Its instances, those that are gone too. */
  readonly instances: InstanceRecord[];
  /** What its containers printed of requests. */
  readonly printed: PrintedLine[];
  /** Number of requests that it got. */
  requests: number;
  /** Weight in its group's traffic. */
  weight: number;
  /** Whether it takes part in its group's traffic. */
  trafficState: "standalone" | "grouping";
  /** Which operations are refused. */
  safetyLock: "all" | "dangerous" | "none";
  /** Bounds and rules of automatic scaling. */
  autoscaler?: Autoscaler;
  /** Rules of scaling by the clock. */
  cronScaler?: { jobs: CronJob[]; excludeDates: string[] };
  /** Where a part of its requests is copied to. */
  mirror?: { ratio: number; target: string[] };
  /** Its queues, once somebody has called them. */
  queues?: ServiceQueues;
  /** What keeps its limits, once somebody has called it. */
  limits?: ServiceLimits;
}

/** Bounds and rules of automatic scaling, as they were sent. */
export interface Autoscaler {
  /** Fewest instances. */
  min: number;
  /** Most instances. */
  max: number;
  /** What triggers it. */
  strategies: Record<string, unknown>[];
  /** How quickly it acts. */
  behavior: Record<string, unknown>;
}

/** A job of scaling by the clock. */
export interface CronJob {
  /** Its name. */
  name: string;
  /** Cron expression of six fields. */
  schedule: string;
  /** Instances that it brings the service to. */
  targetSize: number;
  /** When it was made, in milliseconds since the Unix epoch. */
  at: number;
}

/** The configuration that an instance has; `undefined` when there is none of this number. */
export function versionOf({ versions }: ServiceRecord, version: number): VersionRecord | undefined {
  return versions.find(({ number }) => number === version);
}

/** Why the version that runs can't, if it can't. */
export function failureOf(service: ServiceRecord): Failure | undefined {
  const { runner } = currentVersion(service);
  return isFailure(runner) ? runner : undefined;
}

/** The configuration that runs. */
export function currentVersion(service: ServiceRecord): VersionRecord {
  return versionOf(service, service.version)!; // one of those that it has
}
