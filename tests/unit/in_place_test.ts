import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Predictor } from "../../core/predictor.ts";
import {
  allocate,
  type ArraySpec,
  type InPlaceDType,
  tensorflow,
} from "../../plugins/serializers/tensorflow.ts";
import { allocate as allocateTorch, pytorch } from "../../plugins/serializers/pytorch.ts";
import { type ArrayProto, decode, encode, predictRequest } from "../../protos/tf-predict.ts";
import { predictRequest as torchRequest } from "../../protos/pytorch-predict.ts";
import * as tfOracle from "../fixtures/protos/tf.js";

type Elements = Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>; // or another

const fixed: InPlaceDType[] = [
  "float32",
  "float64",
  "complex64",
  "complex128",
  "bool",
  "float16",
  "bfloat16",
];
const varints: InPlaceDType[] = ["int8", "uint8", "int16", "uint16", "int32", "int64"];
const torchFixed: InPlaceDType[] = ["float32", "float64"];
const torchVarints: InPlaceDType[] = ["int8", "uint8", "int16", "int32", "int64"];

const specs = (dtypes: InPlaceDType[]): fc.Arbitrary<ArraySpec[]> =>
  fc.array(
    fc.record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat({ max: 40 }), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  );

/** Small numbers of every sign that the type has; truth values are 0 and 1. */
function fill(data: Elements, { dtype }: ArraySpec): void {
  for (let i = 0; i < data.length; i++) {
    const value = dtype === "bool" ? i % 2 : dtype[0] === "u" ? i * 7 : i * 7 - 100;
    if (data instanceof BigInt64Array) data[i] = BigInt(value) << BigInt(i % 50);
    else data[i] = value;
  }
}

/** The elements, of whatever type they are; protobufjs has empty lists beside them. */
const elementsOf = (array: ArrayProto): ArrayLike<unknown> =>
  Object.entries(array).find(([name, values]) => name.endsWith("_val") && values.length)?.[1] ?? [];

const isIn = (data: Elements, bytes: Uint8Array): boolean =>
  data.buffer === bytes.buffer && data.byteOffset >= bytes.byteOffset &&
  data.byteOffset + data.byteLength <= bytes.byteOffset + bytes.length;

const named = (list: ArraySpec[]): Record<string, ArraySpec> =>
  Object.fromEntries(list.map((spec, i) => [`input_${"x".repeat(i * 40)}`, spec]));

test("allocate() of TensorFlow: what is written into the arrays is in the message, for protobufjs, too", () => {
  fc.assert(fc.property(specs([...fixed, ...varints]), (list) => {
    const inputs = named(list);
    const request = allocate({ inputs, signatureName: "s", outputs: ["y", "z"] });
    for (const [name, spec] of Object.entries(inputs)) fill(request.inputs[name] as Elements, spec);
    const bytes = request.toBytes();
    const read = decode(predictRequest, bytes.slice());
    assert.deepEqual([read.signature_name, read.output_filter], ["s", ["y", "z"]]);
    assert.deepEqual([...read.inputs!.keys()].sort(), Object.keys(inputs).sort());
    const seen = tfOracle.PredictRequest.decode(bytes.slice()) as unknown as {
      inputs: Record<string, ArrayProto>;
    };
    for (const [name, { shape }] of Object.entries(inputs)) {
      const array = read.inputs!.get(name)!, data = request.inputs[name] as Elements;
      assert.deepEqual(array.array_shape, shape.length ? { dim: shape } : {});
      assert.deepEqual(Array.from(elementsOf(array), Number), Array.from(data, Number));
      assert.equal(elementsOf(seen.inputs[name]!).length, data.length);
    }
  }));
});

test("allocate() of PyTorch keeps the order of its arrays, wherever they lie", () => {
  fc.assert(fc.property(specs([...torchFixed, ...torchVarints]), fc.boolean(), (list, isNamed) => {
    const inputs = isNamed ? named(list) : list;
    const request = allocateTorch({ inputs, outputs: [1], debugLevel: 3 });
    const arrays = Object.values(request.inputs as unknown as Record<string, Elements>);
    arrays.forEach((data, i) => fill(data, list[i]!));
    const read = decode(torchRequest, request.toBytes().slice());
    assert.deepEqual([[...read.output_filter as Int32Array], read.debug_level], [[1], 3]);
    const found = isNamed ? Object.keys(inputs).map((name) => read.map_inputs!.get(name)!) : read.inputs!;
    assert.equal(found.length, arrays.length);
    arrays.forEach((data, i) => {
      assert.deepEqual(Array.from(elementsOf(found[i]!), Number), Array.from(data, Number));
    });
  }));
});

test("arrays of fixed size lie in the message, aligned, and sending copies none of them", () => {
  fc.assert(fc.property(specs(fixed), specs(varints), (list, others) => {
    for (const all of [list, [...list, ...others]]) {
      const request = allocate({ inputs: named(all) });
      const bytes = request.toBytes();
      Object.values(request.inputs).slice(0, list.length).forEach((data) => {
        assert.ok(isIn(data as Elements, bytes));
        assert.equal(data.byteOffset % data.BYTES_PER_ELEMENT, 0);
      });
      if (all === list) assert.equal(request.toBytes(), bytes, "there is nothing left to do");
    }
  }));
});

test("in a list, the floats that follow each other and have the most bytes lie in the message", () => {
  const shape = [100];
  const request = allocateTorch({
    inputs: [
      { dtype: "float32", shape: [3] },
      { dtype: "int64", shape },
      { dtype: "float32", shape },
      { dtype: "float64", shape },
      { dtype: "uint8", shape },
    ],
  });
  const { inputs } = request;
  inputs[1].fill(-1n);
  inputs[4].fill(255);
  const bytes = request.toBytes();
  assert.deepEqual(inputs.map((data) => isIn(data as Elements, bytes)), [false, false, true, true, false]);
});

test("large floats that don't lie in the message follow it without a gap", () => {
  for (let length = 250; length < 320; length++) { // wherever they would be copied fastest
    const request = allocateTorch({
      inputs: [
        { dtype: "float64", shape: [1000] },
        { dtype: "int64", shape: [100] },
        { dtype: "float32", shape: [length] },
      ],
    });
    request.inputs[2].fill(length);
    const [, , last] = decode(torchRequest, request.toBytes().slice()).inputs!;
    assert.deepEqual(last!.float_val, request.inputs[2]);
  }
});

test("a request takes no more than its shortest form and the bytes that align it", () => {
  fc.assert(fc.property(specs(fixed), (list) => {
    const bytes = allocate({ inputs: named(list) }).toBytes();
    const shortest = encode(predictRequest, decode(predictRequest, bytes.slice())).length;
    assert.ok(bytes.length <= shortest + 14 * list.length, `${bytes.length} for ${shortest}`);
  }));
});

test("predict() sends what is in the arrays at each call, and nothing that was there before", async () => {
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const predictor = new Predictor({
    endpoint: "https://service.example/api/predict/x",
    serializer: tensorflow({ signatureName: "not asked for" }),
    fetch: (_, { body }) => {
      bodies.push((body as Uint8Array<ArrayBuffer>).slice());
      return new Response(
        encode(predictRequest, { inputs: new Map([["y", { dtype: 1, float_val: new Float32Array(1) }]]) })
          .slice(),
      );
    },
  });
  const request = allocate({
    inputs: { x: { dtype: "float32", shape: [2] }, n: { dtype: "int32", shape: [1] } },
  });
  for (const value of [1, -2]) {
    request.inputs.x.fill(value);
    request.inputs.n.fill(value);
    await predictor.predict(request).catch(() => {}); // what is answered does not matter here
  }
  const read = bodies.map((body) => decode(predictRequest, body).inputs!);
  assert.deepEqual(read.map((inputs) => [...inputs.get("x")!.float_val!]), [[1, 1], [-2, -2]]);
  assert.deepEqual(read.map((inputs) => Array.from(inputs.get("n")!.int_val!)), [[1], [-2]]);
  assert.equal(decode(predictRequest, bodies[0]!).signature_name, undefined);
});

test("pytorch() sends a request as it is", () => {
  const request = allocateTorch({ inputs: [{ dtype: "float64", shape: [1, 2] }] });
  request.inputs[0].set([0.5, 2]);
  assert.equal(pytorch().serialize(request), request.toBytes());
});

test("what can't be allocated is refused", () => {
  const rows: [unknown, RegExp][] = [
    [{ dtype: "string", shape: [1] }, /input "x": string is no element type of fixed size/],
    [{ dtype: "int4", shape: [1] }, /input "x": int4 is no element type of fixed size/],
    [{ dtype: "uint64", shape: [1] }, /input "x": processors have no uint64/],
    [{ dtype: "float32", shape: [-1, 3] }, /input "x": its shape is \[-1, 3\]/],
    [{ dtype: "float32", shape: [0.5, 2] }, /input "x": its shape is \[0\.5, 2\]/],
    [{ dtype: "float32", shape: [2 ** 30, 2 ** 30] }, /input "x": its shape is/],
  ];
  for (const [x, message] of rows) {
    assert.throws(() => allocate({ inputs: { x: x as ArraySpec } }), { message });
  }
  assert.throws(() => allocateTorch({ inputs: [{ dtype: "bool", shape: [1] }] }), {
    name: "TypeError",
    message: /^Cannot send input 0: it is bool; PyTorch processors take float32, /,
  });
});
