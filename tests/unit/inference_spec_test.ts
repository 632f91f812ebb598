import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { StorageEntry } from "../../core/service-config.ts";
import { InferenceSpec } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";

type Config = ConstructorParameters<typeof InferenceSpec>[0];

const files = (label: string): FileSource => fromMap({ "a.txt": "a" }, { label });

const rows: { name: string; from?: Config; change: (spec: InferenceSpec) => unknown; to: unknown }[] = [
  {
    name: "merge splits the keys of the options",
    from: { processor: "pmml" },
    change: (spec) =>
      spec.merge({ "metadata.instance": 2, "metadata.rpc.keepalive": 10000, name: "example" })
        .set("metadata.rpc.batching", true),
    to: {
      processor: "pmml",
      metadata: { instance: 2, rpc: { keepalive: 10000, batching: true } },
      name: "example",
    },
  },
  {
    name: "set replaces a scalar by an object",
    from: { a: { b: 1 } },
    change: (spec) => spec.set("a.b", { y: 2 }),
    to: { a: { b: { y: 2 } } },
  },
  {
    name: "set replaces an object by a scalar",
    from: { a: { b: 1 } },
    change: (spec) => spec.set("a", 5),
    to: { a: 5 },
  },
  {
    name: "merge replaces lists whole",
    from: { storage: [{ mount_path: "/a" }] },
    change: (spec) => spec.merge({ storage: [{ mount_path: "/b" }] }),
    to: { storage: [{ mount_path: "/b" }] },
  },
  {
    name: "merge joins nested objects with dotted keys",
    change: (spec) => spec.merge({ metadata: { rpc: { keepalive: 1 } }, "metadata.rpc.batching": true }),
    to: { metadata: { rpc: { keepalive: 1, batching: true } } },
  },
  {
    name: "merge leaves the dots of nested keys alone",
    change: (spec) => spec.merge({ features: { "a.b/c": "1" }, x: { "y.z": 1 } }),
    to: { features: { "a.b/c": "1" }, x: { "y.z": 1 } },
  },
  {
    name: "config reads create nothing",
    from: { processor: "pmml" },
    change: ({ config }) => [config.metadata.rpc.keepalive, config.cloud.computing, "metadata" in config],
    to: { processor: "pmml" },
  },
  { name: "constructor takes null for nothing", from: null, change: () => {}, to: {} },
  {
    name: "set takes everything after features. as one key",
    change: (spec) => spec.set("features.eas.aliyun.com/extra-ephemeral-storage", "40Gi"),
    to: { features: { "eas.aliyun.com/extra-ephemeral-storage": "40Gi" } },
  },
  {
    name: "set knows the documented key that contains dots",
    change: (spec) => spec.set("metadata.eas.termination_grace_period", 60).set("metadata.eas.other", 1),
    to: { metadata: { "eas.termination_grace_period": 60, eas: { other: 1 } } },
  },
  {
    name: "set takes a list of keys as it is",
    change: (spec) => spec.set(["metadata", "a.b", "c"], 1).set("labels.a.b", "x").set("aimaster.a.b", 2),
    to: { metadata: { "a.b": { c: 1 } }, labels: { "a.b": "x" }, aimaster: { a: { b: 2 } } },
  },
  {
    name: "set deletes with undefined and creates nothing for it",
    from: { metadata: { instance: 1, rpc: { keepalive: 1 } } },
    change: (spec) => spec.set("metadata.rpc", undefined).set("cloud.computing.instance_type", undefined),
    to: { metadata: { instance: 1 } },
  },
  {
    name: "config writes what the customer's example writes",
    from: { processor: "tensorflow_cpu_2.3" },
    change: ({ config }) => {
      config.warm_up_data_path = "oss://bucket/path/to/warmup-data";
      config.metadata.rpc.keepalive = 1000;
      config.model_config = "CustomModelConfig";
      assert.equal(config.metadata.rpc.keepalive, 1000);
    },
    to: {
      processor: "tensorflow_cpu_2.3",
      warm_up_data_path: "oss://bucket/path/to/warmup-data",
      metadata: { rpc: { keepalive: 1000 } },
      model_config: "CustomModelConfig",
    },
  },
  {
    name: "config takes maps, Object.assign and delete",
    change: ({ config }) => {
      config.features["eas.aliyun.com/gpu-driver-version"] = "1";
      Object.assign(config.metadata.rpc, { batching: true, io_threads: 2 });
      delete config.metadata.rpc.io_threads;
      config.processor = undefined;
    },
    to: { features: { "eas.aliyun.com/gpu-driver-version": "1" }, metadata: { rpc: { batching: true } } },
  },
];

for (const { name, from, change, to } of rows) {
  test(`InferenceSpec ${name}`, () => {
    const spec = new InferenceSpec(from);
    change(spec);
    assert.deepEqual(spec.toJSON(), to);
  });
}

// Any JSON, with the prototypes that JSON.parse gives and keys that mean something to objects.
const trap = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "$upload",
  "$code",
);
const text = (value: unknown): string => JSON.stringify(value);
const parsed = (value: unknown): Record<string, unknown> => JSON.parse(text(value));
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(trap, fc.string()), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const anyJson = fc.dictionary(fc.oneof(trap, fc.string()), anyValue).map(parsed);
const json = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), anyValue).map(parsed); // keys that no dot splits

test("InferenceSpec toJSON gives back any JSON that the constructor took, key by key and in order", () => {
  fc.assert(
    fc.property(anyJson, (config) => {
      const before = text(config);
      const spec = new InferenceSpec(config);
      assert.equal(text(spec.toJSON()), before);
      assert.equal(text(spec.clone()), before);
      assert.deepEqual(spec.toJSON(), config);
      assert.equal(text(new InferenceSpec().merge(parsed({ x: config })).toJSON().x), before);
      Object.assign(spec.toJSON(), { changed: true });
      spec.merge({ "another.key": 1 }).set(["one", "more"], [1]);
      assert.equal(text(config), before);
    }),
    { numRuns: 500 },
  );
  assert.equal(({} as { changed?: unknown }).changed, undefined);
});

test("InferenceSpec merge of an object equals merges of its parts", () => {
  fc.assert(fc.property(json, json, (a, b) => {
    const whole = new InferenceSpec().merge(a).merge(b);
    const parts = Object.entries({ ...b }).reduce(
      (spec, [key, value]) => spec.merge({ [key]: value }),
      new InferenceSpec(a),
    );
    assert.deepEqual(whole.toJSON(), parts.toJSON());
    assert.deepEqual(whole.merge(b).toJSON(), parts.toJSON());
  }));
});

test("InferenceSpec get reads what set wrote, for any keys", () => {
  const key = fc.oneof(trap, fc.string({ minLength: 1 })).filter((text) => text !== "__proto__");
  fc.assert(fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), fc.integer(), (path, value) => {
    assert.equal(new InferenceSpec().set(path, value).get(path), value);
    assert.equal(new InferenceSpec().get(path), undefined);
  }));
});

const loop: Record<string, unknown> = {};
loop.self = loop;

const bad: { name: string; make: () => unknown; says: RegExp }[] = [
  {
    name: "__proto__ in a path",
    make: () => new InferenceSpec().set("metadata.__proto__.x", 1),
    says: /"__proto__"/,
  },
  {
    name: "__proto__ in a dotted option",
    make: () => new InferenceSpec().merge({ "__proto__.x": 1 }),
    says: /"__proto__"/,
  },
  {
    name: "__proto__ written to config",
    make: () => Reflect.set(new InferenceSpec().config.metadata, "__proto__", 1),
    says: /"metadata\.__proto__"/,
  },
  { name: "an empty part of a path", make: () => new InferenceSpec().set("a..b", 1), says: /empty/ },
  { name: "an empty path", make: () => new InferenceSpec().set("", 1), says: /empty/ },
  { name: "an empty list of keys", make: () => new InferenceSpec().set([], 1), says: /empty/ },
  {
    name: "a path into a list",
    make: () => new InferenceSpec({ storage: [] }).set("storage.0.mount_path", "/"),
    says: /"storage" is a list/,
  },
  {
    name: "an option into a list",
    make: () => new InferenceSpec({ storage: [] }).merge({ "storage.0": {} }),
    says: /"storage" is a list/,
  },
  { name: "a function", make: () => new InferenceSpec().set("a.b", () => 1), says: /"a\.b": a function/ },
  { name: "a symbol", make: () => new InferenceSpec().set("a", [Symbol()]), says: /"a\.0": a symbol/ },
  { name: "a bigint", make: () => new InferenceSpec().merge({ a: { b: 1n } }), says: /"a\.b": a bigint/ },
  {
    name: "NaN",
    make: () => (new InferenceSpec().config.metadata.instance = NaN),
    says: /"metadata\.instance": NaN/,
  },
  {
    name: "a class instance",
    make: () => new InferenceSpec({ a: new Date() }),
    says: /"a": Date is not a plain object/,
  },
  { name: "a cycle", make: () => new InferenceSpec(loop), says: /"self": the value contains itself/ },
  { name: "undefined in a list", make: () => new InferenceSpec().set("a", [undefined]), says: /"a\.0"/ },
  {
    name: "files outside a mount",
    make: () => new InferenceSpec().set("model_path", files("m")),
    says: /setModelData/,
  },
];

for (const { name, make, says } of bad) {
  test(`InferenceSpec refuses ${name} and names it`, () => {
    assert.throws(make, (error) => error instanceof TypeError && says.test(error.message));
    assert.equal(({} as { x?: unknown }).x, undefined);
  });
}

test("InferenceSpec merge changes nothing when one option is refused", () => {
  const spec = new InferenceSpec({ processor: "pmml", storage: [] });
  assert.throws(() => spec.merge({ name: "x", "storage.0": 1 }), TypeError);
  assert.deepEqual(spec.toJSON(), { processor: "pmml", storage: [] });
});

test("InferenceSpec config stays the same view through merges and copies", () => {
  const spec = new InferenceSpec();
  const { rpc } = spec.config.metadata;
  spec.merge({ "metadata.rpc.keepalive": 5 });
  assert.equal(rpc.keepalive, 5);
  assert.equal(spec.config.metadata.rpc, rpc);
  assert.deepEqual(Object.keys(spec.config), ["metadata"]);
  assert.deepEqual(new InferenceSpec({ metadata: spec.config.metadata }).toJSON(), spec.toJSON());
  const copy = spec.clone();
  copy.config.metadata.rpc.keepalive = 6;
  assert.equal(rpc.keepalive, 5);
});

test("InferenceSpec shows no secret when it is inspected, and keeps them in toJSON", () => {
  const spec = new InferenceSpec({
    processor: "pmml",
    token: "hush-1",
    dockerAuth: "hush-2",
    storage: [{ mount_path: "/c", git: { repo: "https://u:hush-3@example.com/r.git", password: "hush-4" } }],
    containers: [{
      image: "i",
      env: [{ name: "HF_TOKEN", value: "hush-5" }, { name: "MODE", value: "fast" }],
      script: "export API_TOKEN=hush-6; python app.py",
    }],
  });
  const inspect = Symbol.for("nodejs.util.inspect.custom");
  const shown: string = Reflect.get(spec, inspect).call(spec) + Reflect.get(spec.config, inspect)();
  assert.match(shown, /InferenceSpec \{\n {2}"processor": "pmml"/);
  assert.match(shown, /fast/);
  assert.doesNotMatch(shown + `${spec.config}`, /hush/);
  assert.match(`${spec.config}`, /"processor": "pmml"/);
  assert.equal(JSON.stringify(spec).match(/hush-\d/g)?.length, 6);
});

const mountRows: { source: OssUri; kind?: "file" | "directory"; oss: StorageEntry["oss"] }[] = [
  { source: "oss://b/path/to/model.json", oss: { path: "oss://b/path/to/" } },
  { source: "oss://b/path/to/data", oss: { path: "oss://b/path/to/data/" } },
  { source: "oss://b/path/to/data/", oss: { path: "oss://b/path/to/data/" } },
  { source: "oss://b/resnet-1.5", oss: { path: "oss://b/resnet-1.5/" } },
  { source: "oss://b/My-Model.v2", oss: { path: "oss://b/My-Model.v2/" } },
  { source: "oss://b/x/model.json", kind: "directory", oss: { path: "oss://b/x/model.json/" } },
  { source: "oss://b/x/weights", kind: "file", oss: { path: "oss://b/x/" } },
  { source: "oss://b/model.json", kind: "file", oss: { path: "oss://b/" } },
  { source: "oss://b", oss: { path: "oss://b/" } },
  {
    source: "oss://b.oss-cn-beijing.aliyuncs.com/p/",
    oss: { path: "oss://b/p/", endpoint: "oss-cn-beijing.aliyuncs.com" },
  },
];

for (const { source, kind, oss } of mountRows) {
  test(`InferenceSpec mount of ${source}${kind ? ` as ${kind}` : ""} mounts the folder that it names`, () => {
    assert.deepEqual(new InferenceSpec().mount(source, "/ml/model/", { kind }).toJSON(), {
      storage: [{ mount_path: "/ml/model/", oss }],
    });
  });
}

test("InferenceSpec mount appends, replaces what is at the path, and refuses the same source elsewhere", () => {
  const model = {
    mount_path: "/ml/model/",
    oss: { endpoint: "oss-cn-beijing.aliyuncs.com", path: "oss://pai-sdk-example/path/to/model/" },
  };
  const spec = new InferenceSpec({ storage: [model] });
  spec.mount("oss://pai-sdk-example/path/to/code/", "/ml/code/");
  const code = { mount_path: "/ml/code/", oss: { path: "oss://pai-sdk-example/path/to/code/" } };
  assert.deepEqual(spec.toJSON().storage, [model, code]);
  assert.throws(
    () => spec.mount("oss://pai-sdk-example/path/to/model", "/ml/hello/"),
    /mounted at "\/ml\/model\/" already/,
  );
  assert.deepEqual(spec.toJSON().storage, [model, code]);
  spec.mount("oss://pai-sdk-example/other/", "/ml/code");
  assert.deepEqual(spec.toJSON().storage, [model, {
    mount_path: "/ml/code",
    oss: { path: "oss://pai-sdk-example/other/" },
  }]);
});

test("InferenceSpec mount keeps properties, and leaves empty ones out", () => {
  const spec = new InferenceSpec()
    .mount({ nfs: { server: "x.nas.aliyuncs.com", path: "/" } }, "/nfs", {
      properties: { resource_type: "code" },
    })
    .mount({ empty_dir: { medium: "memory", size_limit: 64 } }, "/dev/shm", { properties: {} });
  assert.deepEqual(spec.toJSON().storage, [
    {
      mount_path: "/nfs",
      nfs: { server: "x.nas.aliyuncs.com", path: "/" },
      properties: { resource_type: "code" },
    },
    { mount_path: "/dev/shm", empty_dir: { medium: "memory", size_limit: 64 } },
  ]);
});

test("InferenceSpec mount keeps files until they are deployed, and shows their label", async () => {
  const [a, b] = [files("./a"), files("./b")];
  const spec = new InferenceSpec().mount(a, "/a").mount(b, "/b");
  assert.throws(() => spec.mount(a, "/c"), /mounted at "\/a" already/);
  assert.deepEqual(spec.toJSON().storage, [{ mount_path: "/a", $upload: "./a" }, {
    mount_path: "/b",
    $upload: "./b",
  }]);
  assert.deepEqual((await spec.clone().toDeployment()).mounts.map(({ source }) => source), [a, b]);
  await assert.rejects(new InferenceSpec(spec.toJSON()).toDeployment(), /"\.\/a"\) is only the label/);
});

const badMounts: { name: string; source: unknown; path?: unknown; says: RegExp }[] = [
  { name: "a local path", source: "./tok", says: /fromDisk\("\.\/tok"\)/ },
  { name: "an empty source", source: "", says: /needed/ },
  { name: "a number", source: 5, says: /neither/ },
  { name: "no bucket", source: "oss:///x", says: /bucket/ },
  { name: "two kinds of storage", source: { nfs: {}, git: {} }, says: /exactly one/ },
  { name: "a file whose folder is the whole bucket", source: "oss://b/model.json", says: /whole bucket/ },
  { name: "an empty mount path", source: "oss://b/x/", path: "", says: /must start with/ },
  { name: "a relative mount path", source: "oss://b/x/", path: "ml", says: /must start with/ },
];

for (const { name, source, path = "/ml", says } of badMounts) {
  test(`InferenceSpec mount refuses ${name}`, () => {
    const spec = new InferenceSpec();
    assert.throws(
      () => spec.mount(source as OssUri, path as string), // what JavaScript callers may give
      (error) => error instanceof TypeError && says.test(error.message),
    );
    assert.deepEqual(spec.toJSON(), {});
  });
}

test("InferenceSpec setModelData gives a processor its model_path and the endpoint beside it", () => {
  const spec = new InferenceSpec({ processor: "pmml" }).setModelData("oss://b.ep.com/k/m");
  assert.deepEqual(spec.toJSON(), { processor: "pmml", model_path: "oss://b/k/m", oss_endpoint: "ep.com" });
  spec.setModelData(files("./model"));
  assert.deepEqual(spec.toJSON().model_path, { $upload: "./model" });
  assert.equal(spec.config.model_path, undefined);
});

const container = { containers: [{ image: "i", port: 8000, script: "c" }] };
const properties = { resource_type: "model", resource_use: "base" };

test("InferenceSpec setModelData mounts the model of a container behind other storage, and replaces it there", () => {
  const spec = new InferenceSpec(container).mount("oss://b/code/", "/ml/usercode/").setModelData(
    "oss://b/v1/",
  );
  const model = (path: string) => ({ mount_path: "/eas/workspace/model/", oss: { path }, properties });
  assert.deepEqual(spec.toJSON().storage?.[1], model("oss://b/v1/"));
  spec.setModelData("oss://b/v2/");
  assert.deepEqual(spec.toJSON().storage, [
    { mount_path: "/ml/usercode/", oss: { path: "oss://b/code/" } },
    model("oss://b/v2/"),
  ]);
});

test("InferenceSpec setModelData keeps the mount path and properties of a model that is there", () => {
  const old = { mount_path: "/m", oss: { path: "oss://b/old/" }, properties: { resource_type: "model" } };
  const spec = new InferenceSpec({ ...container, storage: [old] });
  spec.setModelData("oss://b.oss-cn-beijing.aliyuncs.com/new/x.bin");
  assert.deepEqual(spec.toJSON().storage, [
    { ...old, oss: { path: "oss://b/new/", endpoint: "oss-cn-beijing.aliyuncs.com" } },
  ]);
});

test("InferenceSpec setModelData leaves a model alone that is mounted elsewhere", () => {
  const storage = [{ mount_path: "/data", oss: { path: "oss://b/v1/" } }];
  const spec = new InferenceSpec({ ...container, storage }).setModelData("oss://b/v1");
  assert.deepEqual(spec.toJSON().storage, storage);
});

test("InferenceSpec setModelData refuses to cover other storage, and takes another path", () => {
  const storage = [{ mount_path: "/eas/workspace/model", nfs: { server: "s", path: "/" } }];
  const spec = new InferenceSpec({ ...container, storage });
  assert.throws(() => spec.setModelData("oss://b/v1/"), /other storage is mounted there/);
  assert.deepEqual(spec.toJSON().storage, storage);
  spec.setModelData("oss://b/v1/", { mountPath: "/model" });
  assert.equal(spec.toJSON().storage?.[1]?.mount_path, "/model");
});
