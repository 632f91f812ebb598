import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { roaSignature, roaStringToSign } from "../../plugins/emulator/verify-roa.ts";
import { rpcSignature, rpcStringToSign } from "../../plugins/emulator/verify-rpc.ts";
import { fakeClock } from "../support/fake_clock.ts";

const lasting: Credentials = { accessKeyId: "id", accessKeySecret: "secret" };
const temporary: Credentials = { accessKeyId: "STS.id", accessKeySecret: "other", securityToken: "a+b/c=" };

function cloudOf(): Emulator {
  return emulator({ clock: fakeClock(), credentials: [lasting, temporary] });
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

let nonces = 0;

/** Calls an API with paths as the PAI SDK for Python does. */
async function roa(
  cloud: Emulator,
  key: Credentials,
  [action, version, host, method, path, body]: readonly [string, string, string, string, string, string?],
): Promise<Answer> {
  const [pathname = "", search = ""] = path.split("?");
  const headers: Record<string, string> = {
    accept: "application/json",
    date: new Date(cloud.clock.now()).toUTCString(),
    "x-acs-action": action,
    "x-acs-version": version,
    "x-acs-signature-nonce": `nonce-${++nonces}`,
    "x-acs-signature-method": "HMAC-SHA1",
    "x-acs-signature-version": "1.0",
    ...(body && { "content-type": "application/json; charset=utf-8" }),
    ...(key.securityToken && { "x-acs-security-token": key.securityToken }),
  };
  const signed = roaStringToSign({ method, pathname, search, headers: Object.entries(headers) });
  headers.authorization = `acs ${key.accessKeyId}:${roaSignature(key.accessKeySecret, signed)}`;
  const response = await cloud.fetch(`https://${host}${path}`, { method, headers, ...(body && { body }) });
  return { status: response.status, body: await response.json() };
}

/** Calls an API without paths as the PAI SDK for Python does. */
async function rpc(cloud: Emulator, key: Credentials, action: string, origin: string): Promise<Answer> {
  const parameters = {
    Action: action,
    Format: "json",
    Version: "2015-04-01",
    Timestamp: new Date(cloud.clock.now()).toISOString().replace(/\.\d+/, ""),
    SignatureNonce: `nonce-${++nonces}`,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    AccessKeyId: key.accessKeyId,
    ...(key.securityToken && { SecurityToken: key.securityToken }),
  };
  const search = `${new URLSearchParams(parameters)}`;
  const signature = rpcSignature(key.accessKeySecret, rpcStringToSign({ method: "POST", search }));
  const url = `${origin}/?${search}&Signature=${encodeURIComponent(signature)}`;
  const response = await cloud.fetch(url, { method: "POST" });
  return { status: response.status, body: await response.json() };
}

const calls = [
  [
    "CreateService",
    "2021-07-01",
    "pai-eas.cn-hangzhou.aliyuncs.com",
    "POST",
    "/api/v2/services",
    '{"name":"iris"}',
  ],
  [
    "ListServices",
    "2021-07-01",
    "pai-eas-manage-vpc.cn-hangzhou.aliyuncs.com",
    "GET",
    "/api/v2/services?Filter=a%20b",
  ],
  [
    "ListImages",
    "2021-02-04",
    "aiworkspace.cn-hangzhou.aliyuncs.com",
    "GET",
    "/api/v1/images?Labels=a%3Db%2Cc%3Dd",
  ],
] as const;
for (const call of calls) {
  test(`${call[0]} takes the older signature, of lasting and temporary keys`, async () => {
    for (const key of [lasting, temporary]) assert.equal((await roa(cloudOf(), key, call)).status, 200);
    const wrong = await roa(cloudOf(), { ...lasting, accessKeySecret: "wrong" }, call);
    assert.deepEqual([wrong.status, wrong.body.Code], [400, "SignatureDoesNotMatch"]);
    const bare = await roa(cloudOf(), { ...temporary, securityToken: undefined }, call);
    assert.equal(bare.body.Code, "MissingSecurityToken");
  });
}

test("an older signature is good once", async () => {
  const cloud = cloudOf();
  const sent: [string, RequestInit][] = [];
  const recorder: Emulator = {
    ...cloud,
    fetch: (url, init) => (sent.push([url, init]), cloud.fetch(url, init)),
  };
  await roa(recorder, lasting, calls[1]);
  await rpc(recorder, lasting, "GetCallerIdentity", "https://sts.aliyuncs.com");
  for (const [url, init] of sent) {
    const again = await (await cloud.fetch(url, init)).json();
    assert.equal(again.Code, "SignatureNonceUsed");
    const headers = { "x-acs-signature-nonce": "fresh" }; // no header is signed in the RPC style
    if (url.includes("sts")) {
      assert.equal((await (await cloud.fetch(url, { ...init, headers })).json()).Code, "SignatureNonceUsed");
    }
  }
});

const hosts = [
  "https://sts.cn-hangzhou.aliyuncs.com",
  "https://sts-vpc.cn-hangzhou.aliyuncs.com",
  "https://sts.aliyuncs.com",
  "http://127.0.0.1:8080",
];
for (const origin of hosts) {
  test(`GetCallerIdentity at ${origin} tells who calls, with either signature`, async () => {
    const cloud = cloudOf();
    const own = (await rpc(cloud, lasting, "GetCallerIdentity", origin)).body;
    assert.deepEqual([own.IdentityType, own.AccountId, own.Arn], [
      "Account",
      "1000000000000001",
      "acs:ram::1000000000000001:root",
    ]);
    const role = (await rpc(cloud, temporary, "GetCallerIdentity", origin)).body;
    assert.deepEqual([role.IdentityType, role.AccountId], ["AssumedRoleUser", "1000000000000001"]);
    const client = createClient({ ...cloud, endpoints: { sts: origin } });
    const { RequestId: _, ...now } = await client.call("GetCallerIdentity", { product: "sts" });
    const { RequestId: __, ...before } = own;
    assert.deepEqual(now, before);

    const wrong = await rpc(cloud, { ...lasting, accessKeySecret: "wrong" }, "GetCallerIdentity", origin);
    assert.deepEqual([wrong.status, wrong.body.Code], [400, "SignatureDoesNotMatch"]);
    assert.equal((await rpc(cloud, lasting, "AssumeRole", origin)).body.Code, "InvalidAction.NotFound");
  });
}
