import type { Client } from "../../../core/client.ts";
import type { EasDescription } from "../../../core/eas-service.ts";
import { bounded } from "../../../core/timeout.ts";
import { diagnose } from "../services/diagnosis.ts";
import { listEvents, type ServiceEvent } from "../services/events.ts";
import { listInstances, type ServiceInstance } from "../services/instances.ts";
import { lastLines } from "../services/log-lines.ts";
import type { EasRef } from "../services/ref.ts";
import type { Sign } from "./classify.ts";
import type { Evidence } from "./deploy-error.ts";
import { maskSecrets, secretsOf } from "../../../core/mask-secrets.ts";

const mostEvents = 50;
const mostInstances = 20;
const mostLines = 100;

/** What to gather, and for how long. */
export interface GatherOptions {
  /** Longest time of each question in milliseconds. */
  timeout: number;
  /** Cancels all. */
  signal?: AbortSignal;
  /** Since when events count. */
  since?: Date;
  /** Leaves out what is not asked for. @default {everything} */
  only?: readonly (keyof Evidence)[];
}

/**
 * Asks for what may tell why a service does not run: all at once, each question on its own, and those that fail
 * or take too long are done without. Secrets are masked.
 */
export async function gatherEvidence(
  client: Client,
  description: EasDescription,
  options: GatherOptions,
): Promise<Evidence> {
  const { timeout, signal, since, only } = options;
  const service: EasRef = { client, name: description.name };
  const part = <T>(name: keyof Evidence, ask: (signal: AbortSignal) => Promise<T[]>): Promise<T[]> =>
    only && !only.includes(name)
      ? Promise.resolve([])
      : bounded("Cannot gather evidence", timeout, signal, ask).catch(() => []);
  const [events, instances, logs, diagnosis] = await Promise.all([
    part("events", (signal) => lastOf(listEvents(service, { signal, since }), mostEvents)),
    part("instances", (signal) => lastOf(listInstances(service, { signal }), mostInstances)),
    part("logs", (signal) => logsOf(service, signal)),
    part("diagnosis", (signal) => diagnose(service, { signal })),
  ]);
  const secrets = [description.accessToken, ...secretsOf(description.config)];
  return masked({ events, instances, logs, diagnosis }, secrets);
}

// Of a container that was started again, what counts is what it printed before; that can be asked for only then.
async function logsOf(service: EasRef, signal: AbortSignal): Promise<string[]> {
  const [now, before] = await Promise.all([
    lastLines(service, { signal }, mostLines),
    lastLines(service, { signal, previous: true }, mostLines).catch(() => []),
  ]);
  const known = new Set(now);
  return [...before.filter((line) => !known.has(line)), ...now].slice(-mostLines);
}

async function lastOf<Item>(items: AsyncIterable<Item>, most: number): Promise<Item[]> {
  let last: Item[] = [];
  for await (const item of items) {
    last.push(item);
    if (last.length >= 2 * most) last = last.slice(-most);
  }
  return last.slice(-most);
}

function masked(evidence: Evidence, secrets: (string | undefined)[]): Evidence {
  return maskedValue(evidence, (text) => maskSecrets(text, secrets)) as Evidence; // only its texts are others
}

function maskedValue(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, mask));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskedValue(item, mask)]));
}

/** Everything that tells of a failure, one text each. */
export function signsOf(evidence: Evidence, status: string): Sign[] {
  const { events, instances, logs, diagnosis } = evidence;
  return [
    ...(status ? [{ source: "status" as const, text: status }] : []),
    ...diagnosis.flatMap(({ error, causes }) =>
      [error, ...causes].map((text) => ({ source: "diagnosis" as const, text }))
    ),
    ...instances.flatMap(instanceSigns),
    ...events.filter(isWarning).map(({ reason, message }) => ({
      source: "event" as const,
      text: `${reason}: ${message}`,
    })),
    ...logs.map((text) => ({ source: "log" as const, text })),
  ];
}

function isWarning({ type }: ServiceEvent): boolean {
  return type === "Warning";
}

function instanceSigns({ name, status, reason, lastState, processes }: ServiceInstance): Sign[] {
  const isWell = status === "Running" && processes.total > 0 && processes.ready >= processes.total;
  if (isWell) return []; // what it died of before is over
  const parts = [status, reason, ...lastState.map((state) => JSON.stringify(state))].filter(Boolean);
  return [{ source: "instance", text: `${name} is ${parts.join(", ")}` }];
}
