import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { json, type JsonOptions, stringify } from "../../core/json.ts";
import { tensor } from "../../core/tensors.ts";

const written = (value: unknown, options?: JsonOptions): string =>
  new TextDecoder().decode(stringify(value, options));

const read = (text: string): unknown => json().deserialize(new TextEncoder().encode(text));

/** Whether a value holds an integer that many readers would round. */
function hasUnsafeInteger(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnsafeInteger);
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

// What JSON.stringify takes beyond plain JSON: dates, missing members, lone surrogates, own toJSON.
const anyJson = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }),
  fc.dictionary(
    fc.string(),
    fc.oneof(fc.date(), fc.constant(undefined), fc.constant("\ud800")),
  ),
  fc.array(fc.oneof(fc.constant(undefined), fc.constant(() => 1), fc.constant({ toJSON: () => [1] }))),
);

test("stringify() writes what JSON.stringify writes", () => {
  fc.assert(fc.property(anyJson.filter((value) => !hasUnsafeInteger(value)), (value) => {
    assert.equal(written(value), JSON.stringify(value));
  }));
});

test("stringify() refuses exactly the values with an unsafe integer", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    if (hasUnsafeInteger(value)) assert.throws(() => stringify(value), RangeError);
    else assert.equal(written(value), JSON.stringify(value));
  }));
});

test("json() reads back what it writes", () => {
  const { serialize, deserialize } = json();
  const values = fc.jsonValue({ stringUnit: "binary" }).filter((value) => !hasUnsafeInteger(value));
  fc.assert(fc.property(values, (value) => {
    assert.deepEqual(deserialize(serialize(value)!), JSON.parse(JSON.stringify(value))); // which also loses -0
  }));
});

test("json() reads white space and the mark of the encoding around a value", () => {
  assert.deepEqual(read(' \n{"a":"中"}\r\n'), { a: "中" });
  assert.equal(read("\ufeff1"), 1);
});

for (const text of ["nope", '{"a":', "NaN", '"\0"', " ", "[1,]", "<html>"]) {
  test(`json() refuses ${JSON.stringify(text)}`, () => assert.throws(() => read(text), SyntaxError));
}

test("json() reads an empty answer as undefined", () => {
  assert.equal(read(""), undefined);
});

test("json() reads a key named __proto__ as any other", () => {
  const value = read('{"__proto__":{"polluted":true}}');
  assert.deepEqual(Object.keys(value as object), ["__proto__"]); // an object by the line above
  assert.equal(({} as { polluted?: boolean }).polluted, undefined); // a key that no object has
});

test("json() says that it writes application/json", () => {
  assert.equal(json().contentType, "application/json");
});

const arrays = {
  Int8Array: new Int8Array([-128, 0, 127]),
  Uint8Array: new Uint8Array([0, 255]),
  Uint8ClampedArray: new Uint8ClampedArray([0, 255]),
  Int16Array: new Int16Array([-32768, 32767]),
  Uint16Array: new Uint16Array([0, 65535]),
  Int32Array: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
  Uint32Array: new Uint32Array([0, 2 ** 32 - 1]),
  Float32Array: new Float32Array([0, -0, 0.5, 1.1, -3.4e38]),
  Float64Array: new Float64Array([0, -0, 0.1, 1e308, 5e-324]),
  BigInt64Array: new BigInt64Array([-9007199254740991n, 9007199254740991n]),
  BigUint64Array: new BigUint64Array([0n, 9007199254740991n]),
};
for (const [name, array] of Object.entries(arrays)) {
  test(`stringify() writes a ${name} as a list, wherever it is`, () => {
    const list = JSON.stringify(Array.from(array, Number));
    assert.equal(written(array), list);
    assert.equal(written({ a: [array, { b: array }] }), `{"a":[${list},{"b":${list}}]}`);
    assert.equal(written(array.subarray(1, 1)), "[]");
  });
}

test("stringify() writes the window of a view, not its buffer", () => {
  assert.equal(written(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), "[2,3]");
});

test("stringify() takes no element of a float array for an integer", () => {
  const large = [1e20, 2 ** 53, -(2 ** 60)];
  assert.equal(written(new Float64Array(large)), JSON.stringify(large));
  assert.equal(
    written({ x: [new Float32Array(large)] }),
    JSON.stringify({ x: [[...new Float32Array(large)]] }),
  );
  assert.equal(written(new Float64Array(large), { unsafeIntegers: "string" }), JSON.stringify(large));
  assert.throws(() => stringify([new Float64Array(large), 1e20]), RangeError); // the list around it is no float array
});

test("stringify() refuses a DataView, whose elements nothing tells", () => {
  assert.throws(() => stringify({ x: new DataView(new ArrayBuffer(2)) }), TypeError);
});

const f32 = Float32Array.of(1.5, 2, -3, 4, 5, 6);
const tensors: [title: string, value: unknown, text: string][] = [
  ["float32", tensor(f32, [2, 3]), "[[1.5,2,-3],[4,5,6]]"],
  ["three axes", tensor(f32, [1, 2, 3]), "[[[1.5,2,-3],[4,5,6]]]"],
  ["a scalar", tensor(Float32Array.of(0.5), []), "0.5"],
  [
    "large floats",
    tensor(Float64Array.of(1e20, 2 ** 53), [2, 1]),
    "[[100000000000000000000],[9007199254740992]]",
  ],
  ["int64", tensor(BigInt64Array.of(-1n, 9007199254740991n), [2]), "[-1,9007199254740991]"],
  ["an int64 scalar", tensor(BigInt64Array.of(7n), []), "7"],
  ["uint64", tensor(BigUint64Array.of(1n, 2n), [1, 2]), "[[1,2]]"],
  ["bool", tensor(Uint8Array.of(1, 0), [2, 1], "bool"), "[[true],[false]]"],
  ["complex64", tensor(Float32Array.of(1, 2, 3, 4), [2], "complex64"), "[[1,2],[3,4]]"],
  ["a complex128 scalar", tensor(Float64Array.of(1, -1), [], "complex128"), "[1,-1]"],
  ["string", tensor(["a", "中"], [2, 1]), '[["a"],["中"]]'],
  ["a string scalar", tensor(["a"], []), '"a"'],
  ["no element", tensor(new Float32Array(0), [0]), "[]"],
  ["no row", tensor(new Float32Array(0), [0, 3]), "[]"],
  ["rows of nothing", tensor(new Float32Array(0), [2, 0]), "[[],[]]"],
];
for (const [title, value, text] of tensors) {
  test(`stringify() writes a tensor as nested lists: ${title}`, () => {
    assert.equal(written(value), text);
    assert.equal(written({ inputs: [value] }), `{"inputs":[${text}]}`);
  });
}

test("stringify() writes half-precision tensors as their values, not as their bits", () => {
  const bits = { float16: [0x3c00, 0xc000, 0x0001], bfloat16: [0x3f80, 0xc000, 0x0001] } as const;
  const values = { float16: [1, -2, 2 ** -24], bfloat16: [1, -2, 2 ** -133] } as const;
  for (const dtype of ["float16", "bfloat16"] as const) {
    assert.equal(written(tensor(Uint16Array.from(bits[dtype]), [3], dtype)), JSON.stringify(values[dtype]));
  }
});

const nonFinite = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
for (const [name, value] of Object.entries(nonFinite)) {
  test(`stringify() refuses ${name} and names its key`, () => {
    const error = { name: "RangeError", message: new RegExp(`^Cannot write ${name} at "score" as JSON`) };
    assert.throws(() => stringify({ rows: [{ score: value }] }), error);
    assert.throws(() => stringify(value), { name: "RangeError", message: /^Cannot write \S+ at "" as JSON/ });
    for (const array of [Float32Array.of(0, value), Float64Array.of(0, value), [0, value]]) {
      assert.throws(() => stringify({ x: array }), { name: "RangeError", message: /at "1"/ });
    }
    assert.throws(() => stringify(tensor(Float32Array.of(value), [1, 1])), RangeError);
    assert.throws(() => stringify(tensor(Float32Array.of(value), [])), RangeError);
  });
}

test("stringify() writes what is not finite as null when told so", () => {
  const values = Object.values(nonFinite);
  assert.equal(written([...values, { a: NaN }], { nonFinite: "null" }), '[null,null,null,{"a":null}]');
  assert.equal(written(Float32Array.from(values), { nonFinite: "null" }), "[null,null,null]");
  assert.equal(written([1, 2], { nonFinite: "null" }), "[1,2]");
  assert.throws(() => stringify([2 ** 53], { nonFinite: "null" }), RangeError);
  assert.throws(() => stringify([NaN], { unsafeIntegers: "string" }), RangeError);
});

const unsafe = [2 ** 53, -(2 ** 53), 1e21, 2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 64n, 10n ** 400n];
for (const value of unsafe) {
  const name = `the ${typeof value} ${value}`.slice(0, 40);

  test(`stringify() refuses ${name} and names its key`, () => {
    const error = { name: "RangeError", message: /at "id" as JSON: see the option unsafeIntegers$/ };
    assert.throws(() => stringify({ rows: [{ id: value }] }), error);
  });

  test(`stringify() writes ${name} as a string when told so`, () => {
    assert.equal(written({ id: value }, { unsafeIntegers: "string" }), `{"id":"${BigInt(value)}"}`);
  });
}

test("stringify() holds 64-bit arrays and tensors to the same rule", () => {
  const data = BigInt64Array.of(1n, 2n ** 53n);
  for (const value of [data, tensor(data, [2, 1]), tensor(data.subarray(1), [])]) {
    assert.throws(() => stringify(value), RangeError);
  }
  assert.equal(written(data, { unsafeIntegers: "string" }), '[1,"9007199254740992"]');
  assert.equal(written(tensor(data, [2, 1]), { unsafeIntegers: "string" }), '[[1],["9007199254740992"]]');
});

test("stringify() writes every safe bigint as a number, with all its digits", () => {
  const range = { min: BigInt(Number.MIN_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) };
  fc.assert(fc.property(fc.bigInt(range), (value) => assert.equal(written(value), `${value}`)));
});

for (const value of [undefined, () => 1, Symbol("s"), { toJSON: () => undefined }]) {
  test(`stringify() refuses ${typeof value} with no JSON form: ${String(value)}`, () => {
    assert.throws(() => stringify(value), { name: "TypeError", message: /^Cannot write \w+ as JSON/ });
  });
}

test("stringify() refuses a value that contains itself", () => {
  const list: unknown[] = [];
  list.push({ list });
  assert.throws(() => stringify(list), TypeError);
});

test("stringify() doesn't change what it writes", () => {
  const value = { a: Float32Array.of(1), b: [1n], c: tensor(f32, [3, 2]) };
  const copy = structuredClone({ a: value.a, b: value.b, c: value.c.data });
  stringify(value);
  assert.deepEqual({ a: value.a, b: value.b, c: value.c.data }, copy);
});
