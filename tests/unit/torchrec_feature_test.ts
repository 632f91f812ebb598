import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  feature,
  type FeatureInput,
  type FeatureType,
  toBytes,
  type TorchRecInput,
} from "../../plugins/serializers/torchrec.ts";
import { decode, type PBFeature, pbRequest } from "../../protos/torchrec-predict.ts";
import * as protobufjs from "../fixtures/protos/torchrec.js";
import { unicodeText } from "../support/unicode_text.ts";
import { toHex } from "../support/hex.ts";
import { toVector } from "../support/message_values.ts";
import { messageSchema, toVector as fromProtobufjs } from "../support/proto_values.ts";

/** What is sent of one feature of the user. */
function sent(input: FeatureInput): PBFeature {
  return decode(pbRequest, toBytes({ userFeatures: { f: input } })).user_features!.get("f")!;
}

const rows: [dtype: FeatureType, value: unknown, sent: PBFeature][] = [
  ["STRING", "a", { string_feature: "a" }],
  ["STRING", "", { string_feature: "" }],
  ["FLOAT", 0.1, { float_feature: Math.fround(0.1) }],
  ["FLOAT", -Infinity, { float_feature: -Infinity }],
  ["DOUBLE", 0.1, { double_feature: 0.1 }],
  ["INT", -(2 ** 31), { int_feature: -(2 ** 31) }],
  ["INT", 0, { int_feature: 0 }],
  ["INT", 7n, { int_feature: 7 }],
  ["INT64", 2 ** 53 - 1, { long_feature: 2n ** 53n - 1n }],
  ["BIGINT", -(2n ** 63n), { long_feature: -(2n ** 63n) }],
  ["LIST<STRING>", ["a", ""], { string_list: { features: ["a", ""] } }],
  ["ARRAY<FLOAT>", [0.5, NaN], { float_list: { features: Float32Array.of(0.5, NaN) } }],
  ["LIST<FLOAT>", Float32Array.of(1), { float_list: { features: Float32Array.of(1) } }],
  ["LIST<FLOAT>", Float64Array.of(0.1), { float_list: { features: Float32Array.of(0.1) } }],
  ["LIST<DOUBLE>", [0.1], { double_list: { features: Float64Array.of(0.1) } }],
  ["ARRAY<INT>", [1, -1n], { int_list: { features: Int32Array.of(1, -1) } }],
  ["LIST<INT>", Uint16Array.of(65535), { int_list: { features: Int32Array.of(65535) } }],
  ["LIST<INT64>", [1, 2n], { long_list: { features: BigInt64Array.of(1n, 2n) } }],
  ["ARRAY<BIGINT>", BigUint64Array.of(3n), { long_list: { features: BigInt64Array.of(3n) } }],
  ["LIST<LIST<FLOAT>>", [[1, 2], [], Float32Array.of(3)], {
    float_lists: { lists: [{ features: Float32Array.of(1, 2) }, {}, { features: Float32Array.of(3) }] },
  }],
  ["ARRAY<ARRAY<DOUBLE>>", [[0.1]], { double_lists: { lists: [{ features: Float64Array.of(0.1) }] } }],
  ["LIST<LIST<INT>>", [[1]], { int_lists: { lists: [{ features: Int32Array.of(1) }] } }],
  ["LIST<LIST<INT64>>", [[1]], { long_lists: { lists: [{ features: BigInt64Array.of(1n) }] } }],
  ["ARRAY<ARRAY<BIGINT>>", [[]], { long_lists: { lists: [{}] } }],
  ["LIST<LIST<STRING>>", [["a"], []], { string_lists: { lists: [{ features: ["a"] }, {}] } }],
  ["MAP<STRING,DOUBLE>", { a: 0.1 }, { string_double_map: { map_field: new Map([["a", 0.1]]) } }],
  ["MAP<INT,STRING>", { "-1": "a", "007": "b" }, {
    int_string_map: { map_field: new Map([[-1, "a"], [7, "b"]]) },
  }],
  [
    "MAP<INT64,FLOAT>",
    new Map<string | number | bigint, number>([["-9223372036854775808", 1], [2, 2], [3n, 3]]),
    {
      long_float_map: { map_field: new Map([[-(2n ** 63n), 1], [2n, 2], [3n, 3]]) },
    },
  ],
  ["MAP<BIGINT,BIGINT>", new Map([[1, 2]]), { long_long_map: { map_field: new Map([[1n, 2n]]) } }],
];
for (const [dtype, value, expected] of rows) {
  const shown = typeof value === "bigint" ? `${value}n` : Object.prototype.toString.call(value).slice(8, -1);
  test(`a feature of ${dtype} is sent as it should be, given ${shown}`, () => {
    const given = feature(value, dtype as string);
    assert.deepEqual(sent(given), expected);
    assert.deepEqual(sent(feature(value, dtype.toLowerCase())), expected);
  });
}

test("every combination of key and value has its map", () => {
  const words = {
    INT: ["int", 1],
    INT64: ["long", 1n],
    STRING: ["string", "1"],
    FLOAT: ["float", 1],
    DOUBLE: ["double", 1],
  };
  for (const [key, [keyName, made]] of Object.entries(words).slice(0, 3)) {
    for (const [value, [name, item]] of Object.entries(words)) {
      const expected = { [`${keyName}_${name}_map`]: { map_field: new Map([[made, item]]) } };
      assert.deepEqual(sent(feature({ "1": item }, `MAP<${key},${value}>`)), expected);
    }
  }
});

test("null, undefined and what is empty are sent as empty text, whatever their type", () => {
  const empty: unknown[] = [null, undefined, [], {}, new Map(), new Float32Array(), Object.create(null)];
  for (const value of empty) {
    for (const dtype of ["INT", "LIST<FLOAT>", "map<string,int>", "array<array<string>>"]) {
      for (const input of [value as FeatureInput, feature(value, dtype)]) {
        assert.equal(toHex(toBytes({ userFeatures: { f: input } })), "12070a016612021a00");
      }
    }
  }
});

test("letter case and spaces of a type don't matter", () => {
  const value = { a: 0.5 };
  for (
    const dtype of [
      "map<string,double>",
      "MAP<STRING,DOUBLE>",
      "Map<String, Double>",
      " map < string ,\tdouble > ",
    ]
  ) {
    assert.deepEqual(sent(feature(value, dtype)), {
      string_double_map: { map_field: new Map([["a", 0.5]]) },
    });
  }
});

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = unicodeText().filter((text) => text !== "__proto__"); // protobufjs loses it
/** For each type: its word in the names of fields, its values, and the array that many of them are read as. */
const scalars = {
  STRING: ["string", text, Array],
  FLOAT: ["float", fc.float(), Float32Array],
  DOUBLE: ["double", fc.double(), Float64Array],
  INT: ["int", fc.integer(), Int32Array],
  INT64: ["long", long, BigInt64Array],
  BIGINT: ["long", long, BigInt64Array],
} as const;
type Scalar = keyof typeof scalars;

/** A feature and what is read of it. */
type Sample = [given: FeatureInput, expected: PBFeature];

function samples(key: Scalar, type: Scalar): fc.Arbitrary<Sample> {
  const [keyWord, keys] = scalars[key], [word, values, List] = scalars[type];
  const some = fc.array(values as fc.Arbitrary<unknown>, { maxLength: 5 });
  const listOf = (items: unknown[]): object =>
    items.length ? { features: (List.from as (items: unknown[]) => unknown).call(List, items) } : {};
  const entries = fc.array(fc.tuple(keys as fc.Arbitrary<unknown>, values as fc.Arbitrary<unknown>), {
    minLength: 1,
  });
  return fc.oneof(
    values.map((value: unknown): Sample => [feature(value, type as string), { [`${word}_feature`]: value }]),
    some.filter((list) => list.length > 0).map((list): Sample => [
      feature(list, `list<${type}>` as string),
      { [`${word}_list`]: listOf(list) },
    ]),
    fc.array(some, { minLength: 1, maxLength: 4 }).map((lists): Sample => [
      feature(lists, `ARRAY<ARRAY<${type}>>` as string),
      { [`${word}_lists`]: { lists: lists.map(listOf) } },
    ]),
    entries.map((entries): Sample => [
      feature(new Map(entries), `MAP<${key}, ${type}>` as string),
      { [`${keyWord}_${word}_map`]: { map_field: new Map(entries) } },
    ]),
  );
}

test("any feature is read as it was sent, by protobufjs too", () => {
  const { PBRequest } = protobufjs.com.alibaba.pairec.processor;
  const schema = messageSchema("torchrec", "com.alibaba.pairec.processor.PBRequest");
  const types = fc.constantFrom(...Object.keys(scalars) as Scalar[]);
  const keys = fc.constantFrom("STRING" as const, "INT" as const, "INT64" as const, "BIGINT" as const);
  const any = fc.tuple(keys, types).chain(([key, type]) => samples(key, type));
  const named = fc.array(fc.tuple(text, any), { maxLength: 6 });
  fc.assert(fc.property(named, fc.array(any, { maxLength: 4 }), (user, items) => {
    const bytes = toBytes({
      userFeatures: new Map(user.map(([name, [input]]) => [name, input])),
      itemFeatures: { f: items.map(([input]) => input) },
    });
    const expected = {
      ...user.length && { user_features: new Map(user.map(([name, [, wire]]) => [name, wire])) },
      item_features: new Map([["f", items.length ? { features: items.map(([, wire]) => wire) } : {}]]),
    };
    const read = decode(pbRequest, bytes);
    assert.deepEqual(read, expected);
    assert.deepEqual(fromProtobufjs(schema, PBRequest.decode(bytes)), toVector(pbRequest, read));
  }));
});

const refused: [
  value: unknown,
  dtype: string | undefined,
  name: "TypeError" | "RangeError",
  problem: string,
][] = [
  [1.5, "INT", "RangeError", " as INT: 1.5 is no int32"],
  [2 ** 31, "int", "RangeError", " as int: 2147483648 is no int32"],
  [2n ** 31n, "INT", "RangeError", " as INT: 2147483648 is no int32"],
  [NaN, "INT", "RangeError", " as INT: NaN is no int32"],
  [2 ** 53, "INT64", "RangeError", " as INT64: 9007199254740992 is no int64; beyond 2^53 it takes a bigint"],
  [0.5, "INT64", "RangeError", " as INT64: 0.5 is no int64"],
  [2n ** 63n, "BIGINT", "RangeError", " as BIGINT: 9223372036854775808 is no int64"],
  [1e39, "FLOAT", "RangeError", " as FLOAT: 1e+39 is no float"],
  ["1", "INT", "TypeError", " as INT: string is no int32"],
  ["1", "INT64", "TypeError", " as INT64: string is no int64"],
  ["", "INT", "TypeError", " as INT: string is no int32"],
  [true, "INT", "TypeError", " as INT: boolean is no int32"],
  [1, "STRING", "TypeError", " as STRING: number is no string"],
  [1n, "DOUBLE", "TypeError", " as DOUBLE: bigint is no double"],
  [[1], "INT", "TypeError", " as INT: array is no int32"],
  [["a", null], "LIST<STRING>", "TypeError", " as LIST<STRING>: null is no string"],
  ["ab", "LIST<STRING>", "TypeError", " as LIST<STRING>: string is no list"],
  [new Set([1]), "LIST<INT>", "TypeError", " as LIST<INT>: object is no list"],
  [new DataView(new ArrayBuffer(4)), "LIST<INT>", "TypeError", " as LIST<INT>: object is no list"],
  [Uint32Array.of(2 ** 31), "LIST<INT>", "RangeError", " as LIST<INT>: 2147483648 is no int32"],
  [BigInt64Array.of(1n), "LIST<FLOAT>", "TypeError", " as LIST<FLOAT>: bigint is no float"],
  [[1, 2], "LIST<LIST<INT>>", "TypeError", " as LIST<LIST<INT>>: number is no list"],
  [new Date(0), "STRING", "TypeError", " as STRING: object is no string"],
  [5, "MAP<STRING,INT>", "TypeError", " as MAP<STRING,INT>: number is no map"],
  [new Date(0), "MAP<STRING,INT>", "TypeError", " as MAP<STRING,INT>: object is no map"],
  [{ "1.5": 1 }, "MAP<INT,INT>", "TypeError", " as MAP<INT,INT>: string is no int32"],
  [{ "2147483648": 1 }, "MAP<INT,INT>", "RangeError", " as MAP<INT,INT>: 2147483648 is no int32"],
  [
    { "9223372036854775808": 1 },
    "MAP<INT64,INT>",
    "RangeError",
    " as MAP<INT64,INT>: 9223372036854775808 is no int64",
  ],
  [new Map([[1, 1]]), "MAP<STRING,INT>", "TypeError", " as MAP<STRING,INT>: number is no string"],
  [1, "UINT8", "TypeError", ': unknown type "UINT8"'],
  [{ a: 1 }, "MAP<FLOAT,INT>", "TypeError", ': unknown type "MAP<FLOAT,INT>"'],
  [[1], "LIST<INT", "TypeError", ': unknown type "LIST<INT"'],
  [[1], "LIST<LIST<LIST<INT>>>", "TypeError", ': unknown type "LIST<LIST<LIST<INT>>>"'],
  [null, "LIST<UINT8>", "TypeError", ': unknown type "LIST<UINT8>"'],
  [12, undefined, "TypeError", ': number needs a type, as in feature(…, "INT")'],
  [["a"], undefined, "TypeError", ': array needs a type, as in feature(…, "INT")'],
  [{ value: 1 }, undefined, "TypeError", ': object needs a type, as in feature(…, "INT")'],
];
for (const [value, dtype, name, problem] of refused) {
  test(`a feature is refused${problem}`, () => {
    const input = dtype === undefined ? value as FeatureInput : feature(value, dtype);
    const says = (what: string) => ({ name, message: `Cannot send ${what}${problem}` });
    assert.throws(() => toBytes({ userFeatures: { f: input } }), says('user feature "f"'));
    const lists = { f: ["", input] };
    assert.throws(() => toBytes({ contextFeatures: lists }), says('context feature "f" of item 1'));
    assert.throws(() => toBytes({ itemFeatures: lists }), says('item feature "f" of item 1'));
  });
}

test("editors know which values a type has", () => {
  feature(1, "INT");
  feature(1n, "bigint");
  feature(null, "LIST<INT>");
  feature(Float32Array.of(1), "list<float>");
  feature([[1, 2], Float32Array.of(3)], "ARRAY<ARRAY<FLOAT>>");
  feature({ "866": 1 }, "MAP<INT,INT>");
  feature(new Map([[1n, "a"]]), "Map<BigInt, String>");
  feature(new Date(0), "INT" as string); // said at run time
  feature(new Date(0), `LIST<${"INT" as string}>`);
  // @ts-expect-error: text is no integer
  feature("1", "INT");
  // @ts-expect-error: text is no list
  feature("a", "LIST<STRING>");
  // @ts-expect-error: text in a list of numbers
  feature(["a"], "array<float>");
  // @ts-expect-error: a map of text
  feature({ a: "b" }, "MAP<STRING,INT>");
  // @ts-expect-error: keys of text
  feature(new Map([[1, 1]]), "MAP<STRING,INT>");
  // @ts-expect-error: no such type
  feature(1, "UINT8");
  // @ts-expect-error: a number needs a type
  const input: TorchRecInput = { userFeatures: { age: 31 } };
  assert.throws(() => toBytes(input), TypeError);
});
