import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import of32 from "../fixtures/xgboost/xgboost-3.2.json" with { type: "json" };
import { fakeClock } from "../support/fake_clock.ts";
import { api, object } from "../support/signed_calls.ts";

const host = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict";
const model = of32[0] ?? assert.fail("there is no model");
const now = { create: 0, start: 0, stop: 0, gateway: 0 };

async function cloudWith(config: Record<string, unknown>, options: EmulatorOptions = {}): Promise<Emulator> {
  const cloud = emulator({ clock: fakeClock(), delays: now, ...options });
  await api(cloud, "CreateService", "POST /api/v2/services", { body: { token: "token", ...config } });
  return cloud;
}

async function call(cloud: Emulator, path: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await cloud.fetch(`${host}/${path}`, { headers: { authorization: "token" }, ...init });
  return [response.status, await response.text()];
}

test("the gateway hands a request to its handler under the path behind the service's name", async () => {
  const handler = async (request: Request): Promise<Response> =>
    Response.json(
      [request.method, request.url, request.headers.get("content-type"), await request.text()],
      { status: 201, headers: { "x-of-service": "1" } },
    );
  const cloud = await cloudWith({ name: "echo" }, { handlers: { echo: handler } });
  const response = await cloud.fetch(`${host}/echo/v1/a%20b?x=1&y=%2F`, {
    method: "PUT",
    headers: { authorization: "Bearer token", "content-type": "text/x-test" },
    body: "body",
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-of-service"), "1");
  assert.deepEqual(await response.json(), ["PUT", "http://echo/v1/a%20b?x=1&y=%2F", "text/x-test", "body"]);
  const [, plain] = await call(cloud, "echo");
  assert.deepEqual(JSON.parse(plain), ["GET", "http://echo/", null, ""]);
});

test("the gateway finds a handler by its processor, and by the service's name first", async () => {
  const handlers = { pmml: () => new Response("by processor"), special: () => new Response("by name") };
  assert.deepEqual(await call(await cloudWith({ name: "plain", processor: "pmml" }, { handlers }), "plain"), [
    200,
    "by processor",
  ]);
  assert.deepEqual(
    await call(await cloudWith({ name: "special", processor: "pmml" }, { handlers }), "special"),
    [
      200,
      "by name",
    ],
  );
});

test("the gateway streams an answer on while the handler is still writing it", async () => {
  let finish = (): void => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller): void {
      controller.enqueue(new TextEncoder().encode("first"));
      finish = () => controller.close();
    },
  });
  const cloud = await cloudWith({ name: "slow" }, { handlers: { slow: () => new Response(body) } });
  const response = await cloud.fetch(`${host}/slow`, { headers: { authorization: "token" } });
  const reader = response.body?.getReader();
  const chunk = await reader?.read();
  assert.equal(new TextDecoder().decode(chunk?.value), "first");
  finish();
  assert.equal((await reader?.read())?.done, true);
});

test("the gateway says 401 for a missing or wrong token, 404 for a service it does not have", async () => {
  const cloud = await cloudWith({ name: "echo" }, { handlers: { echo: () => new Response("ok") } });
  for (const authorization of ["", "wrong", "Bearer wrong", "bearer token", "Basic token"]) {
    assert.equal((await call(cloud, "echo", { headers: { authorization } }))[0], 401);
  }
  assert.deepEqual(await call(cloud, "other"), [404, ""]);
  assert.deepEqual(await call(cloud, ""), [404, ""]);
});

test("the gateway follows the service's state", async () => {
  const clock = fakeClock();
  const delays = { create: 100, gateway: 50, start: 20, stop: 10, delete: 10 };
  const cloud = await cloudWith({ name: "echo" }, {
    handlers: { echo: () => new Response("ok") },
    clock,
    delays,
  });
  const at = async (ms: number): Promise<[number, string]> => {
    await clock.sleep(ms);
    return await call(cloud, "echo");
  };
  const line = "PUT /api/v2/services/cn-hangzhou/echo";
  assert.deepEqual(await at(0), [503, "no healthy upstream"]);
  assert.deepEqual(await at(149), [503, "no healthy upstream"]);
  assert.deepEqual(await at(1), [200, "ok"]);
  await api(cloud, "UpdateService", line, { body: { metadata: { cpu: 2 } } });
  assert.deepEqual(await at(0), [200, "ok"]);
  await api(cloud, "StopService", `${line}/stop`);
  assert.deepEqual(await at(0), [503, ""]);
  assert.deepEqual(await at(10), [503, ""]);
  await api(cloud, "StartService", `${line}/start`);
  assert.deepEqual(await at(69), [503, "no healthy upstream"]);
  assert.deepEqual(await at(1), [200, "ok"]);
  await api(cloud, "DeleteService", "DELETE /api/v2/services/cn-hangzhou/echo");
  assert.deepEqual(await at(0), [404, ""]);
});

test("the gateway says 500 when a handler throws and 413 when a body is too long", async () => {
  const handlers = {
    broken: () => {
      throw new Error("out of order");
    },
  };
  const cloud = await cloudWith({ name: "broken" }, { handlers, maxBodyBytes: 60 });
  assert.deepEqual(await call(cloud, "broken"), [500, "the service failed: out of order"]);
  const long = { method: "POST", headers: { authorization: "token" }, body: "x".repeat(61) };
  assert.equal((await call(cloud, "broken", long))[0], 413);
});

async function xgboostCloud(modelPath: string, keys: string[]): Promise<Emulator> {
  const cloud = emulator({ clock: fakeClock(), delays: now });
  for (const key of keys) {
    await object(cloud, `PUT emulator-bucket/${key}`, { body: JSON.stringify(model.model) });
  }
  const body = { name: "trees", token: "token", processor: "xgboost", model_path: modelPath };
  await api(cloud, "CreateService", "POST /api/v2/services", { body });
  return cloud;
}

for (
  const [path, keys] of [
    ["oss://emulator-bucket/a b/模型.json", ["a b/模型.json", "a b/other.json"]],
    ["oss://emulator-bucket/m/", ["m/model.json", "m/readme.txt", "n/model.json"]],
    ["oss://emulator-bucket.oss-cn-hangzhou-internal.aliyuncs.com/m/", ["m/model.json"]],
  ] as const
) {
  test(`the XGBoost processor predicts as XGBoost does with the model at ${path}`, async () => {
    const cloud = await xgboostCloud(path, [...keys]);
    const response = await cloud.fetch(`${host}/trees`, {
      method: "POST",
      headers: { authorization: "token" },
      body: JSON.stringify(model.rows),
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    const answer: number[] = await response.json();
    assert.equal(answer.length, model.predictions.length);
    for (const [i, value] of answer.entries()) {
      assert.ok(Math.abs(value - (model.predictions[i] ?? NaN)) < 1e-6);
    }
  });
}

test("the XGBoost processor tells what is wrong with a body", async () => {
  const cloud = await xgboostCloud("oss://emulator-bucket/m/", ["m/model.json"]);
  const post = (body: string): Promise<[number, string]> =>
    call(cloud, "trees", { method: "POST", headers: { authorization: "token" }, body });
  for (
    const [body, message] of [
      ["", /^bad request: /],
      ["[[1", /^bad request: /],
      ["{}", /the body is not a JSON list of rows/],
      ["[1]", /row 0 is not a list/],
      ['[[1],["2"]]', /row 1 column 0 is neither a finite number nor null/],
      ["[[1e999]]", /row 0 column 0/],
      ["[[1]]", /^bad request: /],
    ] as const
  ) {
    const [status, text] = await post(body);
    assert.equal(status, 400, body);
    assert.match(text, message);
  }
  assert.deepEqual(await post("[]"), [200, "[]"]);
  assert.equal((await call(cloud, "trees"))[0], 200);
  assert.equal(
    (await call(cloud, "trees", { method: "DELETE", headers: { authorization: "token" } }))[0],
    405,
  );
});

test("a service loads its model again when it starts", async () => {
  const cloud = await xgboostCloud("oss://emulator-bucket/m.json", []);
  const describe = async (): Promise<unknown> =>
    (await api(cloud, "DescribeService", "GET /api/v2/services/cn-hangzhou/trees")).body.Status;
  assert.equal(await describe(), "Failed");
  await object(cloud, "PUT emulator-bucket/m.json", { body: JSON.stringify(model.model) });
  assert.equal(await describe(), "Failed");
  await api(cloud, "StartService", "PUT /api/v2/services/cn-hangzhou/trees/start");
  assert.equal(await describe(), "Running");
});
