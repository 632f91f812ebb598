import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import {
  checkConfig,
  type ConfigProblem,
  eas,
  InferenceSpec,
  InvalidConfigError,
  Model,
  validateConfig,
} from "../../plugins/deploy/mod.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { fakeClock } from "../support/fake_clock.ts";

const world = () => {
  const cloud = emulator({ clock: fakeClock(), handlers: { iris: () => Response.json([1]) } });
  return createClient({ ...cloud });
};
const warnings = (config: unknown): string[] =>
  validateConfig(config).filter(({ severity }) => severity === "warning").map(({ path, message }) =>
    `${path}: ${message}`
  );
const fine = { name: "svc", processor: "pmml", model_path: "oss://m/i", metadata: { cpu: 1, memory: 1000 } };

test("a configuration pasted from the console is deployed under the name that is asked for", async () => {
  const inferenceSpec = new InferenceSpec({
    $schema: "./node_modules/@pai-edge/sdk/service.schema.json",
    metadata: { name: "pasted", instance: 1, cpu: 1, memory: 1000 },
    processor: "pmml",
    model_path: "oss://our-models/iris.pmml",
  });
  const client = world();
  const service = await new Model({ inferenceSpec }).deploy(eas(client), { serviceName: "iris" });
  const { config } = await service.describe();
  assert.deepEqual(config, {
    metadata: { instance: 1, cpu: 1, memory: 1000 },
    processor: "pmml",
    model_path: "oss://our-models/iris.pmml",
    name: "iris",
  });
});

test("unknown keys are warnings with a guess, and do not stop a deployment", async () => {
  const client = world();
  const inferenceSpec = new InferenceSpec({ ...fine, of_tomorrow: 1, metadta: {} });
  const heard: string[] = [];
  await new Model({ inferenceSpec }).deploy(eas(client), {
    serviceName: "iris",
    onProgress: ({ message }) => heard.push(message),
  });
  assert.ok(heard.some((message) => message.includes('did you mean "metadata"?')), heard.join("\n"));
  assert.ok(
    heard.some((message) => message.includes('"of_tomorrow" is no documented key')),
    heard.join("\n"),
  );
});

const guesses: [config: object, warning: string][] = [
  [{ metadta: {} }, 'metadta: "metadta" is no documented key; did you mean "metadata"?'],
  [{ modelPath: "x" }, 'modelPath: "modelPath" is no documented key; did you mean "model_path"?'],
  [{ resource: "eas-r-1" }, 'resource: "resource" is no documented key; did you mean metadata.resource?'],
  [{ keepalive: 1 }, 'keepalive: "keepalive" is no documented key; did you mean metadata.rpc.keepalive?'],
  [{ qwertyuiop: 1 }, 'qwertyuiop: "qwertyuiop" is no documented key; the service may know it all the same'],
  [
    { storage: [{ mount_path: "/m", oss: { path: "oss://b/x/", readonly: true } }] },
    'storage[0].oss.readonly: "readonly" is no documented key; did you mean "readOnly"?',
  ],
  [
    { autoscaler: { min_replica: 1 } },
    'autoscaler.min_replica: "min_replica" is no documented key; did you mean queue.min_replica?',
  ],
  [{ processor: "xgbost" }, 'processor: "xgbost" is no documented processor; did you mean "xgboost"?'],
  [
    { processor: "tensorflow-cpu_2.7" },
    'processor: "tensorflow-cpu_2.7" is no documented processor; did you mean "tensorflow_cpu_2.7"?',
  ],
  [{ "we ird": 1 }, '["we ird"]: "we ird" is no documented key; the service may know it all the same'],
];
for (const [config, warning] of guesses) {
  test(`the guess for ${JSON.stringify(config)}`, () =>
    assert.deepEqual(warnings({ ...fine, ...config }), [warning]));
}

test("other versions of a documented processor, and codes that resemble none, are no slips", () => {
  for (const processor of ["easyrec-3.0", "tensorflow_gpu_2.3", "pytorch_cpu_2.1", "onnx_cu100", "our_own"]) {
    assert.deepEqual(warnings({ ...fine, processor }), [], processor);
  }
});

test("documented paths as dotted keys, free keys and $schema are no unknown keys", () => {
  const config = {
    ...fine,
    $schema: "x",
    metadata: { ...fine.metadata, "rpc.worker_threads": 1 },
    features: { "eas.aliyun.com/anything": "1" },
    labels: { anything: "1" },
    aimaster: { anything: { at: ["all"] } },
    model_config: { anything: 1 },
  };
  assert.deepEqual(validateConfig(config), []);
});

test("all problems come at once, in one error", () => {
  const config = {
    name: "svc",
    processor: "pmml",
    metadata: { cpu: "4", memory: 0 },
    autoscaler: { min: 2, max: 1 },
  };
  const heard: ConfigProblem[] = [];
  assert.throws(() => checkConfig(config, (warning) => heard.push(warning)), (error) => {
    assert.ok(error instanceof InvalidConfigError);
    assert.equal(error.name, "InvalidConfigError");
    assert.deepEqual(error.problems.map(({ path }) => path), [
      "metadata.cpu",
      "metadata.memory",
      "autoscaler.min",
    ]);
    assert.match(
      error.message,
      /^Cannot deploy service "svc": its configuration has 3 problems:\n {2}metadata\.cpu: /,
    );
    return true;
  });
  assert.ok(heard.length > 0 && heard.every(({ severity }) => severity === "warning"));
  checkConfig(fine);
});

test("no message shows a secret", () => {
  const secret = "s3cr3t";
  const config = {
    name: "svc",
    token: { [secret]: secret },
    dockerAuth: `user:${secret}`,
    containers: [{ image: "i", env: [{ name: "TOKEN", value: [secret] }, { name: "0", value: secret }] }],
    storage: [{ mount_path: "x", git: { repo: `ssh://me:${secret}@example.com/a.git`, password: [secret] } }],
    confidential: { decryption_key: [secret] },
    model_path: `ftp://me:${secret}@example.com/m`,
  };
  const problems = validateConfig(config);
  assert.ok(problems.length >= 8, `${problems.length}`);
  assert.ok(!JSON.stringify(problems).includes(secret), JSON.stringify(problems));
});

test("null is as good as absent, and files count as uploaded", () => {
  assert.deepEqual(validateConfig({ ...fine, cloud: { computing: { instances: null } }, storage: null }), []);
  const spec = new InferenceSpec({ containers: [{ image: "i" }], metadata: fine.metadata, name: "svc" })
    .mount(fromMap({ a: "" }), "/mnt/a");
  assert.deepEqual(validateConfig(spec.toJSON()), []);
  const processor = new InferenceSpec({ ...fine, model_path: undefined }).setModelData(fromMap({ a: "" }));
  assert.deepEqual(validateConfig(processor.toJSON()), []);
});

const cyclic: Record<string, unknown> = { ...fine };
cyclic.labels = { self: cyclic };
const noJson: [config: unknown, path: string, message: string][] = [
  [undefined, "", "nothing: a configuration is an object"],
  [null, "", "null: a configuration is an object"],
  [[], "", "an empty list: a configuration is an object"],
  ["{}", "", "a text: a configuration is an object"],
  [{ ...fine, labels: { a: () => 1 } }, "labels.a", "a function is no JSON; write what is"],
  [
    { ...fine, metadata: { cpu: NaN, memory: 1 } },
    "metadata.cpu",
    "NaN is no number of JSON; write one that is",
  ],
  [
    { ...fine, metadata: { cpu: 1e21, memory: 1 } },
    "metadata.cpu",
    "1e+21 is not kept by readers of JSON; write a smaller number",
  ],
  [{ ...fine, metadata: { cpu: 1n, memory: 1 } }, "metadata.cpu", "a bigint is no JSON; write what is"],
  [cyclic, "labels.self", "the value contains itself; end it somewhere"],
];
for (const [config, path, message] of noJson) {
  test(`what is not JSON is told: ${message}`, () => {
    const errors = validateConfig(config).filter(({ severity }) => severity === "error");
    assert.deepEqual(errors.map((problem) => [problem.path, problem.message]), [[path, message]]);
  });
}
