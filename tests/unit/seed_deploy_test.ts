import assert from "node:assert/strict";
import { test } from "node:test";
import trained from "../../examples/breast-cancer/model.json" with { type: "json" };
import { type Client, createClient } from "../../core/client.ts";
import { json } from "../../core/json.ts";
import {
  containerServingSpec,
  eas,
  type EasDeployOptions,
  InferenceSpec,
  Model,
  ResourceConfig,
  type Target,
} from "../../plugins/deploy/mod.ts";
import { type Emulator, emulator, type Handler } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { fakeClock } from "../support/fake_clock.ts";

// The customer's guide to deploying, example by example and in its order, as its user writes them here. Its folders on
// a disk are folders in memory, so that the examples run on the edge too; image examples are with the images.

interface World {
  cloud: Emulator;
  client: Client;
  target: Target<EasDeployOptions>;
  keys(): Promise<string[]>;
}

/** The user's server, which gets `{ "data": … }` at any path and tells how often it was asked. */
const server = (): Handler => {
  let count = 0;
  return async (request) => Response.json({ got: await request.json(), count: ++count });
};

function world(...names: string[]): World {
  const cloud = emulator({
    buckets: ["my-bucket"],
    clock: fakeClock(),
    handlers: Object.fromEntries(names.map((name) => [name, server()])),
  });
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "my-bucket" });
  return {
    cloud,
    client,
    target: eas(client, { storage }),
    keys: async () => (await Array.fromAsync(storage.list())).map(({ key }) => key),
  };
}

const torchImage = {
  uri: "eas-registry.cn-hangzhou.cr.aliyuncs.com/pai-eas/pytorch-inference:2.0-py310-ubuntu22.04",
};
const sourceFiles = (files: Record<string, string> = { "app.py": "…", "requirements.txt": "flask\n" }) =>
  fromMap(files, { label: "./src/" });

test("the guide's overview: code of one's own in an image of PAI's, deployed and called", async () => {
  const { target, keys } = world("example_torch_service");

  // 2. Describe how the model is served
  const inferenceSpec = containerServingSpec({
    command: "python app.py",
    sourceDir: sourceFiles(),
    image: torchImage,
  });
  // 3. Make a Model
  const model = new Model({ modelData: "oss://my-bucket/path-to-model-data", inferenceSpec });
  // 4. Deploy it
  const service = await model.deploy(target, {
    serviceName: "example_torch_service",
    instanceType: "ecs.c6.xlarge",
  });
  // 5. Call it
  const result = await service.predictor().predict({ data: [1, 2] });
  assert.deepEqual(result, { got: { data: [1, 2] }, count: 1 });

  const { config } = await service.describe();
  const [code, mounted] = config.storage ?? [];
  assert.deepEqual(config.containers, [{
    image: torchImage.uri,
    port: 8000,
    script: "cd /ml/usercode/\npython app.py\n",
    env: [],
    prepare: { pythonRequirementsPath: "/ml/usercode/requirements.txt" },
  }]);
  assert.match(code?.oss?.path ?? "", /^oss:\/\/my-bucket\/pai\/inference_src\/\w+\/$/);
  assert.deepEqual((await keys()).map((key) => `oss://my-bucket/${key}`), [
    `${code?.oss?.path}app.py`,
    `${code?.oss?.path}requirements.txt`,
  ]);
  assert.deepEqual(mounted, {
    mount_path: "/eas/workspace/model/",
    oss: { path: "oss://my-bucket/path-to-model-data/" },
    properties: { resource_type: "model", resource_use: "base" },
  });
});

test("the guide's processors: a spec names one, and is written and read like an object", () => {
  const tfInferSpec = new InferenceSpec({ processor: "tensorflow_cpu_2.3" });
  const torchInferSpec = new InferenceSpec({ processor: "pytorch_cpu_1.10" }); // there a TensorFlow one, by mistake
  const xgbInferSpec = new InferenceSpec({ processor: "xgboost" });

  tfInferSpec.config.warm_up_data_path = "oss://my-bucket/path/to/warmup-data";
  tfInferSpec.config.metadata.rpc.keepalive = 1000;
  tfInferSpec.config.model_config = "CustomModelConfig";

  assert.equal(tfInferSpec.config.warm_up_data_path, "oss://my-bucket/path/to/warmup-data");
  assert.equal(tfInferSpec.config.metadata.rpc.keepalive, 1000);
  assert.deepEqual([tfInferSpec, torchInferSpec, xgbInferSpec].map((spec) => spec.toJSON()), [
    {
      processor: "tensorflow_cpu_2.3",
      warm_up_data_path: "oss://my-bucket/path/to/warmup-data",
      metadata: { rpc: { keepalive: 1000 } },
      model_config: "CustomModelConfig",
    },
    { processor: "pytorch_cpu_1.10" },
    { processor: "xgboost" },
  ]);
});

test("the guide's images: a server in an image of one's own, with variables and packages", async () => {
  const { target } = world();
  const environmentVariables = { LOG_LEVEL: "info", WORKERS: 2 };
  const containerInferSpec = containerServingSpec({
    image: "registry.example.com/me/server:1",
    port: 8000,
    environmentVariables,
    command: "python serve.py",
    requirements: ["scikit-learn", "fastapi==0.87.0"],
  });
  const containers = [{
    image: "registry.example.com/me/server:1",
    port: 8000,
    script: "python serve.py",
    env: [{ name: "LOG_LEVEL", value: "info" }, { name: "WORKERS", value: "2" }],
    prepare: { pythonRequirements: ["scikit-learn", "fastapi==0.87.0"] },
  }];
  assert.deepEqual(containerInferSpec.toJSON(), { containers });

  const m = new Model({
    modelData: "oss://my-bucket/path-to-tensorflow-saved-model",
    inferenceSpec: containerInferSpec,
  });
  const p = await m.deploy(target, { instanceType: "ecs.c6.xlarge", wait: false }); // the emulator has no such image
  assert.match(p.name, /^path_to_tensorflow_saved_model_[a-z0-9]{8}$/);
  const { config } = await p.describe();
  assert.deepEqual(config.containers, containers);
  assert.deepEqual(config.cloud, { computing: { instance_type: "ecs.c6.xlarge" } });
  await p.delete();
});

test("the guide's local code: fromServingScript uploads a folder and starts there", async () => {
  const { target, keys } = world("from_script");
  const inferenceSpec = InferenceSpec.fromServingScript({
    sourceDir: sourceFiles({ "run.py": "…" }),
    command: "python run.py",
    image: "registry.example.com/me/serving:1",
    requirements: ["fastapi", "uvicorn"],
  });
  assert.deepEqual(inferenceSpec.toJSON(), {
    containers: [{
      image: "registry.example.com/me/serving:1",
      port: 8000,
      script: "cd /ml/usercode/\npython run.py\n",
      env: [],
      prepare: { pythonRequirements: ["fastapi", "uvicorn"] },
    }],
    storage: [{ mount_path: "/ml/usercode/", $upload: "./src/" }], // until it is deployed
  });
  assert.deepEqual(await keys(), []);

  const service = await new Model({ inferenceSpec }).deploy(target, {
    serviceName: "from_script",
    instanceType: "ecs.c6.large",
  });
  const { config } = await service.describe();
  assert.deepEqual(Object.keys(config.storage?.[0] ?? {}), ["mount_path", "oss"]);
  assert.equal((await keys()).length, 1);
});

test("the guide's mounts: a folder is uploaded once, and an OSS folder is mounted as it is", async () => {
  const { target, keys } = world("with_mounts");
  const inferenceSpec = containerServingSpec({ command: "python app.py", image: torchImage });

  // Uploads the local folder, and mounts it at /ml/tokenizers/
  const tokenizers = fromMap({ "vocab.txt": "a\nb\n", "en/merges.txt": "" }, { label: "./bert_tokenizers/" });
  inferenceSpec.mount(tokenizers, "/ml/tokenizers/");
  // Mounts what is on OSS already
  inferenceSpec.mount("oss://my-bucket/path/to/data", "/ml/data/");

  const service = await new Model({ inferenceSpec }).deploy(target, {
    serviceName: "with_mounts",
    instanceType: "ecs.c6.large",
  });
  const { config } = await service.describe();
  const [uploaded, ...others] = config.storage ?? [];
  assert.equal(uploaded?.mount_path, "/ml/tokenizers/");
  const path = uploaded?.oss?.path.replace("oss://my-bucket/", "");
  assert.deepEqual(await keys(), [`${path}en/merges.txt`, `${path}vocab.txt`]);
  assert.deepEqual(others, [{ mount_path: "/ml/data/", oss: { path: "oss://my-bucket/path/to/data/" } }]); // no parent
  assert.equal(await service.predictor().rawPredict({}).then(({ status }) => status), 200);
});

test("the guide's deployment: resources, instances and options of one service", async () => {
  const { target } = world("example_xgb_service");
  const model = new Model({
    modelData: fromMap({ "model.json": JSON.stringify(trained) }, { label: "./model.json" }),
    inferenceSpec: new InferenceSpec({ processor: "xgboost" }),
  });
  const service = await model.deploy(target, {
    serviceName: "example_xgb_service",
    instanceType: "ecs.c6.xlarge",
    instanceCount: 2,
    // a resource group of one's own; the default is the public one
    resourceId: "eas-r-my-resource-group",
    options: {
      "metadata.rpc.batching": true,
      "metadata.rpc.keepalive": 50000,
      "metadata.rpc.max_batch_size": 16,
      warm_up_data_path: "oss://my-bucket/path-to-warmup-data",
      // its keys contain dots, which the guide's own form would split
      features: { "eas.aliyun.com/extra-ephemeral-storage": "40Gi" },
    },
  });
  const { config } = await service.describe();
  assert.deepEqual(config.metadata, {
    rpc: { batching: true, keepalive: 50000, max_batch_size: 16 },
    instance: 2,
    resource: "eas-r-my-resource-group",
  });
  assert.equal(config.warm_up_data_path, "oss://my-bucket/path-to-warmup-data");
  assert.deepEqual(config.features, { "eas.aliyun.com/extra-ephemeral-storage": "40Gi" });
});

for (
  const [form, resourceConfig] of Object.entries({
    "the class": new ResourceConfig({ cpu: 2, memory: 4000 }),
    "a literal": { cpu: 2, memory: 4000 },
  })
) {
  test(`the guide's ResourceConfig, as ${form}, arrives in the service`, async () => {
    const { target } = world("dedicated_rg_service");
    const m = new Model({ inferenceSpec: containerServingSpec({ command: "c", image: "i" }) });
    const service = await m.deploy(target, { serviceName: "dedicated_rg_service", resourceConfig });
    const { config } = await service.describe();
    assert.deepEqual(config.metadata, { instance: 1, cpu: 2, memory: 4000 });
    assert.equal(config.cloud, undefined);
  });
}

test("the guide's serializers: one at deploy, or for a service that is there", async () => {
  const { client, target } = world("pmml");
  const p = await new Model({
    inferenceSpec: new InferenceSpec({ processor: "pmml" }),
    modelData: "oss://my-bucket/path-to-pmml-model",
  }).deploy(target, { serviceName: "example_service", instanceType: "ecs.c6.xlarge", serializer: json() });
  const rows = [[2, 3, 4], [4, 5, 6]];
  assert.deepEqual(await p.predictor().predict(rows), { got: rows, count: 1 });

  const predictor = await client.predictor("example_service", { serializer: json() });
  assert.deepEqual(await predictor.predict(rows), { got: rows, count: 2 });
  const inside = await client.predictor("example_service", { endpointType: "INTRANET" }); // from inside the VPC
  assert.deepEqual(await inside.predict(rows), { got: rows, count: 3 });
});
