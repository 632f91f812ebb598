import assert from "node:assert/strict";
import { test } from "node:test";
import { eas, type EasDeployOptions, InferenceSpec, Model, plan } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { fakeEas } from "../support/fake_eas.ts";

type Config = Record<string, unknown>;

interface Row {
  name: string;
  /** What DescribeService tells; there is no service when it is absent. */
  runs?: Config;
  labels?: Record<string, string>;
  group?: string;
  wants: Config;
  options?: EasDeployOptions;
  text: string[];
}

const machine = { computing: { instance_type: "ecs.c6.large" } };
const pmml = {
  name: "iris",
  processor: "pmml",
  model_path: "oss://b/iris.pmml",
  metadata: { instance: 1 },
  cloud: machine,
};
const image = { image: "registry.example.com/iris:1", port: 8000, script: "serve" };
const container = { name: "iris", containers: [image], metadata: { instance: 1 }, cloud: machine };
const nothing = ['Service "iris" is as it should be; there is nothing to do'];
const withEnv = (...env: [name: string, value: string][]): Config => ({
  ...container,
  containers: [{ ...image, env: env.map(([name, value]) => ({ name, value })) }],
});

const rows: Row[] = [
  {
    name: "a new service",
    wants: { ...pmml, token: "t0psecret", metadata: { rpc: { keepalive: 5000 } } },
    options: { labels: { team: "vision" } },
    text: [
      'Service "iris" is created:',
      '  + name: "iris"',
      '  + processor: "pmml"',
      "  + metadata.rpc.keepalive: 5000",
      "  + metadata.instance: 1",
      '  + cloud.computing.instance_type: "ecs.c6.large"',
      '  + model_path: "oss://b/iris.pmml"',
      '  + token: "***"',
      '  + labels.team: "vision"',
    ],
  },
  { name: "the same", runs: pmml, wants: pmml, text: nothing },
  {
    name: "the same in another order",
    runs: Object.fromEntries(Object.entries(pmml).reverse()),
    wants: pmml,
    text: nothing,
  },
  {
    name: "what nobody has documented",
    runs: {
      ...pmml,
      region: "cn-hangzhou",
      metadata: { ...pmml.metadata, owner_uid: "1", rpc: { added: 1 } },
    },
    wants: pmml,
    text: nothing,
  },
  {
    name: "documented defaults",
    runs: {
      ...pmml,
      unit: { size: 2 },
      metadata: {
        ...pmml.metadata,
        enable_grpc: false,
        qos: "",
        rolling_strategy: { max_surge: "2%" },
        rpc: { io_threads: 4, worker_threads: 5, max_queue_size: 64, batching: false },
      },
    },
    wants: pmml,
    text: nothing,
  },
  {
    name: "what the service knows of its machine and its workspace",
    runs: { ...pmml, metadata: { instance: 1, cpu: 2, memory: 4000, gpu: 0, workspace_id: "42" } },
    wants: pmml,
    text: nothing,
  },
  {
    name: "numbers and truth as text",
    runs: { ...pmml, metadata: { instance: "1", rpc: { keepalive: "5000", batching: "true" } } },
    wants: { ...pmml, metadata: { instance: 1, rpc: { keepalive: 5000, batching: true } } },
    text: nothing,
  },
  {
    name: "a machine in a list",
    runs: { ...pmml, cloud: { computing: { instances: [{ type: "ecs.c6.large" }] } } },
    wants: pmml,
    text: nothing,
  },
  {
    name: "a machine that was in a list",
    runs: pmml,
    wants: { ...pmml, cloud: { computing: { instances: [{ type: "ecs.c6.large" }] } } },
    text: nothing,
  },
  {
    name: "a machine told twice",
    runs: {
      ...pmml,
      cloud: { computing: { instance_type: "ecs.c6.large", instances: [{ type: "ecs.c6.large" }] } },
    },
    wants: pmml,
    text: nothing,
  },
  {
    name: "the name's other place, and a schema for editors",
    runs: pmml,
    wants: {
      ...pmml,
      $schema: "https://example.com/service.schema.json",
      name: undefined,
      metadata: { name: "iris", instance: 1 },
    },
    text: nothing,
  },
  {
    name: "variables and storage in another order",
    runs: {
      ...withEnv(["A", "1"], ["B", "2"]),
      storage: [{ mount_path: "/a", oss: { path: "oss://b/a/" } }, {
        mount_path: "/c/",
        oss: { path: "oss://b/c/", readOnly: false },
      }],
    },
    wants: {
      ...withEnv(["B", "2"], ["A", "1"]),
      storage: [{ mount_path: "/c", oss: { path: "oss://b/c/" } }, {
        mount_path: "/a",
        oss: { path: "oss://b/a/" },
      }],
    },
    text: nothing,
  },
  {
    name: "objects and lists without anything in them",
    runs: container,
    wants: { ...withEnv(), autoscaler: {}, storage: [], metadata: { instance: 1, rpc: {} } },
    text: nothing,
  },
  {
    name: "labels that nobody speaks of",
    runs: pmml,
    labels: { team: "vision" },
    wants: pmml,
    text: nothing,
  },
  {
    name: "more instances",
    runs: pmml,
    wants: pmml,
    options: { instanceCount: 3 },
    text: ['Service "iris" is updated (1 change; its instances go on):', "  ~ metadata.instance: 1 → 3"],
  },
  {
    name: "a number of instances that nobody speaks of",
    runs: { ...pmml, metadata: { instance: 7 } },
    wants: { ...pmml, metadata: {} },
    text: nothing,
  },
  {
    name: "a number of instances that an autoscaler has chosen",
    runs: { ...pmml, metadata: { instance: 4 }, autoscaler: { min: 1, max: 5, strategies: { qps: 10 } } },
    wants: { ...pmml, autoscaler: { min: 1, max: 5, strategies: { qps: 10 } } },
    text: nothing,
  },
  {
    name: "an autoscaler",
    runs: pmml,
    wants: { ...pmml, autoscaler: { min: 1, max: 5, strategies: { qps: 10 } } },
    text: [
      'Service "iris" is updated (3 changes; its instances go on):',
      "  + autoscaler.min: 1",
      "  + autoscaler.max: 5",
      "  + autoscaler.strategies.qps: 10",
    ],
  },
  {
    name: "other labels",
    runs: pmml,
    labels: { team: "vision", stage: "test", "acs:pai:kind": "eas" },
    wants: pmml,
    options: { labels: { team: "speech", cost: "7" } },
    text: [
      'Service "iris" is updated (3 changes; its instances go on):',
      '  ~ labels.team: "vision" → "speech"',
      '  + labels.cost: "7"',
      '  - labels.stage: "test"',
    ],
  },
  {
    name: "another machine, spelt in the old way",
    runs: { ...pmml, cloud: { computing: { instances: [{ type: "ecs.c6.large" }] } } },
    wants: pmml,
    options: { instanceType: "ecs.c7.xlarge" },
    text: [
      'Service "iris" is updated (1 change; its instances are replaced):',
      '  ~ cloud.computing.instances[0].type: "ecs.c6.large" → "ecs.c7.xlarge" (restarts)',
    ],
  },
  {
    name: "resources instead of a machine",
    runs: { ...pmml, metadata: { instance: 1, cpu: 2, memory: 4000 } },
    wants: { ...pmml, cloud: undefined },
    options: { resourceConfig: { cpu: 4, memory: 4000 } },
    text: [
      'Service "iris" is updated (2 changes; its instances are replaced):',
      "  ~ metadata.cpu: 2 → 4 (restarts)",
      '  - cloud.computing.instance_type: "ecs.c6.large" (restarts)',
    ],
  },
  {
    name: "a machine instead of resources",
    runs: { ...pmml, metadata: { instance: 1, cpu: 2, memory: 4000 }, cloud: undefined },
    wants: pmml,
    text: [
      'Service "iris" is updated (3 changes; its instances are replaced):',
      '  + cloud.computing.instance_type: "ecs.c6.large" (restarts)',
      "  - metadata.cpu: 2 (restarts)",
      "  - metadata.memory: 4000 (restarts)",
    ],
  },
  {
    name: "keys that go and keys that come",
    runs: {
      ...pmml,
      warm_up_data_path: "oss://b/warm",
      features: { "eas.aliyun.com/extra-ephemeral-storage": "40Gi" },
      metadata: { instance: 1, rpc: { keepalive: 1000, io_threads: 8, batching: false } },
    },
    wants: { ...pmml, metadata: { instance: 1, rpc: { keepalive: 2000, rate_limit: 9 } } },
    text: [
      'Service "iris" is updated (5 changes; its instances are replaced):',
      "  ~ metadata.rpc.keepalive: 1000 → 2000 (restarts)",
      "  + metadata.rpc.rate_limit: 9 (restarts)",
      "  - metadata.rpc.io_threads: 8 (restarts)",
      '  - warm_up_data_path: "oss://b/warm" (restarts)',
      '  - features["eas.aliyun.com/extra-ephemeral-storage"]: "40Gi" (restarts)',
    ],
  },
  {
    name: "variables, of which some are secret",
    runs: withEnv(["THREADS", "4"], ["API_KEY", "old-key"], ["OLD", "x"]),
    wants: withEnv(["API_KEY", "new-key"], ["THREADS", "8"], ["DB_PASSWORD", "hunter2"]),
    text: [
      'Service "iris" is updated (4 changes; its instances are replaced):',
      "  ~ containers[0].env.API_KEY: another secret (restarts)",
      '  ~ containers[0].env.THREADS: "4" → "8" (restarts)',
      '  + containers[0].env.DB_PASSWORD: "***" (restarts)',
      '  - containers[0].env.OLD: "x" (restarts)',
    ],
  },
  {
    name: "another token, and another password of a registry",
    runs: { ...container, dockerAuth: "b2xkOm9sZA==" },
    wants: { ...container, dockerAuth: "bmV3Om5ldw==", token: "another-token" },
    text: [
      'Service "iris" is updated (2 changes; its instances are replaced):',
      "  ~ dockerAuth: another secret (restarts)",
      "  ~ token: another secret (restarts)",
    ],
  },
  {
    name: "the token that it has",
    runs: pmml,
    wants: { ...pmml, token: "secret-token-of-iris" },
    text: nothing,
  },
  {
    name: "another mount, image and command",
    runs: {
      ...container,
      storage: [{ mount_path: "/model", oss: { path: "oss://b/v1/" } }],
    },
    wants: {
      ...container,
      containers: [{ ...image, image: "registry.example.com/iris:2", script: "serve --fast" }],
      storage: [{ mount_path: "/model/", oss: { path: "oss://b/v2/" } }, {
        mount_path: "/dev/shm",
        empty_dir: { medium: "memory", size_limit: 4 },
      }],
    },
    text: [
      'Service "iris" is updated (5 changes; its instances are replaced):',
      '  ~ containers[0].image: "registry.example.com/iris:1" → "registry.example.com/iris:2" (restarts)',
      '  ~ containers[0].script: "serve" → "serve --fast" (restarts)',
      '  ~ storage["/model"].oss.path: "oss://b/v1/" → "oss://b/v2/" (restarts)',
      '  + storage["/dev/shm"].empty_dir.medium: "memory" (restarts)',
      '  + storage["/dev/shm"].empty_dir.size_limit: 4 (restarts)',
    ],
  },
  {
    name: "what can only be said at the beginning",
    runs: pmml,
    wants: { ...pmml, features: { "eas.aliyun.com/enable-rollout": "true" } },
    text: [
      'Service "iris" is updated (1 change; its instances are replaced):',
      '  + features["eas.aliyun.com/enable-rollout"]: "true" (restarts)',
      '  ! features["eas.aliyun.com/enable-rollout"]: it only takes effect when a service is created ' +
      "(https://www.alibabacloud.com/help/en/pai/update-plan)",
    ],
  },
];

function cloudOf({ runs, labels = {}, group }: Pick<Row, "runs" | "labels" | "group">) {
  return fakeEas({
    exists: runs !== undefined,
    reply: {
      ServiceConfig: JSON.stringify(runs ?? {}),
      Labels: Object.entries(labels).map(([LabelKey, LabelValue]) => ({ LabelKey, LabelValue })),
      ServiceGroup: group,
    },
  });
}

for (const { name, wants, options, text, ...row } of rows) {
  test(`plan tells of ${name}`, async () => {
    const cloud = cloudOf(row);
    const model = new Model({ inferenceSpec: new InferenceSpec(wants) });
    const planned = await plan(eas(cloud.client), model, options);
    assert.deepEqual(String(planned).split("\n"), text);
    assert.deepEqual(cloud.actions(), ["DescribeService"], "it only looks");
    assert.ok(!/secret-token|another-token|t0psecret|-key"|hunter2|bmV3|b2xk/.test(JSON.stringify(planned)));
  });
}

test("plan is data: JSON of it has all that its text tells", async () => {
  const cloud = cloudOf({ runs: pmml });
  const model = new Model({
    inferenceSpec: new InferenceSpec({ ...pmml, warm_up_data_pth: "oss://b/warm" }),
  });
  const planned = await plan(eas(cloud.client), model, { instanceCount: 2 });
  const { warnings, ...rest } = JSON.parse(JSON.stringify(planned));
  assert.deepEqual(rest, {
    name: "iris",
    action: "update",
    changes: [
      { path: "metadata.instance", from: 1, to: 2, restarts: false },
      { path: "warm_up_data_pth", to: "oss://b/warm", restarts: true },
    ],
    uploads: [],
  });
  assert.match(warnings[0].message, /warm_up_data_path/);
  assert.equal(warnings[0].path, "warm_up_data_pth");
});

test("plan tells what is uploaded, where, and what is there already", async () => {
  const cloud = cloudOf({});
  const storage = memory({ bucket: "my-bucket" });
  const files = fromMap({ "a.txt": "12345", "sub/b.txt": "678" }, { label: "./model" });
  const code = fromMap({ "app.py": "x".repeat(1500) }, { label: "./code" });
  const spec = new InferenceSpec(container).mount(files, "/model").mount(code, "/code");
  const target = eas(cloud.client, { storage });
  const heard: string[] = [];
  const planned = await plan(target, new Model({ inferenceSpec: spec }), {
    onProgress: ({ stage, bytes }) => stage === "hash" && heard.push(`${bytes?.done}/${bytes?.total}`),
  });
  const folder = `oss://my-bucket/pai/model_data/${await files.digest()}/`;
  assert.deepEqual(planned.uploads, [
    { label: "./model", files: 2, bytes: 8, address: folder, present: false },
    {
      label: "./code",
      files: 1,
      bytes: 1500,
      address: `oss://my-bucket/pai/model_data/${await code.digest()}/`,
      present: false,
    },
  ]);
  assert.deepEqual(heard.filter((text) => /^(8|1500)\//.test(text)), ["8/8", "1500/1500"]);
  const lines = String(planned).split("\n");
  assert.equal(lines.at(-2), `  ^ "./model" (2 files, 8 bytes) is uploaded to ${folder}`);
  assert.match(
    lines.at(-1)!,
    /^ {2}\^ "\.\/code" \(1 file, 1\.5 KB\) is uploaded to oss:\/\/my-bucket\/pai\/model_data\/[0-9a-f]{64}\/$/,
  );
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
  assert.deepEqual(cloud.actions(), ["DescribeService"]);
});

test("plan wants a name to find the service by, and refuses a wrong configuration before it reads files", async () => {
  const cloud = cloudOf({});
  const storage = memory();
  let read = 0;
  const files = fromMap({ a: "a" });
  const watched = {
    ...files,
    [Symbol.asyncIterator]: () => {
      read++;
      return files[Symbol.asyncIterator]();
    },
  };
  const target = eas(cloud.client, { storage });
  const nameless = new Model({ modelData: watched });
  await assert.rejects(
    plan(target, nameless),
    /TypeError: Cannot plan: the service has no name.*give serviceName/,
  );
  const wrong = new InferenceSpec({ ...container, containers: [{ ...image, port: 99999 }] });
  wrong.mount(watched, "/model");
  await assert.rejects(plan(target, new Model({ inferenceSpec: wrong })), /containers\[0\]\.port/);
  assert.equal(read, 0);
  assert.deepEqual(cloud.calls, []);
});
