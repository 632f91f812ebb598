import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import ofPytorch from "../../examples/digits/pytorch.json" with { type: "json" };
import ofTensorflow from "../../examples/digits/tensorflow.json" with { type: "json" };
import { createClient } from "../../core/client.ts";
import { PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import { type DType, dtypes, equals, Tensor, tensor } from "../../core/tensors.ts";
import { DeployError, eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import {
  emulator,
  type Handler,
  type ModelSignature,
  pytorchProcessor,
  type RunModel,
  tensorflowProcessor,
} from "../../plugins/emulator/mod.ts";
import { pytorch, type PyTorchInput, toBytes as toPytorchBytes } from "../../plugins/serializers/pytorch.ts";
import {
  inspectSignatureDef,
  type SignatureDef,
  tensorflow,
  type TensorFlowInput,
  toBytes,
} from "../../plugins/serializers/tensorflow.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { encode, predictRequest as pytorchRequest } from "../../protos/pytorch-predict.ts";
import { predictRequest as tensorflowRequest } from "../../protos/tf-predict.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { tensorsOf } from "../support/random_tensors.ts";

type Floats = Tensor<"float32">;

const pixels = heldOut.images.map((image) => image.map((pixel) => pixel / 16));
const images = tensor(Float32Array.from(pixels.flat()), [-1, 8, 8]);

/** A cloud, a client of it, and what its services were asked and answered: method and status. */
function world(handlers: Record<string, Handler> = {}) {
  const cloud = emulator({ clock: fakeClock(), handlers });
  const calls: string[] = [];
  const failing = { next: 0 }; // services refuse so many calls
  const client = createClient({
    ...cloud,
    serializers: [tensorflow(), pytorch()],
    async fetch(url, init) {
      const isService = url.includes("/api/predict/");
      const refuses = isService && failing.next-- > 0;
      const response = refuses ? new Response("not yet", { status: 404 }) : await cloud.fetch(url, init);
      if (isService) calls.push(`${init.method} ${response.status}`);
      return response;
    },
  });
  const storage = oss(client, { bucket: "emulator-bucket" });
  const deploy = async (processor: string, files: Record<string, string | Uint8Array<ArrayBuffer>>) => {
    const model = new Model({ modelData: fromMap(files), inferenceSpec: new InferenceSpec({ processor }) });
    const options = { serviceName: "digits", instanceType: "ecs.c6.large" };
    const service = await model.deploy(eas(client, { storage }), options);
    calls.length = 0; // those of the deployment
    return service;
  };
  return { client, calls, failing, deploy };
}

function assertNear(made: Tensor | undefined, expected: number[][]): void {
  assert.ok(made);
  assert.deepEqual([made.dtype, made.shape], ["float32", [expected.length, expected[0]!.length]]);
  for (const [i, wanted] of expected.flat().entries()) {
    const value = Number(made.data[i]);
    assert.ok(Math.abs(value - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)), `${value} is not ${wanted}`);
  }
}

test("a TensorFlow model is deployed and predicts as TensorFlow does, in one request", async () => {
  const { client, calls, deploy } = world();
  const service = await deploy("tensorflow_cpu_2.7", {
    "model.json": JSON.stringify(ofTensorflow),
    "readme.md": "",
  });
  const outputs = await service.predictor({ serializer: tensorflow<{ dense_1: Floats }>() })
    .predict({ flatten_input: images });
  assert.deepEqual(Object.keys(outputs), ["dense_1"]);
  assertNear(outputs.dense_1, heldOut.tensorflow.dense_1);
  assert.deepEqual(calls, ["POST 200"]);

  const predictor = await client.predictor<TensorFlowInput, { dense_1: Floats }>("digits"); // tensorflow() matches
  assertNear(
    (await predictor.predict(new Map([["flatten_input", images]]))).dense_1,
    heldOut.tensorflow.dense_1,
  );
  assert.deepEqual(calls, ["POST 200", "POST 200"]);
});

test("a PyTorch model is deployed and predicts as PyTorch does, in one request", async () => {
  const { client, calls, deploy } = world();
  const service = await deploy("pytorch_cpu_1.10", { "model.json": JSON.stringify(ofPytorch) });
  const [logits, features] = await service.predictor({ serializer: pytorch<Floats[]>() }).predict(images);
  assertNear(logits, heldOut.pytorch[0]);
  assertNear(features, heldOut.pytorch[1]);
  assert.deepEqual(calls, ["POST 200"]);

  const predictor = await client.predictor<PyTorchInput, Floats[]>("digits"); // pytorch() matches
  assertNear((await predictor.predict([images]))[1], heldOut.pytorch[1]);
  assert.deepEqual(calls, ["POST 200", "POST 200"]);
});

test("a TensorFlow service tells its signature", async () => {
  const { deploy } = world();
  const service = await deploy("tensorflow_cpu_2.7", { "model.json": JSON.stringify(ofTensorflow) });
  const spec = (name: string, shape: number[]) => ({ name, shape, type: "DT_FLOAT" });
  const answer = await service.predictor().rawPredict(undefined, { method: "GET" });
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(await answer.json(), {
    signature_name: "serving_default",
    inputs: [spec("flatten_input", [-1, 8, 8])],
    outputs: [spec("dense_1", [-1, 10])],
  });
  assert.deepEqual(await inspectSignatureDef(service.predictor()), {
    signatureName: "serving_default",
    inputs: [spec("flatten_input", [-1, 8, 8])],
    outputs: [spec("dense_1", [-1, 10])],
  });
});

test("lists cost one request more, once for all calls, and again after a failure", async () => {
  const { calls, failing, deploy } = world();
  const service = await deploy("tensorflow_cpu_2.7", { "model.json": JSON.stringify(ofTensorflow) });
  const predictor = service.predictor({ serializer: tensorflow<{ dense_1: Floats }>() });
  const nested = pixels.map((image) =>
    Array.from({ length: 8 }, (_, row) => image.slice(8 * row, 8 * row + 8))
  );
  failing.next = 1;
  await assert.rejects(predictor.predict(nested), (error) => {
    return error instanceof PredictionError && error.status === 404 && error.body === "not yet";
  });
  assert.deepEqual(calls, ["GET 404"]);
  const inputs = [nested, { flatten_input: nested }, pixels.flat(), new Float32Array(images.data)];
  for (const outputs of await Promise.all(inputs.map((input) => predictor.predict(input)))) {
    assertNear(outputs.dense_1, heldOut.tensorflow.dense_1);
  }
  assertNear((await predictor.predict(nested)).dense_1, heldOut.tensorflow.dense_1);
  assert.deepEqual(calls, ["GET 404", "GET 200", ...Array(5).fill("POST 200")]);
});

test("outputs are those that were asked for", async () => {
  const one = world(), two = world();
  const tf = await one.deploy("tensorflow_cpu_2.7", { "model.json": JSON.stringify(ofTensorflow) });
  const predict = (outputs: string[]) =>
    tf.predictor({ serializer: tensorflow({ outputs }) }).predict({ flatten_input: images });
  assertNear((await predict(["dense_1"])).dense_1, heldOut.tensorflow.dense_1);
  await refused(
    predict(["dense_1", "dense_2"]),
    'bad request: the model has no output "dense_2"; it has "dense_1"',
  );

  const torch = await two.deploy("pytorch_cpu_1.10", { "model.json": JSON.stringify(ofPytorch) });
  const run = (outputs: number[]) =>
    torch.predictor({ serializer: pytorch<Floats[] & Floats>({ outputs }) }).predict(images);
  assertNear(await run([1]), heldOut.pytorch[1]);
  const [features, logits] = await run([1, 0]);
  assertNear(features, heldOut.pytorch[1]);
  assertNear(logits, heldOut.pytorch[0]);
  await refused(run([0, 2]), "bad request: the model has no output 2; it has 2");
  await refused(run([-1]), "bad request: the model has no output -1; it has 2");
});

test("a TensorFlow model of two outputs answers those that were asked for, or both", async () => {
  const spec = (name: string) => ({ name, shape: [-1], type: "DT_FLOAT" });
  const handler = tensorflowProcessor({
    signature: { signatureName: "s", inputs: [spec("x")], outputs: [spec("a"), spec("b")] },
    run: ({ x }) => ({ b: tensor([2]), a: x!, extra: tensor([3]) }),
  });
  for (
    const [outputs, answered] of [[undefined, "a,b"], [[], "a,b"], [["b"], "b"], [
      ["b", "a", "b"],
      "a,b",
    ]] as const
  ) {
    const answer = await predictorOf(handler, tensorflow({ outputs })).predict({ x: tensor([1]) });
    assert.equal(Object.keys(answer).sort().join(), answered);
  }
});

/** Asserts that a call is answered with 400 and exactly this text, which the error shows. */
async function refused(call: Promise<unknown>, text: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof PredictionError, String(error));
    assert.deepEqual([error.status, error.body], [400, text]);
    assert.ok(error.message.endsWith(text));
    return true;
  });
}

/** A predictor of a handler, without a cloud around it. */
function predictorOf<Input, Output>(
  handler: Handler,
  serializer: Serializer<Input, Output>,
): Predictor<Input, Output> {
  const fetch = async (url: string, init: RequestInit): Promise<Response> =>
    await handler(new Request(url, init));
  return new Predictor({ endpoint: "http://service", serializer, fetch, retry: false });
}

const mnist = {
  signatureName: "serving_default",
  inputs: [{ name: "flatten_input", shape: [-1, 28, 28], type: "DT_FLOAT" }],
  outputs: [{ name: "dense_1", shape: [-1, 10], type: "DT_FLOAT" }],
} as const;

const noScores = tensorflowProcessor({
  signature: mnist,
  run: ({ flatten_input: { data, shape: [count = 0] } }) => {
    assert.equal(data.length, count * 784); // its type is that of the signature
    return { dense_1: tensor(new Float32Array(10 * count), [count, 10]) };
  },
});

// The customer's guide to TensorFlowSerializer and PyTorchSerializer, as its user writes it here; numpy's zeros are a
// Float32Array. The saved models are not there, so handlers of the processors' codes stand in for them.
test("the customer's steps: a TensorFlow and a PyTorch processor", async () => {
  const { client } = world({
    "tensorflow_cpu_2.7": noScores,
    "pytorch_cpu_1.10": pytorchProcessor(([batch]) =>
      tensor(new Float32Array(10 * batch!.shape[0]!), [-1, 10])
    ),
  });
  const tensorflowService = await new Model({
    inferenceSpec: new InferenceSpec({ processor: "tensorflow_cpu_2.7" }),
    modelData: "oss://emulator-bucket/path-to-tensorflow-saved-model",
  }).deploy(eas(client), { instanceType: "ecs.c6.xlarge", serializer: tensorflow<{ dense_1: Floats }>() });
  const tensorflowPredictor = tensorflowService.predictor();
  assert.deepEqual((await inspectSignatureDef(tensorflowPredictor)).inputs[0]!.shape, [-1, 28, 28]);
  const result = await tensorflowPredictor.predict({
    flatten_input: tensor(new Float32Array(28 * 28 * 2), [-1, 28, 28]),
  });
  assert.deepEqual(result.dense_1.shape, [2, 10]);

  const torchService = await new Model({
    inferenceSpec: new InferenceSpec({ processor: "pytorch_cpu_1.10" }),
    modelData: "oss://emulator-bucket/path-to-torch_script-model",
  }).deploy(eas(client), { instanceType: "ecs.c6.xlarge", serializer: pytorch() });
  const torchResult = await torchService.predictor().predict(
    tensor(new Float32Array(28 * 28 * 2), [-1, 28, 28]),
  );
  assert.deepEqual(torchResult.shape, [2, 10]);
});

test("a flat list keeps its batch", async () => {
  const predictor = predictorOf(noScores, tensorflow<{ dense_1: Floats }>());
  const zeros = Array<number>(784 * 2).fill(0);
  assert.deepEqual((await predictor.predict(zeros)).dense_1.shape, [2, 10]);
  assert.deepEqual((await predictor.predict({ flatten_input: zeros })).dense_1.shape, [2, 10]);
});

test("a TensorFlow processor says what does not fit its signature", async () => {
  const { predict } = bound(predictorOf(noScores, tensorflow()));
  const floats = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const image = floats(1, 28, 28);
  const rows: [{ [name: string]: Tensor }, string][] = [
    [{}, 'input "flatten_input" is missing'],
    [{ flatten_inputs: image }, 'the model has no input "flatten_inputs"; it has "flatten_input"'],
    [{ flatten_input: image, y: image }, 'the model has no input "y"; it has "flatten_input"'],
    [
      { flatten_input: tensor(new Float64Array(784), [1, 28, 28]) },
      'input "flatten_input" is DT_DOUBLE, the model takes DT_FLOAT',
    ],
    [
      { flatten_input: floats(1, 784) },
      'input "flatten_input" has the shape [1, 784], the model takes [-1, 28, 28]',
    ],
    [
      { flatten_input: floats(1, 28, 29) },
      'input "flatten_input" has the shape [1, 28, 29], the model takes [-1, 28, 28]',
    ],
    [{ flatten_input: tensor(1) }, 'input "flatten_input" has the shape [], the model takes [-1, 28, 28]'],
  ];
  for (const [input, text] of rows) await refused(predict(input), `bad request: ${text}`);
  assert.deepEqual((await predict({ flatten_input: floats(0, 28, 28) })).dense_1!.shape, [0, 10]);

  const named = (signatureName: string) =>
    predictorOf(noScores, tensorflow({ signatureName })).predict({ flatten_input: image });
  assert.deepEqual((await named("serving_default")).dense_1!.shape, [1, 10]);
  await refused(named("other"), 'bad request: the model has the signature "serving_default", not "other"');
});

function bound<Input, Output>(predictor: Predictor<Input, Output>) {
  return { predict: (input: Input) => predictor.predict(input) };
}

const echo = pytorchProcessor((inputs, named) =>
  inputs.length ? inputs.filter((input) => input !== undefined) : named
);

test("processors refuse bodies that no client of theirs would send", async () => {
  const float = { dtype: 1, array_shape: { dim: BigInt64Array.of(1n) }, float_val: Float32Array.of(1) };
  const tf = (array: object) => encode(tensorflowRequest, { inputs: new Map([["flatten_input", array]]) });
  const torch = (array: object) => encode(pytorchRequest, { inputs: [float, array] });
  const dim = (...lengths: bigint[]) => ({ array_shape: { dim: BigInt64Array.from(lengths) } });
  const rows: [Handler, Uint8Array<ArrayBuffer> | string, RegExp][] = [
    [noScores, "not a message", /^bad request: /],
    [noScores, "", /^bad request: input "flatten_input" is missing$/],
    [noScores, '{"instances": [1]}', /^bad request: /],
    [
      noScores,
      tf({ ...float, dtype: 0 }),
      /^bad request: input "flatten_input" has the unknown element type DT_INVALID$/,
    ],
    [noScores, tf({ ...float, dtype: 77 }), /unknown element type 77$/],
    [noScores, tf({ ...float, dtype: 20 }), /unknown element type 20$/],
    [noScores, tf({ ...float, ...dim(2n) }), /has 1 elements, which don't fill its shape \[2\]$/],
    [noScores, tf({ ...float, ...dim(-1n) }), /^bad request: input "flatten_input": .*shape \[-1\]/],
    [noScores, tf({ ...float, ...dim(2n ** 62n, 4n) }), /^bad request: .*shape/],
    [noScores, toPytorchBytes(tensor([1])), /^bad request: /],
    [echo, "not a message", /^bad request: /],
    [echo, torch({ ...float, dtype: 77 }), /^bad request: input 1 has the unknown element type 77$/],
    [echo, torch({ ...float, ...dim(3n) }), /^bad request: input 1 has 1 elements/],
    [echo, torch({ float_val: Float32Array.of(1) }), /input 1 has the unknown element type DT_INVALID$/],
    [echo, torch({ dtype: 4, int_val: Int32Array.of(256) }), /^bad request: input 1: .*256/],
    [
      echo,
      encode(pytorchRequest, { inputs: [float], map_inputs: new Map([["x", float]]) }),
      /^bad request: it has inputs both by position and by name$/,
    ],
    [
      echo,
      encode(pytorchRequest, { map_inputs: new Map([["x", float]]), output_filter: [0] }),
      /^bad request: the model gives outputs by name, the filter has positions$/,
    ],
    [
      echo,
      encode(pytorchRequest, { map_inputs: new Map([["x", {}]]) }),
      /input "x" has the unknown element type/,
    ],
  ];
  for (const [handler, body, says] of rows) {
    const answer = await handler(new Request("http://service", { method: "POST", body }));
    const text = await answer.text();
    assert.equal(answer.status, 400, text);
    assert.match(text, says);
  }
});

test("a PyTorch model takes and gives tensors by position or by name, and leaves arguments out", async () => {
  const [a, b] = [tensor([1, 2]), tensor(BigInt64Array.of(3n))];
  const send = (input: PyTorchInput) =>
    predictorOf(echo, pytorch<Tensor | Tensor[] | { [name: string]: Tensor }>()).predict(input);
  assert.ok(equals(await send(a) as Tensor, a));
  const list = await send([a, b]);
  assert.ok(Array.isArray(list) && list.length === 2 && equals(list[0]!, a) && equals(list[1]!, b));
  const named = await send({ a, b }) as { [name: string]: Tensor };
  assert.deepEqual(Object.keys(named), ["a", "b"]);
  assert.ok(equals(named.b!, b));

  const seen: (Tensor | undefined)[] = [];
  const keep: RunModel = (inputs) => {
    seen.push(...inputs);
    return a;
  };
  await predictorOf(pytorchProcessor(keep), pytorch()).predict([null, a]);
  assert.deepEqual(seen.map((input) => input?.dtype), [undefined, "float32"]);
});

test("tensors of every element type and shape come through both processors", async () => {
  const typeNames: Partial<Record<DType, string>> = { float32: "FLOAT", float64: "DOUBLE", float16: "HALF" };
  for (const dtype of Object.keys(dtypes) as DType[]) {
    if (dtype === "uint32" || dtype === "uint64") continue; // which the formats have not
    const type = `DT_${typeNames[dtype] ?? dtype.toUpperCase()}`;
    await fc.assert(
      fc.asyncProperty(tensorsOf(dtype), async (given) => {
        const spec = { name: "x", shape: given.shape, type };
        const signature: ModelSignature = { signatureName: "s", inputs: [spec], outputs: [spec] };
        const same = tensorflowProcessor({ signature, run: (inputs) => inputs });
        assert.ok(equals((await predictorOf(same, tensorflow()).predict({ x: given })).x!, given));
        if (!/^u?int8$|^int|^float(32|64)/.test(dtype)) return; // what clients send to PyTorch
        assert.ok(equals(await predictorOf(echo, pytorch()).predict(given), given));
      }),
      { numRuns: 20 },
    );
  }
});

test("what run() throws is a 400, an output that the signature has not is a 500", async () => {
  const tf = (run: () => { [name: string]: Tensor } | Promise<never>) =>
    tensorflowProcessor({ signature: mnist, run });
  const fail = () => {
    throw new RangeError("no such digit");
  };
  const outputs = "the service failed: Cannot answer: output";
  const rows: [Handler, number, RegExp | string][] = [
    [tf(fail), 400, "the model failed: no such digit"],
    [tf(() => Promise.reject(new Error("later"))), 400, "the model failed: later"],
    [pytorchProcessor(fail), 400, "the model failed: no such digit"],
    [tf(() => ({ dense: tensor(1) })), 500, `${outputs} "dense_1" is missing, not DT_FLOAT [-1, 10]`],
    [
      tf(() => ({ dense_1: tensor(new Float64Array(10), [1, 10]) })),
      500,
      `${outputs} "dense_1" is float64 [1, 10], not DT_FLOAT [-1, 10]`,
    ],
    [
      tf(() => ({ dense_1: tensor(new Float32Array(9), [1, 9]) })),
      500,
      `${outputs} "dense_1" is float32 [1, 9], not DT_FLOAT [-1, 10]`,
    ],
    [tf(() => ({ dense_1: new Tensor("float32", [2, 10], new Float32Array(3)) })), 500, /3 elements/],
    [pytorchProcessor(() => tensor([true])), 500, `${outputs} 0 is bool, which the format has no field for`],
    [pytorchProcessor(() => ({ a: tensor(Uint32Array.of(1)) })), 500, /output "a".*uint32/],
  ];
  // each processor can read one of them only
  const bodies = [
    toBytes({ flatten_input: tensor(new Float32Array(784), [1, 28, 28]) }),
    toPytorchBytes(tensor([1])),
  ];
  for (const [handler, status, says] of rows) {
    const { deploy } = world({ digits: handler });
    const predictor = (await deploy("custom", { model: "" })).predictor();
    const errors = await Promise.all(
      bodies.map((body) => predictor.rawPredict(body, { retry: false }).catch((e) => e)),
    );
    const error = errors.find((error) => !error.body?.startsWith("bad request"));
    assert.ok(error instanceof PredictionError);
    assert.equal(error.status, status);
    if (typeof says === "string") assert.equal(error.body, says);
    else assert.match(error.body, says);
  }
});

test("a handler neither keeps nor changes the bytes of a request", async () => {
  const kept: Tensor[] = [];
  const run = (input: Floats): Floats => {
    const copy = tensor(Float32Array.from(input.data), input.shape);
    kept.push(tensor(input.data, input.shape));
    return copy;
  };
  const spec = { name: "x", shape: [-1], type: "DT_FLOAT" } as const;
  const signature = { signatureName: "s", inputs: [spec], outputs: [spec] } as const;
  const rows: [Handler, Uint8Array<ArrayBuffer>][] = [
    [tensorflowProcessor({ signature, run: ({ x }) => ({ x: run(x) }) }), toBytes({ x: tensor([1, 2, 3]) })],
    [pytorchProcessor(([x]) => run(x as Floats)), toPytorchBytes(tensor([1, 2, 3]))], // it was sent one of floats
  ];
  for (const [handler, bytes] of rows) {
    const before = bytes.slice();
    const post = async () =>
      await (await handler(new Request("http://service", { method: "POST", body: bytes }))).bytes();
    const answer = await post();
    assert.deepEqual(bytes, before);
    (kept.at(-1)!.data as Float32Array).fill(9); // its own to change
    assert.deepEqual(bytes, before);
    assert.deepEqual(await post(), answer);
    bytes.fill(0);
    assert.deepEqual([...kept.at(-1)!.data], [1, 2, 3]);
  }
});

test("processors refuse methods that they have not", async () => {
  const ask = async (handler: Handler, method: string) => {
    const answer = await handler(new Request("http://service", { method }));
    return [answer.status, await answer.text()];
  };
  for (const method of ["PUT", "DELETE", "PATCH"]) {
    assert.deepEqual(await ask(noScores, method), [405, "method not allowed"]);
    assert.deepEqual(await ask(echo, method), [405, "method not allowed"]);
  }
  assert.deepEqual(await ask(echo, "GET"), [405, "method not allowed"]);
  assert.equal((await ask(noScores, "HEAD"))[0], 200);
});

test("JSON where tensors were expected is an error that shows it", async () => {
  const problem = { error: "no such model" };
  for (const status of [200, 400, 422]) {
    const { deploy } = world({ digits: () => Response.json(problem, { status }) });
    const service = await deploy("tensorflow_cpu_2.7", { "model.json": "" }).catch((error) =>
      assert.fail(error)
    );
    for (const serializer of [tensorflow(), pytorch()] as Serializer[]) {
      await assert.rejects(service.predictor({ serializer }).predict({ x: tensor(1) }), (error) => {
        assert.ok(error instanceof PredictionError);
        assert.deepEqual([error.status, error.body], [status, JSON.stringify(problem)]);
        assert.match(error.message, /no such model/);
        return true;
      });
    }
  }
});

test("a model that the emulator can't run fails with the reason and the handler to give", async () => {
  const binary = Uint8Array.of(0x50, 0x4b, 3, 4, 0xff);
  const network = JSON.stringify(ofTensorflow);
  const rows: [processor: string, files: Record<string, string | Uint8Array<ArrayBuffer>>, state: string][] =
    [
      [
        "tensorflow_cpu_2.7",
        { "saved_model.pb": binary, "variables/variables.index": binary },
        "the folder holds 0 .json objects where one is needed",
      ],
      ["tensorflow_cpu_2.7", { "a.json": network, "b.json": network }, "the folder holds 2 .json objects"],
      [
        "tensorflow_cpu_2.7",
        { "model.json": "{}" },
        'Cannot load dense network: format is missing, expected "dense-network/1"',
      ],
      [
        "tensorflow_cpu_2.7",
        { "model.json": JSON.stringify(ofPytorch) },
        'Cannot load dense network: it is one of "pytorch 2.15.0", not tensorflow',
      ],
      ["pytorch_gpu_1.10", { "model.pt": binary }, "the folder holds 0 .json objects where one is needed"],
      ["pytorch_gpu_1.10", { "model.json": binary }, "the object is not text in UTF-8"],
      ["pytorch_gpu_1.10", { "model.json": network }, 'Cannot load dense network: it is one of "tensorflow'],
    ];
  for (const [processor, files, state] of rows) {
    const { deploy } = world();
    const isTorch = processor.startsWith("pytorch");
    await assert.rejects(deploy(processor, files), (error) => {
      assert.ok(error instanceof DeployError);
      assert.equal(error.code, "MODEL_LOAD_FAILED");
      assert.ok(error.message.includes(`: ${state}`), error.message);
      const call = isTorch ? "pytorchProcessor(run)" : "tensorflowProcessor({ signature, run })";
      const printed = error.logs.join("\n"); // the message itself is cut short
      assert.ok(printed.includes(`emulator({ handlers: { "digits": ${call} } })`), printed);
      assert.ok(printed.includes(isTorch ? "no TorchScript" : "no SavedModel"));
      return true;
    });
  }
});

test("a model_path may name the file itself", async () => {
  const { client, deploy } = world();
  const { config } = await (await deploy("tensorflow_cpu_2.7", { "net.json": JSON.stringify(ofTensorflow) }))
    .describe();
  const service = await new Model({
    modelData: `oss://${config.model_path!.slice(6)}net.json`,
    inferenceSpec: new InferenceSpec({ processor: "tensorflow_gpu_1.15" }),
  }).deploy(eas(client), { serviceName: "same", instanceType: "ecs.c6.large", serializer: tensorflow() });
  assertNear(
    (await service.predictor().predict({ flatten_input: images })).dense_1,
    heldOut.tensorflow.dense_1,
  );
});

test("a processor is refused when its signature has an unknown element type", () => {
  for (const type of ["float32", "DT_FLOAT32", "", "DT_INVALID", "DT_RESOURCE"]) {
    const signature = { ...mnist, outputs: [{ name: "y", shape: [], type }] };
    assert.throws(() => tensorflowProcessor({ signature, run: () => ({}) }), {
      name: "TypeError",
      message: `Cannot make a processor: "y" has the unknown element type "${type}"; one is "DT_FLOAT"`,
    });
  }
});

test("run() gets the names and element types of the signature", () => {
  const spec = { name: "x", shape: [1], type: "DT_QINT8" } as const;
  const signature = {
    signatureName: "s",
    inputs: [spec, { ...spec, name: "d", type: "DT_INT64" }],
    outputs: [],
  } as const;
  const handler = tensorflowProcessor({
    signature,
    run({ x, d, ...rest }) {
      const bytes: Int8Array<ArrayBuffer> = x.data, wide: BigInt64Array<ArrayBuffer> = d.data;
      // @ts-expect-error: an input that the signature has not
      assert.equal(rest.y, undefined);
      return { bytes: tensor(bytes), wide: tensor(wide) };
    },
  });
  const known: SignatureDef = { signatureName: "s", inputs: [], outputs: [] }; // what inspectSignatureDef gives fits, too
  assert.equal(typeof handler, typeof tensorflowProcessor({ signature: known, run: () => ({}) }));
});
