import type { Cloud } from "../cloud.ts";
import { moveContainers, needsContainers } from "../containers/move.ts";
import { addInstances, countReady, endInstances, instancesAt, rollInstances } from "./instances.ts";
import type { Transition, TransitionKind } from "./lifecycle.ts";
import { failureOf, type InstanceRecord, type ServiceRecord } from "./record.ts";

type World = Pick<Cloud, "store" | "clock" | "delays">;

/** Begins a change of a service: writes it down, and what becomes of the service's instances because of it. */
export function transit(service: ServiceRecord, kind: TransitionKind, world: World): void {
  const now = world.clock.now();
  const served = countReady(service, now) > 0;
  const transition: Transition = { kind, at: now, version: service.version, failure: undefined, served };
  if (needsContainers(service, kind, now)) moveContainers(service, transition, world);
  else {
    const failure = failureOf(service);
    const made = moveInstances(service, kind, world);
    const first = failure?.stage === "deployment"
      ? service
      : made[0] ?? instancesAt(service, now)[0] ?? service;
    transition.failure = failure && { ...failure, message: failure.message(first.name) };
  }
  service.transitions.push(transition);
  if (service.transitions.length > 100) service.transitions.splice(1, 1); // the creation is kept
}

/** Plans what becomes of the instances; returns those that are made. */
function moveInstances(service: ServiceRecord, kind: TransitionKind, world: World): InstanceRecord[] {
  const { clock, delays } = world;
  const now = clock.now();
  const there = service.instances.filter(({ gone }) => gone > now);
  const staying = there.filter(({ gone }) => gone === Infinity);
  switch (kind) {
    case "create":
      endInstances(there, now);
      return addInstances(service, world, service.replicas, now + delays.create / 2, now + delays.create);
    case "start":
      endInstances(there, now);
      return addInstances(service, world, service.replicas, now, now + delays.start);
    case "stop":
      endInstances(there, now + delays.stop);
      return [];
    case "delete":
      endInstances(there, now + delays.delete);
      return [];
    case "scale":
    case "autoscale":
      endInstances(staying.slice(service.replicas), now + delays.start);
      return addInstances(service, world, service.replicas - staying.length, now, now + delays.start);
    case "update":
    case "restart":
      return rollInstances(service, world, there);
    default: // no instance is made or ended by it, or the caller has done so
      return [];
  }
}
