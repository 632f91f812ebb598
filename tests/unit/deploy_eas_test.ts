import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileEntry, FileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { Service } from "../../core/service.ts";
import {
  eas,
  type EasDeployOptions,
  InferenceSpec,
  Model,
  ResourceConfig,
} from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { type FakeEas, fakeEas, type FakeScript } from "../support/fake_eas.ts";

type Spec = ConstructorParameters<typeof InferenceSpec>[0];

interface Row {
  name: string;
  spec?: Spec;
  model?: OssUri | FileSource;
  options?: EasDeployOptions;
  script?: FakeScript;
  body: Record<string, unknown>;
}

const properties = { resource_type: "model", resource_use: "base" };
const container = { containers: [{ image: "i", port: 8000, script: "c", env: [] }] };
const pmml = "oss://b/path/model.pmml";
const xgboost = { processor: "xgboost", model_path: pmml, name: "svc" };
const large = { cloud: { computing: { instance_type: "ecs.c6.large" } } };
// The random digits of a folder, which are all zeros here.
const random = /(?<=\/20240101_000000_)\d{6}(?=\/)/g;
const folder = "oss://my-bucket/pai/model_data/20240101_000000_000000/";
const oneFile: FileSource = {
  ...fromMap({ "model.json": "{}" }),
  kind: () => Promise.resolve("file"),
  [Symbol.asyncIterator]: () => fromMap({ "model.json": "{}" })[Symbol.asyncIterator](),
};

const rows: Row[] = [
  {
    name: "a processor alone",
    spec: { processor: "xgboost" },
    model: pmml,
    options: { instanceType: "ecs.c6.large" },
    body: { ...xgboost, metadata: { instance: 1 }, ...large },
  },
  {
    name: "a processor, an address with its endpoint, and options",
    spec: { processor: "xgboost", metadata: { rpc: { keepalive: 1 } } },
    model: "oss://b.oss-cn-beijing.aliyuncs.com/path/model.pmml",
    options: {
      instanceCount: 1,
      instanceType: "ecs.c6.large",
      options: { "metadata.rpc.batching": true, warm_up_data_path: "oss://x" },
    },
    body: {
      ...xgboost,
      oss_endpoint: "oss-cn-beijing.aliyuncs.com",
      metadata: { rpc: { keepalive: 1, batching: true }, instance: 1 },
      ...large,
      warm_up_data_path: "oss://x",
    },
  },
  ...[
    { cpu: 2, memory: 4000, gpu: 1, gpuMemory: 3 },
    new ResourceConfig({ cpu: 2, memory: 4000, gpu: 1, gpuMemory: 3 }),
  ].map((resourceConfig): Row => ({
    name: `resources as ${resourceConfig.constructor.name}`,
    spec: { processor: "xgboost", metadata: { rpc: { keepalive: 1 } } },
    model: pmml,
    options: { resourceConfig, instanceCount: 2, resourceId: "eas-r-xx" },
    body: {
      ...xgboost,
      metadata: {
        rpc: { keepalive: 1 },
        instance: 2,
        cpu: 2,
        memory: 4000,
        gpu: 1,
        gpu_memory: 3,
        resource: "eas-r-xx",
      },
    },
  })),
  {
    name: "resources without GPU",
    spec: { processor: "xgboost" },
    model: pmml,
    options: { resourceConfig: { cpu: 0.5, memory: 4000, gpu: 0 } },
    body: { ...xgboost, metadata: { instance: 1, cpu: 0.5, memory: 4000 } },
  },
  {
    name: "an async container",
    spec: container,
    model: "oss://b/path/model/",
    options: { serviceType: "Async", instanceType: "ecs.c6.large" },
    body: {
      ...container,
      storage: [{ mount_path: "/eas/workspace/model/", oss: { path: "oss://b/path/model/" }, properties }],
      metadata: { type: "Async", rpc: { proxy_path: "/" }, instance: 1 },
      name: "svc",
      ...large,
    },
  },
  {
    name: "an async processor, told by its options",
    spec: { processor: "xgboost" },
    model: pmml,
    options: { options: { "metadata.type": "Async" } },
    body: { ...xgboost, metadata: { instance: 1, type: "Async" } },
  },
  {
    name: "no spec at all",
    model: "oss://b/path/model/",
    options: { instanceType: "e" },
    body: {
      model_path: "oss://b/path/model/",
      name: "svc",
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "e" } },
    },
  },
  {
    name: "files for a container",
    spec: container,
    model: oneFile,
    body: {
      ...container,
      storage: [{ mount_path: "/eas/workspace/model/", oss: { path: folder }, properties }],
      metadata: { instance: 1 },
      name: "svc",
    },
  },
  {
    name: "one file for a processor",
    spec: { processor: "xgboost" },
    model: oneFile,
    body: { ...xgboost, model_path: `${folder}model.json`, metadata: { instance: 1 } },
  },
  {
    name: "a folder for a processor",
    spec: { processor: "xgboost" },
    model: fromMap({ "model.json": "{}" }),
    body: { ...xgboost, model_path: folder, metadata: { instance: 1 } },
  },
  {
    name: "storage of every kind, in order",
    spec: {
      ...container,
      storage: [
        { empty_dir: { medium: "memory", size_limit: 64 }, mount_path: "/dev/shm" },
        { mount_path: "/o", oss: { path: "oss://b/p/", endpoint: "oss-cn-beijing.aliyuncs.com" } },
        {
          mount_path: "/r",
          oss: { path: "oss://b/q/", readOnly: true },
          properties: { resource_type: "code" },
        },
        { image: { image: "MyImageUri", path: "/path/to/mount/" }, mount_path: "/data_image" },
      ],
    },
    body: {
      ...container,
      storage: [
        { empty_dir: { medium: "memory", size_limit: 64 }, mount_path: "/dev/shm" },
        { mount_path: "/o", oss: { path: "oss://b/p/", endpoint: "oss-cn-beijing.aliyuncs.com" } },
        {
          mount_path: "/r",
          oss: { path: "oss://b/q/", readOnly: true },
          properties: { resource_type: "code" },
        },
        { image: { image: "MyImageUri", path: "/path/to/mount/" }, mount_path: "/data_image" },
      ],
      metadata: { instance: 1 },
      name: "svc",
    },
  },
  {
    name: "what the spec says of instances and workspace",
    spec: { processor: "xgboost", metadata: { instance: 3, workspace_id: "7" } },
    model: pmml,
    script: { workspaceId: "42" },
    body: { ...xgboost, metadata: { instance: 3, workspace_id: "7" } },
  },
  {
    name: "the client's workspace",
    spec: { processor: "xgboost" },
    model: pmml,
    script: { workspaceId: "42" },
    body: { ...xgboost, metadata: { instance: 1, workspace_id: "42" } },
  },
  {
    name: "options that beat everything",
    spec: { processor: "xgboost" },
    model: pmml,
    options: {
      instanceType: "a",
      options: { name: "other", "cloud.computing": { instance_type: "b" }, x: { "y.z": 1 } },
    },
    body: {
      ...xgboost,
      name: "other",
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "b" } },
      x: { "y.z": 1 },
    },
  },
];

async function deploy(row: Omit<Row, "name" | "body">): Promise<{ cloud: FakeEas; service: Service }> {
  const cloud = fakeEas(row.script);
  const target = eas(cloud.client, { storage: memory({ bucket: "my-bucket" }) });
  const inferenceSpec = row.spec ? new InferenceSpec(row.spec) : undefined;
  const before = JSON.stringify(inferenceSpec);
  const model = new Model({ modelData: row.model, inferenceSpec });
  const service = await model.deploy(target, { serviceName: "svc", ...row.options });
  assert.equal(JSON.stringify(inferenceSpec), before, "the spec is not changed");
  return { cloud, service };
}

for (const { name, body, ...row } of rows) {
  test(`Model.deploy sends ${name}`, async () => {
    const { cloud, service } = await deploy(row);
    assert.deepEqual(JSON.parse(JSON.stringify(cloud.body()).replace(random, "000000")), body);
    assert.equal(service.name, body.name);
  });
}

test("Model.deploy asks whether the name is free, creates once, and sends labels as a query", async () => {
  const { cloud } = await deploy({ model: pmml, options: { labels: { a: "b" } } });
  assert.deepEqual(cloud.actions(), ["DescribeService", "CreateService", "DescribeService"]);
  const [asked, created] = cloud.calls;
  assert.equal(asked?.path, "/api/v2/services/cn-hangzhou/svc");
  assert.deepEqual({ ...created, body: undefined }, {
    action: "CreateService",
    method: "POST",
    path: "/api/v2/services",
    query: { Labels: '{"a":"b"}' },
    body: undefined,
    timeout: 60_000,
  });
  assert.equal((await deploy({ model: pmml })).cloud.calls[1]?.query, undefined);
});

test("Model.deploy makes a service name that EAS takes, from any address", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (key) => {
      const cloud = fakeEas();
      const { name } = await new Model({ modelData: `oss://b/${key}` }).deploy(eas(cloud.client));
      assert.match(name, /^[a-z][a-z0-9_]{2,62}$/);
    }),
    { numRuns: 50 },
  );
  const { name } = await new Model({ modelData: "oss://b/My-Model.v1/" }).deploy(eas(fakeEas().client));
  assert.match(name, /^my_model_v1_[a-z0-9]{8}$/);
});

test("Model.deploy uploads to folders of their own, though the clock stands still, and tells of the bytes", async () => {
  const cloud = fakeEas();
  const storage = memory({ bucket: "my-bucket" });
  const [tokens, model] = [fromMap({ "a.txt": "12345", "sub/b.txt": "678" }), fromMap({ "m.bin": "9" })];
  const spec = new InferenceSpec(container).mount(tokens, "/ml/tokens/");
  const events: string[] = [];
  await new Model({ modelData: model, inferenceSpec: spec }).deploy(
    eas(cloud.client, { storage, uploadPrefix: "x/" }),
    {
      serviceName: "svc",
      onProgress: ({ stage, bytes }) => events.push(bytes ? `${stage} ${bytes.done}/${bytes.total}` : stage),
    },
  );
  const { storage: mounts } = cloud.body() as { storage: { oss: { path: string } }[] }; // as the spec above says
  const [first, second] = mounts.map(({ oss }) => oss.path.replace("oss://my-bucket/", ""));
  assert.match(first!, /^x\/model_data\/20240101_000000_\d{6}\/$/);
  assert.match(second!, /^x\/model_data\/20240101_000000_\d{6}\/$/);
  assert.notEqual(first, second);
  const keys = (await Array.fromAsync(storage.list())).map(({ key, size }) => `${key} ${size}`);
  assert.deepEqual(keys, [`${first}a.txt 5`, `${first}sub/b.txt 3`, `${second}m.bin 1`].sort());
  assert.deepEqual(events.filter((event) => !event.startsWith("upload")), [
    "check",
    "check",
    "create",
    "wait",
  ]);
  assert.equal(events.findLast((event) => event.startsWith("upload")), "upload 9/9");
});

test("Model.deploy names folders by random digits, as others upload at the same time", async () => {
  const storage = memory();
  for (let deployment = 0; deployment < 20; deployment++) {
    const model = new Model({ modelData: fromMap({ a: "a" }) });
    await model.deploy(eas(fakeEas().client, { storage }), { serviceName: "svc" });
  }
  const folders = new Set((await Array.fromAsync(storage.list())).map(({ key }) => key));
  assert.ok(folders.size >= 18, "two of 20 may meet, more of a million don't");
});

test("Model.deploy tells of uploads though all files are empty", async () => {
  const heard: unknown[] = [];
  const model = new Model({ modelData: fromMap({ "empty.txt": "" }) });
  await model.deploy(eas(fakeEas().client, { storage: memory() }), {
    serviceName: "svc",
    onProgress: ({ stage, name, bytes }) => stage === "upload" && heard.push([name, bytes]),
  });
  assert.deepEqual(heard, [["empty.txt", { done: 0, total: 0 }]]);
});

test("Model.deploy tells that gpuMemory is of no use beside gpu", async () => {
  const heard: string[] = [];
  const resourceConfig = { cpu: 1, memory: 1, gpu: 1, gpuMemory: 3 };
  await deploy({
    model: pmml,
    options: { resourceConfig, onProgress: ({ message }) => heard.push(message) },
  });
  assert.match(heard[0] ?? "", /gpuMemory/);
});

const unreadable: FileSource = {
  ...fromMap({ a: "" }, { label: "./model" }),
  async *[Symbol.asyncIterator]() {
    const open = () =>
      new ReadableStream({ start: (controller) => controller.error(new Error("permission denied")) });
    yield await Promise.resolve({ path: "a", size: 1, open });
  },
};
const missing: FileSource = {
  ...unreadable,
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(new TypeError('Cannot read "./model": no such folder')),
  }),
};

const holding = (entry: Partial<FileEntry>): FileSource => ({
  ...unreadable,
  async *[Symbol.asyncIterator]() {
    yield { path: "a", size: 0, open: () => new Blob([]).stream(), ...entry };
  },
});
const noFiles: FileSource = { ...unreadable, async *[Symbol.asyncIterator]() {} };

const refused: {
  name: string;
  options?: Record<string, unknown>;
  model?: FileSource;
  type?: unknown;
  says: RegExp;
}[] = [
  {
    name: "both instanceType and resourceConfig",
    options: { instanceType: "a", resourceConfig: { cpu: 1, memory: 1 } },
    says: /exclude each other/,
  },
  {
    name: "both, with a class",
    options: { instanceType: "a", resourceConfig: new ResourceConfig({ cpu: 1, memory: 1 }) },
    says: /exclude each other/,
  },
  {
    name: "instanceType together with cpu",
    options: { instanceType: "a", cpu: 1 },
    says: /unknown option "cpu"/,
  },
  { name: "a misspelt option", options: { instanceTyp: "a" }, says: /unknown option "instanceTyp"/ },
  { name: "an option's wrong type", options: { instanceType: 5 }, says: /instanceType must be a text/ },
  {
    name: "an unknown resource",
    options: { resourceConfig: { cpu: 1, memory: 1, disk: 1 } },
    says: /"disk"/,
  },
  { name: "no cpu", options: { resourceConfig: { memory: 1 } }, says: /cpu must be a number/ },
  {
    name: "negative cpu",
    options: { resourceConfig: { cpu: -1, memory: 1 } },
    type: RangeError,
    says: /cpu must be above 0/,
  },
  {
    name: "a fraction of a megabyte",
    options: { resourceConfig: { cpu: 1, memory: 0.5 } },
    type: RangeError,
    says: /memory/,
  },
  { name: "no instances", options: { instanceCount: 0 }, type: RangeError, says: /instanceCount/ },
  { name: "a timeout of 0", options: { timeout: 0 }, type: RangeError, says: /timeout/ },
  { name: "a timeout of NaN", options: { timeout: NaN }, type: RangeError, says: /timeout/ },
  { name: "a timeout that is a text", options: { timeout: "5" }, says: /timeout must be a number/ },
  { name: "a signal that is none", options: { signal: {} }, says: /signal must be an AbortSignal/ },
  { name: "a controller for a signal", options: { signal: new AbortController() }, says: /signal/ },
  {
    name: "an onProgress that is none",
    options: { onProgress: "log" },
    says: /onProgress must be a function/,
  },
  { name: "a serializer that is none", options: { serializer: "json" }, says: /serialize and deserialize/ },
  { name: "a serializer that only writes", options: { serializer: { serialize() {} } }, says: /deserialize/ },
  { name: "labels that are null", options: { labels: null }, says: /labels must be an object/ },
  { name: "labels that are a text", options: { labels: "a=b" }, says: /labels must be an object/ },
  { name: "labels in a list", options: { labels: ["a"] }, says: /labels/ },
  {
    name: "options that set the model beside files",
    options: { options: { model_path: "oss://b/other" } },
    says: /options set "model_path", so nothing would use its files/,
  },
  { name: "a key that is too long", model: fromMap({ ["é".repeat(600)]: "" }), says: /has 12\d\d bytes/ },
  { name: "files that are none", model: noFiles, says: /Cannot deploy "\.\/model": it has no files/ },
  {
    name: "files with a link",
    model: holding({ kind: "link", target: "b" }),
    says: /Cannot deploy "\.\/model": "a" would be a link, .* follow it with `links: "follow"`$/,
  },
  {
    name: "files with an empty folder",
    model: holding({ kind: "directory" }),
    says: /would be an empty folder, .* leave it out with `emptyFolders: "skip"`$/,
  },
  { name: "a label that is no text", options: { labels: { a: 1 } }, says: /label "a"/ },
  {
    name: "__proto__ in the path of an option",
    options: { options: { "metadata.__proto__.x": 1 } },
    says: /__proto__/,
  },
  { name: "a function in options", options: { options: { x: () => 1 } }, says: /"x": a function/ },
  {
    name: "files in options",
    options: { options: { storage: [{ $upload: fromMap({ a: "" }) }] } },
    says: /no place here/,
  },
  {
    name: "an upper-case name",
    options: { serviceName: "Iris" },
    says: /name: "Iris": .*3 to 63/,
  },
  { name: "a short name", options: { serviceName: "ab" }, says: /3 to 63/ },
  { name: "a long name", options: { serviceName: "a".repeat(64) }, says: /3 to 63/ },
  { name: "a bad name in options", options: { options: { name: "a-b" } }, says: /"a-b"/ },
  { name: "a name that is no text", options: { serviceName: 5 }, says: /name: 5: a text is needed/ },
  { name: "a missing folder", model: missing, says: /no such folder/ },
  {
    name: "an unreadable file",
    model: unreadable,
    type: Error,
    says: /Cannot read "a" of "\.\/model".*permission denied/,
  },
];

for (const { name, options, model = fromMap({ a: "" }), type = TypeError, says } of refused) {
  test(`Model.deploy refuses ${name} before any request`, async () => {
    const cloud = fakeEas();
    const storage = memory({ bucket: "my-bucket" });
    const given = { serviceName: "svc", ...options } as EasDeployOptions; // as JavaScript callers may give them
    await assert.rejects(
      new Model({ modelData: model }).deploy(eas(cloud.client, { storage }), given),
      (error) => {
        return error instanceof (type as typeof Error) && says.test(error.message);
      },
    );
    assert.deepEqual(cloud.calls, []);
    assert.deepEqual(await Array.fromAsync(storage.list()), []);
  });
}

test("Model.deploy refuses options that replace storage with files in it, and takes storage of its own", async () => {
  const cloud = fakeEas();
  const storage = memory();
  const inferenceSpec = new InferenceSpec(container).mount(fromMap({ a: "a" }, { label: "./code" }), "/code");
  const options = { storage: [{ mount_path: "/x", oss: { path: "oss://b/x/" } }] };
  await assert.rejects(
    new Model({ inferenceSpec }).deploy(eas(cloud.client, { storage }), { options }),
    /TypeError: Cannot deploy "\.\/code": options set "storage"/,
  );
  assert.deepEqual(cloud.calls, []);
  await new Model({ modelData: "oss://b/m/" }).deploy(eas(cloud.client), { serviceName: "svc", options });
  assert.deepEqual(cloud.body().storage, options.storage);
});

test("Model.deploy refuses files when there is no storage, and says which to use", async () => {
  const cloud = fakeEas();
  const model = new Model({ modelData: fromMap({ a: "" }, { label: "./model" }) });
  await assert.rejects(
    model.deploy(eas(cloud.client)),
    /Cannot deploy "\.\/model": no storage.*eas\(client, \{ storage:/,
  );
  assert.deepEqual(cloud.calls, []);
});

test("Model refuses a local path, and tells of fromDisk", () => {
  for (const modelData of ["./model", "", 5]) {
    assert.throws(() => new Model({ modelData: modelData as OssUri }), TypeError); // what JavaScript callers may give
  }
  assert.throws(() => new Model({ modelData: "./model" as OssUri }), /fromDisk\("\.\/model"\)/); // as above
  assert.throws(() => new Model({ modelData: "oss:///model" }), /bucket/);
  assert.throws(() => new Model({}), /modelData, inferenceSpec or both/);
  assert.throws(() => Reflect.construct(Model, []), /modelData, inferenceSpec or both/);
});

test("eas refuses a missing client and a prefix that is none", () => {
  assert.throws(() => eas(undefined as never), /createClient/); // what JavaScript callers may give
  for (
    const uploadPrefix of [
      "/x/",
      "x",
      "/",
      "x//y/",
      "./x/",
      "x/../",
      "\\x/",
      "\ud800/",
      5 as unknown as string,
    ]
  ) { // as above
    assert.throws(
      () => eas(fakeEas().client, { uploadPrefix }),
      /TypeError: Cannot deploy to EAS: uploadPrefix/,
    );
  }
  for (const uploadPrefix of ["", "x/", "x/y.z/..a/"]) eas(fakeEas().client, { uploadPrefix });
});
