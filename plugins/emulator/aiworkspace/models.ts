import type { Action, Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { bodyOf, invalid, notFound } from "../eas/call.ts";
import type { JsonObject } from "../service-config.ts";
import { exists, labelsOf, now, pageOf, textOf } from "./call.ts";
import { modelOf, ownModelOf, shownVersion } from "./found-model.ts";
import { defaultWorkspaceId, idOf, type ModelRecord } from "./store.ts";

const models = "/api/v1/models";

/** Models: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listmodels */
export const modelActions: readonly Action[] = [
  ["GET", models, "ListModels", listModels],
  ["POST", models, "CreateModel", createModel],
  ["GET", `${models}/:id`, "GetModel", (cloud, call) => shown(cloud, modelOf(cloud, call))],
  ["PUT", `${models}/:id`, "UpdateModel", updateModel],
  ["DELETE", `${models}/:id`, "DeleteModel", deleteModel],
];

function shown({ accountId }: Cloud, { id, workspaceId, members, versions }: ModelRecord): JsonObject {
  const latest = [...versions.values()].at(-1);
  return {
    ModelId: id,
    ...members,
    UserId: accountId,
    OwnerId: accountId,
    ...(workspaceId && { WorkspaceId: workspaceId }),
    ...(latest && { LatestVersion: shownVersion(accountId, latest) }),
  };
}

function listModels(cloud: Cloud, call: Call): JsonObject {
  const { ModelName = "", Provider, Task, Domain, WorkspaceId, Query = "" } = call.req.query();
  const [, exact] = /^"(.*)"$/s.exec(ModelName) ?? [];
  const matching = [...cloud.assets.models.values()].filter(({ workspaceId, members }) =>
    (members.Provider ?? "") === (Provider ?? "") && // PAI's own are listed to those only who ask for them
    (exact === undefined ? members.ModelName.includes(ModelName) : members.ModelName === exact) &&
    members.ModelName.includes(Query) && (!Task || members.Task === Task) &&
    (!Domain || members.Domain === Domain) && (!WorkspaceId || !workspaceId || workspaceId === WorkspaceId)
  );
  const page = pageOf(call, matching, { order: "DESC", size: 10 });
  return { Models: page.map((model) => shown(cloud, model)), TotalCount: matching.length };
}

function createModel(cloud: Cloud, call: Call): JsonObject {
  const body = bodyOf(call);
  const name = textOf(body, "ModelName") ?? invalid("ModelName is missing.");
  const workspaceId = textOf(body, "WorkspaceId") ?? defaultWorkspaceId;
  const { assets } = cloud;
  if (!assets.workspaces.has(workspaceId)) notFound("Workspace", workspaceId);
  const isTaken = [...assets.models.values()]
    .some((model) => model.workspaceId === workspaceId && model.members.ModelName === name);
  if (isTaken) exists("Model", name);
  const id = `model-${idOf(1000 + cloud.store.next())}`;
  const { WorkspaceId: _, Labels, ...rest } = body;
  const members = {
    Accessibility: "PRIVATE",
    ...rest,
    ModelName: name,
    Labels: labelsOf(Labels),
    GmtCreateTime: now(cloud),
    GmtModifiedTime: now(cloud),
  };
  assets.models.set(id, { id, workspaceId, members, versions: new Map() });
  return { ModelId: id };
}

function updateModel(cloud: Cloud, call: Call): JsonObject {
  const model = ownModelOf(cloud, call);
  const { ModelId: _, Provider: __, ...change } = bodyOf(call);
  model.members = { ...model.members, ...change, GmtModifiedTime: now(cloud) };
  return {};
}

function deleteModel(cloud: Cloud, call: Call): JsonObject {
  cloud.assets.models.delete(ownModelOf(cloud, call).id);
  return {};
}
