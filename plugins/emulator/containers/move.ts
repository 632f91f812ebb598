import type { Cloud } from "../cloud.ts";
import { type Failure, isFailure } from "../eas/failure.ts";
import { addInstances, countReady, endInstances, readyInstances } from "../eas/instances.ts";
import type { Transition } from "../eas/lifecycle.ts";
import { settleLater } from "../eas/settle.ts";
import { currentVersion, failureOf, type InstanceRecord, type ServiceRecord } from "../eas/record.ts";
import { failureIn } from "./container.ts";

type World = Pick<Cloud, "store" | "clock" | "delays">;

/** Whether containers take part in a change: those that run now, or that the configuration asks for. */
export function needsContainers(service: ServiceRecord, kind: Transition["kind"], now: number): boolean {
  if (kind === "develop" || kind === "commit") return false; // nothing starts or ends by them
  const { runner } = currentVersion(service);
  const asked = !isFailure(runner) && runner.start !== undefined;
  return asked || service.instances.some(({ container, gone }) => container !== undefined && gone > now);
}

/**
 * Does with containers what a change asks for. It begins at once and is over when the containers say so; nothing
 * waits for the clock.
 *
 * @returns The instances that are made at once.
 */
export function moveContainers(
  service: ServiceRecord,
  transition: Transition,
  world: World,
): InstanceRecord[] {
  const now = world.clock.now();
  const there = service.instances.filter(({ gone }) => gone > now);
  const wasRolling = isRolling(service);
  service.moving = transition;
  const begin = (count: number): InstanceRecord[] => addInstances(service, world, count, now, now);
  const over = (work: Promise<Outcome>): void => finishLater(service, transition, world, work);
  switch (transition.kind) {
    case "stop":
    case "delete":
      over(endContainers(there, now).then(() => undefined));
      return [];
    case "scale":
    case "autoscale": {
      if (wasRolling) break; // which is to go on with the new number
      const ended = endContainers(there.slice(service.replicas), now);
      const made = begin(service.replicas - there.length);
      over(ended.then(() => outcomeOf(service, made)));
      return made;
    }
    case "replace":
      if (wasRolling) break;
      over(outcomeOf(service, [...there, ...begin(service.replicas - there.length)])); // a failed update has begun but one
      return [];
    case "update":
    case "restart":
      break;
    default: { // a start, which keeps nothing
      void endContainers(there, now);
      const made = begin(service.replicas);
      over(outcomeOf(service, made));
      return made;
    }
  }
  transition.rolls = true;
  const first = begin(Math.min(1, service.replicas));
  over(roll(service, transition, world, { first, old: there }));
  return first;
}

/** Ends instances at once, and resolves when their containers are removed. */
export async function endContainers(instances: readonly InstanceRecord[], now: number): Promise<void> {
  endInstances(instances, now);
  await Promise.all(instances.map(({ container }) => container?.end()));
}

/** Starts the container of an instance again. */
export function restartContainer(service: ServiceRecord, instance: InstanceRecord, world: World): void {
  instance.due = Infinity;
  void instance.container?.restart();
  settleLater(service, instance, world);
}

/** Writes down which containers of a service have ended by themselves. */
export async function lookAtContainers(service: ServiceRecord, { clock }: World): Promise<void> {
  const ready = readyInstances(service, clock.now());
  const seen = await Promise.all(ready.map(async (instance): Promise<Outcome> => {
    const failure = await instance.container?.look();
    if (!failure || instance.gone !== Infinity) return undefined;
    instance.runner = failure;
    instance.due = clock.now();
    return { failure, instance: instance.name };
  }));
  const outcome = seen.find((one) => one !== undefined);
  const now = clock.now();
  const isBusy = (service.moving?.over ?? now) > now;
  if (!outcome || isBusy || countReady(service, now) > 0) return;
  const { version } = service;
  service.transitions.push({ kind: "crash", at: now, version, served: false, over: now, ...failed(outcome) });
}

/** Why a change failed and the instance that did; `undefined` when all went well. */
type Outcome = { failure: Failure; instance: string } | undefined;

function failed({ failure, instance }: NonNullable<Outcome>): Pick<Transition, "failure" | "cause"> {
  return { cause: failure, failure: { ...failure, message: failure.message(instance) } };
}

/** Writes down when work is over, and how it ended, unless another change has begun since. */
function finishLater(
  service: ServiceRecord,
  transition: Transition,
  { clock }: World,
  work: Promise<Outcome>,
): void {
  transition.over = Infinity;
  void work.then((outcome) => {
    if (service.moving !== transition) return;
    transition.over = clock.now();
    if (outcome) Object.assign(transition, failed(outcome));
  });
}

function isRolling({ moving }: ServiceRecord): boolean {
  return moving?.rolls === true && moving.over === Infinity;
}

/** Replaces instances one by one, as EAS does: the old ones stay when a new one does not get ready. */
async function roll(
  service: ServiceRecord,
  transition: Transition,
  world: World,
  { first, old }: { first: InstanceRecord[]; old: readonly InstanceRecord[] },
): Promise<Outcome> {
  const { clock } = world;
  const ending: Promise<void>[] = [];
  for (let i = 0, made = first; i < service.replicas; i++) {
    if (i > 0) made = addInstances(service, world, 1, clock.now(), clock.now());
    const outcome = await outcomeOf(service, made);
    if (outcome || service.moving !== transition) return outcome;
    ending.push(endContainers(old.slice(i, i + 1), clock.now()));
  }
  ending.push(endContainers(old.slice(service.replicas), clock.now()));
  await Promise.all(ending);
  return undefined;
}

/** Waits until instances are ready, or the first of them fails. */
async function outcomeOf(service: ServiceRecord, instances: readonly InstanceRecord[]): Promise<Outcome> {
  const failure = failureOf(service);
  if (failure) return { failure, instance: instances[0]?.name ?? service.name };
  const all = instances.map(async ({ name, container }): Promise<Outcome> => {
    const failure = container && await failureIn(container.settled);
    return failure && { failure, instance: name };
  });
  const never = new Promise<Outcome>(() => {});
  const firstFailed = all.map((one) => one.then((outcome) => outcome ?? never));
  return await Promise.race([...firstFailed, Promise.all(all).then(() => undefined)]);
}
