import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import {
  type Action,
  apiTime,
  bodyOf,
  type Call,
  invalid,
  named,
  notFound,
  servicePath,
  wholeNumber,
} from "./call.ts";
import { isObject } from "./loose-config.ts";
import { currentVersion } from "./record.ts";
import { wantedInstances } from "./replicas.ts";
import { refuseLocked } from "./safety-lock.ts";
import { redeploy } from "./services.ts";

const autoscaler = `${servicePath}/autoscaler`;
const cronScaler = `${servicePath}/cronscaler`;

/** Operations on automatic scaling, by load and by the clock. */
export const scalerActions: readonly Action[] = [
  ["POST", autoscaler, "CreateServiceAutoScaler", setAutoscaler],
  ["PUT", autoscaler, "UpdateServiceAutoScaler", setAutoscaler],
  ["GET", autoscaler, "DescribeServiceAutoScaler", describeAutoscaler],
  ["DELETE", autoscaler, "DeleteServiceAutoScaler", deleteAutoscaler],
  ["POST", cronScaler, "CreateServiceCronScaler", setCronScaler],
  ["PUT", cronScaler, "UpdateServiceCronScaler", setCronScaler],
  ["GET", cronScaler, "DescribeServiceCronScaler", describeCronScaler],
  ["DELETE", cronScaler, "DeleteServiceCronScaler", deleteCronScaler],
];

/** No load ever comes near a threshold in the emulator, so what scales are the bounds alone. */
function setAutoscaler(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  const { service } = found;
  refuseLocked("scale", found);
  const body = bodyOf(call);
  const min = wholeNumber(body.min, "min", 0, 1000);
  const max = wholeNumber(body.max, "max", 1, 1000);
  if (max <= min) invalid("max is greater than min.");
  const strategies = objects(body.scaleStrategies, "scaleStrategies");
  for (const { metricName, threshold } of strategies) {
    if (typeof metricName !== "string" || typeof threshold !== "number") {
      invalid("Each of scaleStrategies has a metricName and a threshold.");
    }
  }
  service.autoscaler = { min, max, strategies, behavior: isObject(body.behavior) ? body.behavior : {} };
  const replicas = Math.min(Math.max(service.replicas, min), max);
  if (replicas !== service.replicas) {
    service.replicas = replicas;
    redeploy(found, "autoscale", cloud);
  }
  return { Message: `Service [${service.name}] is scaled between ${min} and ${max} instances` };
}

function describeAutoscaler(cloud: Cloud, call: Call): JsonObject {
  const { service: { name, autoscaler } } = named(cloud, call);
  const { min, max, strategies, behavior } = autoscaler ?? notFound("AutoScaler", name);
  return {
    ServiceName: name,
    MinReplica: min,
    MaxReplica: max,
    ScaleStrategies: strategies,
    CurrentMetrics: strategies.map(({ metricName, service = name }) => ({ metricName, service, value: 0 })),
    Behavior: behavior,
  };
}

function deleteAutoscaler(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  const { service } = found;
  refuseLocked("scale", found);
  if (!service.autoscaler) notFound("AutoScaler", service.name);
  service.autoscaler = undefined;
  const replicas = wantedInstances(service, currentVersion(service).config);
  if (replicas !== service.replicas) {
    service.replicas = replicas;
    redeploy(found, "scale", cloud);
  }
  return { Message: `Service [${service.name}] is not scaled automatically any more` };
}

function setCronScaler(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("scale", found);
  const { ScaleJobs, ExcludeDates = [] } = bodyOf(call);
  if (!Array.isArray(ExcludeDates)) invalid("ExcludeDates is a list.");
  const jobs = objects(ScaleJobs, "ScaleJobs").map(({ Name, Schedule, TargetSize }, i) => {
    if (typeof Schedule !== "string" || Schedule.trim().split(/\s+/).length !== 6) {
      invalid("Schedule is a cron expression of six fields: second, minute, hour, day, month, weekday.");
    }
    const targetSize = wholeNumber(TargetSize, "TargetSize", 0, 1000);
    return { name: String(Name ?? `job-${i + 1}`), schedule: Schedule, targetSize, at: cloud.clock.now() };
  });
  found.service.cronScaler = { jobs, excludeDates: ExcludeDates.map(String) };
  return { Message: `Service [${found.service.name}] is scaled by ${jobs.length} jobs` };
}

function describeCronScaler(cloud: Cloud, call: Call): JsonObject {
  const { service: { name, cronScaler } } = named(cloud, call);
  const { jobs, excludeDates } = cronScaler ?? notFound("CronScaler", name);
  const shown = jobs.map(({ name: Name, schedule: Schedule, targetSize: TargetSize, at }) => ({
    Name,
    Schedule,
    TargetSize,
    State: "Submitted",
    Message: "",
    CreateTime: apiTime(at),
    LastProbeTime: apiTime(at),
  }));
  return { ServiceName: name, ScaleJobs: shown, ExcludeDates: excludeDates };
}

function deleteCronScaler(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("scale", found);
  if (!found.service.cronScaler) notFound("CronScaler", found.service.name);
  found.service.cronScaler = undefined;
  return { Message: `Service [${found.service.name}] is not scaled by the clock any more` };
}

function objects(value: unknown, name: string): JsonObject[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) {
    invalid(`${name} is a list of objects.`);
  }
  return value;
}
