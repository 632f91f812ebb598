// Alibaba's generated SDK of the EAS API for Python, unmodified, against the emulator: every operation that it plays.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { lasting, startCloud, temporary } from "./cloud.ts";
import { type PythonServer, skipPython, startPython } from "./python.ts";

const skip = { skip: skipPython };
const server: Promise<PythonServer> | undefined = skipPython ? undefined : startPython("eas_client.py");
after(async () => await (await server)?.stop());

type Members = Record<string, unknown>;
// What the SDK read is known to its models alone, so the tests say what they expect to be in it.
interface Answer {
  /** What the SDK read, by wire names. */
  body: Members;
  /** Members of the SDK's models that the answer did not have. */
  missing: string[];
}

/** Calls a method of the SDK: its path arguments, then the members of its request. */
type Call = (op: string, path?: string[], request?: Members) => Promise<Answer>;

const key = [lasting.accessKeyId, lasting.accessKeySecret];
const region = "cn-hangzhou";
const iris = [region, "peer_iris"];
const config = {
  name: "peer_iris",
  processor: "echo",
  metadata: { instance: 2, cpu: 1, memory: 2000, group: "peers", workspace_id: "7" },
};

async function world(
  options: EmulatorOptions = {},
  credentials = key,
): Promise<{ call: Call } & AsyncDisposable> {
  const handlers = { echo: (request: Request): Response => new Response(request.body) };
  const cloud = await startCloud({ handlers, ...options });
  const call: Call = async (op, path, request) => {
    const sent = { endpoint: cloud.url, credentials, op, path, request };
    const answer = await fetch(`${(await server!).url}/call`, { method: "POST", body: JSON.stringify(sent) });
    if (!answer.ok) throw new Error(await answer.text());
    return await answer.json();
  };
  return { call, [Symbol.asyncDispose]: () => cloud.close() };
}

const create = (call: Call, body: Members = config, more: Members = {}): Promise<Answer> =>
  call("create_service", [], { ...more, body: JSON.stringify(body) });

/** What the answer of each of these is to have: every member of the SDK's model. */
const whole: [what: string, op: string, path: (instance: string) => string[], request?: Members][] = [
  ["a service", "describe_service", () => iris],
  ["the services", "list_services", () => [], {}],
  ["its instances", "list_service_instances", () => iris, {}],
  ["its containers", "list_service_containers", (instance) => [...iris, instance]],
  ["its versions", "list_service_versions", () => iris, {}],
  ["its events", "describe_service_event", () => iris, {}],
  ["its log", "describe_service_log", () => iris, {}],
  ["its diagnosis", "describe_service_diagnosis", () => iris],
  ["an instance's diagnosis", "describe_service_instance_diagnosis", (instance) => [...iris, instance]],
  ["its autoscaler", "describe_service_auto_scaler", () => iris],
  ["its cron scaler", "describe_service_cron_scaler", () => iris],
  ["its mirror", "describe_service_mirror", () => iris],
  ["its group", "describe_group", () => [region, "peers"]],
  ["the groups", "list_groups", () => [], {}],
  ["machines", "describe_machine_spec", () => [], {}],
];

test("the SDK misses no member of any answer", skip, async () => {
  await using cloud = await world();
  const { call } = cloud;
  await create(call, config, { Labels: { team: "a b", "é": "&=" } });
  const bounds = {
    min: 1,
    max: 3,
    scaleStrategies: [{ metricName: "qps", threshold: 10, service: "peer_iris" }],
  };
  await call("create_service_auto_scaler", iris, bounds);
  const jobs = [{ Name: "morning", Schedule: "0 0 8 * * *", TargetSize: 3 }];
  await call("create_service_cron_scaler", iris, { ScaleJobs: jobs, ExcludeDates: ["0 0 0 1 1 *"] });
  await call("create_service_mirror", iris, { Ratio: 10, Target: ["other"] });
  const { body: { Instances } } = await call("list_service_instances", iris, {});
  const [first] = Instances as Members[];
  for (const [what, op, path, request] of whole) {
    const { missing } = await call(op, path(String(first?.InstanceName)), request);
    // The vendor's example of a list has the id of the request once, though each service's model has it as well.
    assert.deepEqual(missing.filter((name) => name !== "body.services.request_id"), [], what);
  }
});

test("the SDK creates, lists and describes a service, with labels", skip, async () => {
  await using cloud = await world();
  const { call } = cloud;
  const created = await create(call, config, { Labels: { team: "a b", "é": "&=" }, WorkspaceId: "8" });
  assert.deepEqual([created.body.ServiceName, created.missing], ["peer_iris", []]);
  await create(call, { ...config, name: "peer_rose" });
  const { body } = await call("describe_service", iris);
  assert.deepEqual(JSON.parse(String(body.ServiceConfig)), config);
  assert.deepEqual(
    [body.Status, body.Reason, body.TotalInstance, body.RunningInstance, body.ServiceGroup, body.WorkspaceId],
    ["Running", "RUNNING", 2, 2, "peers", "8"],
  );
  assert.deepEqual(body.Labels, [{ LabelKey: "team", LabelValue: "a b" }, {
    LabelKey: "é",
    LabelValue: "&=",
  }]);
  const names = async (request: Members): Promise<unknown[]> => {
    const { body: { Services } } = await call("list_services", [], request);
    return (Services as Members[]).map(({ ServiceName }) => ServiceName);
  };
  assert.deepEqual(await names({}), ["peer_rose", "peer_iris"]);
  assert.deepEqual(await names({ Label: { team: "a b" } }), ["peer_iris"]);
  assert.deepEqual(await names({ GroupName: "peers", Order: "asc", PageSize: 1, PageNumber: 2 }), [
    "peer_rose",
  ]);
  assert.deepEqual(await names({ ServiceStatus: "Stopped" }), []);
});

test(
  "the SDK updates, scales, switches versions, releases, stops, starts, restarts and deletes",
  skip,
  async () => {
    await using cloud = await world();
    const { call } = cloud;
    const described = async (...names: string[]): Promise<unknown[]> => {
      const { body } = await call("describe_service", iris);
      return names.map((name) => body[name]);
    };
    await create(call);
    await call("update_service", iris, { body: JSON.stringify({ metadata: { instance: 4 } }) });
    assert.deepEqual(await described("RunningInstance", "LatestVersion"), [4, 1]);
    await call("update_service", iris, { body: JSON.stringify({ metadata: { cpu: 2 } }) });
    const replaced = { name: "peer_iris", processor: "echo", metadata: { cpu: 3 } };
    await call("update_service", iris, { UpdateType: "replace", body: JSON.stringify(replaced) });
    assert.deepEqual(await described("Cpu", "TotalInstance", "CurrentVersion"), [3, 1, 3]);
    await call("update_service_version", iris, { Version: 2 });
    assert.deepEqual(await described("Cpu", "TotalInstance", "CurrentVersion", "LatestVersion"), [
      2,
      4,
      2,
      3,
    ]);
    await call("release_service", iris, { Weight: 30, TrafficState: "grouping" });
    assert.deepEqual(await described("Weight", "TrafficState"), [30, "grouping"]);
    await call("update_service_label", iris, { Labels: { a: "1", b: "2" } });
    await call("delete_service_label", iris, { Keys: ["a"] });
    assert.deepEqual(await described("Labels"), [[{ LabelKey: "b", LabelValue: "2" }]]);
    await call("update_service_safety_lock", iris, { Lock: "dangerous" });
    await assert.rejects(call("stop_service", iris), /ServiceLocked/);
    await call("update_service_safety_lock", iris, { Lock: "none" });
    await call("restart_service", iris);
    await call("stop_service", iris);
    assert.deepEqual(await described("Status", "RunningInstance"), ["Stopped", 0]);
    await call("start_service", iris);
    assert.deepEqual(await described("Status", "RunningInstance"), ["Running", 4]);
    await call("develop_service", iris, {});
    assert.deepEqual(await described("Status"), ["Developing"]);
    await call("commit_service", iris);
    await call("delete_service", iris);
    await assert.rejects(call("describe_service", iris), /ServiceNotFound/);
  },
);

test("the SDK scales automatically, and by the clock", skip, async () => {
  await using cloud = await world();
  const { call } = cloud;
  await create(call);
  const bounds = { min: 3, max: 5, scaleStrategies: [{ metricName: "cpu", threshold: 60 }] };
  await call("create_service_auto_scaler", iris, bounds);
  const { body } = await call("describe_service_auto_scaler", iris);
  assert.deepEqual([body.MinReplica, body.MaxReplica], [3, 5]);
  assert.equal((await call("describe_service", iris)).body.RunningInstance, 3);
  await call("update_service_auto_scaler", iris, { ...bounds, min: 4 });
  assert.equal((await call("describe_service", iris)).body.RunningInstance, 4);
  await call("delete_service_auto_scaler", iris);
  await assert.rejects(call("describe_service_auto_scaler", iris), /AutoScalerNotFound/);
  const ScaleJobs = [{ Name: "night", Schedule: "0 0 20 * * *", TargetSize: 1 }];
  await call("create_service_cron_scaler", iris, { ScaleJobs });
  const { body: { ScaleJobs: shown } } = await call("describe_service_cron_scaler", iris);
  const [job] = shown as Members[];
  assert.deepEqual([job?.Name, job?.Schedule, job?.TargetSize], ["night", "0 0 20 * * *", 1]);
  await call("delete_service_cron_scaler", iris);
});

test("the SDK reads instances, restarts one, and reads events and the log", skip, async () => {
  await using cloud = await world();
  const { call } = cloud;
  await create(call);
  const instances = async (): Promise<string[]> => {
    const { body: { Instances } } = await call("list_service_instances", iris, {});
    return (Instances as Members[]).map(({ InstanceName }) => String(InstanceName));
  };
  const [first = "", second = ""] = await instances();
  await call("delete_service_instances", iris, { InstanceList: first });
  const after = await instances();
  assert.equal(after.length, 2);
  assert.ok(after.includes(second) && !after.includes(first));
  await call("delete_service_instances", iris, { InstanceList: second, SoftRestart: true });
  assert.deepEqual(await instances(), after);
  const { body: { Events, TotalCount } } = await call("describe_service_event", iris, {
    PageSize: "2",
    EventType: "Normal",
  });
  assert.equal((Events as Members[]).length, 2);
  assert.ok(Number(TotalCount) > 2);
  const { body: { Logs } } = await call("describe_service_log", iris, {
    Keyword: "is up",
    InstanceName: second,
  });
  assert.match(
    String((Logs as string[])[0]),
    new RegExp(`^\\[.*\\] \\[${second}\\] INFO service peer_iris is up$`),
  );
});

test("the SDK reads why a service failed", skip, async () => {
  await using cloud = await world({ scenarios: { peer_iris: "ImagePullBackOff" } });
  const { call } = cloud;
  await create(call);
  const { body } = await call("describe_service", iris);
  assert.deepEqual([body.Status, body.Reason], ["Failed", "FAILED"]);
  const { body: { DiagnosisList }, missing } = await call("describe_service_diagnosis", iris);
  const [diagnosis] = DiagnosisList as Members[];
  assert.deepEqual([diagnosis?.Error, missing], ["Container worker0 failed to pull image.", []]);
});

test("the SDK is refused with another secret, and let in with a token", skip, async () => {
  await using wrong = await world({}, [lasting.accessKeyId, "wrong"]);
  await assert.rejects(wrong.call("list_services", [], {}), /SignatureDoesNotMatch/);
  const { accessKeyId, accessKeySecret, securityToken } = temporary;
  await using cloud = await world({}, [accessKeyId, accessKeySecret, securityToken]);
  assert.equal((await cloud.call("list_services", [], {})).body.TotalCount, 0);
});
