import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator, type EmulatorOptions, type Scenario } from "../../plugins/emulator/mod.ts";
import boosters from "../fixtures/xgboost/boosters-3.2.json" with { type: "json" };
import { type Answer, type EasCalls, easCalls } from "../support/eas_calls.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const delays = { create: 60_000, start: 30_000, stop: 1000, delete: 1000, gateway: 0 };
const inContainer = {
  name: "iris",
  containers: [{ image: "registry.example.com/iris:1", port: 8000, script: "python app.py" }],
  metadata: { instance: 1, cpu: 2, memory: 4000 },
};
const inProcessor = {
  name: "iris",
  processor: "xgboost",
  model_path: "oss://emulator-bucket/m/",
  metadata: { cpu: 2 },
};

function world(options: EmulatorOptions): EasCalls & { clock: FakeClock; cloud: Emulator } {
  const clock = fakeClock();
  const cloud = emulator({ clock, delays, ...options });
  return { ...easCalls(cloud), clock, cloud };
}

/** Everything that is told of a failure: what a diagnosis of ours is made of. */
async function toldOf({ describe, instances, events, logs, call }: EasCalls): Promise<{
  status: string;
  message: string;
  instances: Answer[];
  events: string[];
  logs: string;
  diagnosis: Answer[];
}> {
  const { Status, Reason, Message } = await describe("iris");
  const shown = await events("iris", "?EventType=Warning");
  const { DiagnosisList } = await call("DescribeServiceDiagnosis", "GET", "iris/diagnosis");
  return {
    status: `${Status} ${Reason}`,
    message: String(Message),
    instances: await instances("iris"),
    events: shown.map(({ Reason, Message }) => `${Reason}: ${JSON.parse(String(Message)).message}`),
    logs: (await logs("iris")).join("\n"),
    diagnosis: DiagnosisList as Answer[], // as the emulator writes it
  };
}

const rows: {
  scenario: Scenario;
  config: Answer;
  status: string;
  message: RegExp;
  instance?: [status: string, reason: string];
  event: RegExp;
  log?: RegExp;
  error: RegExp;
}[] = [
  {
    scenario: "ImagePullBackOff",
    config: inContainer,
    status: "Failed FAILED",
    message: /^Instance <iris-.*> not healthy: Back-off pulling image "registry\.example\.com\/iris:1"$/,
    instance: ["Pending", "ImagePullBackOff"],
    event: /^Failed: Failed to pull image "registry\.example\.com\/iris:1": .*401 Unauthorized$/,
    error: /failed to pull image/,
  },
  {
    scenario: "OOMKilled",
    config: inContainer,
    status: "Failed FAILED",
    message: /^Instance <iris-.*> not healthy: Instance crashed, please inspect instance log\.$/,
    instance: ["CrashLoopBackOff", "OOMKilled"],
    event: /^OOMKilling: Memory cgroup out of memory: Killed process 1 \(python\).*anon-rss:4096000kB$/,
    log: /memory usage is 3920 MiB of 4000 MiB\n.*Killed$/,
    error: /OOMKilled/,
  },
  {
    scenario: "WrongPort",
    config: inContainer,
    status: "Waiting WAITING",
    message: /^Service is now waiting to all available$/,
    instance: ["Running", "ContainersNotReady"],
    event:
      /^Unhealthy: Readiness probe failed: dial tcp 10\.\d+\.\d+\.\d+:8000: connect: connection refused$/,
    log: /Uvicorn running on http:\/\/0\.0\.0\.0:7000/,
    error: /health check failed/,
  },
  {
    scenario: "QuotaExceeded",
    config: inContainer,
    status: "Failed FAILED",
    message: /^pods "iris" is forbidden: exceeded quota: .*requested: limits\.cpu=2,/,
    event: /^FailedCreate: Error creating: pods "iris" is forbidden: exceeded quota/,
    error: /quota is exceeded/,
  },
  {
    scenario: "ModelMissing",
    config: inProcessor,
    status: "Failed FAILED",
    message: /^Failed to download model oss:\/\/emulator-bucket\/m\/: .*StatusCode=404, ErrorCode=NoSuchKey/,
    event: /^Failed: Failed to download model .*NoSuchKey/,
    error: /model does not exist/,
  },
  {
    scenario: "ModelMissing",
    config: inContainer,
    status: "Failed FAILED",
    message: /Instance crashed, please inspect instance log\.$/,
    instance: ["CrashLoopBackOff", "Error"],
    event: /^BackOff: Back-off restarting failed container worker0 in pod iris-/,
    log: /Traceback \(most recent call last\):[^]*FileNotFoundError: .*'\/eas\/workspace\/model\/'$/,
    error: /model does not exist/,
  },
  {
    scenario: "PermissionDenied",
    config: inProcessor,
    status: "Failed FAILED",
    message: /^Failed to download model .*StatusCode=403, ErrorCode=AccessDenied/,
    event: /^Failed: Failed to download model .*AccessDenied/,
    error: /may not be read/,
  },
  {
    scenario: "PermissionDenied",
    config: inContainer,
    status: "Failed FAILED",
    message: /^Instance <iris-.*> not healthy: MountVolume\.SetUp failed .*AccessDenied/,
    instance: ["Pending", "ContainerCreating"],
    event: /^FailedMount: MountVolume\.SetUp failed for volume "oss-0": .*AccessDenied/,
    error: /may not be read/,
  },
];

for (const { scenario, config, ...wanted } of rows) {
  const kind = "processor" in config ? "a processor" : "a container";
  test(`${scenario}: a service of ${kind} fails as the real one does`, async () => {
    const calls = world({ scenarios: { iris: scenario } });
    await calls.create(config);
    assert.equal((await calls.describe("iris")).Status, "Creating");
    assert.deepEqual((await toldOf(calls)).diagnosis, []);
    await calls.clock.sleep(delays.create);
    const told = await toldOf(calls);
    assert.equal(told.status, wanted.status);
    assert.match(told.message, wanted.message);
    assert.deepEqual(
      told.instances.map(({ Status, Reason }) => [Status, Reason]),
      wanted.instance ? [wanted.instance] : [],
    );
    assert.ok(told.instances.every(({ ReadyProcesses }) => ReadyProcesses === 0));
    assert.ok(told.events.some((event) => wanted.event.test(event)), told.events.join("\n"));
    assert.match(told.logs, wanted.log ?? /^$/);
    assert.match(String(told.diagnosis[0]?.Error), wanted.error);
    await calls.clock.sleep(86_400_000);
    assert.equal((await toldOf(calls)).status, wanted.status, "nothing mends it");
  });
}

test("a container that is killed restarts ever more slowly, as Kubernetes has it", async () => {
  const { create, instances, logs, clock } = world({ scenarios: { iris: "OOMKilled" } });
  await create(inContainer);
  const counts: unknown[] = [];
  let seconds = 0;
  for (const until of [60, 69, 70, 90, 130, 210, 370, 670, 970, 3970]) {
    await clock.sleep((until - seconds) * 1000);
    seconds = until;
    const [instance] = await instances("iris");
    counts.push(instance?.RestartCount);
  }
  assert.deepEqual(counts, [3, 3, 4, 5, 6, 7, 8, 9, 10, 20]);
  const [instance] = await instances("iris");
  assert.deepEqual(instance?.LastState, [{
    Container: "worker0",
    Reason: "OOMKilled",
    ExitCode: 137,
    FinishedAt: "2024-01-01T01:06:10Z",
  }]);
  assert.equal((await logs("iris")).length, 30, "of the last ten runs");
  assert.equal((await logs("iris", "?Previous=true")).length, 27);
});

test("a service that fails can be stopped, started, updated and deleted", async () => {
  const { create, call, describe, refused, clock } = world({ scenarios: { iris: "OOMKilled" } });
  const status = async (): Promise<unknown> => (await describe("iris")).Status;
  await create(inContainer);
  await clock.sleep(60_000);
  await call("StartService", "PUT", "iris/start");
  assert.equal(await status(), "Starting");
  await clock.sleep(30_000);
  assert.equal(await status(), "Failed");
  await call("UpdateService", "PUT", "iris", { metadata: { memory: 8000 } });
  assert.equal(await status(), "Creating");
  await clock.sleep(60_000);
  assert.equal(await status(), "Failed");
  await call("StopService", "PUT", "iris/stop");
  await clock.sleep(1000);
  assert.equal(await status(), "Stopped");
  await call("DeleteService", "DELETE", "iris");
  await clock.sleep(1000);
  assert.equal(await refused("DescribeService", "GET", "iris"), "404 ServiceNotFound");
});

test("a scenario can depend on the configuration, so that an update mends the service", async () => {
  const hungry = ({ metadata }: Answer): Scenario | undefined =>
    Number((metadata as Answer).memory) < 8000 ? "OOMKilled" : undefined;
  const handlers = { iris: () => new Response("ok") };
  const { create, call, describe, clock } = world({ scenarios: { iris: hungry }, handlers });
  await create(inContainer);
  await clock.sleep(60_000);
  assert.equal((await describe("iris")).Status, "Failed");
  await call("UpdateService", "PUT", "iris", { metadata: { memory: 8000 } });
  await clock.sleep(60_000);
  assert.deepEqual([(await describe("iris")).Status, (await describe("iris")).RunningInstance], [
    "Running",
    1,
  ]);
});

test("a model that is not in storage fails a service before it has an instance, until it is uploaded", async () => {
  const { create, ...calls } = world({});
  await create(inProcessor);
  await calls.clock.sleep(30_000);
  const told = await toldOf({ create, ...calls });
  assert.equal(told.status, "Failed MODEL_LOAD_FAILED");
  assert.match(told.message, /^Cannot load model "oss:\/\/emulator-bucket\/m\/": the folder holds 0 /);
  assert.deepEqual(told.instances, []);
  assert.ok(told.events.some((event) => event.startsWith("Failed: Cannot load model")));
  assert.match(String(told.diagnosis[0]?.Error), /model does not exist/);
  const cases: { name: string; model: unknown }[] = boosters;
  const { model } = cases[0] ?? assert.fail("there is no model");
  await object(calls.cloud, "PUT emulator-bucket/m/model.json", { body: JSON.stringify(model) });
  await calls.call("StartService", "PUT", "iris/start");
  await calls.clock.sleep(30_000);
  assert.equal((await calls.describe("iris")).Status, "Running");
  const { events } = await toldOf({ create, ...calls });
  assert.deepEqual(events, told.events, "what happened before stays so");
});

test("a service that nothing can run crashes, and its log says why", async () => {
  const calls = world({});
  await calls.create(inContainer);
  await calls.clock.sleep(60_000);
  const told = await toldOf(calls);
  assert.equal(told.status, "Failed NO_HANDLER");
  assert.deepEqual(told.instances.map(({ Status }) => Status), ["CrashLoopBackOff"]);
  assert.match(told.logs, /ERROR The emulator has nothing to run service "iris" with; give it emulator/);
});

test("DescribeServiceInstanceDiagnosis tells what is wrong with an instance, or nothing", async () => {
  const { create, instances, call, refused, clock } = world({
    scenarios: { iris: "WrongPort" },
    handlers: { rose: () => new Response("ok") },
  });
  await create(inContainer);
  await create({ name: "rose" });
  await clock.sleep(60_000);
  const diagnose = async (name: string): Promise<unknown> => {
    const [instance] = await instances(name);
    const path = `${name}/instances/${instance?.InstanceName}/diagnosis`;
    return (await call("DescribeServiceInstanceDiagnosis", "GET", path)).Diagnosis;
  };
  assert.match(JSON.stringify(await diagnose("iris")), /Nothing listens on port 8000/);
  assert.deepEqual(await diagnose("rose"), { Error: "", Causes: [], Advices: [] });
  const none = refused("DescribeServiceInstanceDiagnosis", "GET", "rose/instances/none/diagnosis");
  assert.equal(await none, "404 InstanceNotFound");
});

test("emulator() refuses a scenario that it does not know", () => {
  const misspelt = { iris: "OomKilled" } as unknown as { iris: Scenario }; // for callers whom no compiler has warned
  assert.throws(() => emulator({ scenarios: misspelt }), {
    name: "TypeError",
    message: /no scenario "OomKilled"; it has ImagePullBackOff, OOMKilled, /,
  });
});
