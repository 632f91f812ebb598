import type { JsonObject } from "../service-config.ts";
import { apiTime } from "./call.ts";
import { isFailure } from "./failure.ts";
import { crashesUntil, isReady } from "./instances.ts";
import { looseConfig, portOf } from "./loose-config.ts";
import { instanceType } from "./machine-spec.ts";
import { type InstanceRecord, type ServiceRecord, versionOf } from "./record.ts";

/** How the container of an instance is. */
function containerState(instance: InstanceRecord, now: number): {
  status: string;
  reason: string;
  ready: boolean;
  restarts: number;
  lastState: JsonObject[];
} {
  const { born, due, runner, restarts, container } = instance;
  const ready = isReady(instance, now);
  const called = restarts.filter((at) => at <= now);
  const began = born + (due - born) / 2;
  if (!isFailure(runner) || now < began) {
    const [status, reason] = ready
      ? ["Running", "RUNNING"]
      : container?.isStarted
      ? ["Running", "ContainersNotReady"]
      : ["Pending", "ContainerCreating"];
    const lastState = called.slice(-1).map((at) => exited("Completed", 0, at));
    return { status, reason, ready, restarts: called.length, lastState };
  }
  const { status, reason, exitCode } = runner.instance;
  const { count, times } = crashesUntil(instance, now);
  const lastState = exitCode === undefined
    ? (runner.stage === "startup" ? [{ Container: "worker0", Reason: reason }] : [])
    : times.slice(-1).map((at) => exited(reason, exitCode, at));
  return { status, reason, ready, restarts: count, lastState };
}

function exited(Reason: string, ExitCode: number, at: number): JsonObject {
  return { Container: "worker0", Reason, ExitCode, FinishedAt: apiTime(at) };
}

/**
 * An instance as ListServiceInstances shows it, with every member that the vendor's `Instance` has:
 * https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-struct-instance.
 */
export function showInstance(
  service: ServiceRecord,
  instance: InstanceRecord,
  now: number,
  region: string,
): JsonObject {
  const config = versionOf(service, instance.version)?.config ?? {};
  const { metadata } = looseConfig(config);
  const { status, reason, ready, restarts, lastState } = containerState(instance, now);
  const time = apiTime(instance.born);
  return {
    InstanceName: instance.name,
    Namespace: service.name,
    Status: status,
    Reason: reason,
    RestartCount: restarts,
    LastState: lastState,
    ReadyProcesses: Number(ready),
    TotalProcesses: 1,
    InnerIP: instance.ip,
    InstancePort: portOf(config),
    HostIP: instance.hostIp,
    HostName: `node-${instance.hostIp.replaceAll(".", "-")}`,
    TenantHostIP: "",
    TenantInstanceIP: "",
    ExternalIP: "",
    ExternalInstancePort: 0,
    InstanceType: instanceType(config),
    ResourceType: metadata.resource ? "DedicatedResource" : "PublicResource",
    Role: "Standard",
    IsSpot: false,
    Isolated: false,
    CurrentAmount: 0,
    OriginalAmount: 0,
    Zone: `${region}-a`,
    StartTime: time,
    StartAt: time,
  };
}

/** The only container of an instance, as ListServiceContainers shows it. */
export function showContainer(service: ServiceRecord, instance: InstanceRecord, now: number): JsonObject {
  const config = versionOf(service, instance.version)?.config ?? {};
  const { status, reason, ready, restarts, lastState: [last = {}] } = containerState(instance, now);
  return {
    Name: "worker0",
    Image: String(looseConfig(config).container?.image ?? ""),
    Port: portOf(config),
    Ready: ready,
    RestartCount: restarts,
    CurrentStatus: status,
    CurrentReaon: reason, // as the vendor spells it
    CurrentTimestamp: apiTime(instance.born),
    LastStatus: last.Reason ? "Terminated" : "",
    LastReason: last.Reason ?? "",
    LastTimestamp: last.FinishedAt ?? "",
  };
}
