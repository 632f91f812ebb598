import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { api, type CallOptions } from "../support/signed_calls.ts";

const origin = "https://aiworkspace.cn-hangzhou.aliyuncs.com";

function cloudOf(): Emulator {
  return emulator({ clock: fakeClock() });
}

async function call(
  cloud: Emulator,
  action: string,
  line: string,
  options: CallOptions = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  return await api(cloud, action, line, { origin, version: "2021-02-04", ...options });
}

async function list(
  cloud: Emulator,
  query: string,
): Promise<{ images: Record<string, unknown>[]; total: unknown }> {
  const { body } = await call(cloud, "ListImages", `GET /api/v1/images?${query}`);
  return { images: body.Images as Record<string, unknown>[], total: body.TotalCount };
}

test("AIWorkSpace is on its public host, inside the VPC, and on any other below /api/v1/", async () => {
  const cloud = cloudOf();
  const hosts = ["https://aiworkspace-vpc.cn-hangzhou.aliyuncs.com", "http://127.0.0.1:8080", origin];
  for (const origin of hosts) {
    const { status, body } = await call(cloud, "GetDefaultWorkspace", "GET /api/v1/defaultWorkspaces", {
      origin,
    });
    assert.deepEqual([status, body.WorkspaceName], [200, "emulator_workspace"]);
  }
  const elsewhere = { origin: "https://aiworkspace.cn-beijing.aliyuncs.com" };
  const { status, body } = await call(
    cloud,
    "GetDefaultWorkspace",
    "GET /api/v1/defaultWorkspaces",
    elsewhere,
  );
  assert.deepEqual([status, body.Code], [404, "UnknownHost"]);
});

const refusals: [what: string, options: CallOptions, action: string, status: number, code: string][] = [
  ["a wrong secret", { accessKeySecret: "wrong" }, "ListImages", 400, "SignatureDoesNotMatch"],
  ["the version of another API", { version: "2021-07-01" }, "ListImages", 400, "InvalidVersion"],
  ["another action", {}, "ListModels", 404, "InvalidAction.NotFound"],
  ["a header that came later", { late: { "x-acs-later": "1" } }, "ListImages", 400, "IncompleteSignature"],
];
for (const [what, options, action, status, code] of refusals) {
  test(`AIWorkSpace refuses ${what}`, async () => {
    const answer = await call(cloudOf(), action, "GET /api/v1/images", options);
    assert.deepEqual([answer.status, answer.body.Code], [status, code]);
  });
}

test("AIWorkSpace takes a nonce once", async () => {
  const cloud = cloudOf();
  const codes = [];
  for (const nonce of ["a", "a", "b"]) {
    const { body } = await call(cloud, "ListImages", "GET /api/v1/images", { nonce });
    codes.push(body.Code);
  }
  assert.deepEqual(codes, [undefined, "SignatureNonceUsed", undefined]);
});

test("ListImages filters by labels, a part of the name and the description, and sorts by time", async () => {
  const cloud = cloudOf();
  const all = await list(cloud, "PageSize=100&Verbose=true");
  assert.ok(all.images.length >= 40 && all.total === all.images.length);
  const times = all.images.map(({ GmtCreateTime }) => String(GmtCreateTime));
  assert.deepEqual(times, times.toSorted()); // the oldest come first, unless asked
  assert.deepEqual(
    (await list(cloud, "PageSize=100&Order=DESC&Verbose=true")).images,
    all.images.toReversed(),
  );

  const labelled = (labels: string) => list(cloud, `PageSize=100&Labels=${encodeURIComponent(labels)}`);
  const dsw = await labelled("system.official=true,system.supported.dsw=true");
  const gpu = await labelled("system.supported.dsw=true,system.chipType=GPU");
  assert.ok(Number(gpu.total) > 0 && Number(gpu.total) < Number(dsw.total));
  assert.equal((await labelled("system.supported.dsw=true,system.chipType=TPU")).total, 0);
  const pytorch = await labelled("system.framework.PyTorch=*");
  assert.ok(Number(pytorch.total) > 10);
  assert.equal((await labelled("system.framework.PyTorch=1.8")).total, 2);

  assert.equal((await list(cloud, "Name=LIGHTNING")).total, 1);
  assert.equal((await list(cloud, "Query=oneflow")).total, 1);
  const [first] = (await list(cloud, "Name=LIGHTNING")).images;
  assert.equal(first?.Labels, undefined); // they come with Verbose
  assert.equal((await list(cloud, `ImageUri=${encodeURIComponent(String(first?.ImageUri))}`)).total, 1);
});

test("ListImages cuts pages of 20, or of what is asked, and refuses what is no page", async () => {
  const cloud = cloudOf();
  assert.equal((await list(cloud, "")).images.length, 20);
  const [first, second] = [await list(cloud, "PageSize=7"), await list(cloud, "PageSize=7&PageNumber=2")];
  assert.deepEqual([...first.images, ...second.images], (await list(cloud, "PageSize=14")).images);
  assert.deepEqual((await list(cloud, "PageNumber=99")).images, []);
  for (const wrong of ["PageSize=0", "PageSize=101", "PageNumber=0", "PageNumber=x"]) {
    const { status, body } = await call(cloud, "ListImages", `GET /api/v1/images?${wrong}`);
    assert.deepEqual([status, body.Code], [400, "InvalidParameter"]);
  }
});

test("GetImage tells an image with its labels, and ListImageLabels the labels of one or all", async () => {
  const cloud = cloudOf();
  const { images: [first] } = await list(cloud, "Name=oneflow&Verbose=true");
  assert.match(String(first?.ImageId), /^image-[a-z0-9]{16}$/);
  const { body } = await call(cloud, "GetImage", `GET /api/v1/images/${first?.ImageId}`);
  const { RequestId: _, ...image } = body;
  assert.deepEqual({ ImageId: first?.ImageId, ...image }, first);
  const missing = await call(cloud, "GetImage", "GET /api/v1/images/image-0");
  assert.deepEqual([missing.status, missing.body.Code], [404, "ImageNotFound"]);

  const labels = async (query: string) =>
    (await call(cloud, "ListImageLabels", `GET /api/v1/image/labels?${query}`)).body;
  assert.deepEqual((await labels(`ImageId=${first?.ImageId}`)).Labels, first?.Labels);
  const { Labels } = await labels("LabelKeys=system.chipType,system.official");
  const told = (Labels as { Key: string; Value: string }[]).map(({ Key, Value }) => `${Key}=${Value}`);
  assert.deepEqual(told.sort(), ["system.chipType=CPU", "system.chipType=GPU", "system.official=true"]);
});

test("ListProductAuthorizations tells that PAI has the roles it is asked about", async () => {
  const path = "/api/v1/productauthorizations?RamRoleNames=AliyunPAIDLCDefaultRole,AliyunODPSPAIDefaultRole";
  const { body } = await call(cloudOf(), "ListProductAuthorizations", `GET ${path}`);
  const details = body.AuthorizationDetails as Record<string, unknown>[];
  assert.deepEqual(details.map(({ RamRoleName, IsAuthorized }) => [RamRoleName, IsAuthorized]), [
    ["AliyunPAIDLCDefaultRole", true],
    ["AliyunODPSPAIDefaultRole", true],
  ]);
});

test("ListConfigs tells the bucket that the emulator begins with, until UpdateConfigs changes it", async () => {
  const cloud = emulator({ buckets: ["first-bucket", "second-bucket"] });
  const path = "/api/v1/workspaces/100001/configs";
  const configs = async (query = "") =>
    (await call(cloud, "ListConfigs", `GET ${path}${query}`)).body.Configs;
  const initial = [{
    ConfigKey: "modelExportPath",
    ConfigValue: "oss://first-bucket.oss-cn-hangzhou-internal.aliyuncs.com/",
  }];
  assert.deepEqual(await configs(), initial);
  const body = { Configs: [{ ConfigKey: "tempTableLifecycle", ConfigValue: "7" }] };
  await call(cloud, "UpdateConfigs", `PUT ${path}`, { body });
  assert.deepEqual(await configs("?ConfigKeys=tempTableLifecycle"), body.Configs);
  cloud.reset();
  assert.deepEqual(await configs(), initial);
  for (const Configs of [{}, [null], [{ ConfigValue: "x" }]]) {
    const wrong = await call(cloud, "UpdateConfigs", `PUT ${path}`, { body: { Configs } });
    assert.deepEqual([wrong.status, wrong.body.Code], [400, "InvalidParameter"]);
  }
});

test("models and versions are made, changed and deleted; PAI's own are not", async () => {
  const cloud = cloudOf();
  const models = "/api/v1/models";
  const made = await call(cloud, "CreateModel", `POST ${models}`, { body: { ModelName: "iris", Task: "t" } });
  const model = `${models}/${made.body.ModelId}`;
  const again = await call(cloud, "CreateModel", `POST ${models}`, { body: { ModelName: "iris" } });
  assert.deepEqual([again.status, again.body.Code], [409, "ModelAlreadyExists"]);
  await call(cloud, "UpdateModel", `PUT ${model}`, { body: { Domain: "tabular", Provider: "pai" } });
  const { body: { Task, Domain, Provider } } = await call(cloud, "GetModel", `GET ${model}`);
  assert.deepEqual({ Task, Domain, Provider }, { Task: "t", Domain: "tabular", Provider: undefined });

  const wrong: [body: Record<string, unknown> | string, code: string][] = [
    [{}, "InvalidParameter"],
    [{ Uri: "/local" }, "InvalidParameter"],
    [{ Uri: "oss://b/m", VersionName: "v1" }, "InvalidParameter"],
    [{ Uri: "oss://b/m", ApprovalStatus: "Maybe" }, "InvalidParameter"],
    [{ Uri: 5 }, "InvalidParameter"],
    [{ Uri: "oss://b/m", Labels: [null] }, "InvalidParameter"],
    [{ Uri: "oss://b/m", Labels: {} }, "InvalidParameter"],
    ["[]", "InvalidParameter"],
    ["{", "InvalidParameter"],
  ];
  for (const [body, code] of wrong) {
    const refused = await call(cloud, "CreateModelVersion", `POST ${model}/versions`, { body });
    assert.deepEqual([refused.status, refused.body.Code], [400, code], JSON.stringify(body));
  }
  const body = { Uri: "https://example.com/m.tar.gz", FormatType: "ONNX" };
  await call(cloud, "CreateModelVersion", `POST ${model}/versions`, { body });
  const version = `${model}/versions/0.1.0`;
  await call(cloud, "UpdateModelVersion", `PUT ${version}`, { body: { ApprovalStatus: "Approved" } });
  const found = (await call(cloud, "GetModelVersion", `GET ${version}`)).body;
  assert.deepEqual([found.Uri, found.ApprovalStatus], [body.Uri, "Approved"]);
  const onnx = (await call(cloud, "ListModelVersions", `GET ${model}/versions?FormatType=PMML`)).body;
  assert.equal(onnx.TotalCount, 0);
  await call(cloud, "DeleteModelVersion", `DELETE ${version}`);
  assert.equal(
    (await call(cloud, "DeleteModelVersion", `DELETE ${version}`)).body.Code,
    "ModelVersionNotFound",
  );
  await call(cloud, "DeleteModel", `DELETE ${model}`);
  assert.equal((await call(cloud, "GetModel", `GET ${model}`)).body.Code, "ModelNotFound");

  const { Models } = (await call(cloud, "ListModels", `GET ${models}?Provider=pai`)).body;
  const [own] = Models as { ModelId: string }[];
  const refused = await call(cloud, "DeleteModel", `DELETE ${models}/${own?.ModelId}`);
  assert.deepEqual([refused.status, refused.body.Code], [400, "InvalidParameter"]);
});
