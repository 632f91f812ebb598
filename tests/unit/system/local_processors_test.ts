import assert from "node:assert/strict";
import { test } from "node:test";
import breastCancer from "../../../examples/breast-cancer/held-out.json" with { type: "json" };
import trained from "../../../examples/breast-cancer/model.json" with { type: "json" };
import heldOut from "../../../examples/digits/held-out.json" with { type: "json" };
import ofPytorch from "../../../examples/digits/pytorch.json" with { type: "json" };
import ofTensorflow from "../../../examples/digits/tensorflow.json" with { type: "json" };
import { ServiceError, StorageError, TimeoutError } from "../../../core/errors.ts";
import type { FileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import type { ProgressEvent, Service } from "../../../core/service.ts";
import { type Tensor, tensor } from "../../../core/tensors.ts";
import { InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { jsonProcessor, localDocker, type LocalDockerOptions } from "../../../plugins/local-docker/mod.ts";
import { pytorch } from "../../../plugins/serializers/pytorch.ts";
import { inspectSignatureDef, tensorflow } from "../../../plugins/serializers/tensorflow.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import boosters from "../../fixtures/xgboost/boosters-3.2.json" with { type: "json" };

/** An address where no engine is: whoever asks for one is found out. */
const nowhere = "unix:///no/engine/here.sock";

type Deployed<Input, Output> = Service<Input, Output> & AsyncDisposable;

function deploy<Input, Output>(
  processor: string,
  modelData: FileSource | OssUri | undefined,
  options: LocalDockerOptions = {},
  more: { signal?: AbortSignal; timeout?: number; onProgress?: (event: ProgressEvent) => void } = {},
): Promise<Deployed<Input, Output>> {
  const model = new Model({ modelData, inferenceSpec: new InferenceSpec({ processor }) });
  const target = localDocker({ host: nowhere, ...options });
  const asked = model.deploy(target, { serviceName: "cancer", temporary: true, ...more });
  return asked as Promise<Deployed<Input, Output>>; // of the types that the test knows
}

const xgboost = fromMap({ "model.json": JSON.stringify(trained) });

function assertClose(made: readonly number[], expected: readonly number[], most = 1e-6): void {
  assert.equal(made.length, expected.length);
  expected.forEach((value, i) => {
    const difference = Math.abs(made[i]! - value) / Math.max(1, Math.abs(value));
    assert.ok(difference <= most, `${i}: ${made[i]} is not ${value}`);
  });
}

test("xgboost runs here, without an engine, and gives what XGBoost gave", async () => {
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent): void => void events.push(event);
  await using service = await deploy<unknown, number[]>("xgboost", xgboost, {}, { onProgress });
  const made = await service.predictor().predict(breastCancer.rows);
  assertClose(made, breastCancer.predictions);
  const { status, name, config, internetEndpoint } = await service.wait();
  assert.deepEqual([status, name, config.processor], ["Running", "cancer", "xgboost"]);
  assert.match(internetEndpoint!, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(events.map(({ stage, status }) => [stage, status]), [["create", "Running"]]);
  const answer = await service.predictor().rawPredict(undefined, { method: "GET" });
  assert.equal((await answer.json()).processor, "xgboost");
});

const withUbj = boosters.filter((one): one is typeof one & { ubj: string } =>
  "ubj" in one && typeof one.ubj === "string"
);

for (const { name, ubj, rows, predictions } of withUbj) {
  test(`Universal Binary JSON is read as well: ${name}`, async () => {
    const bytes = Uint8Array.from(atob(ubj), (char) => char.charCodeAt(0));
    const files = fromMap({ "model.ubj": bytes, "README.md": "" });
    await using service = await deploy<unknown, (number | number[])[]>("xgboost", files);
    assertClose((await service.predictor().predict(rows)).flat(), (predictions as number[]).flat());
  });
}

test("a model on OSS is read with its storage, as a file or a folder", async () => {
  const storage = memory({ bucket: "models" });
  await storage.put("iris/model.json", JSON.stringify(trained));
  for (const uri of ["oss://models/iris/model.json", "oss://models/iris/"] as const) {
    await using service = await deploy<unknown, number[]>("xgboost", uri, { storage });
    assert.equal((await service.predictor().predict(breastCancer.rows.slice(0, 2))).length, 2);
  }
});

test("dense networks of TensorFlow and PyTorch run here, in the formats of their processors", async () => {
  const serializers = [tensorflow(), pytorch<Tensor[]>()];
  const pixels = tensor(Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16), [-1, 8, 8]);
  {
    const files = fromMap({ "tensorflow.json": JSON.stringify(ofTensorflow) });
    await using service = await deploy<unknown, { dense_1: Tensor }>("tensorflow_cpu_2.7", files, {
      serializers,
    });
    const { dense_1 } = await service.predictor().predict({ flatten_input: pixels });
    assertClose([...dense_1.data as Float32Array], heldOut.tensorflow.dense_1.flat());
    const { inputs } = await inspectSignatureDef(service.predictor());
    assert.deepEqual(inputs.map(({ name }) => name), ["flatten_input"]);
  }
  const files = fromMap({ "pytorch.json": JSON.stringify(ofPytorch) });
  await using service = await deploy<unknown, Tensor[]>("pytorch_cpu_1.10", files, { serializers });
  const [logits] = await service.predictor().predict(pixels);
  assertClose([...logits!.data as Float32Array], heldOut.pytorch["0"].flat());
});

test("a handler runs a processor that nothing else here does", async () => {
  const pmml = jsonProcessor<{ x: number }>((rows) => rows.map(({ x }) => ({ p_0: x / 2 })));
  await using service = await deploy<unknown, unknown>("pmml", fromMap({ "m.pmml": "<PMML/>" }), {
    processors: { pmml },
  });
  assert.deepEqual(await service.predictor().predict([{ x: 1 }]), [{ p_0: 0.5 }]);
});

test("a service stops, starts where it was, and is deleted once and for all", async () => {
  const service = await deploy<unknown, number[]>("xgboost", xgboost);
  const predictor = service.predictor(), rows = breastCancer.rows.slice(0, 1);
  const before = await predictor.predict(rows);
  await service.stop();
  assert.deepEqual(
    [(await service.describe()).status, (await service.describe()).internetEndpoint],
    ["Stopped", undefined],
  );
  await assert.rejects(predictor.predict(rows, { retry: false }), { code: "NetworkError" });
  await assert.rejects(service.wait(), ServiceError);
  await service.start();
  assert.deepEqual(await predictor.predict(rows), before);
  await service.delete();
  await service.delete();
  await assert.rejects(predictor.predict(rows, { retry: false }), { code: "NetworkError" });
  for (const call of [() => service.describe(), () => service.start(), () => service.stop()]) {
    await assert.rejects(
      call(),
      (error: Error) =>
        error instanceof ServiceError && error.serviceStatus === "Deleted" &&
        /it was deleted/.test(error.message),
    );
  }
});

async function texts(lines: AsyncIterable<{ text: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of lines) found.push(text.replace(/ \d+ ms$/, ""));
  return found;
}

test("its log has the requests, and can be followed", async () => {
  await using service = await deploy<unknown, unknown>("xgboost", xgboost);
  const predictor = service.predictor();
  await predictor.predict(breastCancer.rows.slice(0, 1));
  await assert.rejects(predictor.predict("no list", { path: "sub/path" }), { status: 400 });
  assert.deepEqual(await texts(service.logs()), ["POST / 200", "POST /sub/path 400"]);
  assert.deepEqual(await texts(service.logs({ tail: 1 })), ["POST /sub/path 400"]);
  assert.deepEqual(await texts(service.logs({ keyword: "200" })), ["POST / 200"]);
  assert.deepEqual(await texts(service.logs({ since: new Date(Date.now() + 1e6) })), []);
  const ended = new AbortController();
  const following = texts(service.logs({ follow: true, tail: 1, signal: ended.signal }));
  ended.abort();
  assert.ok((await following).length <= 1, "it ended with its signal");
  assert.throws(() => service.logs({ instance: "0" }), TypeError);
});

test("whoever follows a log hears of what comes, until the service is deleted", async () => {
  const service = await deploy<unknown, unknown>("xgboost", xgboost);
  const following = texts(service.logs({ follow: true, tail: 0 }));
  await service.predictor().predict(breastCancer.rows.slice(0, 1));
  await service.delete();
  assert.deepEqual(await following, ["POST / 200"]);
});

const missing = fromMap({ "README.md": "" });
const wrong: [
  name: string,
  run: () => Promise<unknown>,
  type: typeof TypeError | typeof ServiceError,
  says: RegExp,
][] = [
  [
    "a processor that nothing here runs",
    () => deploy("pmml", fromMap({ "m.pmml": "" })),
    TypeError,
    /nothing here runs the processor "pmml"; deploy a container, .*processors: { "pmml": jsonProcessor/,
  ],
  [
    "one that nobody knows",
    () => deploy("easyrec-2.4", xgboost),
    TypeError,
    /processor "easyrec-2\.4".*\(request\) => new Response/,
  ],
  ["no model", () => deploy("xgboost", undefined), TypeError, /it has no model; set modelData/],
  [
    "a bucket without its storage",
    () => deploy("xgboost", "oss://models/iris.json"),
    TypeError,
    /localDocker\(\{ storage: oss\(client, \{ bucket: "models" \}\) \}\)/,
  ],
  [
    "a model that is none",
    () => deploy("xgboost", fromMap({ "model.json": "{" })),
    ServiceError,
    /its model ".*" can't be loaded: /,
  ],
  [
    "two models",
    () => deploy("xgboost", fromMap({ "a.json": "", "b.ubj": "" })),
    ServiceError,
    /holds 2 \.json or \.ubj objects/,
  ],
  [
    "a TensorFlow processor with nothing to load",
    () => deploy("tensorflow_cpu_2.7", missing),
    ServiceError,
    /0 \.json .*SavedModel runs in a container/,
  ],
];

for (const [name, run, type, says] of wrong) {
  test(`${name} is refused before anything runs`, async () => {
    await assert.rejects(run(), (error: Error) => {
      assert.ok(error instanceof type, error.constructor.name);
      assert.match(error.message, says);
      return true;
    });
  });
}

test("an object that is not there is told as its storage tells it", async () => {
  const storage = memory({ bucket: "models" });
  await assert.rejects(deploy("xgboost", "oss://models/iris/", { storage }), StorageError);
});

test("what only a framework can read asks for an engine", async () => {
  const models: [code: string, files: FileSource][] = [
    ["tensorflow_cpu_2.7", fromMap({ "mnist/saved_model.pb": "", "mnist/variables/variables.index": "" })],
    ["tensorflow_cpu_2.7", fromMap({ "mnist.tar.gz": "" })],
    ["pytorch_cpu_1.10", fromMap({ "mnist.pt": "" })],
  ];
  for (const [code, files] of models) await assert.rejects(deploy(code, files), { code: "NO_ENGINE" });
});

/** A source that never ends. */
const endless: FileSource = {
  label: "endless",
  kind: () => Promise.resolve("directory"),
  digest: () => Promise.resolve(""),
  async *[Symbol.asyncIterator]() {
    await new Promise(() => {});
    yield* [];
  },
};

test("reading a model ends with its time, and with its signal", async () => {
  await assert.rejects(
    deploy("xgboost", endless, {}, { timeout: 20 }),
    (error: Error) =>
      error instanceof TimeoutError && /"cancer" locally: no whole model within/.test(error.message),
  );
  const ended = new AbortController(), reason = new Error("enough");
  const reading = deploy("xgboost", endless, {}, { signal: ended.signal });
  ended.abort(reason);
  await assert.rejects(reading, reason);
  await assert.rejects(deploy("xgboost", xgboost, {}, { signal: ended.signal }), reason);
  await assert.rejects(deploy("xgboost", xgboost, {}, { timeout: 0 }), RangeError);
});

test("options that can't be used are refused by name", () => {
  const options: [options: object, says: RegExp][] = [
    [{ processors: { pmml: "a model" } }, /the processor "pmml" is no handler/],
    [{ images: { tensorflow: 1 } }, /tensorflow must be a text/],
    [{ images: { torch: "x" } }, /unknown option "torch"; use tensorflow, pytorch/],
    [{ serializers: tensorflow() }, /serializers must be a list/],
  ];
  for (const [given, says] of options) assert.throws(() => localDocker(given), says);
});
