import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { type EasCalls, easCalls } from "../support/eas_calls.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";

const delays = { create: 1000, start: 600, stop: 200, delete: 100, gateway: 0 };
const endpoint = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris";

function world(): EasCalls & { clock: FakeClock; cloud: Emulator } {
  const clock = fakeClock();
  const cloud = emulator({ clock, delays, handlers: { iris: () => new Response("ok", { status: 202 }) } });
  return { ...easCalls(cloud), clock, cloud };
}

test("DescribeServiceEvent tells what happened, as JSON of the vendor's shape, as time goes", async () => {
  const { create, call, events, clock } = world();
  await create({ name: "iris" });
  const told = async (): Promise<string[]> =>
    (await events("iris")).map(({ Type, Reason, Message }) =>
      `${Type} ${Reason} ${JSON.parse(String(Message)).message}`
    );
  assert.deepEqual(await told(), ["Normal Creating Service is now creating"]);
  await clock.sleep(1000);
  const running = await told();
  assert.deepEqual(running.filter((line) => /Service/.test(line)), [
    "Normal Creating Service is now creating",
    "Normal Waiting Service is now waiting to all available",
    "Normal Running Service is running",
  ]);
  assert.ok(running.some((line) => /^Normal Scheduled Successfully assigned iris\/iris-/.test(line)));
  assert.ok(running.includes("Normal Started Started container worker0"));
  const [first] = await events("iris");
  assert.equal(first?.Time, "2024-01-01T00:00:00Z");
  assert.deepEqual(JSON.parse(String(first?.Message)), {
    versionId: 1,
    message: "Service is now creating",
    replicaName: "",
    availableInstance: 0,
    unavailableInstance: 0,
  });
  await clock.sleep(9000);
  await call("UpdateService", "PUT", "iris", { metadata: { instance: 2 } });
  await call("StopService", "PUT", "iris/stop"); // before it had scaled
  await clock.sleep(200);
  const later = await events("iris", "?StartTime=2024-01-01 00:00:10".replace(" ", "%20"));
  const service = later.filter(({ Message }) => JSON.parse(String(Message)).replicaName === "");
  assert.deepEqual(service.map(({ Reason }) => Reason), ["Scaling", "Stopping", "Stopped"]);
  assert.ok(later.some(({ Reason }) => Reason === "Killing"));
});

test("DescribeServiceEvent filters by time, type and instance, page by page", async () => {
  const { create, call, events, instances, refused, clock } = world();
  await create({ name: "iris" });
  await clock.sleep(5000);
  const [instance] = await instances("iris");
  const all = await events("iris");
  assert.equal(all.length, 5);
  assert.equal((await events("iris", "?EventType=Warning")).length, 0);
  assert.equal((await events("iris", `?InstanceName=${instance?.InstanceName}`)).length, 2);
  assert.deepEqual(
    await events("iris", "?EndTime=2024-01-01T00:00:00Z"),
    all.filter(({ Time }) => String(Time).endsWith("00Z")),
  );
  const { RequestId: _, ...page } = await call(
    "DescribeServiceEvent",
    "GET",
    "iris/events?PageSize=2&PageNum=3",
  );
  assert.deepEqual(page, { Events: all.slice(4), TotalCount: 5, PageNum: 3, TotalPageNum: 3 });
  for (const query of ["EventType=Bad", "StartTime=yesterday", "PageNum=0", "PageSize=x"]) {
    assert.equal(
      await refused("DescribeServiceEvent", "GET", `iris/events?${query}`),
      "400 InvalidParameter",
      query,
    );
  }
});

test("DescribeServiceLog grows with the clock and with requests, and lines stay as they are", async () => {
  const { create, logs, instances, describe, clock, cloud } = world();
  await create({ name: "iris", containers: [{ image: "i", port: 9000, script: "python app.py" }] });
  assert.deepEqual(await logs("iris"), []);
  await clock.sleep(1000);
  const [instance] = await instances("iris");
  const start = `[2024-01-01 00:00:01.000] [${instance?.InstanceName}]`;
  const first = await logs("iris");
  assert.deepEqual(first, [`${start} + python app.py`, `${start} INFO service iris listens on port 9000`]);
  await clock.sleep(500);
  const { AccessToken } = await describe("iris");
  await cloud.fetch(`${endpoint}/v1`, {
    method: "POST",
    headers: { authorization: String(AccessToken) },
    body: "abc",
  });
  await clock.sleep(60_000);
  assert.deepEqual((await logs("iris")).map((line) => line.replace(/ \[iris-[^\]]*\]/, "")), [
    "[2024-01-01 00:00:01.000] + python app.py",
    "[2024-01-01 00:00:01.000] INFO service iris listens on port 9000",
    "[2024-01-01 00:00:01.500] INFO POST /v1 3 bytes: 202",
    "[2024-01-01 00:00:31.000] INFO health check: 200 OK",
    "[2024-01-01 00:01:01.000] INFO health check: 200 OK",
  ]);
});

test("DescribeServiceLog filters by time, keyword, instance and container, page by page", async () => {
  const { create, call, logs, instances, clock } = world();
  await create({ name: "iris", metadata: { instance: 2 } });
  await clock.sleep(121_000);
  const all = await logs("iris");
  assert.equal(all.length, 12);
  const [one, two] = await instances("iris");
  const mine = (query: string): Promise<string[]> => logs("iris", `?${query}`);
  assert.deepEqual(
    await mine(`InstanceName=${one?.InstanceName}`),
    all.filter((line) => line.includes(String(one?.InstanceName))),
  );
  assert.deepEqual(
    await mine(`Ip=${two?.InnerIP}`),
    all.filter((line) => line.includes(String(two?.InstanceName))),
  );
  assert.equal((await mine("ContainerName=worker0")).length, 12);
  assert.equal((await mine("ContainerName=sidecar")).length, 0);
  assert.equal((await mine("Keyword=HEALTH")).length, 8);
  assert.deepEqual(
    await mine("StartTime=2024-01-01%2000:01:31&EndTime=2024-01-01%2000:01:31"),
    all.slice(8, 10),
  );
  const { RequestId: _, ...page } = await call("DescribeServiceLog", "GET", "iris/logs?PageSize=5&PageNum=3");
  assert.deepEqual(page, { Logs: all.slice(10), TotalCount: 12, PageNum: 3, TotalPageNum: 3 });
});

test("DescribeServiceLog tells what was printed before a restart, and what instances printed that are gone", async () => {
  const { create, call, logs, instances, clock } = world();
  await create({ name: "iris" });
  await clock.sleep(40_000);
  const before = await logs("iris");
  assert.deepEqual(await logs("iris", "?Previous=true"), []);
  const [instance] = await instances("iris");
  await call(
    "DeleteServiceInstances",
    "DELETE",
    `iris/instances?InstanceList=${instance?.InstanceName}&SoftRestart=true`,
  );
  await clock.sleep(1000);
  assert.deepEqual(await logs("iris", "?Previous=true"), before);
  assert.equal((await logs("iris")).length, before.length + 2);
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 2 } });
  await clock.sleep(1000);
  const after = await logs("iris");
  assert.deepEqual(after.slice(0, before.length), before);
  assert.equal(after.filter((line) => line.endsWith("is up")).length, 3);
});

test("a service of years answers at once about its log and its events", async () => {
  const { create, logs, events, clock } = world();
  await create({ name: "iris" });
  await clock.sleep(20 * 365 * 86_400_000);
  assert.equal((await logs("iris")).length, 122);
  assert.equal((await events("iris")).length, 5);
});
