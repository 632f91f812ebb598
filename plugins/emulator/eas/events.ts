import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import { apiTime, type Call, eventPage, invalid, named, timeRange } from "./call.ts";
import { type Incident, isFailure } from "./failure.ts";
import { countReady, crashesUntil } from "./instances.ts";
import { type Delays, phases, type Transition } from "./lifecycle.ts";
import type { InstanceRecord, ServiceRecord } from "./record.ts";

/** Something that happened to a service or to one of its instances. */
interface Event {
  at: number;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  version: number;
  instance: string;
}

/** DescribeServiceEvent: one page of what happened, the oldest first. */
export function describeEvents(cloud: Cloud, call: Call): JsonObject {
  const { service } = named(cloud, call);
  const { EventType, InstanceName } = call.req.query();
  if (EventType && EventType !== "Normal" && EventType !== "Warning") {
    invalid("EventType is one of Normal, Warning.");
  }
  const inRange = timeRange(call);
  const matching = eventsUntil(service, cloud)
    .filter(({ at, type }) => inRange(at) && (!EventType || type === EventType))
    .filter(({ instance }) => !InstanceName || instance === InstanceName);
  const { page, counts } = eventPage(call, matching, 100);
  return { Events: page.map((event) => shown(event, service)), ...counts };
}

/** The vendor's message is JSON: the sentence, and how many instances there were. */
function shown({ at, type, reason, message, version, instance }: Event, service: ServiceRecord): JsonObject {
  const alive = service.instances.filter(({ born, gone }) => born <= at && at < gone).length;
  const availableInstance = countReady(service, at);
  const Message = JSON.stringify({
    versionId: version,
    message,
    replicaName: instance,
    availableInstance,
    unavailableInstance: alive - availableInstance,
  });
  return { Type: type, Reason: reason, Message, Time: apiTime(at) };
}

/** All that happened until now; it follows from what was asked of the service, and when. */
function eventsUntil(service: ServiceRecord, { clock, delays }: Cloud): Event[] {
  const now = clock.now();
  const events = [
    ...service.transitions.flatMap((transition, i) => {
      const next = service.transitions[i + 1]?.at ?? Infinity; // which cuts it short
      return stepsOf(transition, delays).filter(({ at }, step) => step === 0 || at <= next);
    }),
    ...service.transitions.flatMap((transition) => withoutInstance(service.name, transition)),
    ...service.instances.flatMap((instance) => incidentsUntil(service.name, instance, now)),
  ];
  return events.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
}

/** What a service comes to by a transition, if none follows it. */
function stepsOf(transition: Transition, delays: Required<Delays>): Event[] {
  return phases(transition, delays)
    .filter(({ message }, i, all) => message !== all[i - 1]?.message)
    .map(({ after, status, message }) => ({
      at: transition.at + after,
      type: status === "Failed" ? "Warning" : "Normal",
      reason: status,
      message,
      version: transition.version,
      instance: "",
    }));
}

/** What a deployment meets that fails before it has an instance. */
function withoutInstance(name: string, { at, version, failure }: Transition): Event[] {
  if (failure?.stage !== "deployment") return [];
  return failure.incidents({ name, ip: "" }).map((incident) => eventOf(incident, at, version, ""));
}

/** What happens to an instance. */
function incidentsUntil(service: string, instance: InstanceRecord, now: number): Event[] {
  const { name, hostIp, born, due, gone, version, runner, restarts, container } = instance;
  const make = (incident: Incident, at: number): Event => eventOf(incident, at, version, name);
  const normal = (reason: string, message: string, at: number): Event =>
    make({ type: "Normal", reason, message }, at);
  const began = born + (due - born) / 2;
  const events = [normal("Scheduled", `Successfully assigned ${service}/${name} to ${hostIp}`, born)];
  if (container) events.push(...container.incidents.map((incident) => make(incident, incident.at)));
  else if (isFailure(runner)) {
    const { count, times } = crashesUntil(instance, now);
    const moments = count > 0 ? times : [began];
    events.push(...moments.flatMap((at) => runner.incidents(instance).map((incident) => make(incident, at))));
  } else events.push(normal("Started", "Started container worker0", began));
  if (!isFailure(runner)) {
    events.push(...restarts.map((at) => normal("Restarted", "Container worker0 is restarted", at)));
    if (gone !== Infinity) events.push(normal("Killing", "Stopping container worker0", gone));
  }
  return events.filter(({ at }) => at <= gone);
}

function eventOf(incident: Incident, at: number, version: number, instance: string): Event {
  return {
    at,
    type: incident.type ?? "Warning",
    reason: incident.reason,
    message: incident.message,
    version,
    instance,
  };
}
