// Tensors of the libraries that users hold them in, and a model that one of them computes.
import assert from "node:assert/strict";
import { test } from "node:test";
import "@tensorflow/tfjs-backend-cpu";
import * as tfjs from "@tensorflow/tfjs-core";
import * as arrow from "apache-arrow";
import { Tensor as OnnxTensor } from "onnxruntime-common";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import network from "../../examples/digits/tensorflow.json" with { type: "json" };
import { createClient } from "../../mod.ts";
import { type DType, tensor, type TensorLike } from "../../core/tensors.ts";
import { eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { emulator, tensorflowProcessor } from "../../plugins/emulator/mod.ts";
import { tensorflow } from "../../plugins/serializers/tensorflow.ts";

test("tensor() takes ONNX Runtime's tensors", () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const made = tensor(new OnnxTensor("float32", data, [2, 2]));
  assert.equal(made.data, data);
  const rows: [OnnxTensor, DType, unknown][] = [
    [new OnnxTensor("int64", BigInt64Array.of(1n, -2n), [2]), "int64", [1n, -2n]],
    [new OnnxTensor("bool", Uint8Array.of(1, 0), [2, 1]), "bool", [[true], [false]]],
    [new OnnxTensor("string", ["a", "b"], [2]), "string", ["a", "b"]],
    [new OnnxTensor("uint8", Uint8Array.of(255), []), "uint8", 255],
  ];
  for (const [given, dtype, nested] of rows) {
    assert.equal(tensor(given as TensorLike).dtype, dtype);
    assert.deepEqual(tensor(given as TensorLike).toNested(), nested);
  }
});

test("tensor() takes TensorFlow.js's tensors", () => {
  const rows: [tfjs.Tensor, DType, unknown][] = [
    [tfjs.tensor2d([[1, 2], [3, 4]]), "float32", [[1, 2], [3, 4]]],
    [tfjs.tensor1d([1, -2], "int32"), "int32", [1, -2]],
    [tfjs.tensor1d([true, false], "bool"), "bool", [true, false]],
    [tfjs.tensor1d(["a", "b"], "string"), "string", ["a", "b"]],
    [tfjs.complex([1, 2], [3, 4]), "complex64", [[1, 3], [2, 4]]],
    [tfjs.transpose(tfjs.tensor2d([[1, 2], [3, 4]])), "float32", [[1, 3], [2, 4]]],
    [tfjs.scalar(5), "float32", 5],
  ];
  for (const [given, dtype, nested] of rows) {
    const made = tensor(given as unknown as TensorLike);
    assert.deepEqual([made.dtype, made.toNested()], [dtype, nested]);
  }
});

test("tensor() takes Arrow's columns without missing values", () => {
  const rows: [arrow.Vector, DType, unknown][] = [
    [arrow.makeVector(Float32Array.of(1, 2)), "float32", [1, 2]],
    [arrow.makeVector(BigInt64Array.of(1n)), "int64", [1n]],
    [arrow.vectorFromArray([1, 2], new arrow.Int8()), "int8", [1, 2]],
    [arrow.vectorFromArray([1, -2.5], new arrow.Float16()), "float16", [1, -2.5]],
    [arrow.vectorFromArray([true, false], new arrow.Bool()), "bool", [true, false]],
    [arrow.vectorFromArray(["a", "b"], new arrow.Utf8()), "string", ["a", "b"]],
  ];
  for (const [given, dtype, nested] of rows) {
    const made = tensor(given as unknown as TensorLike);
    assert.deepEqual([made.dtype, made.toNested()], [dtype, nested]);
  }
  const gap = arrow.vectorFromArray([1, null], new arrow.Float32());
  assert.throws(() => tensor(gap as unknown as TensorLike), { name: "TypeError", message: /missing/ });
});

test("a network that TensorFlow.js computes answers as TensorFlow did in training", async () => {
  const layers = network.layers.map(({ weights, bias }) =>
    [tfjs.tensor2d(weights), tfjs.tensor1d(bias)] as const
  );
  const run = ({ flatten_input }: { flatten_input: { data: Float32Array; shape: readonly number[] } }) => {
    const images = tfjs.tensor2d(flatten_input.data, [flatten_input.shape[0]!, 64]);
    const [[w0, b0], [w1, b1]] = layers as [typeof layers[0], typeof layers[0]];
    const scores = tfjs.softmax(
      tfjs.add(tfjs.matMul(tfjs.relu(tfjs.add(tfjs.matMul(images, w0), b0)), w1), b1),
    );
    return { dense_1: tensor(scores as unknown as TensorLike) };
  };
  const signature = {
    signatureName: "serving_default",
    inputs: [{ name: "flatten_input", shape: [-1, 8, 8], type: "DT_FLOAT" }],
    outputs: [{ name: "dense_1", shape: [-1, 10], type: "DT_FLOAT" }],
  } as const;
  const cloud = emulator({
    handlers: { tfjs_digits: tensorflowProcessor({ signature, run }) },
    delays: { create: 0, gateway: 0 },
  });
  const client = createClient({ ...cloud });
  const model = new Model({ inferenceSpec: new InferenceSpec({ processor: "tensorflow_cpu_2.7" }) });
  const service = await model.deploy(eas(client), {
    serviceName: "tfjs_digits",
    instanceType: "ecs.c6.large",
  });
  const predictor = service.predictor({ serializer: tensorflow() });
  const { dense_1 } = await predictor.predict(Array.from(heldOut.images.flat(), (pixel) => pixel / 16));
  const expected = heldOut.tensorflow.dense_1.flat();
  assert.equal(dense_1!.data.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(Number(dense_1!.data[i]) - value) < 1e-6));
});
