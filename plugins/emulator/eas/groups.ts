import type { Cloud } from "../cloud.ts";
import { serviceEndpoints } from "../hosts.ts";
import type { JsonObject } from "../service-config.ts";
import { type Action, apiTime, type Call, checkCluster, listPage, notFound } from "./call.ts";
import { groupOf } from "./describe.ts";
import type { ServiceRecord } from "./record.ts";
import { allServices, inventToken } from "./services.ts";

/** Operations on groups. */
export const groupActions: readonly Action[] = [
  ["GET", "/api/v2/groups", "ListGroups", listGroups],
  ["GET", "/api/v2/groups/:cluster/:group", "DescribeGroup", describeGroup],
];

/**
 * Members of the groups that there are: a group comes with the first service whose `metadata.group` names it and goes
 * with the last: https://www.alibabacloud.com/help/en/pai/manage-service-groups.
 */
export function groups(cloud: Cloud): Map<string, ServiceRecord[]> {
  const members = new Map<string, ServiceRecord[]>();
  for (const { service } of allServices(cloud)) {
    const name = groupOf(service);
    if (name) members.set(name, [...members.get(name) ?? [], service]);
  }
  return members;
}

/** What callers of a group must send. */
export function groupToken(cloud: Cloud, name: string): string {
  return inventToken(cloud, `group/${name}`);
}

function listGroups(cloud: Cloud, call: Call): JsonObject {
  const { Filter = "", WorkspaceId } = call.req.query();
  const matching = [...groups(cloud)].filter(([name, members]) =>
    name.includes(Filter) && (!WorkspaceId || members.some(({ workspaceId }) => workspaceId === WorkspaceId))
  );
  const { page, counts } = listPage(call, matching.reverse());
  return { Groups: page.map(([name, members]) => described(cloud, call, name, members)), ...counts };
}

function describeGroup(cloud: Cloud, call: Call): JsonObject {
  checkCluster(cloud, call);
  const { group = "" } = call.req.param();
  return described(cloud, call, group, groups(cloud).get(group) ?? notFound("Group", group));
}

function described(cloud: Cloud, call: Call, name: string, members: readonly ServiceRecord[]): JsonObject {
  const { internet, intranet } = serviceEndpoints(new URL(call.req.url), name, cloud);
  return {
    Name: name,
    ClusterId: cloud.region,
    AccessToken: groupToken(cloud, name),
    InternetEndpoint: internet,
    IntranetEndpoint: intranet,
    QueueService: "",
    TrafficMode: "weight",
    CreateTime: apiTime(Math.min(...members.map(({ createdAt }) => createdAt))),
    UpdateTime: apiTime(Math.max(...members.map(({ updatedAt }) => updatedAt))),
  };
}
