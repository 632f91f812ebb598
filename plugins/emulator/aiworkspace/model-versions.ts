import type { Action, Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { bodyOf, invalid, notFound } from "../eas/call.ts";
import type { JsonObject } from "../service-config.ts";
import { exists, labelsOf, now, pageOf, textOf } from "./call.ts";
import { modelOf, ownModelOf, shownVersion } from "./found-model.ts";

const versions = "/api/v1/models/:id/versions";
const version = `${versions}/:version`;

/** Versions of models: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-createmodelversion */
export const modelVersionActions: readonly Action[] = [
  ["GET", versions, "ListModelVersions", listVersions],
  ["POST", versions, "CreateModelVersion", createVersion],
  ["GET", version, "GetModelVersion", getVersion],
  ["PUT", version, "UpdateModelVersion", updateVersion],
  ["DELETE", version, "DeleteModelVersion", deleteVersion],
];

function listVersions(cloud: Cloud, call: Call): JsonObject {
  const { VersionName, FormatType, FrameworkType, ApprovalStatus } = call.req.query();
  const wanted = Object.entries({ VersionName, FormatType, FrameworkType, ApprovalStatus });
  const matching = [...modelOf(cloud, call).versions.values()]
    .filter((members) => wanted.every(([name, value]) => !value || members[name] === value));
  const page = pageOf(call, matching, { order: "DESC", size: 10 });
  return {
    Versions: page.map((members) => shownVersion(cloud.accountId, members)),
    TotalCount: matching.length,
  };
}

// The forms of https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-struct-modelversion
const pattern = /^\d+\.\d+\.\d+(_\w+)?$/;
const statuses = ["Pending", "Approved", "Rejected"];

function createVersion(cloud: Cloud, call: Call): JsonObject {
  const model = ownModelOf(cloud, call);
  const body = bodyOf(call);
  const uri = textOf(body, "Uri") ?? invalid("Uri is missing.");
  if (!/^(oss|https?):\/\//.test(uri)) invalid("Uri is no address of OSS or of the web.");
  const name = textOf(body, "VersionName") ?? nextName([...model.versions.keys()]);
  if (!pattern.test(name)) invalid(`VersionName ${name} is not like 1.0.0.`);
  if (model.versions.has(name)) exists("ModelVersion", name);
  const status = textOf(body, "ApprovalStatus") ?? "Pending";
  if (!statuses.includes(status)) invalid(`ApprovalStatus is one of ${statuses.join(", ")}.`);
  const { Labels, ...rest } = body;
  model.versions.set(name, {
    ...rest,
    VersionName: name,
    ApprovalStatus: status,
    Labels: labelsOf(Labels),
    GmtCreateTime: now(cloud),
    GmtModifiedTime: now(cloud),
  });
  return { VersionName: name };
}

/** 0.1.0 at first, then the second number counts up. */
function nextName(names: string[]): string {
  const [last] = names.map((name) => name.split(/[._]/).map(Number))
    .sort(([a = 0, b = 0], [c = 0, d = 0]) => c - a || d - b);
  return last ? `${last[0]}.${(last[1] ?? 0) + 1}.0` : "0.1.0";
}

function getVersion(cloud: Cloud, call: Call): JsonObject {
  const { version = "" } = call.req.param();
  const members = modelOf(cloud, call).versions.get(version) ?? notFound("ModelVersion", version);
  return shownVersion(cloud.accountId, members);
}

function updateVersion(cloud: Cloud, call: Call): JsonObject {
  const { version = "" } = call.req.param();
  const { versions } = ownModelOf(cloud, call);
  const old = versions.get(version) ?? notFound("ModelVersion", version);
  versions.set(version, { ...old, ...bodyOf(call), VersionName: version, GmtModifiedTime: now(cloud) });
  return {};
}

function deleteVersion(cloud: Cloud, call: Call): JsonObject {
  const { version = "" } = call.req.param();
  if (!ownModelOf(cloud, call).versions.delete(version)) notFound("ModelVersion", version);
  return {};
}
