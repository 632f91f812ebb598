import type { Cloud } from "../cloud.ts";
import { lookAtContainers } from "../containers/move.ts";
import type { JsonObject } from "../service-config.ts";
import { parseConfig } from "../service-config.ts";
import { type Action, type Call, named, servicePath } from "./call.ts";
import { describe } from "./describe.ts";
import { diagnosisActions } from "./diagnosis.ts";
import { describeEvents } from "./events.ts";
import { groupActions } from "./groups.ts";
import { instanceActions } from "./instance-actions.ts";
import { labelActions } from "./labels.ts";
import { listServices } from "./list.ts";
import { describeLog } from "./logs.ts";
import { describeMachineSpec } from "./machine-spec.ts";
import { refuseLocked, safetyActions } from "./safety-lock.ts";
import { scalerActions } from "./scalers.ts";
import { changeState, createService, type FoundService, updateService } from "./services.ts";
import { trafficActions } from "./traffic.ts";
import { versionActions } from "./versions.ts";

/** The operations that the emulator knows, as https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-overview lists them. */
const known: readonly Action[] = [
  ["POST", "/api/v2/services", "CreateService", create],
  ["GET", "/api/v2/services", "ListServices", listServices],
  ["GET", servicePath, "DescribeService", (cloud, call) => shown(cloud, call, named(cloud, call))],
  ["PUT", servicePath, "UpdateService", update],
  ["PUT", `${servicePath}/start`, "StartService", (cloud, call) => change(cloud, call, "start")],
  ["PUT", `${servicePath}/stop`, "StopService", (cloud, call) => change(cloud, call, "stop")],
  ["PUT", `${servicePath}/restart`, "RestartService", (cloud, call) => change(cloud, call, "restart")],
  ["DELETE", servicePath, "DeleteService", (cloud, call) => change(cloud, call, "delete")],
  ["GET", `${servicePath}/events`, "DescribeServiceEvent", describeEvents],
  ["GET", `${servicePath}/logs`, "DescribeServiceLog", describeLog],
  ["GET", "/api/v2/public/instance_types", "DescribeMachineSpec", describeMachineSpec],
  ...versionActions,
  ...trafficActions,
  ...groupActions,
  ...instanceActions,
  ...diagnosisActions,
  ...labelActions,
  ...safetyActions,
  ...scalerActions,
];

/** What is known of a service's containers may be old, so a call about it looks first. */
export const actions: readonly Action[] = known.map(([method, path, name, run]): Action => {
  if (!path.startsWith(servicePath)) return [method, path, name, run];
  return [method, path, name, async (cloud, call) => {
    const service = cloud.store.services.get(call.req.param("name") ?? "");
    if (service && cloud.containers) await lookAtContainers(service, cloud);
    return await run(cloud, call);
  }];
});

async function create(cloud: Cloud, call: Call): Promise<JsonObject> {
  const { Labels, WorkspaceId } = call.req.query();
  const config = parseConfig(call.get("body"));
  const created = await createService(cloud, config, { labels: Labels, workspaceId: WorkspaceId });
  const told = [
    "ServiceId",
    "ServiceUid",
    "ServiceName",
    "Region",
    "Status",
    "InternetEndpoint",
    "IntranetEndpoint",
  ];
  return Object.fromEntries(
    Object.entries(shown(cloud, call, created)).filter(([name]) => told.includes(name)),
  );
}

async function update(cloud: Cloud, call: Call): Promise<JsonObject> {
  const found = named(cloud, call);
  refuseLocked("update", found);
  const replace = call.req.query("UpdateType") === "replace";
  await updateService(cloud, found, parseConfig(call.get("body")), replace);
  return { Message: `Service [${found.service.name}] is updated` };
}

async function change(
  cloud: Cloud,
  call: Call,
  kind: "start" | "stop" | "restart" | "delete",
): Promise<JsonObject> {
  const found = named(cloud, call);
  refuseLocked(kind, found);
  await changeState(cloud, found, kind);
  return { Message: `Service [${found.service.name}] accepted: ${kind}` };
}

function shown(cloud: Cloud, call: Call, found: FoundService): JsonObject {
  return describe(cloud, found, new URL(call.req.url));
}
