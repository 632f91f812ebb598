import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { api } from "../support/signed_calls.ts";

const services = "/api/v2/services";
const iris = `${services}/cn-hangzhou/iris`;

function cloudWith(options: EmulatorOptions = {}): Emulator {
  return emulator({ clock: fakeClock(), handlers: { iris: () => new Response("ok") }, ...options });
}

async function create(
  cloud: Emulator,
  config: unknown = { name: "iris" },
): Promise<Awaited<ReturnType<typeof api>>> {
  return await api(cloud, "CreateService", `POST ${services}`, { body: config });
}

async function describe(cloud: Emulator, path = iris): Promise<Record<string, unknown>> {
  return (await api(cloud, "DescribeService", `GET ${path}`)).body;
}

async function act(cloud: Emulator, kind: "start" | "stop" | "delete"): Promise<number> {
  const action = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Service`;
  const call = await api(cloud, action, kind === "delete" ? `DELETE ${iris}` : `PUT ${iris}/${kind}`);
  return call.status;
}

async function codeOf(call: ReturnType<typeof api>): Promise<string> {
  const { status, body } = await call;
  return `${status} ${body.Code}`;
}

test("CreateService answers with the service's addresses on the vendor's hosts", async () => {
  const { status, headers, body } = await create(cloudWith());
  assert.equal(status, 200);
  assert.equal(headers.get("x-acs-request-id"), body.RequestId);
  assert.deepEqual(body, {
    RequestId: body.RequestId,
    ServiceId: body.ServiceId,
    ServiceUid: body.ServiceId,
    ServiceName: "iris",
    Region: "cn-hangzhou",
    Status: "Creating",
    InternetEndpoint: "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
    IntranetEndpoint: "http://1000000000000001.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
  });
});

test("CreateService answers with addresses on the host that was asked when it is not the vendor's", async () => {
  const options = { origin: "http://127.0.0.1:8080", body: { name: "iris" } };
  const { body } = await api(cloudWith(), "CreateService", `POST ${services}`, options);
  assert.equal(body.InternetEndpoint, "http://127.0.0.1:8080/api/predict/iris");
});

test("DescribeService shows the configuration, labels and a token made from the service's id", async () => {
  const cloud = cloudWith();
  const labels = encodeURIComponent(JSON.stringify({ team: "a b", stage: "test" }));
  const config = {
    metadata: { name: "iris", instance: 2 },
    labels: { stage: "dev", owner: "x" },
    "é": [1, { a: null }],
  };
  await api(cloud, "CreateService", `POST ${services}?Labels=${labels}`, { body: config });
  const body = await describe(cloud);
  assert.deepEqual(JSON.parse(String(body.ServiceConfig)), config);
  assert.deepEqual(body.Labels, [
    { LabelKey: "stage", LabelValue: "test" },
    { LabelKey: "owner", LabelValue: "x" },
    { LabelKey: "team", LabelValue: "a b" },
  ]);
  assert.equal(body.CreateTime, "2024-01-01T00:00:00Z");
  assert.match(atob(String(body.AccessToken)), /^[0-9a-f]{40}$/);
  const again = cloudWith();
  await create(again);
  assert.equal(
    (await describe(again)).AccessToken === body.AccessToken,
    true,
    "equal runs give equal tokens",
  );
});

test("CreateService keeps a token that it is given, and out of the configuration", async () => {
  const cloud = cloudWith();
  await create(cloud, { name: "iris", token: "my-own-token" });
  const body = await describe(cloud);
  assert.equal(body.AccessToken, "my-own-token");
  assert.equal(body.ServiceConfig, '{"name":"iris"}');
});

for (const name of ["Iris", "ir", "1ris", "iris-1", "", "i".repeat(64), 7, undefined]) {
  test(`CreateService refuses the name ${JSON.stringify(name)}`, async () => {
    assert.equal(await codeOf(create(cloudWith(), { name })), "400 InvalidParameter");
  });
}

test("CreateService refuses a name that is taken and a body that is no JSON object", async () => {
  const cloud = cloudWith();
  await create(cloud);
  assert.equal(await codeOf(create(cloud)), "409 ServiceAlreadyExists");
  for (const body of ["{", "[]", "null", '"iris"']) {
    assert.equal(await codeOf(create(cloud, body)), "400 InvalidParameter");
  }
});

test("a service passes through the vendor's states as the clock goes", async () => {
  const clock = fakeClock();
  const cloud = cloudWith({
    clock,
    delays: { create: 1000, start: 500, stop: 200, delete: 100, gateway: 0 },
  });
  const status = async (): Promise<unknown> => (await describe(cloud)).Status ?? "gone";
  await create(cloud);
  const seen: unknown[] = [await status()];
  const step = async (ms: number): Promise<void> => {
    await clock.sleep(ms);
    seen.push(await status());
  };
  for (const ms of [499, 1, 499, 1]) await step(ms);
  await act(cloud, "stop");
  for (const ms of [199, 1]) await step(ms);
  await act(cloud, "start");
  for (const ms of [499, 1]) await step(ms);
  await act(cloud, "delete");
  for (const ms of [99, 1]) await step(ms);
  assert.deepEqual(seen, [
    ...["Creating", "Creating", "Waiting", "Waiting", "Running"],
    ...["Stopping", "Stopped", "Starting", "Running", "Deleting", "gone"],
  ]);
  assert.equal((await create(cloud)).status, 200, "the name is free again");
});

test("a service never gets ready when its delay is infinite", async () => {
  const clock = fakeClock();
  const cloud = cloudWith({ clock, delays: { create: Infinity } });
  await create(cloud);
  await clock.sleep(1e12);
  assert.equal((await describe(cloud)).Status, "Creating");
});

test("a service fails with advice when nothing can run it or its model can't be read", async () => {
  const cloud = cloudWith({ delays: { create: 0 } });
  const cases = [
    [{ name: "other", processor: "caffe_cpu" }, "NO_HANDLER", /handlers: \{ "other": \(request\)/],
    [{ name: "rows", processor: "pmml" }, "NO_HANDLER", /handlers: \{ "rows": jsonProcessor\(\(rows\)/],
    [{ name: "no_path", processor: "xgboost" }, "MODEL_LOAD_FAILED", /has no model_path/],
    [
      { name: "no_bucket", processor: "xgboost", model_path: "oss://nowhere/m.json" },
      "MODEL_LOAD_FAILED",
      /no bucket "nowhere"/,
    ],
    [
      { name: "no_key", processor: "xgboost", model_path: "oss://emulator-bucket/m.json" },
      "MODEL_LOAD_FAILED",
      /no such object/,
    ],
    [
      { name: "no_file", processor: "xgboost", model_path: "oss://emulator-bucket/m/" },
      "MODEL_LOAD_FAILED",
      /0 \.json or \.ubj objects/,
    ],
  ] as const;
  for (const [config, reason, message] of cases) {
    await create(cloud, config);
    const body = await describe(cloud, `${services}/cn-hangzhou/${config.name}`);
    assert.deepEqual([body.Status, body.Reason], ["Failed", reason]);
    assert.match(String(body.Message), message);
  }
});

test("StartService and StopService refuse a service that is in the wrong state", async () => {
  const cloud = cloudWith({ delays: { create: 0, stop: 0, delete: 10 } });
  await create(cloud);
  assert.equal(await act(cloud, "start"), 409);
  assert.equal(await act(cloud, "stop"), 200);
  assert.equal(await act(cloud, "stop"), 409);
  assert.equal(await act(cloud, "delete"), 200);
  assert.equal(await act(cloud, "start"), 409);
  assert.equal(await act(cloud, "delete"), 409);
});

test("UpdateService merges deeply, or replaces when told, and counts versions", async () => {
  const cloud = cloudWith({ delays: { create: 0, start: 0, gateway: 0 } });
  await create(cloud, { name: "iris", metadata: { instance: 1, rpc: { keepalive: 5 } }, list: [1, 2] });
  const change = '{"metadata":{"rpc":{"batching":true}},"list":[3],"__proto__":{"polluted":true}}';
  assert.equal((await api(cloud, "UpdateService", `PUT ${iris}`, { body: change })).status, 200);
  const merged = await describe(cloud);
  assert.equal(
    merged.ServiceConfig,
    '{"name":"iris","metadata":{"instance":1,"rpc":{"keepalive":5,"batching":true}},"list":[3],"__proto__":{"polluted":true}}',
  );
  assert.equal("polluted" in {}, false);
  assert.deepEqual([merged.Status, merged.LatestVersion], ["Running", 2]);
  await api(cloud, "UpdateService", `PUT ${iris}?UpdateType=replace`, { body: { metadata: { cpu: 1 } } });
  assert.equal((await describe(cloud)).ServiceConfig, '{"name":"iris","metadata":{"cpu":1}}');
  const rename = api(cloud, "UpdateService", `PUT ${iris}`, { body: { name: "other" } });
  assert.equal(await codeOf(rename), "400 InvalidParameter");
});

test("ListServices filters and pages, the newest first", async () => {
  const cloud = cloudWith();
  for (const name of ["aaa", "bbb", "abc", "ccc"]) await create(cloud, { name });
  const list = async (query: string): Promise<unknown[]> => {
    const { body } = await api(cloud, "ListServices", `GET ${services}?${query}`);
    const page = body.Services as { ServiceName: string }[]; // as the emulator writes it
    return [body.TotalCount, ...page.map(({ ServiceName }) => ServiceName)];
  };
  assert.deepEqual(await list(""), [4, "ccc", "abc", "bbb", "aaa"]);
  assert.deepEqual(await list("Filter=a&Order=asc"), [2, "aaa", "abc"]);
  assert.deepEqual(await list("PageNumber=2&PageSize=3"), [4, "aaa"]);
  assert.equal(
    await codeOf(api(cloud, "ListServices", `GET ${services}?PageSize=x`)),
    "400 InvalidParameter",
  );
});

test("the control plane refuses what it does not have", async () => {
  const cloud = cloudWith();
  assert.equal(await codeOf(api(cloud, "DescribeService", `GET ${iris}`)), "404 ServiceNotFound");
  const elsewhere = api(cloud, "DescribeService", `GET ${services}/cn-beijing/iris`);
  assert.equal(await codeOf(elsewhere), "404 ClusterNotFound");
  assert.equal(
    await codeOf(api(cloud, "ListResources", "GET /api/v2/resources")),
    "404 InvalidAction.NotFound",
  );
  assert.equal(await codeOf(api(cloud, "StopService", `DELETE ${iris}`)), "404 InvalidAction.NotFound");
  const origin = "https://pai-dlc.cn-hangzhou.aliyuncs.com";
  const { status, body } = await api(cloud, "ListJobs", "GET /api/v1/jobs", { origin });
  assert.equal(status, 404);
  assert.match(String(body.Message), /does not know the host pai-dlc\.cn-hangzhou/);
});

test("the control plane refuses a wrong secret, another body, a used nonce and a long body", async () => {
  const cloud = cloudWith({ maxBodyBytes: 100 });
  const options = { body: { name: "iris" } };
  const line = `POST ${services}`;
  const wrong = await api(cloud, "CreateService", line, { ...options, accessKeySecret: "wrong" });
  assert.equal(wrong.body.Code, "SignatureDoesNotMatch");
  assert.match(String(wrong.body.Message), /server string to sign is:ACS3-HMAC-SHA256\n[0-9a-f]{64}/);
  assert.ok(wrong.body.RequestId);
  const unsigned = await api(cloud, "CreateService", line, { ...options, late: { "x-acs-extra": "1" } });
  assert.equal(unsigned.body.Code, "IncompleteSignature");
  const fakeHash = "0".repeat(64);
  const swapped = await api(cloud, "CreateService", line, {
    ...options,
    late: { "x-acs-content-sha256": fakeHash },
  });
  assert.equal(swapped.body.Code, "SignatureDoesNotMatch");
  assert.equal((await api(cloud, "CreateService", line, { ...options, nonce: "once" })).status, 200);
  assert.equal(
    await codeOf(api(cloud, "DescribeService", `GET ${iris}`, { nonce: "once" })),
    "400 SignatureNonceUsed",
  );
  assert.equal(await codeOf(create(cloud, { name: "i".repeat(200) })), "413 RequestBodyTooLarge");
});

test("a nonce stays used for as long as its request could be sent again", async () => {
  const clock = fakeClock();
  const cloud = cloudWith({ clock });
  const list = (): Promise<string> =>
    codeOf(api(cloud, "ListServices", `GET ${services}`, { nonce: "once" }));
  assert.equal(await list(), "200 undefined");
  await clock.sleep(29 * 60_000);
  assert.equal(await list(), "400 SignatureNonceUsed");
});

test("reset() forgets services", async () => {
  const cloud = cloudWith();
  await create(cloud);
  cloud.reset();
  assert.equal(await codeOf(api(cloud, "DescribeService", `GET ${iris}`)), "404 ServiceNotFound");
});

test("emulator() refuses delays below zero and an empty list of keys", () => {
  assert.throws(() => emulator({ delays: { create: -1 } }), /"create" is -1/);
  assert.throws(() => emulator({ delays: { gateway: NaN } }), RangeError);
  assert.throws(() => emulator({ credentials: [] }), /"credentials" is empty/);
});

test("an emulator shows no secret when it is printed", () => {
  const cloud = emulator({ credentials: { accessKeyId: "id", accessKeySecret: "hidden-secret" } });
  assert.ok(!JSON.stringify(cloud).includes("hidden-secret"));
  assert.ok(Object.values(cloud).every((value) => !String(value).includes("hidden-secret")));
});

test("fetch() ends with the signal's reason when it is aborted", async () => {
  const forever = new Promise<Response>(() => {});
  const cloud = cloudWith({ handlers: { iris: () => forever }, delays: { create: 0, gateway: 0 } });
  await create(cloud, { name: "iris", token: "token" });
  const url = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris";
  const controller = new AbortController();
  const call = cloud.fetch(url, { headers: { authorization: "token" }, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(async () => await call, /enough/);
});

test("emulator() refuses options that it does not know", () => {
  const misspelt: object = { crate: 1 };
  assert.throws(() => emulator({ delays: misspelt }), {
    name: "TypeError",
    message: /"crate"; it has create, /,
  });
  assert.throws(() => emulator({ buckets: ["A_B"] }), TypeError);
  assert.throws(() => emulator({ delays: { create: -1 } }), RangeError);
  emulator({ delays: { create: undefined } });
});
