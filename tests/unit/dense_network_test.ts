import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import ofPytorch from "../../examples/digits/pytorch.json" with { type: "json" };
import ofTensorflow from "../../examples/digits/tensorflow.json" with { type: "json" };
import { type Tensor, tensor } from "../../core/tensor.ts";
import { DenseNetwork } from "../../plugins/processors/dense-network.ts";

type Json = { [key: string]: unknown };

const images = tensor(Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16), [-1, 8, 8]);
const cases = [
  { name: "TensorFlow", file: ofTensorflow, expected: [heldOut.tensorflow.dense_1] },
  { name: "PyTorch", file: ofPytorch, expected: [heldOut.pytorch[0], heldOut.pytorch[1]] },
];

/** A network of one layer. */
function network(activation: string, weights: number[][], bias = weights[0]!.map(() => 0)): DenseNetwork {
  const spec = { name: "x", shape: [-1, weights.length], type: "DT_FLOAT" };
  return DenseNetwork.parse(JSON.stringify({
    format: "dense-network/1",
    framework: "none",
    inputs: [spec],
    outputs: [{ ...spec, shape: [-1, bias.length], layer: 0 }],
    layers: [{ units: bias.length, activation, weights, bias }],
  }));
}

const identity = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));

function run(loaded: DenseNetwork, values: number[]): number[] {
  return [...loaded.run([tensor(Float32Array.from(values), [1, values.length])])[0]!.data];
}

for (const { name, file, expected } of cases) {
  test(`run() agrees with ${name} on every held-out image`, () => {
    const outputs = DenseNetwork.parse(JSON.stringify(file)).run([images]);
    assert.equal(outputs.length, expected.length);
    for (const [i, rows] of expected.entries()) {
      const { shape, data } = outputs[i]!;
      assert.deepEqual(shape, [80, rows[0]!.length]);
      for (const [j, wanted] of rows.flat().entries()) {
        const difference = Math.abs(data[j]! - wanted) / Math.max(1, Math.abs(wanted));
        assert.ok(difference <= 1e-6, `output ${i}, value ${j}: ${data[j]} instead of ${wanted}`);
      }
    }
  });

  test(`run() makes the same of a row whatever the others are, and takes none (${name})`, () => {
    const loaded = DenseNetwork.parse(JSON.stringify(file));
    const all = loaded.run([images]);
    fc.assert(fc.property(fc.array(fc.nat(79)), (rows) => {
      const chosen = rows.flatMap((row) => [...images.data.subarray(64 * row, 64 * row + 64)]);
      const outputs = loaded.run([tensor(Float32Array.from(chosen), [rows.length, 8, 8])]);
      for (const [i, { data, shape }] of outputs.entries()) {
        const size = shape[1]!;
        assert.deepEqual(shape, [rows.length, size]);
        const wanted = rows.flatMap((row) => [...all[i]!.data.subarray(size * row, size * row + size)]);
        assert.deepEqual([...data], wanted);
      }
    }));
  });
}

const functions: { [activation: string]: (row: number[]) => number[] } = {
  linear: (row) => row,
  relu: (row) => row.map((x) => x > 0 ? x : 0),
  sigmoid: (row) => row.map((x) => x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  softmax: (row) => row.map((x) => 1 / row.reduce((sum, other) => sum + Math.exp(other - x), 0)),
  tanh: (row) => row.map((x) => 1 - 2 / (Math.exp(2 * x) + 1)),
};
for (const [activation, wanted] of Object.entries(functions)) {
  test(`${activation} is what its name says, for any numbers`, () => {
    const numbers = fc.array(fc.float({ noNaN: true, min: -200, max: 200 }), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(numbers, (values) => {
      const expected = wanted(values);
      for (const [i, value] of run(network(activation, identity(values.length)), values).entries()) {
        assert.ok(Math.abs(value - expected[i]!) <= 1e-6, `${value} instead of ${expected[i]}`);
      }
    }));
  });
}

test("softmax does not overflow", () => {
  assert.deepEqual(run(network("softmax", identity(2)), [3e38, -3e38]), [1, 0]);
  assert.deepEqual(run(network("softmax", identity(2)), [1000, 1000]), [0.5, 0.5]);
});

test("sums are rounded to float32 with each product, products are not, and the bias comes last", () => {
  const column = (...weights: number[]): number[][] => weights.map((weight) => [weight]);
  assert.deepEqual(run(network("linear", column(1, 1, 1)), [2 ** 24, 1, 1]), [2 ** 24]);
  assert.deepEqual(run(network("linear", column(1, 1, 1)), [1, 1, 2 ** 24]), [2 ** 24 + 2]);
  const fused = network("linear", column(-1 - 2 ** -11, 1 + 2 ** -12));
  assert.deepEqual(run(fused, [1, 1 + 2 ** -12]), [2 ** -24]);
  assert.deepEqual(run(network("linear", column(1, -1), [1]), [2 ** 24, 2 ** 24]), [1]);
});

test("an output may be any layer", () => {
  const spec = { name: "x", shape: [-1, 1], type: "DT_FLOAT" };
  const layer = { units: 1, activation: "linear", weights: [[3]], bias: [1] };
  const outputs = [["last", 1], ["first", 0], ["again", 1]].map(([name, layer]) => ({
    ...spec,
    name,
    layer,
  }));
  const file = {
    format: "dense-network/1",
    framework: "none",
    inputs: [spec],
    outputs,
    layers: [layer, layer],
  };
  const loaded = DenseNetwork.parse(JSON.stringify(file));
  const results = loaded.run([tensor(Float32Array.of(2), [1, 1])]);
  assert.deepEqual(results.map(({ data }) => data[0]), [22, 7, 22]);
  assert.deepEqual(loaded.signature.outputs.map(({ name }) => name), ["last", "first", "again"]);
});

test("run() throws when the inputs are not those of the signature", () => {
  const loaded = DenseNetwork.parse(JSON.stringify(ofPytorch));
  const floats = (shape: number[]) => tensor(new Float32Array(64), shape);
  const rows: [(Tensor | undefined)[], string, RegExp][] = [
    [[], "RangeError", /takes 1 input, got 0$/],
    [[undefined], "RangeError", /takes 1 input/],
    [[images, images], "RangeError", /takes 1 input, got 2$/],
    [[tensor(new Float64Array(64), [1, 8, 8])], "TypeError", /the input is float64, not float32$/],
    [[floats([1, 64])], "RangeError", /the input has the shape \[1, 64\], not \[-1, 8, 8\]$/],
    [[floats([8, 8])], "RangeError", /shape \[8, 8\]/],
    [[floats([1, 4, 16])], "RangeError", /shape \[1, 4, 16\]/],
    [[tensor(1)], "RangeError", /shape \[\]/],
  ];
  for (const [inputs, name, message] of rows) {
    assert.throws(() => loaded.run(inputs), {
      name,
      message: new RegExp(`^Cannot run the network: .*${message.source}`),
    });
  }
});

/** A deep copy of a network in which the value at a path, such as `layers.0.bias`, is another one, or gone. */
function changed(path: string, value: unknown): string {
  const copy: unknown = structuredClone(ofTensorflow);
  let parent = copy as Json;
  const keys = path.split(".");
  const last = keys.pop()!;
  for (const key of keys) parent = parent[key] as Json; // the paths below are there
  parent[last] = value;
  return JSON.stringify(copy);
}

const row32 = new Array<number>(32).fill(0);
const refusals: [path: string, value: unknown, state: string][] = [
  ["format", "dense-network/2", 'format is "dense-network/2", expected "dense-network/1"'],
  ["format", undefined, 'format is missing, expected "dense-network/1"'],
  ["framework", "", 'framework is "", expected a text'],
  ["signature_name", 7, "signature_name is 7, expected a text"],
  ["dropout", 0.5, 'the file has the unknown member "dropout"'],
  ["inputs", [], "inputs has length 0, expected 1"],
  ["inputs", [1, 2], "inputs has length 2, expected 1"],
  ["inputs.0", null, "inputs[0] is null, expected an object"],
  ["inputs.0.name", undefined, "inputs[0].name is missing, expected a text"],
  ["inputs.0.type", "DT_DOUBLE", 'inputs[0].type is "DT_DOUBLE", expected "DT_FLOAT"'],
  ["inputs.0.shape", [8, 8], "inputs[0].shape[0] is 8, expected -1, for the batch"],
  ["inputs.0.shape", [], "inputs[0].shape has length 0, expected at least 1"],
  ["inputs.0.shape", [-1, -1, 8], "inputs[0].shape[1] is -1, expected a whole number from 1"],
  ["inputs.0.shape", [-1, 8, 4], "layers[0].weights has length 64, expected 32"],
  ["layers", [], "layers has length 0, expected at least 1"],
  ["layers", {}, "layers is {}, expected a list"],
  ["layers.0.units", 0, "layers[0].units is 0, expected a whole number from 1"],
  ["layers.0.units", 31, "layers[0].weights[0] has length 32, expected 31"],
  ["layers.0.activation", "gelu", 'layers[0].activation is "gelu", expected one of linear, relu'],
  ["layers.0.activation", "toString", 'layers[0].activation is "toString", expected one of'],
  ["layers.0.rate", 1, 'layers[0] has the unknown member "rate"'],
  [
    "layers.0.weights.63",
    row32.with(5, 1e39),
    "layers[0].weights[63][5] is 1e+39, expected a number that float32",
  ],
  ["layers.0.weights.63", ["1", ...row32.slice(1)], 'layers[0].weights[63][0] is "1", expected a number'],
  ["layers.0.bias", row32.slice(1), "layers[0].bias has length 31, expected 32"],
  ["layers.1.weights", [row32], "layers[1].weights has length 1, expected 32"],
  ["outputs", [], "outputs has length 0, expected at least 1"],
  ["outputs.0.layer", 2, "outputs[0].layer is 2, expected a whole number below 2"],
  ["outputs.0.layer", 0.5, "outputs[0].layer is 0.5, expected a whole number below 2"],
  ["outputs.0.layer", "1", 'outputs[0].layer is "1", expected a whole number below 2'],
  ["outputs.0.layer", 0, "outputs[0].shape is [-1,10], expected [-1,32]"],
  ["outputs.1", ofTensorflow.outputs[0], 'outputs[1].name is "dense_1", expected a name of its own'],
];
for (const [path, value, state] of refusals) {
  test(`parse() refuses ${state}`, () => {
    assert.throws(
      () => DenseNetwork.parse(changed(path, value)),
      ({ message }) => message.startsWith(`Cannot load dense network: ${state}`) || assert.fail(message),
    );
  });
}

test("parse() refuses text that is cut short, or is something else", () => {
  const text = JSON.stringify(ofTensorflow);
  fc.assert(fc.property(fc.nat(text.length - 1), (length) => {
    assert.throws(() => DenseNetwork.parse(text.slice(0, length)), /: the text is not JSON$/);
  }));
  for (const other of ["null", "[]", "7", '"x"']) {
    assert.throws(() => DenseNetwork.parse(other), /: the file is .*, expected an object$/);
  }
});

test("parse() refuses in its own words, or run() works, whatever members of a file are damaged", () => {
  const small = {
    ...ofPytorch,
    inputs: [{ name: "0", shape: [-1, 2], type: "DT_FLOAT" }],
    outputs: [{ name: "0", shape: [-1, 1], type: "DT_FLOAT", layer: 0 }],
    layers: [{ units: 1, activation: "tanh", weights: [[1], [2]], bias: [3] }],
  };
  const junk = fc.oneof(
    fc.constantFrom<unknown>(undefined, -1, 0, 1, 2, 1e39, 2 ** 53, "", [], [[]], {}),
    fc.jsonValue(),
  );
  const steps = fc.array(fc.nat(9), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(steps, junk, (path, value) => {
      const copy: unknown = structuredClone(small);
      let holder = copy as Json; // lists too are indexed by key here
      for (const [depth, step] of path.entries()) {
        const keys = Object.keys(holder), key = keys[step % keys.length];
        if (key === undefined) break;
        const next = holder[key];
        if (depth === path.length - 1 || typeof next !== "object" || next === null) {
          holder[key] = structuredClone(value);
        } else holder = next as Json;
      }
      try {
        const loaded = DenseNetwork.parse(JSON.stringify(copy));
        const [output] = loaded.run([
          tensor(new Float32Array(6), [3, ...loaded.signature.inputs[0]!.shape.slice(1)]),
        ]);
        assert.equal(output!.data.length, 3);
      } catch (error) {
        assert.match(String(error), /^Error: Cannot load dense network: /);
      }
    }),
    { numRuns: 2000 },
  );
});
