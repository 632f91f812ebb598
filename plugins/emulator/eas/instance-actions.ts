import type { Cloud } from "../cloud.ts";
import { endContainers, restartContainer } from "../containers/move.ts";
import type { JsonObject } from "../service-config.ts";
import { type Action, type Call, flag, invalid, listPage, named, notFound, servicePath } from "./call.ts";
import { showContainer, showInstance } from "./instance-view.ts";
import { addInstances, instancesAt } from "./instances.ts";
import { refuseLocked } from "./safety-lock.ts";
import { refuseWhileStopped } from "./services.ts";
import { transit } from "./transit.ts";

/** Operations on the instances of a service. */
export const instanceActions: readonly Action[] = [
  ["GET", `${servicePath}/instances`, "ListServiceInstances", listInstances],
  ["DELETE", `${servicePath}/instances`, "DeleteServiceInstances", restartInstances],
  ["GET", `${servicePath}/instances/:instance/containers`, "ListServiceContainers", listContainers],
];

/** Parameters that a member of an instance has to equal. */
const exact: Readonly<Record<string, string>> = {
  HostIP: "HostIP",
  InstanceIP: "InnerIP",
  InstanceName: "InstanceName",
  InstanceStatus: "Status",
  InstanceType: "InstanceType",
  ResourceType: "ResourceType",
  Role: "Role",
};

function listInstances(cloud: Cloud, call: Call): JsonObject {
  const { service } = named(cloud, call);
  const query = call.req.query();
  const spot = flag(call, "IsSpot");
  const now = cloud.clock.now();
  const matching = instancesAt(service, now)
    .map((instance) => showInstance(service, instance, now, cloud.region))
    .filter((one) => spot === undefined || spot === one.IsSpot)
    .filter((one) =>
      Object.entries(exact).every(([name, member]) => !query[name] || query[name] === one[member])
    )
    .filter((one) =>
      ["InstanceName", "InnerIP", "HostIP", "InstanceType"].some((member) =>
        String(one[member]).includes(query.Filter ?? "")
      )
    );
  if (query.Order?.toLowerCase() === "desc") matching.reverse();
  const { page, counts } = listPage(call, matching);
  return { Instances: page, ...counts };
}

/** DeleteServiceInstances restarts: by a new instance, or softly, by its container alone. */
function restartInstances(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  const { service } = found;
  refuseLocked("restart", found);
  refuseWhileStopped("restart instances of", found);
  const { InstanceList } = call.req.query();
  if (!InstanceList) invalid("InstanceList is missing.");
  const now = cloud.clock.now();
  const there = instancesAt(service, now);
  const chosen = InstanceList.split(",").map((name) =>
    there.find((instance) => instance.name === name) ?? notFound("Instance", name)
  );
  if (flag(call, "SoftRestart")) {
    for (const instance of chosen) {
      instance.restarts.push(now);
      if (instance.container) restartContainer(service, instance, cloud);
    }
  } else {
    const staying = chosen.filter(({ gone }) => gone === Infinity); // the others were to end anyway
    void endContainers(chosen, now);
    addInstances(service, cloud, staying.length, now, now + cloud.delays.start);
  }
  transit(service, "replace", cloud);
  return { Message: `Instances [${InstanceList}] of service [${service.name}] are restarted` };
}

function listContainers(cloud: Cloud, call: Call): JsonObject {
  const { service } = named(cloud, call);
  const { instance: name = "" } = call.req.param();
  const now = cloud.clock.now();
  const instance = instancesAt(service, now).find((one) => one.name === name) ?? notFound("Instance", name);
  return { ServiceName: service.name, Containers: [showContainer(service, instance, now)] };
}
