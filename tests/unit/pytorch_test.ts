import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromArrayProto } from "../../core/array-proto.ts";
import { type DType, dtypes, equals, type Tensor, tensor } from "../../core/tensors.ts";
import {
  pytorch,
  type PyTorchInput,
  type PyTorchOptions,
  toBytes,
} from "../../plugins/serializers/pytorch.ts";
import { decode, encode, predictRequest, predictResponse } from "../../protos/pytorch-predict.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { tensorsOf } from "../support/random_tensors.ts";

const request = (input: PyTorchInput, options?: PyTorchOptions) =>
  decode(predictRequest, toBytes(input, options));

test("requests have the bytes of official clients", () => {
  const rows: [PyTorchInput, PyTorchOptions, string][] = [
    [
      [tensor(Float32Array.of(1, 2)), tensor(BigInt64Array.of(7n))],
      {},
      "0a11080112030a01021a080000803f000000400a0a080912030a01013a0107",
    ],
    [
      tensor(Int32Array.of(-1, 300)),
      { outputs: [0, 1] },
      "0a15080312030a01022a0cffffffffffffffffff01ac0212020001",
    ],
    [[null, null, tensor(BigInt64Array.of(5n))], {}, "0a000a000a0a080912030a01013a0105"],
    [tensor(Float32Array.of(1, 2)), { debugLevel: 1 }, "0a11080112030a01021a080000803f00000040a00601"],
    [[], {}, ""],
  ];
  for (const [input, options, hex] of rows) assert.equal(toHex(toBytes(input, options)), hex);
});

test("one output is a tensor, several are a list, named ones a record", () => {
  const hex = "0a11080112030a01021a080000803f000000400a0a080912030a01013a0105";
  const [first, second] = pytorch<Tensor[]>().deserialize(fromHex(hex));
  assert.deepEqual([first!.toNested(), second!.toNested()], [[1, 2], [5n]]);
  const one = { dtype: 1, array_shape: {}, float_val: Float32Array.of(3) };
  const answer = encode(predictResponse, { outputs: [one] });
  assert.equal(pytorch().deserialize(answer.slice()).toNested(), 3);
  assert.equal(pytorch({ outputs: [] }).deserialize(answer.slice()).toNested(), 3);
  assert.equal(pytorch({ outputs: [1] }).deserialize(answer.slice()).toNested(), 3);
  assert.equal(pytorch<Tensor[]>({ outputs: [0, 1] }).deserialize(answer).length, 1);
  const named = encode(predictResponse, { map_outputs: new Map([["__proto__", one], ["1", one]]) });
  const outputs = pytorch<{ [name: string]: Tensor }>().deserialize(named);
  assert.deepEqual(Object.entries(outputs).map(([name, made]) => [name, made.toNested()]), [["1", 3], [
    "__proto__",
    3,
  ]]);
  assert.deepEqual(pytorch<Tensor[]>().deserialize(new Uint8Array()), []);
  assert.throws(() => pytorch().deserialize(new TextEncoder().encode("error")), SyntaxError);
});

test("a list of tensors is many inputs; a list of numbers is one", () => {
  const floats = Float32Array.of(0, 0);
  const rows: [PyTorchInput, number][] = [
    [[tensor(1), tensor(2)], 2],
    [[floats, null, floats], 3],
    [[tensor([1]), [[1, 2]], 5], 3],
    [[null, [1, 2]], 2],
    [[tensor({ data: floats, dims: [2], type: "float32" }), floats], 2],
    [[[0, 0], [1, 2]], 1],
    [[0, 1], 1],
    [floats, 1],
    [5, 1],
  ];
  for (const [input, count] of rows) assert.equal(request(input).inputs!.length, count);
  assert.deepEqual(request([[0, 1], [2, 3]]).inputs!.map((array) => fromArrayProto(array).toNested()), [[[
    0,
    1,
  ], [2, 3]]]);
});

test("tensors by name go to the map of inputs, in their order", () => {
  const record = request({ user: tensor([1]), item: [2, 3] });
  assert.deepEqual([...record.map_inputs!.keys()], ["user", "item"]);
  assert.equal(record.inputs, undefined);
  const map = request(new Map([["866", tensor([1])], ["1", tensor([2])], ["__proto__", tensor([3])]]));
  assert.deepEqual([...map.map_inputs!.keys()], ["866", "1", "__proto__"]);
  assert.deepEqual([...request({ shape: [1], data: [2] }).map_inputs!.keys()], ["shape", "data"]);
});

const taken: DType[] = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"];
for (const dtype of Object.keys(dtypes) as DType[]) {
  if (taken.includes(dtype)) {
    test(`${dtype} of any shape arrives in a request and comes back in an answer`, () => {
      fc.assert(fc.property(fc.array(tensorsOf(dtype), { maxLength: 3 }), fc.boolean(), (given, copy) => {
        const { inputs = [] } = request(given);
        assert.ok(inputs.every((array, i) => equals(fromArrayProto(array), given[i]!)));
        const answer = pytorch<Tensor | Tensor[]>({ copy }).deserialize(
          encode(predictResponse, { outputs: inputs }),
        );
        assert.ok([answer].flat().every((made, i) => equals(made, given[i]!)));
        assert.equal([answer].flat().length, given.length);
      }));
    });
  } else {
    test(`${dtype}, which PyTorch processors don't take, is refused`, () => {
      const [given] = fc.sample(tensorsOf(dtype), 1);
      assert.throws(() => toBytes([tensor(1), given!]), {
        name: "TypeError",
        message: new RegExp(`input 1: it is ${dtype}`),
      });
    });
  }
}

test("the processors that it is for", () => {
  const { matches } = pytorch();
  for (
    const [processor, yes] of [["pytorch_cpu_1.10", true], ["PyTorch", false], [undefined, false]] as const
  ) {
    assert.equal(matches!({ processor }), yes);
  }
});

test("what is no tensor doesn't compile as an input", () => {
  const { serialize } = pytorch();
  // @ts-expect-error: text is no tensor
  assert.throws(() => serialize("text"), TypeError);
  // @ts-expect-error: nor in a list of tensors
  assert.throws(() => serialize([tensor(1), { text: "text" }]), TypeError);
  // @ts-expect-error: a model gives tensors
  pytorch<string>();
});
