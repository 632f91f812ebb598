import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/** What {@linkcode release} changes, at least one of it. */
export interface ReleaseOptions extends RequestOptions {
  /** Share in the traffic of the group, next to the other services' weights: from -1 to 1000. */
  weight?: number;
  /** Whether the service takes part in the traffic of its group, or only has traffic of its own. */
  trafficState?: "grouping" | "standalone";
}

/**
 * Says how much of its group's traffic a service gets.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-releaseservice.
 *
 * @throws {TypeError} when neither is given, or there is no such state.
 * @throws {RangeError} when the weight is no whole number from -1 to 1000.
 * @throws {ApiError} when the API refuses.
 */
export async function release(service: EasRef, options: ReleaseOptions): Promise<void> {
  const { weight, trafficState } = options ?? {};
  const what = `Cannot release service "${service?.name}"`;
  if (weight === undefined && trafficState === undefined) {
    throw new TypeError(`${what}: give a weight or a trafficState`);
  }
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= -1 && weight <= 1000)) {
    throw new RangeError(`${what}: weight is ${weight}; give a whole number from -1 to 1000`);
  }
  if (trafficState !== undefined && trafficState !== "grouping" && trafficState !== "standalone") {
    throw new TypeError(`${what}: trafficState is "${trafficState}"; give grouping or standalone`);
  }
  await callService(service, "ReleaseService", ["release"], {
    ...requestOptions(options),
    method: "PUT",
    body: { Weight: weight, TrafficState: trafficState },
  });
}
