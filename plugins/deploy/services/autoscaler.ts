import type { Autoscaler as AutoscalerConfig } from "../../../core/service-config.ts";
import { isMissing } from "../waiting/api-failures.ts";
import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/** When a service gets more or fewer instances by itself; the keys are the vendor's. */
export interface Autoscaler {
  /** Fewest instances; 0 lets the service rest when there are no requests. */
  min: number;
  /** Most instances. */
  max: number;
  /** What it goes by, at least one. */
  scaleStrategies: ScaleStrategy[];
  /** How quickly it acts. */
  behavior?: AutoscalerConfig["behavior"];
}

/** A metric and the mean per instance above which instances are added. */
export interface ScaleStrategy {
  /** Requests in a second, or use of the processor or of the graphics processor in percent. */
  metricName: "qps" | "cpu" | "gpu[util]" | (string & Record<never, never>);
  /** Mean per instance. */
  threshold: number;
  /** The service whose metric counts. @default {the service itself} */
  service?: string;
}

/** An autoscaler with what it measures. */
export interface AutoscalerDescription extends Autoscaler {
  /** What it has measured last. */
  currentMetrics: { metricName: string; value: number; service?: string }[];
}

const below = ["autoscaler"];

/**
 * Sets the autoscaler of a service: makes it, or changes the one that there is.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-createserviceautoscaler.
 *
 * @throws {RangeError} when the numbers can't be: `min` from 0 and below `max`, thresholds above 0.
 * @throws {TypeError} when there is no strategy.
 * @throws {ApiError} when the API refuses.
 */
export async function setAutoscaler(
  service: EasRef,
  autoscaler: Autoscaler,
  options: RequestOptions = {},
): Promise<void> {
  const what = `Cannot scale service "${service?.name}" automatically`;
  const { min, max, scaleStrategies, behavior } = autoscaler;
  if (!(Number.isInteger(min) && Number.isInteger(max) && min >= 0 && min < max)) {
    throw new RangeError(
      `${what}: min is ${min} and max ${max}; give whole numbers, min from 0 and below max`,
    );
  }
  if (!Array.isArray(scaleStrategies) || scaleStrategies.length === 0) {
    throw new TypeError(`${what}: scaleStrategies is empty; give { metricName, threshold }`);
  }
  const wrong = scaleStrategies.find(({ threshold }) => !(threshold > 0));
  if (wrong) {
    throw new RangeError(
      `${what}: threshold of ${wrong.metricName} is ${wrong.threshold}; give a number above 0`,
    );
  }
  const exists = await describeAutoscaler(service, options) !== undefined;
  await callService(service, exists ? "UpdateServiceAutoScaler" : "CreateServiceAutoScaler", below, {
    ...requestOptions(options),
    method: exists ? "PUT" : "POST",
    body: { min, max, scaleStrategies, behavior },
  });
}

/**
 * The autoscaler of a service, or `undefined` when it has none.
 *
 * @throws {ApiError} when the API refuses.
 */
export async function describeAutoscaler(
  service: EasRef,
  options: RequestOptions = {},
): Promise<AutoscalerDescription | undefined> {
  const answer = await callService<AutoscalerAnswer>(
    service,
    "DescribeServiceAutoScaler",
    below,
    requestOptions(options),
  ).catch((error): AutoscalerAnswer => {
    if (isMissing(error) && error.code !== "ServiceNotFound") return {};
    throw error;
  });
  const { MinReplica = 0, MaxReplica = 0, ScaleStrategies, CurrentMetrics, Behavior } = answer;
  if (MaxReplica === 0) return undefined;
  return {
    min: MinReplica,
    max: MaxReplica,
    scaleStrategies: ScaleStrategies ?? [],
    ...(Behavior && Object.keys(Behavior).length > 0 && { behavior: Behavior }),
    currentMetrics: CurrentMetrics ?? [],
  };
}

interface AutoscalerAnswer {
  MinReplica?: number;
  MaxReplica?: number;
  ScaleStrategies?: ScaleStrategy[];
  CurrentMetrics?: AutoscalerDescription["currentMetrics"];
  Behavior?: Autoscaler["behavior"];
}

/**
 * Takes the autoscaler off a service, which keeps the instances that it has.
 *
 * @throws {ApiError} when there is none, or the API refuses.
 */
export async function deleteAutoscaler(service: EasRef, options: RequestOptions = {}): Promise<void> {
  await callService(service, "DeleteServiceAutoScaler", below, {
    ...requestOptions(options),
    method: "DELETE",
  });
}
