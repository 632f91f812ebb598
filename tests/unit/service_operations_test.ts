import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../core/client.ts";
import { ApiError, ServiceError } from "../../core/errors.ts";
import {
  deleteAutoscaler,
  deleteCronScaler,
  deleteLabels,
  DeployError,
  describeAutoscaler,
  describeCronScaler,
  describeGroup,
  diagnose,
  type EasRef,
  explainFailure,
  InvalidConfigError,
  listEvents,
  listGroups,
  listInstances,
  listServices,
  listVersions,
  logs,
  release,
  restart,
  restartInstances,
  rollback,
  scale,
  setAutoscaler,
  setCronScaler,
  setLabels,
  setSafetyLock,
  switchVersion,
  update,
} from "../../plugins/deploy/mod.ts";
import { temporary } from "../../plugins/deploy/temporary.ts";
import { emulatedServices } from "../support/emulated_services.ts";
import { fakeEas } from "../support/fake_eas.ts";

const namesOf = async (items: AsyncIterable<{ name: string }>): Promise<string[]> =>
  (await Array.fromAsync(items)).map(({ name }) => name);

test("listServices asks for a page when it is needed, and not before", async () => {
  const { client, requests, deploy } = emulatedServices();
  for (const name of ["aaa", "bbb", "ccc", "ddd", "eee"]) await deploy(name);
  const list = listServices(client, { pageSize: 2, order: "asc" });
  assert.deepEqual(requests, []);
  for await (const { name } of list) if (name === "bbb") break;
  assert.equal(requests.length, 1);
  requests.length = 0;
  assert.deepEqual(await namesOf(listServices(client, { pageSize: 2, order: "asc" })), [
    "aaa",
    "bbb",
    "ccc",
    "ddd",
    "eee",
  ]);
  assert.deepEqual(
    requests,
    [1, 2, 3].map((page) => `GET /api/v2/services?Order=asc&PageNumber=${page}&PageSize=2`),
  );
});

test("listServices ends with a page that is short, whatever the total says", async () => {
  const pages = [["a", "b"], ["c"], ["never"]];
  const client = answering({}, () => ({
    Services: pages.shift()?.map((ServiceName) => ({ ServiceName, Status: "Running" })),
    TotalCount: 100,
  }));
  assert.deepEqual(await namesOf(listServices(client, { pageSize: 2 })), ["a", "b", "c"]);
  assert.deepEqual(await namesOf(listServices(answering({}, () => ({})))), []);
});

const filters: { filter: Parameters<typeof listServices>[1]; names: string[] }[] = [
  { filter: { name: "iris" }, names: ["iris"] },
  { filter: { filter: "iri" }, names: ["iris_b", "iris"] },
  { filter: { status: "Stopped" }, names: ["other"] },
  { filter: { group: "flowers" }, names: ["iris_b", "iris"] },
  { filter: { label: { team: "ads" } }, names: ["iris"] },
  { filter: { workspaceId: "7" }, names: ["other"] },
  { filter: { type: "Async" }, names: [] },
  { filter: { role: "Queue" }, names: [] },
  { filter: { order: "asc", filter: "i", group: "flowers" }, names: ["iris", "iris_b"] },
];

test("listServices filters by what is given, and shows no token", async () => {
  const { client, deploy } = emulatedServices();
  await deploy("iris", { metadata: { group: "flowers" } }, { team: "ads" });
  await deploy("iris_b", { metadata: { group: "flowers" } });
  await (await deploy("other", { metadata: { workspace_id: "7" } })).stop();
  for (const { filter, names } of filters) {
    assert.deepEqual(await namesOf(listServices(client, filter)), names, JSON.stringify(filter));
  }
  const [iris] = await Array.fromAsync(listServices(client, { name: "iris" }));
  assert.deepEqual(iris?.labels, { team: "ads" });
  assert.equal(iris.config.processor, "pmml");
  assert.ok(iris.accessToken);
  assert.ok(!JSON.stringify(iris).includes(iris.accessToken));
});

test("update merges or replaces the configuration, and waits until it runs", async () => {
  const { deploy, requests } = emulatedServices();
  const service = await deploy("iris", { model_config: "a" });
  const merged = await update(service, { metadata: { rpc: { keepalive: 7000 } } });
  assert.equal(merged.status, "Running");
  assert.equal(merged.config.model_config, "a");
  assert.equal(merged.config.metadata?.rpc?.keepalive, 7000);
  assert.equal(merged.raw.CurrentVersion, 2);
  assert.ok(requests.includes("PUT /api/v2/services/cn-hangzhou/iris?UpdateType=merge"));
  const { model_config: _, ...rest } = merged.config;
  const replaced = await update(service, rest, { type: "replace" });
  assert.equal(replaced.config.model_config, undefined);
  assert.equal(await service.predictor().predict([1]), "iris");
});

test("update refuses what it would make wrong before it is sent, and lets be what runs", async () => {
  const { deploy, requests } = emulatedServices();
  const service = await deploy("iris");
  const wrong = { metadata: { instance: -1 }, containers: [] };
  for (const type of ["merge", "replace"] as const) {
    await assert.rejects(update(service, wrong, { type }), (error) => {
      assert.ok(error instanceof InvalidConfigError);
      assert.match(error.message, /^Cannot update service "iris": its configuration has /);
      assert.deepEqual(error.problems.map(({ path }) => path).slice(0, 2), [
        "containers",
        "metadata.instance",
      ]);
      return true;
    });
  }
  assert.deepEqual(requests.filter((request) => request.startsWith("PUT")), []);

  const cloud = fakeEas({ exists: true, reply: { ServiceConfig: '{"metadata":{"instance":-1}}' } });
  await update({ client: cloud.client, name: "iris" }, { token: "another-token" }, { wait: false });
  assert.ok(cloud.actions().includes("UpdateService"));
});

test("update reports what happens to the instances", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris", { metadata: { instance: 3 } });
  const heard: string[] = [];
  await update(service, { model_config: "b" }, {
    onProgress: ({ status, instances }) => heard.push(`${status} ${instances?.ready}/${instances?.total}`),
  });
  assert.match(heard[0]!, /^Updating \d\/3$/);
  assert.equal(heard.at(-1), "Running 3/3");
});

test("update that does not wait is waited for by the service's wait", async () => {
  const { deploy, clock } = emulatedServices();
  const service = await deploy("iris");
  const told = await update(service, { model_config: "b" }, { wait: false });
  assert.equal(told.status, "Updating");
  const { slept: { length } } = clock;
  assert.equal((await service.wait()).status, "Running");
  assert.ok(clock.slept.length > length);
});

test("update leaves a service stopped that is stopped", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris");
  await service.stop();
  assert.equal((await update(service, { model_config: "b" })).status, "Stopped");
});

test("update does not take the state from before for that of after", async () => {
  const cloud = fakeEas({ exists: true, create: ["Running", "Running", "Running", "Updating", "Running"] });
  const { status } = await update({ client: cloud.client, name: "iris" }, { model_config: "b" });
  assert.equal(status, "Running");
  assert.equal(cloud.actions().filter((action) => action === "DescribeService").length, 5);
});

test("update of a service that has failed outlives the failure from before, also when its version is a new one", async () => {
  let version = 1;
  const states = ["Failed", "Failed", "Failed", "Updating", "Running"];
  const cloud = fakeEas({
    exists: true,
    answers: {
      DescribeService: () => ({
        ServiceName: "iris",
        Status: states.length > 1 ? states.shift() : states[0],
        InternetEndpoint: "http://1.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
        LatestVersion: version++,
      }),
    },
  });
  const { status } = await update({ client: cloud.client, name: "iris" }, { model_config: "b" });
  assert.equal(status, "Running");
  assert.equal(cloud.probes.length, 1);
});

test("update of which nothing shows is believed after half a minute", async () => {
  const cloud = fakeEas({ exists: true, create: ["Running"] });
  await update({ client: cloud.client, name: "iris" }, { model_config: "b" });
  const waited = cloud.sleeps.reduce((sum, ms) => sum + ms, 0);
  assert.ok(waited >= 30_000 && waited < 40_000, `${waited}`);
});

test("update rejects with the cause when the service does not run with the change", async () => {
  const failing = fakeEas({
    exists: true,
    create: ["Running", "Updating", "Failed"],
    reply: { Message: "OOMKilled" },
  });
  await assert.rejects(update({ client: failing.client, name: "iris" }, { model_config: "b" }), (error) => {
    assert.ok(error instanceof DeployError);
    assert.match(
      error.message,
      /^Cannot update service "iris": status is Failed \(OOMKilled\); the container needs more/,
    );
    return true;
  });
});

test("restart replaces all instances", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris", { metadata: { instance: 2 } });
  const before = await namesOf(listInstances(service));
  assert.equal(before.length, 2);
  assert.equal((await restart(service)).status, "Running");
  const after = await namesOf(listInstances(service));
  assert.equal(after.length, 2);
  assert.ok(after.every((name) => !before.includes(name)));
});

test("scale changes the number of instances alone", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris");
  const [first] = await namesOf(listInstances(service));
  const { config, raw } = await scale(service, 3);
  assert.deepEqual([config.metadata?.instance, raw.TotalInstance, raw.RunningInstance], [3, 3, 3]);
  const instances = await namesOf(listInstances(service));
  assert.equal(instances.length, 3);
  assert.ok(instances.includes(first!));
});

test("scale to none does not wait for an answer that nobody can give", async () => {
  const { client, clock, deploy } = emulatedServices();
  const service = await deploy("iris");
  const began = clock.now();
  const { config, raw } = await scale(service, 0);
  assert.deepEqual([config.metadata?.instance, raw.TotalInstance], [0, 0]);
  assert.ok(clock.now() - began < 60_000);
  await scale({ client, name: "iris" }, 1);
  assert.equal(await service.predictor().predict(1), "iris");
});

test("switchVersion and rollback bring earlier versions back, and listVersions tells which there are", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris", { model_config: "one" });
  await update(service, { model_config: "two" });
  await update(service, { model_config: "three" });
  const versions = await Array.fromAsync(listVersions(service));
  assert.deepEqual(versions.map(({ version, config }) => [version, config?.model_config]).sort(), [
    [1, "one"],
    [2, "two"],
    [3, "three"],
  ]);
  assert.ok(versions.every(({ builtAt, imageAvailable, runnable }) => builtAt && imageAvailable && runnable));
  assert.equal((await rollback(service)).config.model_config, "two");
  assert.equal((await rollback(service)).config.model_config, "one");
  await assert.rejects(
    rollback(service),
    /^ServiceError: Cannot switch the version of service "iris": it runs its first/,
  );
  assert.equal((await switchVersion(service, 3)).config.model_config, "three");
});

test("release sets weight and traffic state", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris", { metadata: { group: "flowers" } });
  await release(service, { weight: 30, trafficState: "grouping" });
  const { raw } = await service.describe();
  assert.deepEqual([raw.Weight, raw.TrafficState], [30, "grouping"]);
  await release(service, { weight: -1 });
  assert.equal((await service.describe()).raw.Weight, -1);
});

test("listGroups and describeGroup tell of groups, and show no token", async () => {
  const { client, deploy } = emulatedServices();
  await deploy("iris", { metadata: { group: "flowers" } });
  await deploy("rex", { metadata: { group: "dogs" } });
  assert.deepEqual((await namesOf(listGroups(client))).sort(), ["dogs", "flowers"]);
  assert.deepEqual(await namesOf(listGroups(client, { filter: "flow" })), ["flowers"]);
  const group = await describeGroup(client, "flowers");
  assert.match(group.internetEndpoint ?? "", /\/api\/predict\/flowers$/);
  assert.ok(group.createdAt instanceof Date);
  assert.ok(group.accessToken);
  assert.ok(!JSON.stringify(group).includes(group.accessToken));
  await assert.rejects(describeGroup(client, "cats"), ApiError);
});

test("setAutoscaler makes an autoscaler or changes the one that there is", async () => {
  const { deploy, requests } = emulatedServices();
  const service = await deploy("iris");
  assert.equal(await describeAutoscaler(service), undefined);
  const qps = { min: 0, max: 4, scaleStrategies: [{ metricName: "qps", threshold: 10 }] };
  await setAutoscaler(service, qps);
  const { currentMetrics, ...set } = await describeAutoscaler(service) ?? assert.fail();
  assert.deepEqual(set, qps);
  assert.equal(currentMetrics[0]?.metricName, "qps");
  const slow = { ...qps, max: 8, behavior: { scaleDown: { stabilizationWindowSeconds: 600 } } };
  await setAutoscaler(service, slow);
  assert.deepEqual((await describeAutoscaler(service))?.behavior, slow.behavior);
  const methods = requests.filter((line) => !line.startsWith("GET")).map((line) => line.split(" ")[0]);
  assert.deepEqual(methods, ["POST", "PUT"]);
  await deleteAutoscaler(service);
  assert.equal(await describeAutoscaler(service), undefined);
});

test("setCronScaler makes a cron scaler or changes the one that there is", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris");
  assert.equal(await describeCronScaler(service), undefined);
  const jobs = [{ schedule: "0 0 8 * * *", targetSize: 4, name: "morning" }, {
    schedule: "0 0 20 * * *",
    targetSize: 1,
  }];
  await setCronScaler(service, { jobs, excludeDates: ["* * * * * 0,6"] });
  const found = await describeCronScaler(service) ?? assert.fail();
  assert.deepEqual(found.jobs.map(({ schedule, targetSize }) => [schedule, targetSize]), [
    ["0 0 8 * * *", 4],
    [
      "0 0 20 * * *",
      1,
    ],
  ]);
  assert.equal(found.jobs[0]?.name, "morning");
  assert.deepEqual(found.excludeDates, ["* * * * * 0,6"]);
  await setCronScaler(service, { jobs: jobs.slice(1) });
  assert.equal((await describeCronScaler(service))?.jobs.length, 1);
  await deleteCronScaler(service);
  assert.equal(await describeCronScaler(service), undefined);
});

test("describeAutoscaler of a service that is not there rejects", async () => {
  const { client } = emulatedServices();
  await assert.rejects(describeAutoscaler({ client, name: "nobody" }), ApiError);
  await assert.rejects(describeCronScaler({ client, name: "nobody" }), ApiError);
});

test("listInstances tells how instances are, and restartInstances replaces them or starts their process anew", async () => {
  const { deploy, clock } = emulatedServices();
  const service = await deploy("iris", { metadata: { instance: 3 } });
  clock.time += 60_000;
  const instances = await Array.fromAsync(listInstances(service, { pageSize: 2 }));
  assert.equal(instances.length, 3);
  const [first, second] = instances;
  assert.ok(first && second);
  assert.deepEqual([first.status, first.restarts, first.lastState.length], ["Running", 0, 0]);
  assert.equal(first.processes.ready, first.processes.total);
  assert.ok(first.startedAt instanceof Date && first.innerIp && first.hostIp);
  assert.deepEqual(await namesOf(listInstances(service, { instance: second.name })), [second.name]);
  assert.deepEqual(await namesOf(listInstances(service, { status: "Pending" })), []);
  await restartInstances(service, first.name, { soft: true });
  await service.wait();
  assert.ok((await namesOf(listInstances(service))).includes(first.name));
  await restartInstances(service, [first.name, second.name]);
  clock.time += 60_000;
  const names = await namesOf(listInstances(service));
  assert.equal(names.length, 3);
  assert.ok(!names.includes(first.name) && !names.includes(second.name));
});

test("listEvents tells what happened, with what the vendor packs into JSON unpacked", async () => {
  const { deploy, clock } = emulatedServices();
  const service = await deploy("iris");
  const events = await Array.fromAsync(listEvents(service, { pageSize: 2 }));
  assert.deepEqual(events.filter(({ reason }) => /^[CWR].*ing$/.test(reason)).map(({ reason }) => reason), [
    "Creating",
    "Waiting",
    "Running",
  ]);
  assert.ok(events.every(({ message }) => message !== "" && !message.startsWith("{")));
  const last = events.at(-1)?.time?.getTime() ?? 0;
  assert.ok(last <= clock.now() && last > 0);
  clock.time += 1000;
  const since = clock.now();
  await service.stop();
  const later = await Array.fromAsync(listEvents(service, { since: new Date(since) }));
  assert.deepEqual(later.map(({ reason }) => reason).filter((reason) => reason.startsWith("Stop")), [
    "Stopping",
    "Stopped",
  ]);
  assert.deepEqual(await Array.fromAsync(listEvents(service, { type: "Warning" })), []);
});

test("listEvents takes messages as they are that are no JSON, or JSON without a message", async () => {
  const Events = ["plain", '{"a":1}', '"text"', "null", "{"].map((Message) => ({ Message, Time: "no time" }));
  const client = answering({}, () => ({ Events }));
  const messages = (await Array.fromAsync(listEvents({ client, name: "iris" }))).map(({ message }) =>
    message
  );
  assert.deepEqual(messages, Events.map(({ Message }) => Message));
});

test("diagnose tells what is wrong with a service or an instance, and nothing of one that is well", async () => {
  const { client, deploy, clock } = emulatedServices({ scenarios: { sick: "OOMKilled" } });
  const well = await deploy("well");
  assert.deepEqual(await diagnose(well), []);
  const [instance] = await namesOf(listInstances(well));
  assert.deepEqual(await diagnose(well, { instance }), []);
  await assert.rejects(deploy("sick", {}), DeployError);
  clock.time += 1_000; // until the failed one is gone
  const body = { name: "sick", processor: "pmml", metadata: { instance: 1, cpu: 1, memory: 1000 } };
  await client.call("CreateService", { method: "POST", path: "/api/v2/services", body });
  clock.time += 3_600_000;
  const sick: EasRef = { client, name: "sick" };
  const [found] = await diagnose(sick);
  assert.match(found?.error ?? "", /OOMKilled/);
  assert.ok(found?.causes.length && found.advices.length);
  const [crashing] = await namesOf(listInstances(sick));
  assert.deepEqual(await diagnose(sick, { instance: crashing }), [found]);
});

test("setLabels adds and replaces, deleteLabels takes away", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris", {}, { team: "ads", env: "test" });
  await setLabels(service, { env: "prod", owner: "me" });
  assert.deepEqual((await service.describe()).labels, { team: "ads", env: "prod", owner: "me" });
  await deleteLabels(service, ["team", "owner"]);
  assert.deepEqual((await service.describe()).labels, { env: "prod" });
  await deleteLabels(service, "env");
  assert.deepEqual((await service.describe()).labels, {});
});

test("setSafetyLock keeps a service from being stopped or deleted", async () => {
  const { deploy } = emulatedServices();
  const service = await deploy("iris");
  await setSafetyLock(service, "dangerous");
  await assert.rejects(service.delete(), ApiError);
  await setSafetyLock(service, "none");
  await service.delete();
});

test("Service.delete waits until the name is free again when it is told to", async () => {
  const { deploy, client, clock } = emulatedServices({ delays: { delete: 20_000 } });
  const service = await deploy("iris");
  const began = clock.now();
  await service.delete({ wait: true });
  assert.ok(clock.now() - began >= 20_000);
  assert.deepEqual(await namesOf(listServices(client)), []);
});

test("temporary services are deleted when they are disposed of, also when they are gone already", async () => {
  const { deploy, client, clock } = emulatedServices();
  const service = temporary(await deploy("iris")); // `await using` does the same, where the runtime knows it
  await service[Symbol.asyncDispose]();
  clock.time += 1000;
  assert.deepEqual(await namesOf(listServices(client)), []);
  const gone = temporary(await deploy("iris"));
  await gone.delete({ wait: true });
  await gone[Symbol.asyncDispose]();
  const kept = await deploy("kept");
  assert.ok(!(Symbol.asyncDispose in kept));
});

test("explainFailure of a service that is well knows no cause, and rejects for one that is not there", async () => {
  const { deploy, client } = emulatedServices();
  await deploy("iris");
  const error = await explainFailure(client, "iris");
  assert.deepEqual(error.causes.map(({ kind }) => kind), ["unknown"]);
  assert.match(error.message, /^Cannot run service "iris": status is Running \(.*\); its log ends with "/);
  await assert.rejects(explainFailure(client, "nobody"), ApiError);
});

/** A client whose every call is answered so. */
function answering(own: Partial<Client>, answer: () => unknown): Client {
  const { client } = fakeEas();
  return { ...client, ...own, call: <T>() => Promise.resolve(answer() as T) }; // as loose as the real answers
}

const versions = (CurrentVersion: unknown, LatestVersion: unknown) => ({ CurrentVersion, LatestVersion });

test("switchVersion refuses the version that runs, and those that there are none of, without asking for a change", async () => {
  for (const version of [5, 6, 9]) {
    const cloud = fakeEas({ exists: true, reply: versions(5, 8) });
    const done = switchVersion({ client: cloud.client, name: "iris" }, version, { wait: false });
    if (version === 6) await done;
    else {await assert.rejects(done, (error) =>
        error instanceof ServiceError && error.code === "InvalidVersion");}
    assert.equal(cloud.actions().includes("UpdateServiceVersion"), version === 6);
  }
});

/** Every operation on a service, called as it should be. */
const operations: Record<string, (service: EasRef, options: { signal?: AbortSignal }) => unknown> = {
  restart,
  update: (service, options) => update(service, {}, options),
  scale: (service, options) => scale(service, 2, options),
  listVersions: (service, options) => Array.fromAsync(listVersions(service, options)),
  switchVersion: (service, options) => switchVersion(service, 1, options),
  rollback,
  release: (service, options) => release(service, { weight: 1, ...options }),
  setAutoscaler: (service, options) =>
    setAutoscaler(
      service,
      { min: 1, max: 2, scaleStrategies: [{ metricName: "qps", threshold: 1 }] },
      options,
    ),
  describeAutoscaler,
  deleteAutoscaler,
  setCronScaler: (service, options) =>
    setCronScaler(service, { jobs: [{ schedule: "* * * * * *", targetSize: 1 }] }, options),
  describeCronScaler,
  deleteCronScaler,
  listInstances: (service, options) => Array.fromAsync(listInstances(service, options)),
  restartInstances: (service, options) => restartInstances(service, "a", options),
  listEvents: (service, options) => Array.fromAsync(listEvents(service, options)),
  logs: (service, options) => Array.fromAsync(logs(service, options)),
  diagnose,
  setLabels: (service, options) => setLabels(service, { a: "b" }, options),
  deleteLabels: (service, options) => deleteLabels(service, "a", options),
  setSafetyLock: (service, options) => setSafetyLock(service, "none", options),
};

for (const [name, run] of Object.entries(operations)) {
  test(`${name} refuses services that don't run in EAS, and is cancelled by its signal`, async () => {
    const attempt = async (service: unknown, signal?: AbortSignal): Promise<unknown> =>
      await run(service as EasRef, { signal }); // what JavaScript callers may give
    await assert.rejects(
      attempt({ name: "local" }),
      /^TypeError: .*does not run in EAS; give a service of EAS/,
    );
    const { client, calls } = fakeEas({ exists: true });
    await assert.rejects(attempt({ client }), /^TypeError: .*it has no name/);
    assert.deepEqual(calls, []);
    const reason = new Error("enough");
    await assert.rejects(
      attempt({ client, name: "iris" }, AbortSignal.abort(reason)),
      (error) => error === reason,
    );
  });
}

/** Arguments that can't be used. */
const wrong: [title: string, run: (service: EasRef) => unknown, error: RegExp][] = [
  ["update with a list", (service) => update(service, [] as never), /TypeError.*no object/],
  [
    "update of an unknown type",
    (service) => update(service, {}, { type: "patch" as never }),
    /TypeError.*"patch"/,
  ],
  ["update with a timeout of 0", (service) => update(service, {}, { timeout: 0 }), /RangeError.*timeout/],
  [
    "update with less than no patience",
    (service) => update(service, {}, { giveUpAfter: -1 }),
    /RangeError.*giveUpAfter/,
  ],
  ["scale to half an instance", (service) => scale(service, 0.5), /RangeError.*0\.5/],
  ["scale to less than none", (service) => scale(service, -1), /RangeError.*-1/],
  ["switchVersion to 0", (service) => switchVersion(service, 0), /RangeError.*version is 0/],
  ["switchVersion to -1", (service) => switchVersion(service, -1), /RangeError.*version is -1/],
  ["release of nothing", (service) => release(service, {}), /TypeError.*weight or a trafficState/],
  ["release with too much weight", (service) => release(service, { weight: 1001 }), /RangeError.*1001/],
  [
    "release to an unknown state",
    (service) => release(service, { trafficState: "x" as never }),
    /TypeError.*"x"/,
  ],
  [
    "setAutoscaler with min above max",
    (service) => setAutoscaler(service, { min: 3, max: 2, scaleStrategies: [] }),
    /RangeError.*min is 3 and max 2/,
  ],
  [
    "setAutoscaler without a strategy",
    (service) => setAutoscaler(service, { min: 1, max: 2, scaleStrategies: [] }),
    /TypeError.*scaleStrategies is empty/,
  ],
  [
    "setAutoscaler with a threshold of 0",
    (service) =>
      setAutoscaler(service, { min: 1, max: 2, scaleStrategies: [{ metricName: "qps", threshold: 0 }] }),
    /RangeError.*threshold of qps is 0/,
  ],
  [
    "setCronScaler without jobs",
    (service) => setCronScaler(service, { jobs: [] }),
    /TypeError.*jobs is empty/,
  ],
  [
    "setCronScaler with five fields",
    (service) => setCronScaler(service, { jobs: [{ schedule: "0 8 * * *", targetSize: 1 }] }),
    /TypeError.*"0 8 \* \* \*" has not the six fields/,
  ],
  [
    "setCronScaler to half an instance",
    (service) => setCronScaler(service, { jobs: [{ schedule: "0 0 8 * * *", targetSize: 0.5 }] }),
    /RangeError.*targetSize is 0\.5/,
  ],
  ["restartInstances of none", (service) => restartInstances(service, []), /TypeError.*names of instances/],
  [
    "restartInstances of two in one",
    (service) => restartInstances(service, "a,b"),
    /TypeError.*names of instances/,
  ],
  [
    "restartInstances of a container without soft",
    (service) => restartInstances(service, "a", { container: "worker0" }),
    /TypeError.*soft: true/,
  ],
  ["setLabels of nothing", (service) => setLabels(service, {}), /TypeError.*at least one/],
  ["setLabels of a number", (service) => setLabels(service, { a: 1 as never }), /TypeError.*text/],
  ["deleteLabels of nothing", (service) => deleteLabels(service, []), /TypeError.*keys/],
  ["deleteLabels of a key with a comma", (service) => deleteLabels(service, "a,b"), /TypeError.*comma/],
  [
    "setSafetyLock of an unknown kind",
    (service) => setSafetyLock(service, "off" as never),
    /TypeError.*"off"/,
  ],
  [
    "listEvents of 0 at once",
    (service) => Array.fromAsync(listEvents(service, { pageSize: 0 })),
    /RangeError.*pageSize/,
  ],
  [
    "listInstances of NaN",
    (service) => Array.fromAsync(listInstances(service, { pageSize: NaN })),
    /RangeError/,
  ],
  [
    "logs with half a tail",
    (service) => Array.fromAsync(logs(service, { tail: 0.5 })),
    /RangeError.*tail is 0\.5/,
  ],
  [
    "logs that follow until a time",
    (service) => Array.fromAsync(logs(service, { follow: true, until: new Date() })),
    /TypeError.*follow and until/,
  ],
  [
    "logs since no time",
    (service) => Array.fromAsync(logs(service, { since: new Date(NaN) })),
    /TypeError.*since/,
  ],
];

for (const [title, run, error] of wrong) {
  test(`${title} is refused before any request`, async () => {
    const { client, calls } = fakeEas({ exists: true });
    await assert.rejects(async () => await run({ client, name: "iris" }), error);
    assert.deepEqual(calls, []);
  });
}

test("operations without a service are refused", async () => {
  const { client } = fakeEas();
  await assert.rejects(describeGroup(client, ""), TypeError);
  assert.throws(() => listServices(client, { pageSize: 1.5 }), RangeError);
  assert.throws(() => listGroups(client, { pageSize: 0 }), RangeError);
  await assert.rejects(async () => await diagnose(undefined as never), TypeError); // what JavaScript callers may give
});
