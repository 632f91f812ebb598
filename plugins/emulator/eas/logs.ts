import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import { type Call, eventPage, flag, named, timeRange } from "./call.ts";
import { isFailure } from "./failure.ts";
import { crashesUntil } from "./instances.ts";
import { looseConfig } from "./loose-config.ts";
import {
  type InstanceRecord,
  type PrintedLine,
  type ServiceRecord,
  versionOf,
  type VersionRecord,
} from "./record.ts";

/** DescribeServiceLog: one page of what the containers printed, the oldest line first. */
export async function describeLog(cloud: Cloud, call: Call): Promise<JsonObject> {
  const { service } = named(cloud, call);
  const { Keyword = "", Ip, InstanceName, ContainerName } = call.req.query();
  const now = cloud.clock.now();
  const previous = flag(call, "Previous") ?? false;
  const inRange = timeRange(call);
  const wanted = service.instances.filter(({ name, ip }) =>
    (!InstanceName || name === InstanceName) && (!Ip || ip === Ip) &&
    (!ContainerName || ContainerName === container)
  );
  const all = await Promise.all(wanted.map((instance) => printedBy(service, instance, now, previous)));
  const lines = all.flat()
    .filter(({ at, text }) => at <= now && inRange(at) && text.toLowerCase().includes(Keyword.toLowerCase()))
    .sort((a, b) => a.at - b.at);
  const { page, counts } = eventPage(call, lines, 500);
  return { Logs: page.map(({ at, instance, text }) => `[${stamp(at)}] [${instance}] ${text}`), ...counts };
}

const container = "worker0";

/** `2006-01-02 15:04:05.000`, in UTC. */
function stamp(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}

/** What an instance printed: its container, or what one would have. */
async function printedBy(
  service: ServiceRecord,
  instance: InstanceRecord,
  now: number,
  previous: boolean,
): Promise<PrintedLine[]> {
  const { name, container, restarts } = instance;
  if (!container) return linesOf(service, instance, now, previous);
  const lines = (await container.lines()).map((line) => ({ ...line, instance: name }));
  const last = restarts.at(-1);
  return previous ? lines.filter(({ at }) => last !== undefined && at < last) : lines;
}

/** What an instance without a container printed until now, or, when asked, only what it had before its container last began anew. */
function linesOf(
  service: ServiceRecord,
  instance: InstanceRecord,
  now: number,
  previous: boolean,
): PrintedLine[] {
  const { name, born, due, gone, version, runner, restarts } = instance;
  const made = versionOf(service, version);
  if (!made || born > now || due === Infinity) return [];
  const end = Math.min(now, gone);
  const line = (at: number, text: string): PrintedLine => ({ at, instance: name, text });
  if (isFailure(runner)) {
    const { log } = runner;
    const { times } = crashesUntil(instance, now);
    const runs = times.length > 0 ? times : [born + (due - born) / 2].filter((at) => at <= end);
    return (previous ? runs.slice(0, -1) : runs).flatMap((at) => log.map((text) => line(at, text)));
  }
  const starts = [born, ...restarts].map((at) => at + due - born).filter((at) => at <= end);
  const printed = service.printed.filter((one) => one.instance === name);
  const lines = [
    ...starts.flatMap((at) => greeting(service, made).map((text) => line(at, text))),
    ...beats(starts[0] ?? Infinity, end).map((at) => line(at, "INFO health check: 200 OK")),
    ...printed,
  ];
  const last = restarts.at(-1);
  return previous ? lines.filter(({ at }) => last !== undefined && at < last) : lines;
}

/** What a container prints when it is up. */
function greeting({ name }: ServiceRecord, { config }: VersionRecord): string[] {
  const { processor, model_path: model } = config;
  const { container } = looseConfig(config);
  if (container) {
    const command = container.script ?? container.command;
    return [
      `+ ${command ?? "(entry point of the image)"}`,
      `INFO service ${name} listens on port ${container.port ?? 8000}`,
    ];
  }
  return [
    `INFO processor ${processor ?? "(custom)"} loads ${model ?? "no model"}`,
    `INFO service ${name} is up`,
  ];
}

const beat = 30_000;

/** Once in half a minute; of those of a long life only the last hour's. */
function beats(start: number, end: number): number[] {
  const count = end > start ? Math.floor((end - start) / beat) : 0;
  const kept = Math.min(count, 120);
  return Array.from({ length: kept }, (_, i) => start + (count - kept + i + 1) * beat);
}

/** Writes down that an instance answered a request; a service keeps its last thousand lines. */
export function printRequest(service: ServiceRecord, line: PrintedLine): void {
  service.printed.push(line);
  if (service.printed.length > 1000) service.printed.shift();
}
