import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type DType,
  equals,
  fromStrides,
  type NestedList,
  slice,
  type Tensor,
  tensor,
  type TensorInput,
  type TensorLike,
} from "../../core/tensors.ts";

test("tensor() lays nested lists out, of the type that their elements have", () => {
  const rows: [NestedList, DType, number[], unknown][] = [
    [[1, 2.5], "float32", [2], Float32Array.of(1, 2.5)],
    [[[1], [2]], "float32", [2, 1], Float32Array.of(1, 2)],
    [[[[]], [[]]], "float32", [2, 1, 0], new Float32Array()],
    [7, "float32", [], Float32Array.of(7)],
    [true, "bool", [], Uint8Array.of(1)],
    [[[true, false]], "bool", [1, 2], Uint8Array.of(1, 0)],
    [[2n ** 62n, -1n], "int64", [2], BigInt64Array.of(2n ** 62n, -1n)],
    [[["a"], ["b"]], "string", [2, 1], ["a", "b"]],
    [[[Uint8Array.of(255)]], "string", [1, 1], [Uint8Array.of(255)]],
  ];
  for (const [nested, dtype, shape, data] of rows) {
    const made = tensor(nested as TensorInput);
    assert.deepEqual([made.dtype, made.shape, made.data], [dtype, shape, data]);
  }
});

test("tensor() writes numbers of nested lists as the type that is asked for, if they fit", () => {
  const rows: [NestedList, DType, unknown][] = [
    [[0, 255], "uint8", Uint8Array.of(0, 255)],
    [[-128, 127], "int8", Int8Array.of(-128, 127)],
    [[1n, 2], "int32", Int32Array.of(1, 2)],
    [[1, 2 ** 53 - 1], "int64", BigInt64Array.of(1n, 2n ** 53n - 1n)],
    [[2n ** 64n - 1n], "uint64", BigUint64Array.of(2n ** 64n - 1n)],
    [[0.1, NaN, -Infinity], "float64", Float64Array.of(0.1, NaN, -Infinity)],
    [[1, -0], "float16", Uint16Array.of(0x3c00, 0x8000)],
    [[1, 0], "bool", Uint8Array.of(1, 0)],
    [[true, false], "int32", Int32Array.of(1, 0)],
    [[[1, 2], [3, 4]], "complex64", Float32Array.of(1, 2, 3, 4)],
  ];
  for (const [nested, dtype, data] of rows) assert.deepEqual(tensor(nested, undefined, dtype).data, data);
  assert.deepEqual(tensor([[1, 2], [3, 4]], undefined, "complex64").shape, [2]);
  assert.deepEqual(tensor([1, 2, 3, 4], [2, -1], "int16").shape, [2, 2]);
});

const refused: [NestedList, DType, RegExp][] = [
  [[256], "uint8", /^RangeError: .*element 0, 256, is no uint8/],
  [[0, -1], "uint16", /^RangeError: .*element 1, -1, is no uint16/],
  [[0.5], "int32", /^RangeError: .*0\.5/],
  [[NaN], "int8", /^RangeError: .*NaN/],
  [[Infinity], "int64", /^RangeError: .*Infinity/],
  [[2 ** 53], "int64", /^RangeError: .*9007199254740992/],
  [[2n ** 63n], "int64", /^RangeError: .*9223372036854775808/],
  [[-1n], "uint64", /^RangeError: .*-1/],
  [[2], "bool", /^RangeError: .*2/],
  [["1"], "float32", /^TypeError: .*element 0, string, is no float32/],
  [[1], "string", /^RangeError: .*1/],
  [[undefined as unknown as number], "float32", /^TypeError: .*undefined/],
  [[null as unknown as number], "int64", /^TypeError: .*object/],
  [[1, 2, 3], "complex64", /pairs/],
  [[[1], [1, 2]], "float32", /^RangeError: .*depth 1 differ in length/],
  [[[1], 2], "float32", /^RangeError: .*depth 1 differ in length/],
  [[Int32Array.of(2 ** 30 + 1)] as unknown as number[], "float32", /^TypeError: .*object, is no float32/],
];
for (const [nested, dtype, says] of refused) {
  const shown = JSON.stringify(nested, (_, value) => typeof value === "bigint" ? `${value}n` : value);
  test(`tensor() refuses ${shown} as ${dtype}`, () => {
    assert.throws(() => tensor(nested, undefined, dtype), (error) => says.test(String(error)));
  });
}

test("tensor() refuses lists that go on for ever, or nearly", () => {
  const circular: unknown[] = [];
  circular[0] = circular;
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  for (const nested of [circular, deep]) assert.throws(() => tensor(nested as NestedList), RangeError);
});

test("tensor() takes what other libraries call a tensor, without copying its data", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6), bits = Uint16Array.of(0x3c00);
  const rows: [TensorLike, DType, number[], unknown][] = [
    [{ data, shape: [2, 3] }, "float32", [2, 3], data],
    [{ data: Uint8Array.of(1), shape: [1], dtype: "bool" }, "bool", [1], Uint8Array.of(1)],
    [{ data, shape: [3, 2], dtype: "generic" }, "float32", [3, 2], data],
    [{ data, dims: [3, 2], type: "float32" }, "float32", [3, 2], data],
    [{ data: bits, dims: [1], type: "float16" }, "float16", [1], bits],
    [{ data: ["a", "b"], dims: [2], type: "string" }, "string", [2], ["a", "b"]],
    [
      { shape: [6], dtype: "float32", strides: [1], dataSync: () => data } as TensorLike,
      "float32",
      [6],
      data,
    ],
    [{ shape: [1], dtype: "bool", dataSync: () => Uint8Array.of(1) }, "bool", [1], Uint8Array.of(1)],
    [
      { nullCount: 0, stride: 1, type: { toString: () => "Float32" }, toArray: () => data } as TensorLike,
      "float32",
      [6],
      data,
    ],
    [{ nullCount: 0, type: { toString: () => "Float16" }, toArray: () => bits }, "float16", [1], bits],
    [
      { nullCount: 0, type: { toString: () => "Bool" }, toArray: () => [true] },
      "bool",
      [1],
      Uint8Array.of(1),
    ],
    [{ nullCount: 0, type: { toString: () => "Utf8" }, toArray: () => ["a"] }, "string", [1], ["a"]],
  ];
  for (const [like, dtype, shape, elements] of rows) {
    const made = tensor(like);
    assert.deepEqual([made.dtype, made.shape, made.data], [dtype, shape, elements]);
  }
  assert.equal(tensor({ data, shape: [2, 3] }).data, data);
  assert.equal(tensor(tensor(data), [3, 2]).data, data);
});

test("tensor() refuses what lies in memory in another order, is missing, or is no tensor", () => {
  const data = new Float32Array(4);
  const rows: [object, RegExp][] = [
    [{ data, shape: [2, 2], stride: [1, 2], offset: 0 }, /it has strides; copy it with fromStrides\(\)/],
    [{ data, shape: [2, 2], strides: [8, 4] }, /strides/],
    [{ toArray: () => data, nullCount: 1, type: "Float32" }, /values are missing/],
    [{}, /neither an array nor a tensor/],
    [{ shape: [1] }, /neither/],
  ];
  for (const [like, says] of rows) assert.throws(() => tensor(like as TensorLike), says);
});

test("tensor() refuses memory that others can change or take away", () => {
  const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
  assert.throws(() => tensor(new Float32Array(resizable)), {
    name: "TypeError",
    message: /shared, resizable or gone/,
  });
  const gone = new Float32Array(2);
  const before = tensor(gone);
  structuredClone(gone, { transfer: [gone.buffer] });
  assert.throws(() => tensor(gone), { name: "TypeError", message: /shared, resizable or gone/ });
  assert.equal(before.isComplete, false);
  assert.throws(() => before.toNested(), RangeError);
});

const hasShared = typeof SharedArrayBuffer === "function";
test("tensor() refuses shared memory", { skip: !hasShared && "this runtime has none" }, () => {
  const shared = new Float32Array(new SharedArrayBuffer(8));
  assert.throws(() => tensor(shared as unknown as Float32Array<ArrayBuffer>), /shared, resizable or gone/);
});

const native = globalThis.Float16Array;
test("tensor() sees the bits of a Float16Array", { skip: !native && "this runtime has none" }, () => {
  const values = native.of(1, -2.5);
  const made: Tensor<"float16"> = tensor(values, [2]);
  assert.equal(tensor(values, undefined, "float16").dtype, "float16");
  assert.deepEqual(made.data, Uint16Array.of(0x3c00, 0xc100));
  assert.equal(made.data.buffer, values.buffer);
  assert.deepEqual(made.toNested(), [1, -2.5]);
});

test("toNested() gives plain values", () => {
  const rows: [Tensor, unknown][] = [
    [tensor(Float32Array.of(1, 2, 3, 4), [2, 2]), [[1, 2], [3, 4]]],
    [tensor(BigInt64Array.of(5n), []), 5n],
    [tensor(Uint8Array.of(1, 0), [2], "bool"), [true, false]],
    [tensor(Uint8Array.of(1), [], "bool"), true],
    [tensor(Uint16Array.of(0x3f80), [1], "bfloat16"), [1]],
    [tensor(Float32Array.of(1, 2), [], "complex64"), [1, 2]],
    [tensor(["a", Uint8Array.of(1)], [2, 1]), [["a"], [Uint8Array.of(1)]]],
    [tensor(new Int8Array(), [2, 0]), [[], []]],
  ];
  for (const [given, nested] of rows) assert.deepEqual(given.toNested(), nested);
});

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
const counted = shapes.map((shape) => {
  const count = shape.reduce((product, length) => product * length, 1);
  return tensor(Int32Array.from({ length: count }, (_, i) => i), shape);
});

test("toNested() and tensor() undo each other, but for what an empty axis hides", () => {
  fc.assert(fc.property(counted, (made) => {
    fc.pre(!made.shape.includes(0));
    assert.ok(equals(tensor(made.toNested() as number[], undefined, "int32"), made));
  }));
});

test("slice() takes rows like Array.slice, and shares the data", () => {
  fc.assert(
    fc.property(
      counted,
      fc.integer({ min: -6, max: 6 }),
      fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined }),
      (made, start, end) => {
        fc.pre(made.shape.length > 0 && !made.shape.slice(1).includes(0));
        const part = slice(made, start, end);
        assert.deepEqual(part.toNested(), (made.toNested() as unknown[]).slice(start, end));
        assert.equal(part.data.buffer, made.data.buffer);
      },
    ),
  );
  assert.deepEqual(slice(tensor(Float32Array.of(1, 2, 3, 4), [2], "complex64"), 1).toNested(), [[3, 4]]);
  assert.deepEqual(slice(tensor(["a", "b"]), 1).data, ["b"]);
  assert.deepEqual(slice(tensor([1, 2, 3]), 0.5, 2.9).toNested(), [1, 2]);
  assert.throws(() => slice(tensor(1)), { name: "RangeError", message: /scalar/ });
});

test("equals() compares type, shape and elements", () => {
  const a = tensor(Float32Array.of(1, NaN), [2]);
  assert.ok(equals(a, tensor(Float32Array.of(1, NaN))));
  assert.ok(equals(tensor(["é"]), tensor([new TextEncoder().encode("é")])));
  const others = [
    tensor(Float32Array.of(1, 2)),
    tensor(Float64Array.of(1, NaN)),
    tensor(Float32Array.of(1, NaN), [1, 2]),
  ];
  for (const other of others) assert.ok(!equals(a, other));
  assert.ok(!equals(tensor(["a"]), tensor(["b"])));
});

test("fromStrides() copies transposed, reversed, repeated and partial views", () => {
  const data = Int32Array.from({ length: 6 }, (_, i) => i);
  const rows: [number[], number[], number, unknown][] = [
    [[3, 2], [1, 3], 0, [[0, 3], [1, 4], [2, 5]]],
    [[2, 3], [-3, -1], 5, [[5, 4, 3], [2, 1, 0]]],
    [[2, 2], [0, 1], 1, [[1, 2], [1, 2]]],
    [[2], [2], 1, [1, 3]],
    [[], [], 4, 4],
    [[0, 3], [1, 1], 0, []],
  ];
  for (const [shape, stride, offset, nested] of rows) {
    const copy = fromStrides({ data, shape, stride, offset });
    assert.deepEqual(copy.toNested(), nested);
    assert.notEqual(copy.data.buffer, data.buffer);
  }
  for (
    const [shape, stride, offset] of [[[7], [1], 0], [[2], [-1], 0], [[1], [1], 6], [[2], [], 0]] as const
  ) {
    assert.throws(() => fromStrides({ data, shape, stride, offset }), RangeError);
  }
  const pairs = fromStrides(
    { data: Float32Array.of(1, 2, 3, 4), shape: [2], stride: [-2], offset: 2 },
    "complex64",
  );
  assert.deepEqual(pairs.toNested(), [[3, 4], [1, 2]]);
});

test("a tensor shows itself in a line", () => {
  const inspect = Symbol.for("nodejs.util.inspect.custom");
  const show = (made: Tensor): string =>
    (made as unknown as Record<symbol, () => string>)[inspect]!.call(made);
  assert.equal(show(tensor(Float32Array.of(1, 2), [2, 1])), "Tensor float32 [2,1] 1,2");
  assert.ok(show(tensor([new Uint8Array(1e5)])).length <= 80);
  assert.equal(show(tensor(new Int8Array(1e6))), "Tensor int8 [1000000] 0,0,0,0,0");
});

test("what is no tensor doesn't compile as one", () => {
  // @ts-expect-error: text is no tensor
  assert.throws(() => tensor("text"));
  // @ts-expect-error: floats hold no bytes
  assert.throws(() => tensor(new Float32Array(2), [2], "uint8"));
  // @ts-expect-error: no list of objects
  assert.throws(() => tensor([{}]));
  // @ts-expect-error: dims need a type
  tensor({ data: new Float32Array(1), dims: [1] });
});
