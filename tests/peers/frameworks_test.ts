// TensorFlow's and PyTorch's own runtimes answer our serializers, with the messages of Alibaba Cloud's Python client.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import { PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import { type DType, equals, type Tensor, tensor } from "../../core/tensors.ts";
import { pytorch } from "../../plugins/serializers/pytorch.ts";
import { inspectSignatureDef, tensorflow } from "../../plugins/serializers/tensorflow.ts";
import { tensorsOf } from "../support/random_tensors.ts";
import { skipPython, startPython } from "./python.ts";

const options = { skip: skipPython };
const pixels = Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16);

/** Whether outputs are those that were recorded, to 1e-6 of the larger of 1 and their size. */
function assertClose(made: Tensor, expected: number[][]): void {
  assert.deepEqual(made.shape, [expected.length, expected[0]!.length]);
  expected.flat().forEach((value, i) => {
    const difference = Math.abs(Number(made.data[i]) - value);
    assert.ok(difference <= 1e-6 * Math.max(1, Math.abs(value)), `${i}: ${made.data[i]} is not ${value}`);
  });
}

test("TensorFlow", options, async (t) => {
  await using server = await startPython("tf_server.py");
  const at = (path: string) => ({ endpoint: `${server.url}/api/predict/${path}`, retry: false } as const);

  await t.test("a network gives what it gave in training, for tensors and for what its signature shapes", async () => {
    const model = new Predictor({ ...at("digits"), serializer: tensorflow({ outputs: ["dense_1"] }) });
    const inputs = [{ flatten_input: tensor(pixels, [-1, 8, 8]) }, pixels, Array.from(pixels)];
    for (const input of inputs) {
      assertClose((await model.predict(input)).dense_1!, heldOut.tensorflow.dense_1);
    }
    const signature = await inspectSignatureDef(model);
    assert.deepEqual(signature.inputs, [
      { name: "flatten_input", shape: [-1, 8, 8], type: "DT_FLOAT" },
    ]);
  });

  const echo = new Predictor({ ...at("echo"), serializer: tensorflow() });
  const dtypes: DType[] = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
  ];
  for (const dtype of [...dtypes, "float64", "complex64", "complex128", "string"] as const) {
    await t.test(`${dtype} of any shape is TensorFlow's own and comes back`, async () => {
      await fc.assert(
        fc.asyncProperty(tensorsOf(dtype), async (given) => {
          const { x } = await echo.predict({ x: given });
          assert.ok(equals(x!, given), `${given.shape} ${given.data} came back as ${x!.shape} ${x!.data}`);
        }),
        { numRuns: 15 },
      );
    });
  }

  await t.test("signature name and output filter arrive", async () => {
    const named = new Predictor({
      ...at("echo"),
      serializer: tensorflow({ signatureName: "mine", outputs: ["b"] }),
    });
    assert.deepEqual(Object.keys(await named.predict({ a: tensor([1]), b: tensor([2]) })), ["b"]);
    const all = await new Predictor({ ...at("echo"), serializer: tensorflow({ signatureName: "mine" }) })
      .predict({ a: tensor([1]) });
    assert.deepEqual(all.signature_name!.data, [new TextEncoder().encode("mine")]);
  });

  await t.test("what the model can't take is refused by the service, with its reason", async () => {
    const model = new Predictor({ ...at("digits"), serializer: tensorflow() });
    await assert.rejects(model.predict({ wrong_name: tensor(pixels, [-1, 8, 8]) }), PredictionError);
  });
});

test("PyTorch", options, async (t) => {
  await using server = await startPython("torch_server.py");
  const at = (path: string) => ({ endpoint: `${server.url}/api/predict/${path}`, retry: false } as const);

  await t.test("a network with two outputs gives what it gave in training", async () => {
    const model = new Predictor({ ...at("digits"), serializer: pytorch<Tensor[]>() });
    const outputs = await model.predict(tensor(pixels, [-1, 8, 8]));
    assert.equal(outputs.length, 2);
    outputs.forEach((made, i) => assertClose(made, heldOut.pytorch[i === 0 ? "0" : "1"]));
    const second = new Predictor({ ...at("digits"), serializer: pytorch({ outputs: [1] }) });
    assertClose(await second.predict(tensor(pixels, [-1, 8, 8])), heldOut.pytorch["1"]);
  });

  await t.test("two inputs keep their places", async () => {
    const model = new Predictor({ ...at("sum"), serializer: pytorch<Tensor[]>() });
    const [sum, product] = await model.predict([
      tensor(Float32Array.of(1, 2)),
      tensor(Float32Array.of(3, 5)),
    ]);
    assert.deepEqual([sum!.toNested(), product!.toNested()], [[4, 7], [3, 10]]);
    const [zero] = await model.predict([tensor(Int32Array.of(0)), tensor(Int32Array.of(0))]); // zeros are no gaps
    assert.deepEqual([zero!.dtype, zero!.toNested()], ["int32", [0]]);
  });

  const echo = new Predictor({ ...at("echo"), serializer: pytorch<Tensor | Tensor[]>() });
  for (const dtype of ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"] as const) {
    await t.test(`${dtype} of any shape is PyTorch's own and comes back`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(tensorsOf(dtype), { minLength: 1, maxLength: 3 }), async (given) => {
          const made = [await echo.predict(given)].flat();
          assert.equal(made.length, given.length);
          made.forEach((one, i) => assert.ok(equals(one, given[i]!)));
        }),
        { numRuns: 15 },
      );
    });
  }

  await t.test("inputs by name come back by name", async () => {
    const model = new Predictor({ ...at("echo"), serializer: pytorch<{ [name: string]: Tensor }>() });
    const given = { user: tensor([[1, 2]]), item: tensor([3n]) };
    const made = await model.predict(given);
    assert.deepEqual(Object.keys(made).sort(), ["item", "user"]);
    for (const name of ["user", "item"] as const) assert.ok(equals(made[name]!, given[name]));
  });
});
