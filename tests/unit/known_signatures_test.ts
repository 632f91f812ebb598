import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiCall, signRequest } from "../../core/api-request.ts";
import type { Credentials } from "../../core/credentials.ts";
import { type Oss4Request, signOss4 } from "../../plugins/storage/oss/signature-v4.ts";

// Requests of a deployment whose signatures the vendor's Python clients gave, beside the vectors.
const key: Credentials = { accessKeyId: "testAccessKeyId", accessKeySecret: "testAccessKeySecret" };
const withToken: Credentials = { ...key, securityToken: "testToken" };
const time = Date.UTC(2024, 0, 2, 3, 4, 5);
const nonce = "d410180a5abf7fe235dd9b74aca91fc0";

const eas = { version: "2021-07-01", headers: {}, query: {} };
const calls: [origin: string, call: ApiCall, key: Credentials, signature: string][] = [
  [
    "https://pai-eas.cn-hangzhou.aliyuncs.com",
    { ...eas, action: "DescribeService", method: "GET", path: "/api/v2/services/cn-hangzhou/demo_svc" },
    key,
    "eb72b8a5c5726561225f4903cf054ac63528cc24e540aa179334cd567acb24f7",
  ],
  [
    "https://pai-eas.cn-hangzhou.aliyuncs.com",
    {
      ...eas,
      action: "CreateService",
      method: "POST",
      path: "/api/v2/services",
      query: { Labels: '{"a":"b c"}' },
      body: { name: "demo_svc" },
    },
    key,
    "f726f0651610407a1ec5e9d7ef30958bf9730c9416c7d59ec83b9f5155cbda27",
  ],
  [
    "https://aiworkspace.cn-hangzhou.aliyuncs.com",
    {
      action: "ListImages",
      version: "2021-02-04",
      method: "GET",
      path: "/api/v1/images",
      headers: {},
      query: {
        Labels: "system.official=true,system.supported.eas=true,system.chipType=CPU",
        Name: "pytorch",
        Order: "DESC",
        PageNumber: 1,
        PageSize: 50,
        SortBy: "GmtCreateTime",
        Verbose: true,
      },
    },
    withToken,
    "29d397858ef273aaa141a3d1e6c5370d8e85372e79c853d32e3c3eefe5d0e424",
  ],
];

for (const [origin, call, key, signature] of calls) {
  test(`signRequest() signs ${call.action} as the vendor's client does`, () => {
    const { init } = signRequest(origin, call, key, time, nonce);
    assert.ok(new Headers(init.headers).get("authorization")?.endsWith(`,Signature=${signature}`));
  });
}

const objects: [request: Oss4Request, key: Credentials, signature: string][] = [
  [
    {
      method: "PUT",
      bucket: "my-bucket",
      key: "pai/model_data/20240101_000000_000000/model.json",
      headers: { "content-type": "application/octet-stream" },
    },
    key,
    "03111b061e1458336d11ed6c5769ccb96e24266db431bbd3938044c617e21ae1",
  ],
  [
    {
      method: "GET",
      bucket: "my-bucket",
      query: { "list-type": "2", prefix: "pai/中 文/", "max-keys": "100" },
      headers: {},
    },
    withToken,
    "40b4f057f1cad97b43cc0498ba79933632fd3f761abc4747985d769d91cbb0e7",
  ],
  [
    { method: "POST", bucket: "my-bucket", key: "a/b.bin", query: { uploads: null }, headers: {} },
    key,
    "19bdfae7b3d74e1558333f2939991a68299f110e81452767d046658fee37212f",
  ],
];

for (const [request, key, signature] of objects) {
  test(`signOss4() signs ${request.method} as the vendor's client does`, () => {
    const { headers } = signOss4(request, key, { date: "20240102T030405Z", region: "cn-hangzhou" });
    assert.ok(headers.authorization?.endsWith(`,Signature=${signature}`), headers.authorization);
  });
}
