import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ApiError,
  CredentialsError,
  PaiError,
  ServiceError,
  StorageError,
  TimeoutError,
} from "../../core/errors.ts";
import type { FileSource } from "../../core/files.ts";
import { json } from "../../core/json.ts";
import type { Service } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import { eas, type EasDeployOptions, getService, Model } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { type FakeEas, fakeEas, type FakeScript } from "../support/fake_eas.ts";

const model = new Model({ modelData: "oss://b/model.json" });

function deployWith(
  script: FakeScript,
  options: EasDeployOptions = {},
): { cloud: FakeEas; done: Promise<Service> } {
  const cloud = fakeEas(script);
  return { cloud, done: model.deploy(eas(cloud.client), { serviceName: "svc", ...options }) };
}

async function service(script: FakeScript = {}): Promise<{ cloud: FakeEas; found: Service }> {
  const cloud = fakeEas({ exists: true, ...script });
  const found = await getService(cloud.client, "iris");
  cloud.calls.length = 0;
  return { cloud, found };
}

const upstream = (): Response => new Response("no healthy upstream", { status: 503 });

test("Model.deploy waits until the service is visible, runs and answers, with growing pauses", async () => {
  const events: string[] = [];
  const { cloud, done } = deployWith({
    create: [404, "Creating", "Creating", "Creating", "Waiting", "Running"],
    gateway: [upstream, () => new Response("hello")],
  }, { onProgress: ({ stage, status = "", elapsed }) => events.push(`${stage} ${status} ${elapsed}`) });
  await done;
  assert.deepEqual(cloud.actions().filter((action) => action === "CreateService").length, 1);
  assert.deepEqual(cloud.actions().slice(2), Array(6).fill("DescribeService"));
  assert.deepEqual(cloud.sleeps, [1000, 1500, 2250, 3375, 5000, 2000]);
  assert.deepEqual(cloud.probes, Array(2).fill("GET /api/predict/iris secret-token-of-iris"));
  assert.deepEqual(events, [
    "check  0", // nothing says what runs the model
    "check  0", // nor on which machine
    "create  0",
    "wait Creating 1000",
    "wait Waiting 8125",
    "wait Running 13125",
    "probe Running 13125",
  ]);
});

test("Model.deploy without wait returns once the service is visible", async () => {
  const { cloud, done } = deployWith({ create: [404, "Creating"] }, { wait: false });
  const made = await done;
  assert.deepEqual([cloud.sleeps, cloud.probes], [[1000], []]);
  assert.equal(made.predictor().endpoint, "http://1.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris");
});

const lost = () => new TypeError("fetch failed");

const gateways: { name: string; answer: () => Response | Error; ready: boolean }[] = [
  { name: "503 no healthy upstream", answer: upstream, ready: false },
  { name: "an empty 503", answer: () => new Response(null, { status: 503 }), ready: false },
  { name: "an empty 404", answer: () => new Response(null, { status: 404 }), ready: false },
  { name: "a lost connection", answer: lost, ready: false },
  { name: "404 with a text", answer: () => new Response("x", { status: 404 }), ready: true },
  { name: "503 with another text", answer: () => new Response("busy", { status: 503 }), ready: true },
  { name: "405", answer: () => new Response(null, { status: 405 }), ready: true },
  { name: "401", answer: () => new Response(null, { status: 401 }), ready: true },
  { name: "200", answer: () => new Response("ok"), ready: true },
  { name: "500", answer: () => new Response("oops", { status: 500 }), ready: true },
];

for (const { name, answer, ready } of gateways) {
  test(`Model.deploy takes ${name} for a gateway that ${ready ? "answers" : "is not ready"}`, async () => {
    const { cloud, done } = deployWith({
      gateway: [answer, answer, answer, answer, () => new Response("ok")],
    });
    await done;
    assert.equal(cloud.probes.length, ready ? 1 : 5);
  });
}

test("Model.deploy gives up on a gateway that never answers, and tells what it said", async () => {
  const { cloud, done } = deployWith({ gateway: [upstream] }, { timeout: 60_000 });
  await assert.rejects(done, (error) => {
    return error instanceof TimeoutError &&
      /"svc": it is Running, but its gateway.*no healthy upstream.*after 60 s/.test(error.message);
  });
  assert.equal(cloud.actions().at(-1), "DeleteService");
});

test("Model.deploy probes a queue in a way that takes nothing out of it, at the address that is wanted", async () => {
  const cloud = fakeEas();
  const target = eas(cloud.client, { endpointType: "INTRANET" });
  await model.deploy(target, { serviceName: "svc", serviceType: "Async" });
  assert.deepEqual(cloud.probes, ["GET vpc/api/predict/iris?_attrs_=true secret-token-of-iris"]);
});

for (const status of ["Failed", "DeleteFailed", "Deleting", "Deleted", "Complete", "Stopped"]) {
  test(`Model.deploy rejects with name, status, reason and message when the service is ${status}`, async () => {
    const reply = { Reason: "ImagePull", Message: "back-off secret-token-of-iris" };
    const { cloud, done } = deployWith({ create: ["Creating", status], reply });
    await assert.rejects(done, (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.serviceStatus, status);
      assert.equal(error.code, "ImagePull");
      assert.equal(
        error.message,
        `Cannot deploy service "svc": status is ${status} (ImagePull: back-off ***); the service was deleted; pass cleanupOnFailure: false to keep it`,
      );
      return true;
    });
    assert.equal(cloud.actions().at(-1), "DeleteService");
  });
}

test("Model.deploy keeps a failed service when it is told to, and says so", async () => {
  const { cloud, done } = deployWith({ create: ["Failed"] }, { cleanupOnFailure: false });
  await assert.rejects(done, /status is Failed; service "svc" is kept/);
  assert.ok(!cloud.actions().includes("DeleteService"));
});

test("Model.deploy names the service that it could not delete", async () => {
  const { done } = deployWith({ create: ["Failed"], fail: { DeleteService: () => new Error("locked") } });
  await assert.rejects(done, /service "svc" could not be deleted \(Error: locked\)/);
});

test("Model.deploy tells the last status and message when the time is up, and leaves nothing behind", async () => {
  const storage = memory();
  const cloud = fakeEas({ create: ["Waiting"], reply: { Message: "no machine is free" } });
  const files = new Model({ modelData: fromMap({ a: "a", b: "b" }) });
  await assert.rejects(
    files.deploy(eas(cloud.client, { storage }), { serviceName: "svc", timeout: 90_000 }),
    (error) =>
      error instanceof TimeoutError && /it is Waiting \(no machine is free\) after 90 s/.test(error.message),
  );
  assert.equal(cloud.sleeps.reduce((sum, ms) => sum + ms, 0), 90_000);
  assert.equal(cloud.actions().at(-1), "DeleteService");
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
});

test("Model.deploy rejects with the caller's reason when it is cancelled, and leaves nothing behind", async () => {
  for (const stage of ["upload", "create", "wait", "probe"]) {
    const storage = memory();
    const controller = new AbortController();
    const reason = new Error("no more patience");
    const cloud = fakeEas({ create: ["Creating", "Running"], gateway: [upstream] });
    const done = new Model({ modelData: fromMap({ a: "a", b: "b", c: "c", d: "d", e: "e", f: "f" }) })
      .deploy(eas(cloud.client, { storage }), {
        serviceName: "svc",
        signal: controller.signal,
        onProgress: (event) => event.stage === stage && controller.abort(reason),
      });
    await assert.rejects(done, (error) => error === reason, stage);
    const created = cloud.actions().includes("CreateService");
    assert.equal(created, stage !== "upload");
    assert.equal(cloud.actions().includes("DeleteService"), created);
    assert.deepEqual(await Array.fromAsync(storage.list()), []);
  }
});

test("Model.deploy sends nothing when it is cancelled before", async () => {
  const { cloud, done } = deployWith({}, { signal: AbortSignal.abort(new Error("too late")) });
  await assert.rejects(done, /too late/);
  assert.deepEqual(cloud.calls, []);
});

test("Model.deploy refuses a name that is taken before it uploads", async () => {
  const storage = memory();
  const cloud = fakeEas({ exists: true });
  const files = new Model({ modelData: fromMap({ a: "a" }) });
  const done = files.deploy(eas(cloud.client, { storage }), { serviceName: "svc" });
  await assert.rejects(
    done,
    (error) => error instanceof ServiceError && /the name is taken.*Running/.test(error.message),
  );
  assert.deepEqual(cloud.actions(), ["DescribeService"]);
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
});

const refusedCreate = () =>
  new ApiError("Cannot call CreateService: quota", { action: "CreateService", status: 403 });

const status = (status?: number, code?: string) => () =>
  new ApiError("Cannot call CreateService: no", { action: "CreateService", status, code });
const other = () => ({ name: "svc", processor: "of-somebody-else" });
const asked = (config: Record<string, unknown>) => ({ ...config, added_by: "the service" });

const endings: { name: string; script: FakeScript; keeps?: boolean; deletes?: boolean; says: RegExp }[] = [
  { name: "is refused", script: { fail: { CreateService: refusedCreate } }, says: /: quota$/ },
  {
    name: "is refused for want of credentials",
    script: { made: other, fail: { CreateService: () => new CredentialsError("Cannot sign: no key") } },
    says: /Cannot sign: no key$/,
  },
  { name: "is not answered", script: { fail: { CreateService: lost } }, says: /fetch failed$/ },
  {
    name: "is not answered, but was done",
    script: { made: asked, fail: { CreateService: lost } },
    deletes: true,
    says: /Cannot deploy service "svc": fetch failed; the service was deleted/,
  },
  ...[lost, ...[500, 302, 408, undefined].map((code) => status(code))].map((fail) => ({
    name: `ends in ${JSON.stringify(fail())}, and there is a service of somebody else's`,
    script: { made: other, fail: { CreateService: fail } },
    keeps: true,
    says: /a service named "svc" exists, which this deployment may have made; look at it.*kept, see "pai\//,
  })),
  {
    name: "loses the race for the name",
    script: { made: other, fail: { CreateService: status(409) } },
    says: /^ServiceError: Cannot deploy service "svc": the name is taken, by a service that is Running/,
  },
  {
    name: "loses the race, as a code says",
    script: { fail: { CreateService: status(400, "ServiceAlreadyExists") } },
    says: /^ServiceError: Cannot deploy service "svc": the name is taken; delete it/,
  },
];

for (const { name, script, keeps = false, deletes = false, says } of endings) {
  test(`Model.deploy ${keeps ? "keeps" : "deletes"} its files when creation ${name}`, async () => {
    const storage = memory();
    const cloud = fakeEas(script);
    const files = new Model({ modelData: fromMap({ a: "a" }) });
    await assert.rejects(files.deploy(eas(cloud.client, { storage }), { serviceName: "svc" }), says);
    assert.equal(cloud.actions().includes("DeleteService"), deletes);
    assert.equal((await Array.fromAsync(storage.list())).length, keeps ? 1 : 0);
  });
}

test("Model.deploy keeps a service and its files when it can't tell whose the service is", async () => {
  const storage = memory();
  let described = 0;
  const cloud = fakeEas({
    made: asked,
    fail: {
      CreateService: lost,
      get DescribeService() {
        return ++described > 1 ? lost : undefined as never; // the first asks for the name
      },
    },
  });
  const files = new Model({ modelData: fromMap({ a: "a" }) });
  await assert.rejects(
    files.deploy(eas(cloud.client, { storage }), { serviceName: "svc" }),
    /fetch failed; a service named "svc" exists/,
  );
  assert.ok(!cloud.actions().includes("DeleteService"));
  assert.equal((await Array.fromAsync(storage.list())).length, 1);
});

test("Model.deploy tells of what it could not undo through onProgress when it is cancelled", async () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const { done } = deployWith({ create: ["Creating"], fail: { DeleteService: () => new Error("locked") } }, {
    signal: controller.signal,
    onProgress({ stage, message }) {
      heard.push(message);
      if (stage === "wait") controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(done, /^Error: enough$/);
  assert.match(heard.at(-1) ?? "", /service "svc" could not be deleted \(Error: locked\)/);
});

/** A storage that does as another, but for some calls. */
function storageWith(inner: Storage, own: Partial<Storage>): Storage {
  return {
    bucket: inner.bucket,
    put: (...args) => inner.put(...args),
    get: (...args) => inner.get(...args),
    head: (...args) => inner.head(...args),
    list: (...args) => inner.list(...args),
    delete: (...args) => inner.delete(...args),
    ...own,
  };
}

test("Model.deploy deletes what it uploaded when an upload fails, but nobody else's object", async () => {
  const inner = memory();
  const storage = storageWith(inner, {
    async put(key, ...rest) {
      if (key.endsWith("/e")) await inner.put(key, "of another deployment");
      return await inner.put(key, ...rest);
    },
  });
  const cloud = fakeEas();
  const files = new Model({ modelData: fromMap({ a: "a", b: "b", e: "e", f: "f" }) });
  await assert.rejects(
    files.deploy(eas(cloud.client, { storage }), { serviceName: "svc" }),
    (error) => error instanceof StorageError && error.code === "FileAlreadyExists",
  );
  const left = (await Array.fromAsync(inner.list())).map(({ key }) => key.split("/").at(-1));
  assert.deepEqual(left, ["e"]);
  assert.deepEqual(cloud.actions(), ["DescribeService", "MayCreateService"]);
});

const undeletable = () => Promise.reject(new StorageError("Cannot delete: denied"));

test("Model.deploy tells of uploaded files that it could not delete", async () => {
  const cloud = fakeEas({ create: ["Failed"] });
  const done = new Model({ modelData: fromMap({ a: "a" }) }).deploy(
    eas(cloud.client, { storage: storageWith(memory(), { delete: undeletable }) }),
    { serviceName: "svc" },
  );
  await assert.rejects(
    done,
    /1 uploaded files could not be deleted, see "pai\/model_data\/20240101_000000_\d{6}\/a"/,
  );
});

test("Model.deploy keeps the class and fields of an error whose cleanup fails", async () => {
  const init = { code: "AccessDenied", status: 403, requestId: "7" };
  const errors: PaiError[] = [
    new StorageError("Cannot put: denied", { ...init, key: "k" }),
    new CredentialsError("Cannot put: denied", { ...init, tryNext: true }),
    new ServiceError("Cannot put: denied", { ...init, serviceName: "s", serviceStatus: "Failed" }),
    new ApiError("Cannot put: denied", { ...init, action: "Put" }),
    new TimeoutError("Cannot put: denied", init),
    new PaiError("Cannot put: denied", init),
  ];
  for (const given of errors) {
    const put = () => Promise.reject(given);
    const storage = storageWith(memory(), { put, delete: undeletable });
    const done = new Model({ modelData: fromMap({ a: "a" }) }).deploy(eas(fakeEas().client, { storage }), {
      serviceName: "svc",
    });
    await assert.rejects(done, (error) => {
      assert.ok(error instanceof PaiError);
      assert.equal(error.constructor, given.constructor);
      assert.deepEqual({ ...error }, { ...given });
      assert.match(error.message, /^Cannot put: denied; 1 uploaded files could not be deleted/);
      assert.equal(error.cause, given);
      return true;
    });
  }
});

/** Files whose content is not what their size says. */
function filesWith(content: ReadableStream<Uint8Array<ArrayBuffer>>[], size: number): FileSource {
  const source = fromMap({ "m.bin": "" });
  return {
    ...source,
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve({ path: "m.bin", size, open: () => content.shift()! });
    },
  };
}

const streamOf = (...chunks: string[]): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

for (const [what, chunks] of [["grows", ["1234", "56"]], ["shrinks", ["123"]]] as const) {
  test(`Model.deploy rejects with FileChanged and the file's name when a file ${what}`, async () => {
    const wrapping = memory();
    for (
      const storage of [
        memory(),
        storageWith(wrapping, {
          put: (...args) =>
            wrapping.put(...args).catch((cause) => Promise.reject(new TypeError("fetch failed", { cause }))),
        }),
      ]
    ) {
      const modelData = filesWith([streamOf("1234"), streamOf(...chunks)], 4);
      const cloud = fakeEas();
      await assert.rejects(
        new Model({ modelData }).deploy(eas(cloud.client, { storage }), { serviceName: "svc" }),
        (error) =>
          error instanceof PaiError && error.code === "FileChanged" &&
          /"m\.bin".* 4 bytes/.test(error.message),
      );
      assert.deepEqual(cloud.actions(), ["DescribeService", "MayCreateService"]);
      assert.deepEqual(await Array.fromAsync(storage.list()), []);
    }
  });
}

test("Model.deploy ends within its timeout when a file hangs, and leaves nothing behind", async () => {
  const storage = memory();
  const hanging = new ReadableStream<Uint8Array<ArrayBuffer>>();
  const cloud = fakeEas();
  const model = new Model({ modelData: filesWith([streamOf("1234"), hanging], 4) });
  await assert.rejects(
    model.deploy(eas(cloud.client, { storage }), { serviceName: "svc", timeout: 20 }),
    (error) =>
      error instanceof TimeoutError &&
      /Cannot deploy service "svc", uploading its files: no answer within 20 ms$/.test(error.message),
  );
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
  assert.deepEqual(cloud.actions(), ["DescribeService", "MayCreateService"]);
});

test("Model.deploy deletes what arrives while it is being cancelled", async () => {
  const inner = memory();
  const controller = new AbortController();
  let arrival: Promise<unknown> | undefined;
  const storage = storageWith(inner, {
    async put(key, _, { signal } = {}) {
      controller.abort(new Error("enough"));
      arrival = new Promise((resolve) => setTimeout(resolve)).then(() => inner.put(key, "on its way"));
      await arrival;
      throw signal?.reason;
    },
  });
  const done = new Model({ modelData: fromMap({ a: "a" }) }).deploy(eas(fakeEas().client, { storage }), {
    serviceName: "svc",
    signal: controller.signal,
  });
  await assert.rejects(done, /^Error: enough$/);
  await arrival;
  assert.deepEqual(await Array.fromAsync(inner.list()), []);
});

test("Model.deploy ends within its timeout when its files can't be read to their end", async () => {
  const cloud = fakeEas();
  const model = new Model({ modelData: filesWith([new ReadableStream()], 4) });
  await assert.rejects(
    model.deploy(eas(cloud.client, { storage: memory() }), { serviceName: "svc", timeout: 20 }),
    /^TimeoutError: Cannot deploy service "svc", reading its files: no answer within 20 ms$/,
  );
  assert.deepEqual(cloud.calls, []);
});

test("Model.deploy counts its timeout from its beginning, uploads included", async () => {
  const inner = memory();
  const cloud = fakeEas({ create: ["Creating"] });
  const storage = storageWith(inner, {
    async put(...args) {
      await cloud.client.clock.sleep(50_000);
      return await inner.put(...args);
    },
  });
  const done = new Model({ modelData: fromMap({ a: "a" }) }).deploy(eas(cloud.client, { storage }), {
    serviceName: "svc",
    timeout: 60_000,
  });
  await assert.rejects(done, /Cannot deploy service "svc": it is Creating after 60 s/);
  assert.equal(cloud.sleeps.reduce((sum, ms) => sum + ms, 0), 60_000);
});

test("Model.deploy ends with the last state when a request or the gateway hangs", async () => {
  const hang: string[] = [];
  const { cloud: waiting, done } = deployWith({ create: ["Creating"], hang }, {
    timeout: 20,
    onProgress: ({ stage }) => stage === "wait" && hang.push("DescribeService"),
  });
  await assert.rejects(done, /^TimeoutError: Cannot deploy service "svc": it is Creating after 20 ms/);
  const asked = waiting.calls.slice(2).filter(({ action }) => action === "DescribeService");
  assert.ok(asked.length > 0 && asked.every(({ timeout = Infinity }) => timeout <= 20));
  const cloud = fakeEas();
  const client = { ...cloud.client, fetch: () => new Promise<Response>(() => {}) };
  await assert.rejects(
    model.deploy(eas(client), { serviceName: "svc", timeout: 20 }),
    /^TimeoutError: Cannot deploy service "svc": it is Running, but its gateway does not answer \(.* within 1 ms\) after 20 ms/,
  );
});

test("Model.deploy ends within its timeout when the control plane hangs", async () => {
  for (const action of ["DescribeService", "CreateService"]) {
    const { cloud, done } = deployWith({ hang: [action] }, { timeout: 20 });
    await assert.rejects(done, new RegExp(`^TimeoutError: Cannot call ${action}: no answer within 20 ms$`));
    assert.ok(!cloud.actions().includes("DeleteService"));
  }
});

test("Model.deploy outlives a few failed requests while it waits, but not a refusal", async () => {
  let asked = 0;
  const flaky = (errors: number, error: () => unknown): FakeScript => ({
    fail: {
      get DescribeService() {
        return ++asked > 1 && asked <= 1 + errors ? error : undefined as never; // the first asks for the name
      },
    },
  });
  await deployWith(flaky(5, lost)).done;
  asked = 0;
  await assert.rejects(deployWith(flaky(6, lost)).done, PaiError);
  asked = 0;
  const denied = () =>
    new ApiError("Cannot call DescribeService: denied", { action: "DescribeService", status: 403 });
  await assert.rejects(deployWith(flaky(1, denied)).done, /denied; the service was deleted/);
});

test("Service.start outlives the state that the service had before, and probes its gateway", async () => {
  const { cloud, found } = await service({
    start: ["Stopped", "Stopped", "Starting", "Running"],
    gateway: [upstream, () => new Response("ok")],
  });
  await found.start();
  assert.deepEqual(cloud.calls[0], {
    action: "StartService",
    method: "PUT",
    path: "/api/v2/services/cn-hangzhou/iris/start",
    query: undefined,
    body: undefined,
    timeout: 60_000,
  });
  assert.deepEqual(cloud.sleeps, [1000, 1500, 2250, 2000]);
});

test("Service.start rejects when the service stops again, or never leaves its old state", async () => {
  const again = await service({ start: ["Stopped", "Starting", "Stopped"] });
  await assert.rejects(again.found.start(), /Cannot start service "iris": status is Stopped/);
  assert.deepEqual(again.cloud.sleeps, [1000, 1500]);
  const never = await service({ start: ["Stopped"] });
  await assert.rejects(never.found.start(), ServiceError);
  assert.ok(never.cloud.sleeps.reduce((sum, ms) => sum + ms, 0) >= 30_000);
});

test("Service.wait outlives the old state after a start that did not wait, until the service ran", async () => {
  const start = ["Stopped", "Stopped", "Starting", "Running", "Stopped"];
  const { cloud, found } = await service({ start });
  await found.start({ wait: false });
  assert.equal((await found.wait()).status, "Running");
  assert.deepEqual(cloud.sleeps, [1000, 1500, 2250]);
  await assert.rejects(found.wait(), /Cannot wait for service "iris": status is Stopped/);
  assert.equal(cloud.sleeps.length, 3);
  const never = await service({ start: ["Stopped"] });
  await never.found.start({ wait: false });
  await assert.rejects(never.found.wait(), ServiceError);
  assert.ok(never.cloud.sleeps.reduce((sum, ms) => sum + ms, 0) >= 30_000);
});

test("Service.wait takes Stopped for an end when no start was asked for, or a stop since", async () => {
  const { cloud, found } = await service();
  await found.start({ wait: false });
  await found.stop();
  await assert.rejects(found.wait(), ServiceError);
  assert.deepEqual(cloud.sleeps, []);
});

test("Service.start counts the time of its own request, and checks its options before it", async () => {
  const { cloud, found } = await service({ hang: ["StartService"] });
  await assert.rejects(found.start({ timeout: 20 }), /^TimeoutError: .* within 20 ms$/);
  cloud.calls.length = 0;
  await assert.rejects(found.start({ timeout: -1 }), RangeError);
  await assert.rejects(found.stop({ onProgress: 5 as never }), /onProgress must be a function/); // what JavaScript callers may give
  assert.deepEqual(cloud.calls, []);
});

test("Service.wait tells short times in milliseconds", async () => {
  const { found } = await service({ create: ["Creating"] });
  await assert.rejects(found.wait({ timeout: 300 }), /it is Creating after 300 ms$/);
  await assert.rejects(found.wait({ timeout: 9_999 }), /it is Creating after 9999 ms$/);
  await assert.rejects(found.wait({ timeout: 10_000 }), /it is Creating after 10 s$/);
});

test("getService refuses a serializer that is none before any request", async () => {
  const { client, calls } = fakeEas({ exists: true });
  const serializer = { serialize() {} } as never; // what JavaScript callers may give
  await assert.rejects(getService(client, "iris", { serializer }), TypeError);
  assert.deepEqual(calls, []);
});

test("Service.stop waits for Stopped, and start and stop can return at once", async () => {
  const { cloud, found } = await service({ stop: ["Running", "Stopping", "Stopped"] });
  await found.stop();
  assert.deepEqual(cloud.sleeps, [1000, 1500]);
  await found.start({ wait: false });
  await found.stop({ wait: false });
  assert.deepEqual(cloud.actions().slice(-2), ["StartService", "StopService"]);
});

test("Service.wait asks once and probes once, and not again when the gateway has answered", async () => {
  const { cloud, found } = await service();
  assert.equal((await found.wait()).status, "Running");
  await found.wait();
  assert.deepEqual([cloud.actions(), cloud.probes.length, cloud.sleeps], [
    ["DescribeService", "DescribeService"],
    1,
    [],
  ]);
  await found.stop();
  await found.start();
  assert.equal(cloud.probes.length, 2);
  const { cloud: other, done } = deployWith({});
  await (await done).wait();
  assert.equal(other.probes.length, 1);
});

test("Service.wait rejects a timeout that is none", async () => {
  const { found } = await service();
  await assert.rejects(found.wait({ timeout: NaN }), RangeError);
});

test("Service.delete is done when it is accepted, and rejects when there is no service", async () => {
  const { cloud, found } = await service();
  await found.delete();
  assert.deepEqual(cloud.actions(), ["DeleteService"]);
  await assert.rejects(found.delete(), (error) => error instanceof ApiError && error.status === 404);
  await assert.rejects(getService(cloud.client, "iris"), ApiError);
});

test("Service.predictor speaks the serializer it was deployed with, else the client's that matches, else another", async () => {
  const speaks = (contentType: string) => ({ ...json<string>(), contentType });
  const sent: string[] = [];
  const cloud = fakeEas();
  const client = {
    ...cloud.client,
    serializers: [{
      ...speaks("a/matching"),
      matches: ({ processor }: { processor?: string }) => processor === "pmml",
    }],
    fetch: (_: string, init: RequestInit) => {
      sent.push(new Headers(init.headers).get("content-type") ?? "none");
      return Response.json("ok");
    },
  };
  const options = { serviceName: "svc", options: { processor: "pmml" } };
  const plain = await model.deploy(eas(client), options);
  await plain.predictor().predict(1);
  await plain.predictor({ serializer: speaks("a/other") }).predict(1);
  await plain.delete();
  const own = await model.deploy(eas(client), { ...options, serializer: speaks("a/own") });
  await own.predictor().predict(1);
  assert.deepEqual(sent.filter((type) => type !== "none"), ["a/matching", "a/other", "a/own"]);
});

test("Service shows no token, neither itself nor what describe gives", async () => {
  const { found } = await service();
  const described = await found.describe();
  assert.equal(described.status, "Running");
  for (
    const shown of [JSON.stringify(found), JSON.stringify(described), `${found}`, ...Object.values(found)]
  ) {
    assert.doesNotMatch(String(shown), /secret-token/);
  }
  assert.equal(`${found}`, 'EasService "iris" (Running)');
});
