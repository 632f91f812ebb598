import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { ServiceError } from "../../core/errors.ts";
import { json } from "../../core/json.ts";
import { containerServingSpec, DeployError, eas, Model } from "../../plugins/deploy/mod.ts";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { easCalls } from "../support/eas_calls.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { type Boot, type FakeTarget, fakeTarget } from "../support/fake_target.ts";

const delays = { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 };
const image = "python:3.12-slim";

function cloudWith(boot: Boot): { cloud: Emulator; target: FakeTarget } {
  const target = fakeTarget(boot);
  return {
    target,
    cloud: emulator({ clock: fakeClock(), delays, runner: target, runnerFetch: target.fetch }),
  };
}

/** Lets what has begun come to its end: nothing here waits for a timer. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** The error of a container, with the members that `ContainerError` has. */
function crash(exitCode: number, logs: string[], oomKilled = false): Error {
  const error = new ServiceError(`Cannot run the container: it exited with ${exitCode}`, {
    serviceName: "iris",
    serviceStatus: "Failed",
  });
  return Object.assign(error, { exitCode, oomKilled, logs });
}

test("deploy and predict: a container gets what was uploaded, and requests as they are", async () => {
  const { cloud, target } = cloudWith(({ files }) => {
    const factor = Number(files.get("/eas/workspace/model/factor.txt"));
    assert.match(files.get("/ml/usercode/app.py") ?? "", /serve/);
    return Promise.resolve(async (request) => {
      const { pathname, search } = new URL(request.url);
      const rows: number[] = await request.json();
      const type = request.headers.get("content-type");
      return Response.json([rows.map((row) => row * factor), request.method, pathname + search, type]);
    });
  });
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "emulator-bucket" });
  const model = new Model({
    modelData: fromMap({ "factor.txt": "3" }),
    inferenceSpec: containerServingSpec({
      image,
      port: 8000,
      command: "python app.py",
      sourceDir: fromMap({ "app.py": "serve()" }),
    }),
  });
  const service = await model.deploy(eas(client, { storage }), {
    serviceName: "iris",
    serializer: json<unknown[]>(),
  });
  const [container] = target.there.values();
  assert.match(container?.name ?? "", /^iris_[a-z0-9]{5}_[0-9a-f]{8}$/);
  assert.equal(container?.deployment.config.containers?.[0]?.image, image);
  assert.equal(container?.deployment.config.token, undefined);
  const answer = await service.predictor().predict([1, 2], { path: "v1/a%20b", query: { c: "d" } });
  assert.deepEqual(answer, [[3, 6], "POST", "/v1/a%20b?c=d", "application/json"]);
  await service.delete({ wait: true });
  assert.equal(target.there.size, 0);
});

test("answers of a container are passed on while they come, whatever their status", async () => {
  let send: ReadableStreamDefaultController<Uint8Array> | undefined;
  const { cloud } = cloudWith(() =>
    Promise.resolve(({ url }) => {
      if (url.endsWith("/teapot")) {
        return new Response("no coffee", { status: 418, headers: { "x-pot": "tea" } });
      }
      if (url.endsWith("/broken")) throw new TypeError("connection reset");
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (send = controller) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    })
  );
  const service = await deployTo(cloud);
  const { endpoint } = service.predictor();
  const headers = { authorization: String((await easCalls(cloud).describe("iris")).AccessToken) };
  const ask = (path: string): Promise<Response> =>
    Promise.resolve(cloud.fetch(`${endpoint}${path}`, { headers }));
  const answer = await ask("/stream");
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  const reader = answer.body!.getReader();
  for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
    send?.enqueue(new TextEncoder().encode(text)); // the next comes after the one before was read
    assert.equal(new TextDecoder().decode((await reader.read()).value), text);
  }
  send?.close();
  assert.equal((await reader.read()).done, true);
  const teapot = await ask("/teapot");
  assert.deepEqual([teapot.status, teapot.headers.get("x-pot"), await teapot.text()], [
    418,
    "tea",
    "no coffee",
  ]);
  const broken = await ask("/broken");
  assert.equal(broken.status, 503);
  assert.match(await broken.text(), /^upstream connect error.*connection reset/);
});

test("a service is Creating and Waiting while its container starts, and shows what is done for it", async () => {
  let ready = (): void => {};
  const { cloud, target } = cloudWith(async (_, { onProgress }) => {
    onProgress?.({ stage: "create", name: "iris", message: `pulling ${image}`, elapsed: 0 });
    await new Promise<void>((resolve) => ready = resolve);
    return () => new Response("ok");
  });
  const { create, describe, instances, events, call } = easCalls(cloud);
  const created = await create({
    name: "iris",
    containers: [{ image, port: 8000 }],
    metadata: { instance: 1 },
  });
  assert.match(String(created.Status), /^(Creating|Waiting)$/);
  await quiet();
  assert.equal((await describe("iris")).Status, "Waiting");
  const [starting] = await instances("iris");
  assert.deepEqual([starting?.Status, starting?.Reason, starting?.ReadyProcesses], [
    "Running",
    "ContainersNotReady",
    0,
  ]);
  ready();
  await quiet();
  const running = await describe("iris");
  assert.deepEqual([running.Status, running.RunningInstance], ["Running", 1]);
  const reasons = (await events("iris")).map(({ Reason }) => Reason);
  assert.deepEqual(
    reasons.filter((reason) => /Pulling|Started|Running/.test(String(reason))),
    [
      "Pulling",
      "Running",
      "Started",
    ].sort(byPlaceIn(reasons)),
  );

  await call("StopService", "PUT", "iris/stop");
  await quiet();
  assert.equal((await describe("iris")).Status, "Stopped");
  assert.equal(target.there.size, 0);
  await call("StartService", "PUT", "iris/start");
  assert.equal((await describe("iris")).Status, "Starting");
  await quiet();
  ready();
  await quiet();
  assert.equal((await describe("iris")).Status, "Running");
  assert.equal(target.there.size, 1);
});

test("a container that crashes is told as a DeployError with its exit code and its last words", async () => {
  const { cloud, target } = cloudWith(() =>
    Promise.reject(
      crash(3, ["Traceback (most recent call last):", "ModuleNotFoundError: No module named 'sklearn'"]),
    )
  );
  const error = await deployTo(cloud).then(() => assert.fail("it runs"), (error) => error);
  assert.ok(error instanceof DeployError, String(error));
  assert.match(error.message, /status is Failed.*it exited with 3.*a package is missing/);
  assert.equal(error.causes[0]?.kind, "crash");
  const [instance] = error.instances;
  assert.deepEqual([instance?.status, instance?.lastState[0]?.ExitCode ?? instance?.lastState], [
    "CrashLoopBackOff",
    3,
  ]);
  assert.ok(error.logs.some((line) => line.includes("No module named 'sklearn'")));
  assert.equal(target.there.size, 0);
});

test("memory, images, ports, engines and folders: each failure names its cause", async () => {
  const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });
  const late = Object.assign(new Error("port 8000 was never opened"), { name: "TimeoutError" });
  const failures: [error: Error, says: RegExp, kind: string][] = [
    [crash(137, ["loading"], true), /Failed.*needs more memory/, "out-of-memory"],
    [
      coded('No such image: "python"; token=abc', "IMAGE_NOT_FOUND"),
      /Failed.*cannot be pulled/,
      "image-pull",
    ],
    [coded("Cannot reach Docker: start it", "NO_ENGINE"), /Failed.*Cannot reach Docker: start it/, "unknown"],
    [late, /Failed.*port 8000 was never opened.*health check/, "port"],
  ];
  for (const [failure, says, kind] of failures) {
    const { cloud } = cloudWith(() => Promise.reject(failure));
    const error = await deployTo(cloud).then(() => assert.fail("it runs"), (error) => error);
    assert.ok(error instanceof DeployError, String(error));
    assert.match(error.message, says);
    assert.equal(error.causes[0]?.kind, kind);
    assert.doesNotMatch(JSON.stringify([error.message, error.evidence]), /token=abc/);
  }
  const { cloud } = cloudWith(() => Promise.resolve(() => new Response("ok")));
  const { create, describe } = easCalls(cloud);
  const storage = [{ mount_path: "/data/", oss: { path: "oss://nobodys-bucket/data/" } }];
  await create({ name: "iris", containers: [{ image }], storage });
  await quiet();
  const { Status, Message } = await describe("iris");
  assert.equal(Status, "Failed");
  assert.match(String(Message), /there is no bucket "nobodys-bucket"/);
});

test("a container that ends by itself is noticed, tells why, and can be started again", async () => {
  const { cloud, target } = cloudWith(() => Promise.resolve(() => new Response("ok")));
  const service = await deployTo(cloud);
  const [container] = target.there.values();
  container!.printed.push("one", "two");
  const text = async (): Promise<string> =>
    (await Array.fromAsync(service.logs())).map(({ text }) => text).join("\n");
  assert.match(await text(), /one\n.*two/s);
  container!.error = crash(1, ["one", "two", "Segmentation fault"]);
  const { describe, instances, call } = easCalls(cloud);
  const { Status, Message, RunningInstance } = await describe("iris");
  assert.deepEqual([Status, RunningInstance], ["Failed", 0]);
  assert.match(String(Message), /it exited with 1/);
  assert.equal((await instances("iris"))[0]?.Status, "CrashLoopBackOff");
  await call("RestartService", "PUT", "iris/restart");
  await quiet();
  assert.equal((await describe("iris")).Status, "Running");
  assert.equal(target.there.size, 1);
  assert.deepEqual(await service.predictor().rawPredict("x").then((answer) => answer.text()), "ok");
});

test("an update replaces containers one by one, and keeps the old ones when the new don't run", async () => {
  const { cloud, target } = cloudWith(({ deployment: { config } }) =>
    config.containers?.[0]?.image === "broken"
      ? Promise.reject(crash(1, []))
      : Promise.resolve(() => new Response(config.containers?.[0]?.image))
  );
  const service = await deployTo(cloud, 2);
  const { describe, call } = easCalls(cloud);
  const ask = async (): Promise<string> => await (await service.predictor().rawPredict("x")).text();
  const update = async (config: Record<string, unknown>): Promise<unknown[]> => {
    await call("UpdateService", "PUT", "iris", config);
    await quiet();
    const { Status, RunningInstance } = await describe("iris");
    return [Status, RunningInstance, target.there.size];
  };
  assert.deepEqual(await update({ containers: [{ image: "second", port: 8000 }] }), ["Running", 2, 2]);
  assert.deepEqual([await ask(), await ask()], ["second", "second"]);
  assert.deepEqual(await update({ containers: [{ image: "broken", port: 8000 }] }), ["Failed", 2, 3]);
  assert.equal(await ask(), "second");
  await call("UpdateServiceVersion", "PUT", "iris/version", { Version: 2 });
  await quiet();
  assert.equal((await describe("iris")).Status, "Running");
  assert.deepEqual(await update({ metadata: { instance: 4 } }), ["Running", 4, 4]);
  assert.deepEqual(await update({ metadata: { instance: 1 } }), ["Running", 1, 1]);
  const [{ InstanceName } = {}] = await easCalls(cloud).instances("iris");
  const [before] = target.there.values();
  await call(
    "DeleteServiceInstances",
    "DELETE",
    `iris/instances?InstanceList=${InstanceName}&SoftRestart=true`,
  );
  await quiet();
  assert.equal([...target.there.values()][0], before);
  await call("DeleteServiceInstances", "DELETE", `iris/instances?InstanceList=${InstanceName}`);
  await quiet();
  assert.notEqual([...target.there.values()][0], before);
  assert.deepEqual([(await describe("iris")).Status, target.there.size], ["Running", 1]);
});

test("close() and reset() remove all containers, those that are starting too", async () => {
  const { cloud, target } = cloudWith(({ deployment: { config } }) =>
    config.containers?.[0]?.image === "slow"
      ? new Promise(() => {})
      : Promise.resolve(() => new Response("ok"))
  );
  const { create } = easCalls(cloud);
  const fill = async (): Promise<void> => {
    await deployTo(cloud, 2);
    await create({ name: "slow", containers: [{ image: "slow", port: 8000 }] });
    await quiet();
    assert.equal(target.there.size, 3);
  };
  await fill();
  cloud.reset();
  await quiet();
  assert.equal(target.there.size, 0);
  await fill();
  await cloud.close();
  assert.equal(target.there.size, 0);
  {
    await using again = cloud;
    await deployTo(again);
  }
  assert.equal(target.there.size, 0);
  await deployTo(cloud);
  target.broken = true;
  await assert.rejects(cloud.close(), /^PaiError: Cannot remove all containers.*the engine is gone/);
  target.broken = false;
  await cloud.close();
  assert.equal(target.there.size, 0);
});

test("a container that never answers is started again when its instance is", async () => {
  let starts = 0;
  const { cloud, target } = cloudWith(() => {
    starts++;
    return new Promise(() => {});
  });
  const { create, instances, events, call } = easCalls(cloud);
  await create({ name: "iris", containers: [{ image, port: 8000 }], metadata: { instance: 1 } });
  await quiet();
  const [{ InstanceName } = {}] = await instances("iris");
  const [container] = target.there.values();
  container!.booting = Promise.resolve(); // as it will be the next time
  await call(
    "DeleteServiceInstances",
    "DELETE",
    `iris/instances?InstanceList=${InstanceName}&SoftRestart=true`,
  );
  await quiet();
  const [restarted] = await instances("iris");
  assert.deepEqual([restarted?.InstanceName, restarted?.ReadyProcesses, starts], [InstanceName, 1, 1]);
  assert.deepEqual((await events("iris")).filter(({ Type }) => Type === "Warning"), []);
  await cloud.close();
  assert.equal(target.there.size, 0);
});

test("a runner that is no target, and a service with a handler of its own", async () => {
  // @ts-expect-error: what JavaScript callers may give
  assert.throws(() => emulator({ runner: {} }), TypeError);
  const target = fakeTarget(() => Promise.reject(new Error("not asked for")));
  const cloud = emulator({
    clock: fakeClock(),
    delays,
    runner: target,
    handlers: { iris: () => new Response("handled") },
  });
  const service = await deployTo(cloud);
  assert.equal(await (await service.predictor().rawPredict("x")).text(), "handled");
});

/** Deploys a container service without files. */
async function deployTo(cloud: Emulator, instances = 1): ReturnType<Model["deploy"]> {
  const client = createClient({ ...cloud });
  const inferenceSpec = containerServingSpec({ image, port: 8000, command: "serve" });
  inferenceSpec.set("metadata.instance", instances);
  return await new Model({ inferenceSpec }).deploy(eas(client), { serviceName: "iris", timeout: 600_000 });
}

function byPlaceIn(order: unknown[]): (a: unknown, b: unknown) => number {
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
