import type { JsonObject } from "../service-config.ts";
import { isObject, looseConfig } from "./loose-config.ts";
import type { Autoscaler, ServiceRecord } from "./record.ts";

/** Instances that a configuration asks for, within the bounds of automatic scaling. */
export function wantedInstances({ autoscaler }: ServiceRecord, config: JsonObject): number {
  const asked = Number(looseConfig(config).metadata.instance ?? 1);
  const count = Number.isSafeInteger(asked) && asked >= 0 ? asked : 1;
  return autoscaler ? Math.min(Math.max(count, autoscaler.min), autoscaler.max) : count;
}

/** The autoscaler that a configuration has, when its bounds are numbers. */
export function configuredAutoscaler({ autoscaler }: JsonObject): Autoscaler | undefined {
  const { min, max, strategies } = (autoscaler ?? {}) as { [key: string]: unknown }; // read with care
  if (typeof min !== "number" || typeof max !== "number") return undefined;
  const thresholds = typeof strategies === "object" && strategies !== null ? Object.entries(strategies) : [];
  return {
    min,
    max,
    strategies: thresholds.map(([metricName, threshold]) => ({ metricName, threshold })),
    behavior: {},
  };
}

/** Whether two configurations differ in the number of instances and nothing else, whatever the order of their keys. */
export function onlyScales(old: JsonObject, config: JsonObject): boolean {
  const plain = (value: JsonObject): string =>
    JSON.stringify({ ...value, metadata: { ...looseConfig(value).metadata, instance: undefined } }, inOrder);
  return plain(old) === plain(config) &&
    looseConfig(old).metadata.instance !== looseConfig(config).metadata.instance;
}

/** Lets JSON have the keys of each object in one order, whatever order they came in. */
function inOrder(_key: string, value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value;
}
