import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DType, dtypes, type Nested, Tensor, tensor, type TensorDataOf } from "../../core/tensors.ts";
import { stringify } from "../../core/json.ts";

/** A list of text isn't even a list of pairs. */
const isPairless = (dtype: DType): boolean => dtypes[dtype].slots === 2;

const arrays: [dtype: DType, data: TensorDataOf[DType]][] = [
  ["int8", new Int8Array(4)],
  ["uint8", new Uint8Array(4)],
  ["uint8", new Uint8ClampedArray(4)],
  ["int16", new Int16Array(4)],
  ["uint16", new Uint16Array(4)],
  ["int32", new Int32Array(4)],
  ["uint32", new Uint32Array(4)],
  ["int64", new BigInt64Array(4)],
  ["uint64", new BigUint64Array(4)],
  ["float32", new Float32Array(4)],
  ["float64", new Float64Array(4)],
  ["string", ["a", "b", "c", "d"]],
];
for (const [dtype, data] of arrays) {
  const title = data.constructor.name;

  test(`tensor() keeps the caller's ${title} and calls it ${dtype}`, () => {
    const made = tensor(data);
    assert.ok(made instanceof Tensor);
    assert.equal(made.dtype, dtype);
    assert.equal(made.data, data);
    assert.deepEqual(made.shape, [4]);
    assert.equal(tensor(data, [2, 2], dtype).data, data);
  });

  test(`tensor() lets a ${title} hold what it can and nothing else`, () => {
    const extra: Partial<Record<DType, DType[]>> = {
      uint16: ["float16", "bfloat16"],
      float32: ["complex64"],
      float64: ["complex128"],
      ...data instanceof Uint8Array && { uint8: ["bool"] },
    };
    for (const other of Object.keys(dtypes) as DType[]) { // its keys are the element types
      const make = (): Tensor => tensor(data, undefined, other);
      if (other === dtype || extra[dtype]?.includes(other)) assert.equal(make().dtype, other);
      else assert.throws(make, Array.isArray(data) && isPairless(other) ? RangeError : TypeError);
    }
  });
}

test("tensor() takes byte strings, which need not be text", () => {
  const data = [Uint8Array.of(0xff), "a"];
  assert.equal(tensor(data, [2]).data, data);
  assert.equal(tensor(data, [2]).dtype, "string");
});

for (
  const [title, data] of Object.entries({
    "a list with a hole in it": ["a", undefined],
    "a buffer": new ArrayBuffer(4),
    "a DataView": new DataView(new ArrayBuffer(4)),
    "text": "abcd",
    "null": null,
    "undefined": undefined,
    "an object": { length: 4 },
  })
) {
  test(`tensor() refuses ${title} as data`, () => {
    const refused = data as unknown as Float32Array<ArrayBuffer>; // as a program without types would pass it
    assert.throws(() => tensor(refused), { name: "TypeError", message: /^Cannot make a tensor: / });
  });
}

for (const dtype of ["float", "toString", "__proto__", ""]) {
  test(`tensor() refuses the element type "${dtype}"`, () => {
    assert.throws(() => tensor(new Float32Array(1), [1], dtype as "float32"), { // what the type forbids
      name: "TypeError",
      message: `Cannot make a tensor: "${dtype}" is no element type`,
    });
  });
}

const inferred: [count: number, shape: number[], resolved: number[]][] = [
  [6, [-1], [6]],
  [6, [-1, 3], [2, 3]],
  [6, [2, -1], [2, 3]],
  [6, [1, -1, 1, 2], [1, 3, 1, 2]],
  [1568, [-1, 28, 28], [2, 28, 28]],
  [0, [-1, 3], [0, 3]],
  [0, [-1], [0]],
];
for (const [count, shape, resolved] of inferred) {
  test(`tensor() resolves [${shape}] for ${count} elements as [${resolved}]`, () => {
    assert.deepEqual(tensor(new Float32Array(count), shape).shape, resolved);
  });
}

test("tensor() counts two slots for an element of a complex type", () => {
  assert.deepEqual(tensor(new Float32Array(4), undefined, "complex64").shape, [2]);
  assert.deepEqual(tensor(new Float64Array(8), [-1, 2], "complex128").shape, [2, 2]);
  assert.deepEqual(tensor(new Float32Array(2), [], "complex64").shape, []);
  for (const shape of [undefined, [1], [-1]]) {
    assert.throws(() => tensor(new Float32Array(3), shape, "complex64"), RangeError);
  }
});

const misfits: [count: number, shape: number[]][] = [
  [6, [2, 2]],
  [6, [7]],
  [6, []],
  [0, []],
  [2, []],
  [6, [-1, 4]],
  [6, [-1, -1]],
  [6, [-1, 0]],
  [6, [0]],
  [6, [-2, -3]],
  [6, [-6]],
  [6, [1.5, 4]],
  [6, [6, 1.5, 2 / 3]],
  [6, [NaN]],
  [6, [Infinity]],
  [0, [0, Infinity]],
  [0, [0, NaN]],
  [0, [0, -2]],
  [0, [0, 0.5]],
  [1, [2 ** 53, 2 ** -53]],
];
for (const [count, shape] of misfits) {
  test(`tensor() refuses the shape [${shape}] for ${count} elements`, () => {
    assert.throws(() => tensor(new Float32Array(count), shape), {
      name: "RangeError",
      message: `Cannot use a tensor: ${count} elements don't fill the shape [${shape.join(", ")}]`,
    });
  });
}

test("tensor() freezes a shape of its own", () => {
  const shape = [2, -1];
  const { shape: own } = tensor(new Float32Array(6), shape);
  assert.ok(Object.isFrozen(own));
  assert.ok(Object.isFrozen(tensor(new Float32Array(6)).shape));
  assert.deepEqual(shape, [2, -1]);
  shape[0] = 3;
  assert.deepEqual(own, [2, 3]);
});

test("JSON.stringify() writes lists of lists, as toNested() gives them", () => {
  const rows: [Tensor, string][] = [
    [tensor(Float32Array.of(0.25, 0.75)), "[0.25,0.75]"],
    [tensor(Int8Array.of(1, 2, 3, 4), [2, 1, 2]), "[[[1,2]],[[3,4]]]"],
    [tensor(Uint8Array.of(1, 0), [2], "bool"), "[true,false]"],
    [tensor(Float64Array.of(5), []), "5"],
    [tensor(["a", "b"], [2, 1]), '[["a"],["b"]]'],
    [tensor(Float32Array.of(1, 2), [1], "complex64"), "[[1,2]]"],
  ];
  for (const [made, text] of rows) {
    assert.equal(JSON.stringify(made), text);
    assert.equal(new TextDecoder().decode(stringify(made)), text);
    assert.equal(JSON.stringify({ scores: [made] }), `{"scores":[${text}]}`);
  }
  const large = tensor(Float64Array.of(2 ** 60), []); // no integer that a reader would round
  assert.equal(
    new TextDecoder().decode(stringify([large, tensor(Float32Array.of(2 ** 60))])),
    `[${2 ** 60},[${2 ** 60}]]`,
  );
});

test("a shape that says of many lists that they are empty is not spelt out", () => {
  const many = new Tensor("float32", [20_000_000, 0], new Float32Array());
  assert.throws(() => many.toNested(), RangeError);
  assert.throws(() => JSON.stringify(many), RangeError);
  assert.deepEqual(new Tensor("float32", [2, 0], new Float32Array()).toNested(), [[], []]);
});

/** A shape, and a number of elements that fills it. */
const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 5 }).map((shape) => ({
  shape,
  count: shape.reduce((product, length) => product * length, 1),
}));

/** The shape that nesting shows; below an empty axis there is nothing to see. */
function shapeOf(nested: Nested): number[] {
  if (typeof nested !== "object") return [];
  const [first] = nested as readonly Nested[]; // lists and typed arrays are both iterable
  return [nested.length, ...first === undefined ? [] : shapeOf(first)];
}

const flatten = (nested: Nested): unknown[] =>
  typeof nested === "object" ? Array.from(nested as readonly Nested[]).flatMap(flatten) : [nested];

test("tensor() takes any shape that its elements fill, and nesting keeps them in order", () => {
  fc.assert(fc.property(shapes, ({ shape, count }) => {
    for (const data of [Float64Array.from({ length: count }, (_, i) => i), Array(count).fill("s")]) {
      const made: Tensor = tensor(data as Float64Array<ArrayBuffer> | string[], shape);
      assert.deepEqual(made.shape, shape);
      const nested = made.toJSON();
      assert.deepEqual(flatten(nested), Array.from(data));
      const seen = shape.includes(0) ? shape.slice(0, shape.indexOf(0) + 1) : shape;
      assert.deepEqual(shapeOf(nested), seen);
    }
  }));
});

test("tensor() refuses any shape that its elements don't fill", () => {
  fc.assert(fc.property(shapes, fc.nat({ max: 40 }), ({ shape, count }, other) => {
    fc.pre(count !== other);
    assert.throws(() => tensor(new Int8Array(other), shape), RangeError);
  }));
});

test("tensor() finds any one axis that is left open", () => {
  fc.assert(fc.property(shapes, fc.nat(), ({ shape, count }, at) => {
    fc.pre(count > 0 && shape.length > 0);
    const open = shape.with(at % shape.length, -1);
    assert.deepEqual(tensor(new Int8Array(count), open).shape, shape);
  }));
});

test("toJSON() adds an axis of two to a complex tensor", () => {
  fc.assert(fc.property(shapes, ({ shape, count }) => {
    const data = Float32Array.from({ length: 2 * count }, (_, i) => i);
    const nested = tensor(data, shape, "complex64").toJSON();
    assert.deepEqual(flatten(nested), [...data]);
    if (count) assert.deepEqual(shapeOf(nested), [...shape, 2]);
  }));
});

/** Compiles only for a value of exactly the type that is given. */
const typed = <Wanted>() => <Given>(_: Given, ..._same: Same<Wanted, Given>): void => {};
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? [] : [never] : [never];

test("tensor() tells the compiler the element type", () => {
  typed<"float32">()(tensor(new Float32Array(1)).dtype);
  typed<"float64">()(tensor(new Float64Array(1)).dtype);
  typed<"int8">()(tensor(new Int8Array(1)).dtype);
  typed<"uint8">()(tensor(new Uint8Array(1)).dtype);
  typed<"uint8">()(tensor(new Uint8ClampedArray(1)).dtype);
  typed<"int16">()(tensor(new Int16Array(1)).dtype);
  typed<"uint16">()(tensor(new Uint16Array(1)).dtype);
  typed<"int32">()(tensor(new Int32Array(1)).dtype);
  typed<"uint32">()(tensor(new Uint32Array(1)).dtype);
  typed<"int64">()(tensor(new BigInt64Array(1)).dtype);
  typed<"uint64">()(tensor(new BigUint64Array(1)).dtype);
  typed<"string">()(tensor(["a"]).dtype);
  typed<"string">()(tensor(["a", Uint8Array.of(1)]).dtype);
  typed<"bool">()(tensor(new Uint8Array(1), undefined, "bool").dtype);
  typed<"complex64">()(tensor(new Float32Array(2), [1], "complex64").dtype);
  typed<Float32Array<ArrayBuffer>>()(tensor(new Float32Array(1)).data);
  typed<Uint16Array<ArrayBuffer>>()(tensor(new Uint16Array(1), [1], "bfloat16").data);
  typed<readonly number[]>()(tensor(new Float32Array(1)).shape);
  // @ts-expect-error: the helper above refuses another type, or it would prove nothing
  typed<"float64">()(tensor(new Float32Array(1)).dtype);
});

test("tensor() doesn't compile for what it refuses", () => {
  // @ts-expect-error: an array of one type is none of another
  assert.throws(() => tensor(new Uint8Array(4), [1], "float32"));
  // @ts-expect-error: no such element type
  assert.throws(() => tensor(new Float32Array(1), [1], "float"));
  // @ts-expect-error: the shape is the tensor's own
  assert.throws(() => tensor(new Float32Array(1)).shape.push(1));
});
