import { everyPage } from "./pages.ts";
import { callService, clientOf, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";
import { readTime } from "./time.ts";

/** An instance of a service. */
export interface ServiceInstance {
  /** Name, such as `foo-5fc8946767-v2xkq`. */
  name: string;
  /** State: `Pending`, `Running`, `Succeeded`, `Failed`, `Terminating` or `Unknown`. */
  status: string;
  /** Why it is in this state, such as `ImagePullBackOff`. */
  reason?: string;
  /** How its containers ended last, as the vendor tells it; empty when none has. */
  lastState: readonly Readonly<Record<string, unknown>>[];
  /** How often its containers were started again. */
  restarts: number;
  /** Containers that are ready, and all of them: yours and, with a custom image, one for traffic. */
  processes: { ready: number; total: number };
  /** Address inside the cluster. */
  innerIp?: string;
  /** Address of its machine. */
  hostIp?: string;
  /** When it was started. */
  startedAt?: Date;
  /** The whole answer. */
  raw: Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode listInstances}. */
export interface ListInstancesOptions extends RequestOptions {
  /** Only instances in this state. */
  status?: string;
  /** Only the instance of this name. */
  instance?: string;
  /** Only instances that have this in their name, addresses or type. */
  filter?: string;
  /** Only instances of this role, such as `Queue`. */
  role?: string;
  /** Instances that are asked for at once. @default {100} */
  pageSize?: number;
}

/**
 * The instances of a service, asked for page by page as they are read.
 *
 * Source: https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-listserviceinstances.
 *
 * @throws {RangeError} when `pageSize` is no whole number from 1.
 * @throws {ApiError} when the API refuses.
 */
export function listInstances(
  service: EasRef,
  options: ListInstancesOptions = {},
): AsyncIterable<ServiceInstance> {
  const { status, instance, filter, role, pageSize = 100 } = options;
  const what = `Cannot list the instances of service "${service?.name}"`;
  clientOf(what, service);
  return everyPage(what, pageSize, async (page) => {
    const { Instances, TotalCount } = await callService<{ Instances?: WireInstance[]; TotalCount?: number }>(
      service,
      "ListServiceInstances",
      ["instances"],
      {
        ...requestOptions(options),
        query: {
          InstanceStatus: status,
          InstanceName: instance,
          Filter: filter,
          Role: role,
          PageNumber: page,
          PageSize: pageSize,
        },
      },
    );
    return { items: Instances?.map(readInstance), total: TotalCount };
  });
}

/** Options of {@linkcode restartInstances}. */
export interface RestartInstancesOptions extends RequestOptions {
  /** Whether to start only the process anew, in the container that there is. @default {false} */
  soft?: boolean;
  /** Container whose process is started anew; only together with `soft`. */
  container?: string;
}

/**
 * Deletes instances, which makes the service replace them; with `soft` only their processes start anew.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-deleteserviceinstances.
 *
 * @throws {TypeError} when there is no name, or `container` is given without `soft`.
 * @throws {ApiError} when the API refuses.
 */
export async function restartInstances(
  service: EasRef,
  instances: string | readonly string[],
  options: RestartInstancesOptions = {},
): Promise<void> {
  const names = [instances].flat();
  const { soft, container } = options;
  const what = `Cannot restart instances of service "${service?.name}"`;
  if (names.length === 0 || names.some((name) => typeof name !== "string" || !/^[^,\s]+$/.test(name))) {
    throw new TypeError(`${what}: give the names of instances; listInstances tells them`);
  }
  if (container !== undefined && !soft) {
    throw new TypeError(`${what}: container goes with soft: true only`);
  }
  await callService(service, "DeleteServiceInstances", ["instances"], {
    ...requestOptions(options),
    method: "DELETE",
    query: { InstanceList: names.join(","), SoftRestart: soft, Container: container },
  });
}

interface WireInstance extends Record<string, unknown> {
  InstanceName?: string;
  Status?: string;
  Reason?: string;
  LastState?: Record<string, unknown>[] | null;
  RestartCount?: number;
  ReadyProcesses?: number;
  TotalProcesses?: number;
  InnerIP?: string;
  HostIP?: string;
  StartAt?: string;
  StartTime?: string;
}

function readInstance(raw: WireInstance): ServiceInstance {
  const startedAt = readTime(raw.StartTime ?? raw.StartAt);
  return {
    name: raw.InstanceName ?? "",
    status: raw.Status ?? "Unknown",
    ...(raw.Reason && { reason: raw.Reason }),
    lastState: raw.LastState ?? [],
    restarts: raw.RestartCount ?? 0,
    processes: { ready: raw.ReadyProcesses ?? 0, total: raw.TotalProcesses ?? 0 },
    ...(raw.InnerIP && { innerIp: raw.InnerIP }),
    ...(raw.HostIP && { hostIp: raw.HostIP }),
    ...(startedAt && { startedAt }),
    raw,
  };
}
