import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cloud } from "../cloud.ts";
import { isFailure } from "./failure.ts";
import { settleLater } from "./settle.ts";
import { currentVersion, failureOf, type InstanceRecord, type ServiceRecord } from "./record.ts";

type World = Pick<Cloud, "store" | "clock" | "delays">;

/** Instances that are there at a time, the oldest first. */
export function instancesAt({ instances }: ServiceRecord, now: number): InstanceRecord[] {
  return instances.filter(({ born, gone }) => born <= now && now < gone);
}

/** Whether an instance answers requests at a time. */
export function isReady(instance: InstanceRecord, now: number): boolean {
  const { born, due, gone, runner, restarts, container } = instance;
  if (isFailure(runner) || born > now || gone <= now || due > now) return false;
  return container !== undefined || restarts.every((at) => at > now || at + due - born <= now);
}

/** Number of instances that answer requests at a time. */
export function countReady(service: ServiceRecord, now: number): number {
  return readyInstances(service, now).length;
}

/** Adds instances of the version that runs, unless its deployment fails before; they are made at `born`, ready at `due`. */
export function addInstances(
  service: ServiceRecord,
  world: World,
  count: number,
  born: number,
  due: number,
): InstanceRecord[] {
  const { store } = world;
  const { runner } = currentVersion(service);
  if (isFailure(runner) && runner.stage === "deployment") return [];
  const made = Array.from({ length: count }, (): InstanceRecord => {
    const number = store.next();
    const name = instanceName(service, number);
    const ip = `10.224.${Math.floor(number / 250) % 256}.${number % 250 + 2}`;
    const container = isFailure(runner) ? undefined : runner.start?.({ name, ip });
    return {
      name,
      ip,
      hostIp: `10.0.${Math.floor(number / 4) % 4}.${number % 4 + 10}`,
      version: service.version,
      runner,
      born,
      due: container ? Infinity : due, // when the container says so
      gone: Infinity,
      restarts: [],
      ...(container && { container }),
    };
  });
  service.instances.push(...made);
  for (const instance of made) settleLater(service, instance, world);
  forget(service.instances);
  return made;
}

/** Ends instances at a time; what they would come to after it they don't. */
export function endInstances(instances: readonly InstanceRecord[], gone: number): void {
  for (const instance of instances) instance.gone = Math.min(instance.gone, gone);
}

/**
 * Replaces instances one by one, each as soon as its successor is ready. When the first successor never gets ready, the
 * others are not begun with, and the old instances stay.
 */
export function rollInstances(
  service: ServiceRecord,
  world: World,
  old: readonly InstanceRecord[],
): InstanceRecord[] {
  const { clock, delays } = world;
  const now = clock.now();
  const count = service.replicas;
  const share = (part: number): number => part === 0 ? 0 : delays.start * part / count;
  const add = (part: number): InstanceRecord[] =>
    addInstances(service, world, 1, now + share(part), now + share(part + 1));
  if (failureOf(service) && count > 0) return add(0);
  old.forEach((instance, i) => endInstances([instance], now + share(Math.min(i + 1, count))));
  return Array.from({ length: count }, (_, i) => add(i)).flat();
}

/** Instances that answer requests at a time. */
export function readyInstances(service: ServiceRecord, now: number): InstanceRecord[] {
  return service.instances.filter((instance) => isReady(instance, now));
}

// The vendor's names are those of Kubernetes: `foo-5fc8946767-v2xkq`.
function instanceName({ name, id, version }: ServiceRecord, number: number): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  const spell = (text: string, length: number): string =>
    Array.from(sha256(utf8ToBytes(text)).subarray(0, length), (byte) => letters[byte % letters.length]).join(
      "",
    );
  const prefix = name.replaceAll("_", "-");
  return `${prefix}-${spell(`${id}/${version}`, 10)}-${spell(`${id}/${number}`, 5)}`;
}

/** A service that is changed for ever keeps no more than the last hundred of the instances that are gone. */
function forget(instances: InstanceRecord[]): void {
  const dead = instances.filter(({ gone }) => gone !== Infinity);
  for (const instance of dead.slice(0, -100)) instances.splice(instances.indexOf(instance), 1);
}

/** Times at which the container of an instance exited, the last few, and how often it did in all. */
export function crashesUntil(
  { born, due, gone, runner }: InstanceRecord,
  now: number,
): { count: number; times: number[] } {
  const end = Math.min(now, gone);
  const exits = isFailure(runner) && runner.instance.exitCode !== undefined;
  if (exits && runner.instance.once) return { count: 0, times: [due].filter((at) => at <= end) };
  if (!exits || due === Infinity) return { count: 0, times: [] };
  // Three times while the service is still waiting, then ever later, as Kubernetes does: after 10 s, 20 s … 5 minutes.
  const times = [1, 2, 3].map((third) => born + (due - born) * third / 3);
  for (let pause = 10_000; pause < longestPause; pause *= 2) times.push(times.at(-1)! + pause);
  const regular = Math.max(0, Math.floor((end - times.at(-1)!) / longestPause));
  const count = times.filter((at) => at <= end).length + regular;
  const all = [...times.filter((at) => at <= end)];
  for (let i = Math.max(1, regular - 9); i <= regular; i++) all.push(times.at(-1)! + i * longestPause);
  return { count, times: all.slice(-10) };
}

const longestPause = 300_000;
