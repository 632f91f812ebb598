// The vendor's own client of its APIs, unmodified, against the emulator's control plane.
import assert from "node:assert/strict";
import { test } from "node:test";
import openapi, { $OpenApiUtil } from "@alicloud/openapi-core";
import { RuntimeOptions } from "@darabonba/typescript";
import type { Credentials } from "../../core/credentials.ts";
import { lasting, lateBy, startCloud, temporary } from "./cloud.ts";

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

interface Parts {
  query?: Record<string, string>;
  /** An object, or its JSON as the generated clients take it. */
  body?: Record<string, unknown> | string;
}

/** Calls the service API as the vendor's generated clients do: `call("StopService", "PUT /api/v2/…", …)`. */
type Call = (action: string, line: string, parts?: Parts) => Promise<Answer>;

function callerOf(url: string, { accessKeyId, accessKeySecret, securityToken }: Credentials): Call {
  const client = new openapi.default(
    new $OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret,
      securityToken,
      endpoint: new URL(url).host,
      protocol: "HTTP",
      regionId: "cn-hangzhou",
    }),
  );
  return async (action, line, { query, body } = {}) => {
    const [method, pathname] = line.split(" ");
    const params = new $OpenApiUtil.Params({
      action,
      method,
      pathname,
      version: "2021-07-01",
      protocol: "HTTP",
      authType: "AK",
      style: "ROA",
      reqBodyType: "json",
      bodyType: "json",
    });
    const request = new $OpenApiUtil.OpenApiRequest({ query, body });
    const { statusCode, headers, body: answer } = await client.callApi(
      params,
      request,
      new RuntimeOptions({}),
    );
    return { statusCode, headers, body: answer };
  };
}

const services = "/api/v2/services";
const service = `${services}/cn-hangzhou/peer_service`;
const config = {
  name: "peer_service",
  processor: "echo",
  metadata: { instance: 2, cpu: 1, memory: 2000 },
  model_path: "oss://peer-bucket/模型 (1)+%2F/",
};
const handlers = { echo: (request: Request): Response => new Response(request.body) };

test("openapi-core creates a service, with labels, and reads it back", async () => {
  await using cloud = await startCloud({ handlers });
  const call = callerOf(cloud.url, lasting);
  const labels = { "a b": "ü/+&=?#", "~!'()*": "模型 😀", "%41": "" };
  const created = await call("CreateService", `POST ${services}`, {
    query: { Labels: JSON.stringify(labels) },
    body: config,
  });
  assert.equal(created.statusCode, 200);
  assert.equal(created.body.ServiceName, "peer_service");
  assert.equal(created.body.InternetEndpoint, `${cloud.url}/api/predict/peer_service`);

  const { statusCode, headers, body } = await call("DescribeService", `GET ${service}`);
  assert.equal(statusCode, 200);
  assert.equal(headers["x-acs-request-id"], body.RequestId);
  const { ServiceName, ServiceId, Status, Reason, TotalInstance, RunningInstance, CurrentVersion } = body;
  assert.deepEqual(
    { ServiceName, ServiceId, Status, Reason, TotalInstance, RunningInstance, CurrentVersion },
    {
      ServiceName: "peer_service",
      ServiceId: created.body.ServiceId,
      Status: "Running",
      Reason: "RUNNING",
      TotalInstance: 2,
      RunningInstance: 2,
      CurrentVersion: 1,
    },
  );
  assert.deepEqual(JSON.parse(String(body.ServiceConfig)), config);
  assert.deepEqual(
    body.Labels,
    Object.entries(labels).map(([LabelKey, LabelValue]) => ({ LabelKey, LabelValue })),
  );

  const answer = await fetch(String(body.InternetEndpoint), {
    method: "POST",
    headers: { authorization: String(body.AccessToken) },
    body: "hello",
  });
  assert.deepEqual([answer.status, await answer.text()], [200, "hello"]);
});

test("openapi-core creates a service from JSON text as from an object", async () => {
  await using cloud = await startCloud({ handlers });
  const call = callerOf(cloud.url, lasting);
  await call("CreateService", `POST ${services}`, { body: JSON.stringify(config, null, 2) });
  const { body } = await call("DescribeService", `GET ${service}`);
  assert.deepEqual(JSON.parse(String(body.ServiceConfig)), config);
});

test("openapi-core lists services, filtered and page by page", async () => {
  await using cloud = await startCloud({ handlers });
  const call = callerOf(cloud.url, lasting);
  for (const name of ["first_peer", "second_peer", "third_peer", "stranger"]) {
    await call("CreateService", `POST ${services}`, { body: { ...config, name } });
  }
  const list = async (query?: Record<string, string>): Promise<[names: unknown[], total: unknown]> => {
    const { body } = await call("ListServices", `GET ${services}`, { query });
    assert.ok(Array.isArray(body.Services));
    return [body.Services.map(({ ServiceName }) => ServiceName), body.TotalCount];
  };
  assert.deepEqual(await list(), [["stranger", "third_peer", "second_peer", "first_peer"], 4]);
  const page = { Filter: "_peer", Order: "asc", PageSize: "2" };
  assert.deepEqual(await list({ ...page, PageNumber: "1" }), [["first_peer", "second_peer"], 3]);
  assert.deepEqual(await list({ ...page, PageNumber: "2" }), [["third_peer"], 3]);
  assert.deepEqual(await list({ Filter: "模型 +%" }), [[], 0]);
});

test("openapi-core updates, stops, starts and deletes a service", async () => {
  await using cloud = await startCloud({ handlers });
  const call = callerOf(cloud.url, lasting);
  const read = async (): Promise<Record<string, unknown>> =>
    (await call("DescribeService", `GET ${service}`)).body;
  await call("CreateService", `POST ${services}`, { body: config });

  await call("UpdateService", `PUT ${service}`, { body: { metadata: { instance: 3 } } });
  const updated = await read();
  assert.deepEqual([updated.Status, updated.TotalInstance, updated.CurrentVersion], ["Running", 3, 1]);

  await call("StopService", `PUT ${service}/stop`);
  assert.equal((await read()).Status, "Stopped");
  await assert.rejects(call("StopService", `PUT ${service}/stop`), { statusCode: 409 });
  await call("StartService", `PUT ${service}/start`);
  assert.equal((await read()).Status, "Running");

  await call("DeleteService", `DELETE ${service}`);
  await assert.rejects(read(), { statusCode: 404, code: "ServiceNotFound" });
});

test("openapi-core reads a refusal: its status, code, sentence and request id", async () => {
  await using cloud = await startCloud();
  await assert.rejects(callerOf(cloud.url, lasting)("DescribeService", `GET ${service}`), {
    statusCode: 404,
    code: "ServiceNotFound",
    message: /There is no service peer_service/,
    requestId: /^[0-9A-F-]{36}$/i,
  });
});

test("openapi-core is let in with temporary credentials", async () => {
  await using cloud = await startCloud({ handlers });
  const call = callerOf(cloud.url, temporary);
  await call("CreateService", `POST ${services}`, { body: config });
  assert.equal((await call("DescribeService", `GET ${service}`)).body.ServiceName, "peer_service");
});

const wrongKeys: [what: string, key: Credentials, refusal: { statusCode: number; code: string }][] = [
  [
    "a wrong secret",
    { ...lasting, accessKeySecret: "wrong" },
    { statusCode: 400, code: "SignatureDoesNotMatch" },
  ],
  [
    "a wrong secret beside the right token",
    { ...temporary, accessKeySecret: "wrong" },
    { statusCode: 400, code: "SignatureDoesNotMatch" },
  ],
  [
    "an unknown key",
    { ...lasting, accessKeyId: "nobody" },
    { statusCode: 404, code: "InvalidAccessKeyId.NotFound" },
  ],
  [
    "another token",
    { ...temporary, securityToken: "other" },
    { statusCode: 400, code: "InvalidSecurityToken.MismatchWithAccessKey" },
  ],
  [
    "a temporary key without its token",
    { ...temporary, securityToken: undefined },
    { statusCode: 400, code: "MissingSecurityToken" },
  ],
];
for (const [what, key, refusal] of wrongKeys) {
  test(`openapi-core is refused with ${what}, whether it reads or writes`, async () => {
    await using cloud = await startCloud({ handlers });
    await callerOf(cloud.url, lasting)("CreateService", `POST ${services}`, { body: config });
    const call = callerOf(cloud.url, key);
    await assert.rejects(call("DescribeService", `GET ${service}`), refusal);
    await assert.rejects(
      call("CreateService", `POST ${services}`, { body: { ...config, name: "other" } }),
      refusal,
    );
    await assert.rejects(call("DeleteService", `DELETE ${service}`), refusal);
    const { body } = await callerOf(cloud.url, lasting)("ListServices", `GET ${services}`);
    assert.equal(body.TotalCount, 1);
  });
}

test("openapi-core is refused when its clock is more than a quarter of an hour off", async () => {
  for (const minutes of [-16, 16]) {
    await using cloud = await startCloud({ clock: lateBy(minutes * 60_000) });
    const call = callerOf(cloud.url, lasting);
    await assert.rejects(call("ListServices", `GET ${services}`), { code: "InvalidTimeStamp.Expired" });
  }
});
