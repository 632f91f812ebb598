import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { type Answer, type EasCalls, easCalls } from "../support/eas_calls.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";

const delays = { create: 1000, start: 600, stop: 200, delete: 100, gateway: 0 };

function world(): EasCalls & { clock: FakeClock; cloud: Emulator } {
  const clock = fakeClock();
  const says = (text: string) => () => new Response(text);
  const cloud = emulator({
    clock,
    delays,
    handlers: { iris: says("iris"), rose: says("rose"), lily: says("lily") },
  });
  return { ...easCalls(cloud), clock, cloud };
}

const configOf = (service: Answer): Answer => JSON.parse(String(service.ServiceConfig));

test("a service goes back to an earlier version and on to a later one", async () => {
  const { create, call, refused, describe, clock } = world();
  await create({ name: "iris", metadata: { cpu: 1 } });
  await clock.sleep(1000);
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 2 } });
  await clock.sleep(1000);
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 4, instance: 2 } });
  await clock.sleep(1000);
  const { Versions, TotalCount } = await call("ListServiceVersions", "GET", "iris/versions?PageSize=2");
  assert.equal(TotalCount, 3);
  assert.deepEqual(Versions, [
    {
      ImageId: 3,
      BuildTime: "2024-01-01T00:00:02Z",
      ImageAvailable: "true",
      ServiceRunnable: "true",
      Message: "",
      ServiceConfig: '{"name":"iris","metadata":{"cpu":4,"instance":2}}',
    },
    {
      ImageId: 2,
      BuildTime: "2024-01-01T00:00:01Z",
      ImageAvailable: "true",
      ServiceRunnable: "true",
      Message: "",
      ServiceConfig: '{"name":"iris","metadata":{"cpu":2}}',
    },
  ]);
  await call("UpdateServiceVersion", "PUT", "iris/version", { Version: 1 });
  const back = await describe("iris");
  assert.deepEqual([back.Status, back.CurrentVersion, back.LatestVersion, back.TotalInstance], [
    "Updating",
    1,
    3,
    1,
  ]);
  assert.deepEqual(configOf(back).metadata, { cpu: 1 });
  await clock.sleep(600);
  await call("UpdateServiceVersion", "PUT", "iris/version", { Version: 3 });
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 8 } });
  const next = await describe("iris");
  assert.deepEqual([next.CurrentVersion, next.LatestVersion], [4, 4]);
  for (const Version of [4, 0, 5, "x", undefined]) {
    assert.equal(
      await refused("UpdateServiceVersion", "PUT", "iris/version", { Version }),
      "400 InvalidParameter",
    );
  }
});

test("labels are added, replaced and deleted", async () => {
  const { create, call, refused, describe } = world();
  await create({ name: "iris", labels: { team: "a" } });
  await call("UpdateServiceLabel", "PUT", "iris/label", { Labels: { team: "b", "k,y": "1", "ü &": "2" } });
  const labels = async (): Promise<unknown> => (await describe("iris")).Labels;
  const label = (LabelKey: string, LabelValue: string): Answer => ({ LabelKey, LabelValue });
  assert.deepEqual(await labels(), [label("team", "b"), label("k,y", "1"), label("ü &", "2")]);
  await call("DeleteServiceLabel", "DELETE", `iris/label?Keys=${encodeURIComponent('["k,y"]')}`);
  await call("DeleteServiceLabel", "DELETE", `iris/label?Keys=team,${encodeURIComponent("ü &")}`);
  assert.deepEqual(await labels(), []);
  assert.equal(await refused("DeleteServiceLabel", "DELETE", "iris/label"), "400 InvalidParameter");
  assert.equal(await refused("UpdateServiceLabel", "PUT", "iris/label", {}), "400 InvalidParameter");
});

test("a safety lock refuses what is dangerous, or everything", async () => {
  const { create, call, refused, describe } = world();
  await create({ name: "iris" });
  const lock = (Lock: string): Promise<Answer> =>
    call("UpdateServiceSafetyLock", "PUT", "iris/lock", { Lock });
  const stop = (): Promise<string> => refused("StopService", "PUT", "iris/stop");
  const update = (): Promise<string> => refused("UpdateService", "PUT", "iris", { metadata: { cpu: 1 } });
  await lock("dangerous");
  assert.equal((await describe("iris")).SafetyLock, "dangerous");
  assert.equal(await stop(), "409 ServiceLocked");
  assert.equal(await refused("DeleteService", "DELETE", "iris"), "409 ServiceLocked");
  assert.equal(await update(), "200 undefined");
  await lock("all");
  assert.equal(await update(), "409 ServiceLocked");
  assert.equal(await refused("ReleaseService", "PUT", "iris/release", { Weight: 1 }), "409 ServiceLocked");
  await lock("none");
  assert.equal(await stop(), "200 undefined");
  assert.equal(
    await refused("UpdateServiceSafetyLock", "PUT", "iris/lock", { Lock: "some" }),
    "400 InvalidParameter",
  );
});

test("a group comes with its first service, spreads requests by weight, and goes with its last", async () => {
  const { create, call, other, refused, describe, clock, cloud } = world();
  const group = "/api/v2/groups/cn-hangzhou/flowers";
  for (const name of ["iris", "rose", "lily"]) {
    await create({ name, metadata: { group: "flowers", instance: 2 } });
  }
  await clock.sleep(1000);
  assert.equal((await describe("iris")).ServiceGroup, "flowers");
  const { Name, AccessToken, InternetEndpoint, ClusterId } = await other("DescribeGroup", `GET ${group}`);
  assert.deepEqual([Name, ClusterId], ["flowers", "cn-hangzhou"]);
  const ask = async (url: unknown, token: unknown): Promise<string> => {
    const answer = await cloud.fetch(String(url), { headers: { authorization: String(token) } });
    return answer.ok ? await answer.text() : String(answer.status);
  };
  assert.equal(await ask(InternetEndpoint, AccessToken), "503", "no service takes part at first");
  assert.equal(await ask(InternetEndpoint, "wrong"), "401");
  const rose = await describe("rose");
  assert.equal(await ask(rose.InternetEndpoint, rose.AccessToken), "rose");
  const alone = String(rose.InternetEndpoint).replace(/rose$/, "flowers.rose");
  assert.equal(await ask(alone, rose.AccessToken), "rose");
  assert.equal(await ask(alone.replace("flowers", "weeds"), rose.AccessToken), "404");

  await call("ReleaseService", "PUT", "iris/release", { Weight: 90, TrafficState: "grouping" });
  await call("ReleaseService", "PUT", "rose/release", { Weight: 10, TrafficState: "grouping" });
  const released = await describe("iris");
  assert.deepEqual([released.Weight, released.TrafficState], [90, "grouping"]);
  const answers: Record<string, number> = {};
  for (let i = 0; i < 200; i++) {
    const answer = await ask(InternetEndpoint, AccessToken);
    answers[answer] = (answers[answer] ?? 0) + 1;
  }
  assert.deepEqual(Object.keys(answers).sort(), ["iris", "rose"]);
  assert.ok(Math.abs(answers.iris! - 180) <= 4, JSON.stringify(answers));
  await call("StopService", "PUT", "iris/stop");
  assert.equal(await ask(InternetEndpoint, AccessToken), "rose");
  for (const wrong of [{}, { Weight: 1001 }, { TrafficState: "some" }]) {
    assert.equal(await refused("ReleaseService", "PUT", "iris/release", wrong), "400 InvalidParameter");
  }

  const listed = await other("ListGroups", "GET /api/v2/groups?Filter=flow");
  assert.deepEqual([listed.TotalCount, (listed.Groups as Answer[])[0]?.Name], [1, "flowers"]);
  assert.equal((await other("ListGroups", "GET /api/v2/groups?Filter=weed")).TotalCount, 0);
  for (const name of ["iris", "rose", "lily"]) await call("DeleteService", "DELETE", name);
  await clock.sleep(100);
  assert.equal((await other("ListGroups", "GET /api/v2/groups")).TotalCount, 0);
  await assert.rejects(other("DescribeGroup", `GET ${group}`), /404 .*GroupNotFound/);
});

test("ListServices filters by all that the vendor filters by, and sorts", async () => {
  const { create, call, other, clock } = world();
  const labels = (value: Answer): string => `?Labels=${encodeURIComponent(JSON.stringify(value))}`;
  await create(
    { name: "iris", metadata: { type: "Async", group: "flowers" } },
    labels({ team: "a", stage: "x" }),
  );
  await create({ name: "rose", metadata: { resource: "eas-r-1", workspace_id: "7" } }, labels({ team: "a" }));
  await clock.sleep(1000);
  await create({ name: "lily", networking: { gateway: "gw-1" } }, "?WorkspaceId=8");
  await call("UpdateService", "PUT", "iris", { metadata: { cpu: 1 } });
  const list = async (query: string): Promise<string> => {
    const { Services } = await other("ListServices", `GET /api/v2/services?${query}`);
    return (Services as Answer[]).map(({ ServiceName }) => ServiceName).join(" "); // as the emulator writes it
  };
  const { ServiceUid } = await call("DescribeService", "GET", "rose");
  const rows: [query: string, names: string][] = [
    ["", "lily rose iris"],
    ["Filter=i", "lily iris"],
    ["ServiceName=iris", "iris"],
    ["ServiceName=iri", ""],
    [`ServiceUid=${ServiceUid}`, "rose"],
    ["ServiceStatus=Running", "rose"],
    ["ServiceStatus=Creating", "lily"],
    ["ServiceStatus=Updating", "iris"],
    ["ServiceType=Async", "iris"],
    ["ServiceType=Standard", "lily rose"],
    ["GroupName=flowers", "iris"],
    [labels({ team: "a" }).replace("?Labels", "Label"), "rose iris"],
    [labels({ team: "a", stage: "x" }).replace("?Labels", "Label"), "iris"],
    [labels({ team: "b" }).replace("?Labels", "Label"), ""],
    ["WorkspaceId=7", "rose"],
    ["WorkspaceId=8", "lily"],
    ["Gateway=gw-1", "lily"],
    ["ResourceName=eas-r-1", "rose"],
    ["ResourceType=PublicResource", "lily iris"],
    ["Role=Queue", ""],
    ["QuotaId=quota-1", ""],
    ["ParentServiceUid=eas-m-1", ""],
    ["Sort=ServiceName&Order=asc", "iris lily rose"],
    ["Sort=UpdateTime&PageSize=1&PageNumber=3", "rose"],
    ["Sort=Cpu&Order=asc", "iris rose lily"],
  ];
  for (const [query, names] of rows) assert.equal(await list(query), names, query);
  await assert.rejects(list("Sort=Beauty"), /400 .*InvalidParameter/);
});

test("DescribeMachineSpec lists instance types, or those that are asked for", async () => {
  const { other } = world();
  const all = await other("DescribeMachineSpec", "GET /api/v2/public/instance_types");
  const metas = all.InstanceMetas as Answer[]; // as the emulator writes it
  assert.ok(metas.some(({ InstanceType }) => InstanceType === "ecs.c6.large"));
  assert.ok((all.Types as Answer[]).every(({ CPU, Memory }) => Number(CPU) > 0 && Array.isArray(Memory)));
  const some = await other(
    "DescribeMachineSpec",
    "GET /api/v2/public/instance_types?InstanceTypes=ecs.gn7i-c8g1.2xlarge",
  );
  const [gpu, ...none] = some.InstanceMetas as Answer[];
  assert.deepEqual([gpu?.CPU, gpu?.Memory, gpu?.GPU, gpu?.GPUAmount, gpu?.GPUMemory], [8, 30, "A10", 1, 24]);
  assert.deepEqual(none, []);
});

test("requests are mirrored, and a service is developed and committed", async () => {
  const { create, call, refused, describe, clock } = world();
  await create({ name: "iris" });
  await clock.sleep(1000);
  await call("CreateServiceMirror", "POST", "iris/mirror", { Ratio: 10, Target: ["rose", "lily"] });
  const { Ratio, Target } = await call("DescribeServiceMirror", "GET", "iris/mirror");
  assert.deepEqual([Ratio, Target], ["10", "rose,lily"]);
  await call("UpdateServiceMirror", "PUT", "iris/mirror", { Ratio: 20, Target: ["rose"] });
  await call("DeleteServiceMirror", "DELETE", "iris/mirror");
  assert.equal(await refused("DescribeServiceMirror", "GET", "iris/mirror"), "404 MirrorNotFound");
  assert.equal(
    await refused("CreateServiceMirror", "POST", "iris/mirror", { Ratio: 101 }),
    "400 InvalidParameter",
  );

  assert.equal(await refused("CommitService", "PUT", "iris/commit"), "400 InvalidParameter");
  await call("DevelopService", "PUT", "iris/develop");
  assert.equal((await describe("iris")).Status, "Developing");
  await call("CommitService", "PUT", "iris/commit");
  assert.equal((await describe("iris")).Status, "Committing");
  await clock.sleep(600);
  assert.equal((await describe("iris")).Status, "Running");
  await call("DevelopService", "PUT", "iris/develop");
  await call("DevelopService", "PUT", "iris/develop?Exit=true");
  await clock.sleep(600);
  assert.equal((await describe("iris")).Status, "Running");
});

test("while an update goes on both versions answer, and one that fails leaves the old version in place", async () => {
  const clock = fakeClock();
  const cloud = emulator({
    clock,
    delays,
    handlers: { old: () => new Response("old"), new: () => new Response("new") },
  });
  const { create, call, describe, instances } = easCalls(cloud);
  await create({ name: "iris", processor: "old", token: "token", metadata: { instance: 2 } });
  await clock.sleep(1000);
  const { InternetEndpoint } = await describe("iris");
  const answers = async (): Promise<string> => {
    const texts = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const answer = await cloud.fetch(String(InternetEndpoint), { headers: { authorization: "token" } });
      texts.add(await answer.text());
    }
    return [...texts].sort().join(" ");
  };
  assert.equal(await answers(), "old");
  await call("UpdateService", "PUT", "iris", { processor: "new" });
  assert.equal(await answers(), "old");
  await clock.sleep(300);
  assert.equal(await answers(), "new old");
  await clock.sleep(300);
  assert.equal(await answers(), "new");

  await call("UpdateService", "PUT", "iris", {
    processor: "xgboost",
    model_path: "oss://emulator-bucket/none.json",
  });
  await clock.sleep(600);
  const missing = await describe("iris");
  assert.deepEqual([missing.Status, missing.CurrentVersion, missing.RunningInstance], ["Failed", 3, 2]);
  assert.equal(await answers(), "new");
  await call("UpdateService", "PUT", "iris", { processor: "caffe_cpu" });
  await clock.sleep(600);
  assert.deepEqual([(await describe("iris")).Reason, (await instances("iris")).length], ["NO_HANDLER", 3]);
  assert.equal(await answers(), "new");
  await call("UpdateServiceVersion", "PUT", "iris/version", { Version: 2 });
  await clock.sleep(600);
  assert.deepEqual([(await describe("iris")).Status, (await instances("iris")).length], ["Running", 2]);
});
