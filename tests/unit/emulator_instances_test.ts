import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { type Answer, type EasCalls, easCalls } from "../support/eas_calls.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";

const delays = { create: 1000, start: 600, stop: 200, delete: 100, gateway: 0 };

function world(options: EmulatorOptions = {}): EasCalls & { clock: FakeClock } {
  const clock = fakeClock();
  const handlers = { iris: () => new Response("ok"), echo: () => new Response("ok") };
  return { ...easCalls(emulator({ clock, delays, handlers, ...options })), clock };
}

const names = (instances: Answer[]): unknown[] => instances.map(({ InstanceName }) => InstanceName);
const ready = (instances: Answer[]): number => instances.filter((one) => one.ReadyProcesses === 1).length;

test("ListServiceInstances shows instances while they start, run and are gone", async () => {
  const { create, call, instances, describe, clock } = world();
  await create({
    name: "iris",
    containers: [{ image: "registry/iris:1", port: 9000 }],
    metadata: { instance: 2 },
    cloud: { computing: { instances: [{ type: "ecs.c7.xlarge" }] } },
  });
  assert.deepEqual(await instances("iris"), []);
  await clock.sleep(500);
  const starting = await instances("iris");
  assert.deepEqual(starting.map(({ Status, Reason }) => `${Status} ${Reason}`), [
    "Pending ContainerCreating",
    "Pending ContainerCreating",
  ]);
  await clock.sleep(500);
  const [first, second] = await instances("iris");
  assert.match(String(first?.InstanceName), /^iris-[a-z0-9]{10}-[a-z0-9]{5}$/);
  assert.notEqual(first?.InstanceName, second?.InstanceName);
  assert.notEqual(first?.InnerIP, second?.InnerIP);
  const { Status, Reason, RestartCount, InstancePort, InstanceType, ReadyProcesses, StartTime } = first ?? {};
  assert.deepEqual([Status, Reason, RestartCount, InstancePort, InstanceType, ReadyProcesses, StartTime], [
    ...["Running", "RUNNING", 0, 9000, "ecs.c7.xlarge", 1],
    "2024-01-01T00:00:00Z",
  ]);
  await call("StopService", "PUT", "iris/stop");
  await clock.sleep(200);
  assert.deepEqual(await instances("iris"), []);
  const { Cpu, Memory, Gpu, RunningInstance, PendingInstance, TotalInstance } = await describe("iris");
  assert.deepEqual([Cpu, Memory, Gpu], [4, 8192, 0]);
  assert.deepEqual([RunningInstance, PendingInstance, TotalInstance], [0, 2, 2]);
});

test("an update replaces instances one by one, and scaling keeps those that run", async () => {
  const { create, call, instances, describe, clock } = world();
  await create({ name: "iris", metadata: { instance: 3 } });
  await clock.sleep(1000);
  const before = names(await instances("iris"));
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 2 } });
  await clock.sleep(300);
  const between = await instances("iris");
  assert.equal((await describe("iris")).Status, "Updating");
  assert.equal(ready(between), 3, "as many answer as before");
  assert.equal(names(between).filter((name) => before.includes(name)).length, 2);
  await clock.sleep(300);
  const after = names(await instances("iris"));
  assert.equal(after.length, 3);
  assert.ok(!after.some((name) => before.includes(name)));

  await call("UpdateService", "PUT", "iris", { metadata: { instance: 5 } });
  const scaling = await describe("iris");
  assert.deepEqual([scaling.Status, scaling.Message], ["Scaling", "Service is now scaling"]);
  assert.deepEqual([scaling.TotalInstance, scaling.RunningInstance, scaling.PendingInstance], [5, 3, 2]);
  await clock.sleep(600);
  const more = names(await instances("iris"));
  assert.deepEqual(more.slice(0, 3), after);
  assert.equal(more.length, 5);
  await call("UpdateService", "PUT", "iris", { metadata: { instance: 1 } });
  await clock.sleep(600);
  assert.deepEqual(names(await instances("iris")), after.slice(0, 1));
  assert.deepEqual((await describe("iris")).LatestVersion, 2, "scaling makes no version");
});

test("DeleteServiceInstances makes a new instance, or restarts the container of the old one", async () => {
  const { create, call, refused, instances, describe, clock } = world();
  await create({ name: "iris", metadata: { instance: 2 } });
  await clock.sleep(1000);
  const [first, second] = names(await instances("iris"));
  await call("DeleteServiceInstances", "DELETE", `iris/instances?InstanceList=${first}`);
  assert.deepEqual((await describe("iris")).Status, "Waiting");
  assert.equal(ready(await instances("iris")), 1);
  await clock.sleep(600);
  const replaced = await instances("iris");
  assert.equal(replaced[0]?.InstanceName, second);
  assert.equal(replaced.length, 2);
  assert.ok(!names(replaced).includes(first));

  await call("DeleteServiceInstances", "DELETE", `iris/instances?InstanceList=${second}&SoftRestart=true`);
  assert.equal(ready(await instances("iris")), 1);
  await clock.sleep(600);
  const [restarted] = await instances("iris");
  assert.deepEqual([restarted?.InstanceName, restarted?.RestartCount, restarted?.ReadyProcesses], [
    second,
    1,
    1,
  ]);
  assert.equal((await describe("iris")).Status, "Running");
  const restart = (query: string): Promise<string> =>
    refused("DeleteServiceInstances", "DELETE", `iris/instances${query}`);
  assert.equal(await restart(""), "400 InvalidParameter");
  assert.equal(await restart(`?InstanceList=${first}`), "404 InstanceNotFound");
});

test("RestartService replaces every instance while the service goes on", async () => {
  const { create, call, instances, describe, clock } = world();
  await create({ name: "iris", metadata: { instance: 2 } });
  await clock.sleep(1000);
  const before = names(await instances("iris"));
  await call("RestartService", "PUT", "iris/restart");
  await clock.sleep(300);
  assert.deepEqual([(await describe("iris")).Status, ready(await instances("iris"))], ["Waiting", 2]);
  await clock.sleep(300);
  assert.equal((await describe("iris")).Status, "Running");
  assert.ok(!names(await instances("iris")).some((name) => before.includes(name)));
});

test("ListServiceInstances filters, and ListServiceContainers shows what is in an instance", async () => {
  const { create, call, instances, clock } = world();
  await create({
    name: "iris",
    metadata: { instance: 3 },
    containers: [{ image: "registry/iris:1", port: 9000 }],
  });
  await clock.sleep(1000);
  const [first, second, third] = await instances("iris");
  const found = async (query: string): Promise<unknown[]> => names(await instances("iris", `?${query}`));
  assert.deepEqual(await found(`Filter=${second?.InnerIP}`), [second?.InstanceName]);
  assert.deepEqual(await found(`InstanceIP=${third?.InnerIP}`), [third?.InstanceName]);
  assert.deepEqual(await found("InstanceStatus=Pending"), []);
  assert.deepEqual(await found("IsSpot=true"), []);
  assert.deepEqual(await found("Order=desc&PageSize=2"), [third?.InstanceName, second?.InstanceName]);
  assert.deepEqual(await found("PageNumber=2&PageSize=2"), [third?.InstanceName]);
  const { Containers } = await call(
    "ListServiceContainers",
    "GET",
    `iris/instances/${first?.InstanceName}/containers`,
  );
  assert.deepEqual(Containers, [{
    Name: "worker0",
    Image: "registry/iris:1",
    Port: 9000,
    Ready: true,
    RestartCount: 0,
    CurrentStatus: "Running",
    CurrentReaon: "RUNNING",
    CurrentTimestamp: "2024-01-01T00:00:00Z",
    LastStatus: "",
    LastReason: "",
    LastTimestamp: "",
  }]);
});

test("an autoscaler brings a service within its bounds, and a configuration can have one", async () => {
  const { create, call, refused, describe, clock } = world();
  await create({ name: "iris", metadata: { instance: 1 } });
  await clock.sleep(1000);
  const scaler = {
    min: 2,
    max: 4,
    scaleStrategies: [{ metricName: "qps", threshold: 10 }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  };
  assert.equal(
    await refused("DescribeServiceAutoScaler", "GET", "iris/autoscaler"),
    "404 AutoScalerNotFound",
  );
  await call("CreateServiceAutoScaler", "POST", "iris/autoscaler", scaler);
  const { Status, Message, TotalInstance } = await describe("iris");
  assert.deepEqual([Status, Message, TotalInstance], ["Scaling", "Service is now auto scaling", 2]);
  const { RequestId: _, ...described } = await call("DescribeServiceAutoScaler", "GET", "iris/autoscaler");
  assert.deepEqual(described, {
    ServiceName: "iris",
    MinReplica: 2,
    MaxReplica: 4,
    ScaleStrategies: scaler.scaleStrategies,
    CurrentMetrics: [{ metricName: "qps", service: "iris", value: 0 }],
    Behavior: scaler.behavior,
  });
  await call("UpdateServiceAutoScaler", "PUT", "iris/autoscaler", { ...scaler, min: 3 });
  assert.equal((await describe("iris")).TotalInstance, 3);
  for (const wrong of [{ ...scaler, min: 4 }, { ...scaler, max: "x" }, { ...scaler, scaleStrategies: [] }]) {
    assert.equal(
      await refused("UpdateServiceAutoScaler", "PUT", "iris/autoscaler", wrong),
      "400 InvalidParameter",
    );
  }
  await call("DeleteServiceAutoScaler", "DELETE", "iris/autoscaler");
  assert.equal((await describe("iris")).TotalInstance, 1, "the configuration's number again");

  await create({ name: "rose", autoscaler: { min: 3, max: 5, strategies: { qps: 10 } } });
  assert.equal((await describe("rose")).TotalInstance, 3);
  const rose = await call("DescribeServiceAutoScaler", "GET", "rose/autoscaler");
  assert.deepEqual(rose.ScaleStrategies, [{ metricName: "qps", threshold: 10 }]);
});

test("a cron scaler is kept, described and deleted", async () => {
  const { create, call, refused } = world();
  await create({ name: "iris" });
  const jobs = [{ Name: "morning", Schedule: "0 0 8 * * 1-5", TargetSize: 4 }];
  await call("CreateServiceCronScaler", "POST", "iris/cronscaler", {
    ScaleJobs: jobs,
    ExcludeDates: ["0 0 0 1 1 *"],
  });
  const { ScaleJobs, ExcludeDates } = await call("DescribeServiceCronScaler", "GET", "iris/cronscaler");
  const times = { CreateTime: "2024-01-01T00:00:00Z", LastProbeTime: "2024-01-01T00:00:00Z" };
  assert.deepEqual(ScaleJobs, [{ ...jobs[0], State: "Submitted", Message: "", ...times }]);
  assert.deepEqual(ExcludeDates, ["0 0 0 1 1 *"]);
  const wrong = { ScaleJobs: [{ Schedule: "0 8 * * *", TargetSize: 4 }] };
  assert.equal(
    await refused("UpdateServiceCronScaler", "PUT", "iris/cronscaler", wrong),
    "400 InvalidParameter",
  );
  await call("DeleteServiceCronScaler", "DELETE", "iris/cronscaler");
  assert.equal(
    await refused("DescribeServiceCronScaler", "GET", "iris/cronscaler"),
    "404 CronScalerNotFound",
  );
});

/** Something to do with a service; what its state doesn't allow is refused, which is fine. */
type Step = (calls: EasCalls & { clock: FakeClock }) => Promise<unknown>;

const operations: Step[] = [
  ({ refused }) => refused("StartService", "PUT", "service/start"),
  ({ refused }) => refused("StopService", "PUT", "service/stop"),
  ({ refused }) => refused("RestartService", "PUT", "service/restart"),
  ({ refused }) => refused("UpdateServiceVersion", "PUT", "service/version", { Version: 1 }),
  ...[{ processor: "echo" }, { processor: "xgboost", model_path: "oss://emulator-bucket/none.json" }, {
    processor: "caffe_cpu",
  }].map((change): Step => ({ refused }) => refused("UpdateService", "PUT", "service", change)),
  ({ refused }) => refused("DevelopService", "PUT", "service/develop"),
  ({ refused }) => refused("CommitService", "PUT", "service/commit"),
  async ({ instances, refused }) => {
    const [first] = names(await instances("service"));
    await refused("DeleteServiceInstances", "DELETE", `service/instances?InstanceList=${first ?? "none"}`);
  },
];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...operations),
  fc.integer({ min: 0, max: 5 }).map((instance): Step => ({ refused }) =>
    refused("UpdateService", "PUT", "service", { metadata: { instance } })
  ),
  fc.integer({ min: 0, max: 1500 }).map((ms): Step => ({ clock }) => clock.sleep(ms)),
);

test("whatever is asked in whatever order, what a service tells of itself agrees", async () => {
  const known =
    /^(Creating|Waiting|Running|Updating|Scaling|Starting|Stopping|Stopped|Developing|Committing|Failed)$/;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, atOnce) => {
      const calls = world(atOnce ? { delays: { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 } } : {});
      await calls.create({ name: "service", processor: "echo", metadata: { instance: 2 } });
      let before: string[] = [];
      let happened: string[] = [];
      for (const run of steps) {
        await run(calls);
        const { Status, RunningInstance, PendingInstance, TotalInstance } = await calls.describe("service");
        assert.match(String(Status), known);
        const instances = await calls.instances("service");
        assert.equal(ready(instances), RunningInstance);
        assert.equal(new Set(names(instances)).size, instances.length);
        assert.equal(PendingInstance, Math.max(0, Number(TotalInstance) - Number(RunningInstance)));
        const logs = await calls.logs("service");
        assert.deepEqual(
          logs.filter((line) => before.includes(line)),
          before,
          "lines don't change once printed",
        );
        before = logs;
        const events = (await calls.events("service")).map(({ Time, Reason, Message }) =>
          `${Time} ${Reason} ${JSON.parse(String(Message)).message}`
        );
        assert.deepEqual(
          events.map((event) => event.slice(0, 20)),
          events.map((event) => event.slice(0, 20)).sort(),
        );
        assert.deepEqual(happened.filter((event) => !events.includes(event)), [], "what happened stays so");
        happened = events;
      }
      await calls.clock.sleep(5000);
      const { Status, RunningInstance, TotalInstance } = await calls.describe("service");
      if (Status === "Running") assert.equal(RunningInstance, TotalInstance);
      else assert.match(String(Status), /^(Stopped|Developing|Failed)$/);
      if (Status === "Stopped") assert.deepEqual(await calls.instances("service"), []);
    }),
    { numRuns: 100 },
  );
});
