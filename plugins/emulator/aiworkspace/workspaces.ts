import type { Action, Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { bodyOf, invalid, notFound } from "../eas/call.ts";
import type { JsonObject } from "../service-config.ts";
import { exists, now, pageOf, textOf } from "./call.ts";
import { defaultWorkspaceId, type WorkspaceRecord } from "./store.ts";

const workspaces = "/api/v1/workspaces";
const configs = `${workspaces}/:id/configs`;

/** Workspaces and their settings: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-overview */
export const workspaceActions: readonly Action[] = [
  ["GET", workspaces, "ListWorkspaces", listWorkspaces],
  ["POST", workspaces, "CreateWorkspace", createWorkspace],
  ["GET", `${workspaces}/:id`, "GetWorkspace", (cloud, call) => shown(cloud, named(cloud, call))],
  ["GET", "/api/v1/defaultWorkspaces", "GetDefaultWorkspace", getDefault],
  ["GET", configs, "ListConfigs", listConfigs],
  ["PUT", configs, "UpdateConfigs", updateConfigs],
  ["GET", "/api/v1/productauthorizations", "ListProductAuthorizations", listAuthorizations],
];

function named({ assets }: Cloud, call: Call): WorkspaceRecord {
  const { id = "" } = call.req.param();
  return assets.workspaces.get(id) ?? notFound("Workspace", id);
}

function shown({ accountId }: Cloud, { members }: WorkspaceRecord): JsonObject {
  return { ...members, Creator: accountId, Owner: { UserId: accountId, UserName: "emulator" } };
}

function listWorkspaces(cloud: Cloud, call: Call): JsonObject {
  const { WorkspaceName = "", WorkspaceIds, Status } = call.req.query();
  const matching = [...cloud.assets.workspaces.values()].filter(({ members }) =>
    members.WorkspaceName.includes(WorkspaceName) && (!Status || members.Status === Status) &&
    (!WorkspaceIds || WorkspaceIds.split(",").includes(members.WorkspaceId))
  );
  const page = pageOf(call, matching, { order: "ASC", size: 20 });
  return { Workspaces: page.map((workspace) => shown(cloud, workspace)), TotalCount: matching.length };
}

function createWorkspace(cloud: Cloud, call: Call): JsonObject {
  const body = bodyOf(call);
  const name = textOf(body, "WorkspaceName") ?? invalid("WorkspaceName is missing.");
  const { workspaces } = cloud.assets;
  const isTaken = [...workspaces.values()].some(({ members }) => members.WorkspaceName === name);
  if (isTaken) exists("Workspace", name);
  const id = `${Number(defaultWorkspaceId) + workspaces.size}`;
  const members = {
    WorkspaceId: id,
    WorkspaceName: name,
    DisplayName: textOf(body, "DisplayName"),
    Description: textOf(body, "Description"),
    EnvTypes: body.EnvTypes ?? ["prod"],
    IsDefault: false,
    Status: "ENABLED",
    GmtCreateTime: now(cloud),
    GmtModifiedTime: now(cloud),
  };
  workspaces.set(id, { members, configs: new Map() });
  return { WorkspaceId: id };
}

function getDefault(cloud: Cloud): JsonObject {
  const { IsDefault: _, ...shownDefault } = shown(cloud, cloud.assets.workspaces.get(defaultWorkspaceId)!); // is never deleted
  return shownDefault;
}

function listConfigs(cloud: Cloud, call: Call): JsonObject {
  const keys = call.req.query("ConfigKeys")?.split(",");
  const found = [...named(cloud, call).configs].filter(([key]) => !keys || keys.includes(key));
  return {
    Configs: found.map(([ConfigKey, ConfigValue]) => ({ ConfigKey, ConfigValue })),
    TotalCount: found.length,
  };
}

function updateConfigs(cloud: Cloud, call: Call): JsonObject {
  const { configs } = named(cloud, call);
  const { Configs: given } = bodyOf(call);
  if (!Array.isArray(given)) invalid("Configs is not a list.");
  for (const setting of given) {
    const { ConfigKey, ConfigValue }: JsonObject = Object(setting); // a list may hold anything
    if (typeof ConfigKey !== "string" || !ConfigKey) invalid("A setting has no ConfigKey.");
    if (ConfigValue === undefined || ConfigValue === null || ConfigValue === "") configs.delete(ConfigKey);
    else configs.set(ConfigKey, String(ConfigValue));
  }
  return {};
}

/** The emulated account has given PAI every role. */
function listAuthorizations({ accountId }: Cloud, call: Call): JsonObject {
  const names = (call.req.query("RamRoleNames") ?? "").split(",").filter((name) => name !== "");
  return {
    AuthorizationDetails: names.map((RamRoleName) => ({
      RamRoleName,
      RamRoleARN: `acs:ram::${accountId}:role/${RamRoleName.toLowerCase()}`,
      RamRoleType: "PRODUCT_SERVICE_ROLE",
      IsAuthorized: true,
    })),
  };
}
