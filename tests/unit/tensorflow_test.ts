import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromArrayProto } from "../../core/array-proto.ts";
import { PaiError, PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import {
  type DType,
  dtypes,
  equals,
  type Tensor,
  tensor,
  type TensorDataOf,
  toText,
} from "../../core/tensors.ts";
import {
  inspectSignatureDef,
  output,
  type SignatureDef,
  tensorflow,
  type TensorFlowInput,
  type TensorFlowOptions,
  toBytes,
} from "../../plugins/serializers/tensorflow.ts";
import { decode, encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { tensorsOf } from "../support/random_tensors.ts";

const spec = (name: string, type: string, shape: number[], _?: DType) => ({ name, type, shape });
const mnist: SignatureDef = {
  signatureName: "serving_default",
  inputs: [spec("flatten_input", "DT_FLOAT", [-1, 28, 28], "float32")],
  outputs: [spec("dense_1", "DT_FLOAT", [-1, 10], "float32")],
};
const two: SignatureDef = {
  ...mnist,
  inputs: [...mnist.inputs, spec("user_ids", "DT_INT64", [-1, -1], "int64")],
};

/** The arrays of a request. */
function inputsOf(input: TensorFlowInput, options?: TensorFlowOptions): { [name: string]: Tensor } {
  const { inputs = new Map() } = decode(predictRequest, toBytes(input, options));
  return Object.fromEntries(Array.from(inputs, ([name, array]) => [name, fromArrayProto(array)]));
}

test("requests have the bytes of official clients", () => {
  const rows: [TensorFlowInput, TensorFlowOptions, string][] = [
    [
      { x: tensor(Float32Array.of(0.5, 1.5), [1, 2]) },
      { signatureName: "serving_default", outputs: ["y"] },
      "0a0f73657276696e675f64656661756c7412170a01781212080112040a0201021a080000003f0000c03f1a0179",
    ],
    [{ s: tensor(["a", "中"]) }, {}, "12140a0173120f080712030a01023201613203e4b8ad"],
    [{ b: tensor([true, false]) }, {}, "12100a0162120b080a12030a010242020100"],
    [{ k: tensor(3.5) }, {}, "120f0a016b120a080112001a0400006040"],
    [new Map([["k", tensor(3.5)]]), {}, "120f0a016b120a080112001a0400006040"],
  ];
  for (const [input, options, hex] of rows) assert.equal(toHex(toBytes(input, options)), hex);
});

test("answers are read as official clients write them", () => {
  const { y } = tensorflow().deserialize(fromHex("0a170a01791212080112040a0201021a080000803e0000403f"));
  assert.deepEqual([y!.dtype, y!.shape, [...y!.data]], ["float32", [1, 2], [0.25, 0.75]]);
  assert.deepEqual(tensorflow().deserialize(new Uint8Array()), {});
});

const sendable = (Object.keys(dtypes) as DType[]).filter((dtype) => dtype !== "uint32" && dtype !== "uint64");
for (const dtype of sendable) {
  test(`${dtype} of any shape arrives in a request and comes back in an answer`, () => {
    fc.assert(fc.property(tensorsOf(dtype), fc.boolean(), (given, copy) => {
      const made = inputsOf({ x: given }).x!;
      assert.ok(equals(made, given));
      const { inputs } = decode(predictRequest, toBytes({ x: given }));
      const answer = tensorflow({ copy }).deserialize(encode(predictResponse, { outputs: inputs }));
      assert.ok(equals(answer.x!, given));
      assert.equal(answer.x!.dtype, dtype);
    }));
  });
}

for (const dtype of ["uint32", "uint64"] as const) {
  test(`${dtype}, which processors have not, is refused`, () => {
    const data: TensorDataOf[DType] = dtype === "uint32" ? new Uint32Array(1) : new BigUint64Array(1);
    assert.throws(() => toBytes({ x: tensor(data) }), {
      name: "TypeError",
      message: `Cannot send input "x": processors have no ${dtype}`,
    });
  });
}

test("the wire's numbers of the element types", () => {
  const rows: [DType, number][] = [
    ...[
      "float32",
      "float64",
      "int32",
      "uint8",
      "int16",
      "int8",
      "string",
      "complex64",
      "int64",
      "bool",
    ] as DType[],
  ].map((dtype, i) => [dtype, i + 1]);
  for (
    const [dtype, number] of [...rows, ["bfloat16", 14], ["uint16", 17], ["complex128", 18], [
      "float16",
      19,
    ]] as [DType, number][]
  ) {
    const [given] = fc.sample(tensorsOf(dtype), 1);
    assert.equal(decode(predictRequest, toBytes({ x: given! })).inputs!.get("x")!.dtype, number, dtype);
  }
});

test("quantized types are those of the signature, in the integers that hold them", () => {
  const rows: [type: string, number: number, data: TensorDataOf[DType], dtype: DType][] = [
    ["DT_QINT8", 11, Int8Array.of(-3), "int8"],
    ["DT_QUINT8", 12, Uint8Array.of(200), "uint8"],
    ["DT_QINT32", 13, Int32Array.of(-70000), "int32"],
    ["DT_QINT16", 15, Int16Array.of(-300), "int16"],
    ["DT_QUINT16", 16, Uint16Array.of(60000), "uint16"],
  ];
  for (const [type, number, data, dtype] of rows) {
    const signature = { ...mnist, inputs: [spec("x", type, [1], dtype)] };
    const { inputs } = decode(predictRequest, toBytes({ x: tensor(data) }, { signature }));
    assert.equal(inputs!.get("x")!.dtype, number);
    assert.ok(equals(fromArrayProto(inputs!.get("x")!), tensor(data)));
  }
});

test("what doesn't say its shape is written as the signature says, and keeps its batch", () => {
  const zeros = Array<number>(2 * 28 * 28).fill(0);
  const rows: [TensorFlowInput, number[]][] = [
    [zeros, [2, 28, 28]],
    [{ flatten_input: zeros }, [2, 28, 28]],
    [new Float32Array(28 * 28), [1, 28, 28]],
    [new Float64Array(3 * 28 * 28), [3, 28, 28]], // numpy's own type, which users bring along
    [new Uint8Array(28 * 28), [1, 28, 28]],
    [[zeros.slice(784), zeros.slice(784)], [2, 28, 28]],
    [tensor(new Float32Array(784), [1, 28, 28]), [1, 28, 28]],
    [tensor({ data: new Float32Array(784), dims: [1, 28, 28], type: "float32" }), [1, 28, 28]],
  ];
  for (const [input, shape] of rows) {
    const { flatten_input: made } = inputsOf(input, { signature: mnist });
    assert.deepEqual([made!.dtype, made!.shape], ["float32", shape]);
  }
  const words = { ...mnist, inputs: [spec("s", "DT_STRING", [-1], "string")] };
  assert.deepEqual(inputsOf(["a", "b"], { signature: words }).s!.shape, [2]);
});

test("what the signature rules out is refused, with the reason", () => {
  const image = tensor(new Float32Array(784), [1, 28, 28]);
  const rows: [TensorFlowInput, SignatureDef, RegExp][] = [
    [
      { flaten_inptu: image },
      mnist,
      /^RangeError: Cannot find input "flaten_inptu" among "flatten_input"; did you mean "flatten_input"\?$/,
    ],
    [{ zzz: image }, mnist, /^RangeError: Cannot find input "zzz" among "flatten_input"$/],
    [image, two, /^RangeError: Cannot find input "" among "flatten_input", "user_ids"$/],
    [
      { flatten_input: tensor(new Float64Array(784), [1, 28, 28]) },
      mnist,
      /^TypeError: .*float64 \[1,28,28\] is no DT_FLOAT \[-1,28,28\]/,
    ],
    [
      { flatten_input: tensor(new Float32Array(784), [28, 28]) },
      mnist,
      /^TypeError: .*float32 \[28,28\] is no DT_FLOAT \[-1,28,28\]/,
    ],
    [{ flatten_input: new Float32Array(783) }, mnist, /^RangeError: .*783 elements don't fill/],
    [{ user_ids: [1.5] }, two, /^RangeError: .*1\.5, is no int64/],
    [{ user_ids: [1, 2] }, two, /^RangeError: .*-1/],
    [{ flatten_input: ["a"] }, mnist, /^TypeError: .*string, is no float32/],
    [
      { x: [1] },
      { ...mnist, inputs: [spec("x", "DT_RESOURCE", [1])] },
      /^TypeError: .*float32 \[1\] is no DT_RESOURCE \[1\]/,
    ],
  ];
  for (const [input, signature, says] of rows) {
    assert.throws(
      () => toBytes(input, { signature }),
      (error) => says.test(String(error)) || assert.fail(String(error)),
    );
  }
  assert.throws(() => toBytes([1]), { name: "TypeError", message: /options\.signature/ });
});

test("a tensor whose memory was taken away is refused, not sent empty", () => {
  const x = tensor(new Float32Array(4), [2, 2]);
  structuredClone(x.data.buffer, { transfer: [x.data.buffer] });
  assert.throws(() => toBytes({ x }), {
    name: "RangeError",
    message: /0 elements don't fill the shape \[2, 2\]/,
  });
});

test("memory that is shared or gone is refused, not sent as an empty batch", () => {
  const gone = new Float64Array(784);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const view = new DataView(new ArrayBuffer(8)) as unknown as Float64Array<ArrayBuffer>; // what TypeScript can't see
  for (const given of [gone, view]) assert.throws(() => toBytes(given, { signature: mnist }), TypeError);
});

test("the names of a large answer don't fill an error", () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `output_${i}`);
  const answer = encode(predictResponse, { outputs: new Map(names.map((name) => [name, {}])) });
  assert.throws(
    () => tensorflow({ outputs: ["score"] }).deserialize(answer),
    (error) => String(error).length < 500,
  );
});

test("of several names, the one that is meant is the nearest; of names that are none near, no one is", () => {
  const names = ["user_age", "user_gender", "item_id"];
  const signature = { ...mnist, inputs: names.map((name) => spec(name, "DT_FLOAT", [-1], "float32")) };
  const rows = [["user_gendr", "user_gender"], ["USER_AGE", "user_age"], ["itemid", "item_id"], ["x", ""], [
    "price",
    "",
  ]];
  for (const [given, meant] of rows) {
    const ending = meant ? `; did you mean "${meant}"?` : '"item_id"';
    const message = (error: unknown) => String(error).endsWith(ending) || assert.fail(String(error));
    assert.throws(() => toBytes({ [given!]: tensor([1]) }, { signature }), message);
  }
});

test("outputs that were asked for must be there, and output() finds them", () => {
  const answer = encode(predictResponse, {
    outputs: new Map([["dense_1", { dtype: 1, float_val: Float32Array.of(1) }]]),
  });
  assert.throws(() => tensorflow({ outputs: ["dense_2"] }).deserialize(answer.slice()), {
    name: "RangeError",
    message: 'Cannot find output "dense_2" among "dense_1"; did you mean "dense_1"?',
  });
  const outputs = tensorflow().deserialize(answer);
  assert.equal(output(outputs, "dense_1", "float32").data[0], 1);
  assert.throws(() => output(outputs, "toString"), { name: "RangeError", message: /among "dense_1"/ });
  assert.throws(() => output(outputs, "dense_1", "int64"), { name: "TypeError", message: /it is float32/ });
});

test("names are names, whatever they mean elsewhere", () => {
  const input = new Map([["__proto__", tensor(1)], ["10", tensor(2)], ["9", tensor(3)], [
    "constructor",
    tensor(4),
  ]]);
  const { inputs } = decode(predictRequest, toBytes(input));
  assert.deepEqual([...inputs!.keys()], [...input.keys()]);
  const outputs = tensorflow().deserialize(encode(predictResponse, { outputs: inputs }));
  assert.deepEqual(Object.keys(outputs).sort(), [...input.keys()].sort());
  assert.equal(Object.getPrototypeOf(outputs), Object.prototype);
});

test("strings come back as bytes, which toText() reads", () => {
  const answer = (text: string | Uint8Array) =>
    tensorflow().deserialize(
      encode(predictResponse, { outputs: new Map([["s", { dtype: 7, string_val: [text] }]]) }),
    ).s!;
  assert.deepEqual(answer("中").data, [new TextEncoder().encode("中")]);
  assert.deepEqual(toText(answer("中")).data, ["中"]);
  assert.deepEqual(toText(tensor([["a"]])).shape, [1, 1]);
  assert.throws(() => toText(answer(Uint8Array.of(255))), TypeError);
  assert.throws(() => toText(tensor(1)), TypeError);
});

test("an answer whose elements don't fill its shape says so", () => {
  const array = { dtype: 1, array_shape: { dim: BigInt64Array.of(6n) }, float_val: new Float32Array(5) };
  const made = fromArrayProto(array);
  assert.deepEqual([made.isComplete, made.data.length, made.shape], [false, 5, [6]]);
  assert.throws(() => made.toNested(), RangeError);
  assert.throws(() => JSON.stringify(made), RangeError);
});

test("an array of an unknown type is that of the field with elements; an impossible shape is refused", () => {
  assert.equal(fromArrayProto({ dtype: 99, int_val: Int32Array.of(1) }).dtype, "int32");
  assert.equal(fromArrayProto({ string_val: ["a"] }).dtype, "string");
  assert.deepEqual(fromArrayProto({}).data, new Float32Array());
  for (const dim of [[-1n], [2n ** 62n], [2n ** 30n, 2n ** 30n]]) {
    assert.throws(
      () => fromArrayProto({ dtype: 1, array_shape: { dim: BigInt64Array.from(dim) } }),
      RangeError,
    );
  }
  assert.throws(() => fromArrayProto({ dtype: 4, int_val: Int32Array.of(256) }), RangeError);
});

/** A service that tells its signature, in the form of the vendor's, and answers what it is sent. */
function service(failures = 0) {
  const calls: string[] = [];
  const fetch = (_: string, { method, body }: RequestInit): Response => {
    calls.push(method!);
    if (method === "GET" && failures-- > 0) return new Response("starting", { status: 404 });
    if (method === "GET") {
      const inputs = [{ name: "flatten_input", shape: [-1, 28, 28], type: "DT_FLOAT" }];
      return Response.json({
        signature_name: "sig",
        inputs,
        outputs: [{ name: "y", shape: [-1], type: "DT_HALF" }],
      });
    }
    const { inputs: outputs } = decode(predictRequest, body as Uint8Array<ArrayBuffer>);
    return new Response(encode(predictResponse, { outputs }));
  };
  return { calls, predictor: new Predictor({ endpoint: "http://service", serializer: tensorflow(), fetch }) };
}

test("a request made of tensors is one request", async () => {
  const { calls, predictor } = service();
  const { x } = await predictor.predict({ x: tensor([1, 2]) });
  assert.deepEqual(x!.toNested(), [1, 2]);
  assert.deepEqual(calls, ["POST"]);
});

test("the signature is asked for once by calls that need it, and again after a failure", async () => {
  const { calls, predictor } = service(1);
  const image = Array<number>(784).fill(0.5);
  await assert.rejects(predictor.predict(image), PredictionError);
  const [a, b] = await Promise.all([predictor.predict(image), predictor.predict({ flatten_input: image })]);
  assert.deepEqual([a.flatten_input!.shape, b.flatten_input!.shape], [[1, 28, 28], [1, 28, 28]]);
  await assert.rejects(predictor.predict({ other: image }), RangeError);
  assert.deepEqual(calls, ["GET", "GET", "POST", "POST"]);
});

test("inspectSignatureDef() reads what the service tells", async () => {
  const { predictor } = service();
  assert.deepEqual(await inspectSignatureDef(predictor), {
    signatureName: "sig",
    inputs: [{ name: "flatten_input", shape: [-1, 28, 28], type: "DT_FLOAT" }],
    outputs: [{ name: "y", shape: [-1], type: "DT_HALF" }],
  });
  const broken = [{ name: "x", type: "DT_FLOAT" }], other = [{ name: "x", type: "DT_FLOAT", shape: "abc" }];
  const answers = [
    "<html>secret</html>",
    "{}",
    "[]",
    "null",
    ...[broken, other].map((inputs) => JSON.stringify({ inputs, outputs: [] })),
  ];
  for (const answer of answers) {
    const other = new Predictor({ endpoint: "http://service", fetch: () => new Response(answer) });
    await assert.rejects(inspectSignatureDef(other), (error) => {
      assert.ok(error instanceof PaiError);
      assert.equal(error.code, "NoSignature");
      assert.doesNotMatch(`${error} ${error.cause}`, /secret/);
      return true;
    });
  }
});

test("a page where tensors are expected is an error that keeps its beginning", async () => {
  for (const page of ["<html>Bad Gateway</html>", '{"error": "no such model"}', "[1, 2]", "error"]) {
    const fetch = () => new Response(page, { headers: { "content-type": "text/html" } });
    const predictor = new Predictor({ endpoint: "http://service", serializer: tensorflow(), fetch });
    await assert.rejects(predictor.predict({ x: tensor(1) }), (error) => {
      assert.ok(error instanceof PredictionError);
      assert.equal(error.body, page);
      assert.ok(error.cause instanceof SyntaxError);
      return true;
    });
  }
});

test("the processors that it is for", () => {
  const { matches } = tensorflow();
  const rows: [string | undefined, boolean][] = [
    ["tensorflow_cpu_2.7", true],
    ["tensorflow", true],
    ["TensorFlow_x", false],
    ["xgboost", false],
    [undefined, false],
  ];
  for (const [processor, yes] of rows) assert.equal(matches!({ processor }), yes);
});

test("outputs are floats to the compiler, until other types are said", async () => {
  const { predictor } = service();
  const { x } = await predictor.predict({ x: tensor([1, 2]) });
  const scores: number[] = Array.from(x!.data);
  assert.equal(await Response.json({ scores, x }).text(), '{"scores":[1,2],"x":[1,2]}');
  const typed = tensorflow<{ ids: Tensor<"int64"> }>();
  const answer = encode(predictResponse, {
    outputs: new Map([["ids", { dtype: 9, int64_val: BigInt64Array.of(7n) }]]),
  });
  const ids: bigint[] = Array.from(typed.deserialize(answer).ids.data);
  assert.deepEqual(ids, [7n]);
});

test("what is no tensor doesn't compile as an input", () => {
  const { serialize } = tensorflow({ signature: mnist });
  // @ts-expect-error: text is no tensor
  assert.throws(() => serialize("text"), TypeError);
  // @ts-expect-error: nor is it among tensors
  assert.throws(() => serialize({ flatten_input: "text" }), TypeError);
  // @ts-expect-error: an output that is not of the model
  assert.equal(tensorflow<{ y: Tensor<"float32"> }>().deserialize(new Uint8Array()).z, undefined);
});
