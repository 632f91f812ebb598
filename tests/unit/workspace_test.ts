import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, type ClientOptions, createClient } from "../../core/client.ts";
import {
  defaultStorage,
  defaultWorkspace,
  getWorkspace,
  listWorkspaces,
} from "../../plugins/deploy/workspace.ts";
import { emulator } from "../../plugins/emulator/mod.ts";

async function setStorage(client: Client, address: string | undefined): Promise<void> {
  await client.call("UpdateConfigs", {
    product: "aiworkspace",
    method: "PUT",
    path: "/api/v1/workspaces/100001/configs",
    body: { Configs: [{ ConfigKey: "modelExportPath", ConfigValue: address ?? "" }] },
  });
}

const internal = "oss://bkt.oss-cn-hangzhou-internal.aliyuncs.com";
const storages: [
  address: string,
  client: Partial<ClientOptions>,
  bucket: string,
  prefix: string,
  endpoint: string,
][] = [
  [`${internal}/x/`, {}, "bkt", "x/", "https://oss-cn-hangzhou.aliyuncs.com"],
  [`${internal}/x/y`, { network: "vpc" }, "bkt", "x/y/", "https://oss-cn-hangzhou-internal.aliyuncs.com"],
  [internal, { endpoints: { oss: "http://127.0.0.1:8080" } }, "bkt", "", "http://127.0.0.1:8080"],
  ["oss://bkt/", {}, "bkt", "", "https://oss-cn-hangzhou.aliyuncs.com"],
  // The network inside another region can't be reached from this one's.
  [
    "oss://far.oss-cn-beijing-internal.aliyuncs.com/a/",
    { network: "vpc" },
    "far",
    "a/",
    "https://oss-cn-beijing.aliyuncs.com",
  ],
  ["oss://own.files.example.com/a/", {}, "own", "a/", "https://files.example.com"],
];
for (const [address, options, bucket, prefix, endpoint] of storages) {
  test(`defaultStorage() of ${address} ${JSON.stringify(options)} is at ${endpoint}`, async () => {
    const client = createClient({ ...emulator(), ...options });
    await setStorage(client, address);
    assert.deepEqual(await defaultStorage(client), { bucket, prefix, endpoint });
  });
}

test("defaultStorage() says when none is set, and which workspace has none", async () => {
  const client = createClient({ ...emulator(), workspaceId: "100001" });
  await setStorage(client, undefined);
  await assert.rejects(defaultStorage(client), {
    name: "PaiError",
    code: "NoDefaultStorage",
    message: /default storage of workspace 100001: none is set; set one/,
  });
  await assert.rejects(defaultStorage(client, { workspaceId: "7" }), {
    name: "ApiError",
    code: "WorkspaceNotFound",
  });
});

test("defaultStorage() asks for the default workspace only when none is named", async () => {
  const cloud = emulator();
  const asked: string[] = [];
  const fetch: typeof cloud.fetch = (
    url,
    init,
  ) => (asked.push(new URL(url).pathname), cloud.fetch(url, init));
  await defaultStorage(createClient({ ...cloud, fetch, workspaceId: "100001" }));
  await defaultStorage(createClient({ ...cloud, fetch }), { workspaceId: "100001" });
  const path = "/api/v1/workspaces/100001/configs";
  assert.deepEqual(asked.splice(0), [path, path]);
  await defaultStorage(createClient({ ...cloud, fetch }));
  assert.deepEqual(asked, ["/api/v1/defaultWorkspaces", path]);
});

test("getWorkspace(), defaultWorkspace() and listWorkspaces() read workspaces", async () => {
  const client = createClient({ ...emulator(), workspaceId: "100001" });
  const first = await getWorkspace(client);
  assert.deepEqual(
    [first.id, first.name, first.status, first.isDefault, first.createdAt?.getUTCFullYear()],
    ["100001", "emulator_workspace", "ENABLED", true, 2024],
  );
  assert.deepEqual(await defaultWorkspace(client), first);
  const body = { WorkspaceName: "second", Description: "of a test" };
  await client.call("CreateWorkspace", {
    product: "aiworkspace",
    method: "POST",
    path: "/api/v1/workspaces",
    body,
  });
  const all = await Array.fromAsync(listWorkspaces(client));
  assert.deepEqual(all.map(({ name, isDefault }) => [name, isDefault]), [
    ["emulator_workspace", true],
    ["second", false],
  ]);
  assert.deepEqual(await getWorkspace(client, all[1]!.id), all[1]);
  await assert.rejects(getWorkspace(client, "9"), { code: "WorkspaceNotFound" });
  await assert.rejects(getWorkspace(createClient({ ...emulator() })), {
    name: "TypeError",
    message: /give its id/,
  });
});
