import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Predictor } from "../../core/predictor.ts";
import { type MessageType, protobuf, type ProtobufOptions } from "../../plugins/serializers/protobuf.ts";
import { decode, pbRequest } from "../../protos/torchrec-predict.ts";
import * as blade from "../fixtures/protos/blade.js";
import * as caffe from "../fixtures/protos/caffe.js";
import * as easyrec from "../fixtures/protos/easyrec.js";
import * as everyKind from "../fixtures/protos/every_kind.js";
import * as legacyKinds from "../fixtures/protos/legacy.js";
import * as onnx from "../fixtures/protos/onnx.js";
import { anyMessage } from "../support/proto_arbitrary.ts";
import { fromHex } from "../support/hex.ts";
import { fromVector, messageSchema, sdkForm, toVector, type VectorMessage } from "../support/proto_values.ts";
import { vectors } from "../support/vectors.ts";

interface Case {
  id: string;
  message: string;
  kind: "roundtrip" | "decode" | "error" | "either";
  hex: string;
  value: VectorMessage;
  canonicalHex?: string;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The classes of each file by the names that the vectors use, and what stands before these in the file. */
const modules = {
  easyrec: [easyrec, ""],
  caffe: [caffe.caffe.eas, "caffe.eas."],
  blade: [blade.blade, "blade."],
  onnx: [onnx.hie.processor, "hie.processor."],
} as const;

for (const [file, [module, prefix]] of Object.entries(modules)) {
  const { cases } = vectors<{ cases: Case[] }>(`eas/pb-${file}`);
  for (const { id, message, kind, hex: given, value, canonicalHex = given } of cases) {
    test(`protobuf() and static code: ${kind} ${id}`, () => {
      const type = (module as unknown as Record<string, MessageType>)[message]!; // the vectors know its messages
      const schema = messageSchema(file as keyof typeof modules, prefix + message); // a key of the same table
      const { serialize, deserialize } = protobuf(type, type);
      const read = (): unknown => toVector(schema, deserialize(fromHex(given)));
      if (kind === "error") assert.throws(read, SyntaxError);
      if (kind === "either") {
        try {
          assert.deepEqual(read(), value);
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      }
      if (kind !== "roundtrip" && kind !== "decode") return;
      assert.deepEqual(read(), value);
      assert.equal(hex(serialize(fromVector(schema, value, sdkForm))!), canonicalHex);
    });
  }
}

test("protobuf() writes a Map in its own order, whatever its keys look like", () => {
  const { PBRequest } = easyrec as unknown as Record<string, MessageType>; // which has user_features where TorchRec does
  fc.assert(fc.property(fc.uniqueArray(fc.oneof(fc.nat().map(String), fc.string())), (keys) => {
    const features = new Map(keys.map((key) => [key, { string_feature: key }]));
    const bytes = protobuf(PBRequest!, PBRequest!).serialize({ user_features: features })!;
    assert.deepEqual([...decode(pbRequest, bytes).user_features?.keys() ?? []], keys);
  }));
});

const { Every } = everyKind.test.every;
const { Legacy } = legacyKinds.test.legacy;
const every = protobuf(Every, Every);
const legacy = protobuf(Legacy, Legacy);

/** What comes back of a message. */
const back = (message: Record<string, unknown>, options?: ProtobufOptions): Record<string, unknown> =>
  protobuf(Every, Every, options).deserialize(every.serialize(message)!);

const kinds = [["every_kind", "test.every.Every", every], ["legacy", "test.legacy.Legacy", legacy]] as const;
for (const [file, name, { serialize, deserialize }] of kinds) {
  test(`protobuf() reads what it wrote, whatever ${name} holds`, () => {
    const schema = messageSchema(file, name);
    fc.assert(fc.property(anyMessage(schema), (value) => {
      const input = fromVector(schema, value, sdkForm);
      const expected = toVector(schema, fromVector(schema, value, { ...sdkForm, map: Object.fromEntries }));
      assert.deepEqual(toVector(schema, deserialize(serialize(input)!)), expected);
    }));
  });
}

const signed = [-(2n ** 63n), -(2n ** 53n) - 1n, -1n, 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const unsigned = [1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
const kindsOf64: [type: string, values: bigint[]][] = [
  ["int64", signed],
  ["sint64", signed],
  ["sfixed64", signed],
  ["uint64", unsigned],
  ["fixed64", unsigned],
];
for (const [type, values] of kindsOf64) {
  test(`protobuf() keeps every ${type}: alone, in lists and arrays, as a key`, () => {
    for (const value of values) {
      assert.deepEqual(back({ [`${type}_one`]: value }), { [`${type}_one`]: value });
    }
    const many = `${type}_many`;
    const array = (values === signed ? BigInt64Array : BigUint64Array).from(values);
    for (const list of [values, values.map(String), array]) {
      assert.deepEqual(back({ [many]: list }), { [many]: values });
    }

    const keys = new Map(values.map((value) => [value, value]));
    const name =
      { int64: "by_sint64", sint64: "by_sint64", uint64: "by_fixed64", fixed64: "by_fixed64" }[type];
    if (name) assert.deepEqual(back({ [name]: keys }), { [name]: Object.fromEntries(keys) });
  });
}

test("protobuf() gives integers of 64 bits as they were asked for", () => {
  const message = { int64_one: 5n, int64_many: [2n ** 53n, -1n], by_sint64: { "-9": 3n } };
  assert.deepEqual(back(message), message);
  assert.deepEqual(back(message, { longs: "string" }), {
    int64_one: "5",
    int64_many: ["9007199254740992", "-1"],
    by_sint64: { "-9": "3" },
  });
  assert.deepEqual(back(message, { longs: "number" }), {
    int64_one: 5,
    int64_many: [2n ** 53n, -1], // which a number can't be trusted with
    by_sint64: { "-9": 3 },
  });
});

test("protobuf() takes typed arrays, buffers and maps for what they are", () => {
  const numbers = [0, 1, 127];
  for (
    const Values of [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
    ]
  ) {
    assert.deepEqual(back({ int32_many: Values.from(numbers) }), { int32_many: numbers });
    assert.deepEqual(back({ int64_many: Values.from(numbers) }), { int64_many: numbers.map(BigInt) });
  }
  for (const name of ["float_many", "double_many"]) {
    assert.deepEqual(back({ [name]: Float32Array.of(0.1, -0, NaN) }), {
      [name]: [Math.fround(0.1), -0, NaN],
    });
  }
  assert.deepEqual(back({ bool_many: Uint8Array.of(1, 0) }), { bool_many: [true, false] });
  assert.deepEqual(back({ int64_unpacked: BigInt64Array.of(-5n) }), { int64_unpacked: [-5n] });
  const bytes = Uint8Array.of(9, 1, 2, 3, 9);
  for (const part of [bytes.subarray(1, 4), bytes.slice(1, 4).buffer, new DataView(bytes.buffer, 1, 3)]) {
    assert.deepEqual(back({ bytes_one: part }), { bytes_one: Uint8Array.of(1, 2, 3) });
  }
  const by_string = new Map<string, unknown>([["b", { by_bool: new Map([[true, false]]) }], ["a", {}]]);
  assert.deepEqual(back({ by_string }), { by_string: { b: { by_bool: { true: false } }, a: {} } });
});

test("protobuf() leaves out what is not given", () => {
  assert.equal(
    every.serialize({ int64_one: undefined, string_one: null, message_one: undefined })!.length,
    0,
  );
  assert.deepEqual(back({ int64_maybe: 0n, message_one: {}, int32_choice: 0 }), {
    message_one: {},
    int64_maybe: 0n,
    int32_choice: 0,
  });
});

test("protobuf() gives defaults when told so, in the same forms", () => {
  const { int64_one, bytes_one, string_many, by_string } = back({}, { defaults: true });
  assert.deepEqual({ int64_one, string_many, by_string }, { int64_one: 0n, string_many: [], by_string: {} });
  assert.equal(Object.getPrototypeOf(bytes_one), Uint8Array.prototype);
});

test("protobuf() keeps keys named __proto__, and puts integer-like ones first", () => {
  const by_string = new Map([["b", {}], ["__proto__", { int32_one: 1 }], ["7", {}], ["constructor", {}]]);
  const read = back({ by_string }).by_string as object; // by the line above
  assert.deepEqual(Object.keys(read), ["7", "b", "__proto__", "constructor"]);
  assert.deepEqual(Object.getOwnPropertyDescriptor(read, "__proto__")?.value, { int32_one: 1 });
  assert.equal(({} as { int32_one?: number }).int32_one, undefined); // a key that no object has
  const own = JSON.parse('{"by_string":{"__proto__":{"int32_one":1}}}');
  assert.equal(
    hex(every.serialize(own)!),
    hex(every.serialize({ by_string: new Map([["__proto__", { int32_one: 1 }]]) })!),
  );
});

test("protobuf() writes and gives plain Uint8Arrays of exactly the bytes", () => {
  const written = Array.from(
    { length: 50 },
    (_, i) => every.serialize({ int32_one: i + 1, bytes_one: Uint8Array.of(i) })!,
  );
  for (const [i, bytes] of written.entries()) { // no later one may have overwritten it in a pool
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
    assert.deepEqual([...bytes], [0x18, i + 1, 0x7a, 1, i]);
    const { bytes_one } = every.deserialize(bytes);
    assert.equal(Object.getPrototypeOf(bytes_one), Uint8Array.prototype);
    assert.deepEqual(bytes_one, Uint8Array.of(i));
  }
  const around = new Uint8Array([9, 9, ...written[0]!, 9]);
  assert.deepEqual(every.deserialize(around.subarray(2, -1)), { int32_one: 1, bytes_one: Uint8Array.of(0) });
});

test("protobuf() compares nothing when told so", () => {
  const { serialize } = protobuf(Every, Every, { check: false });
  assert.equal(hex(serialize({ int64_one: 5n })!), "2005");
  assert.equal(serialize({ int64_on: 5n })!.length, 0);
});

test("protobuf() reads an empty answer as an empty message", () => {
  assert.deepEqual(every.deserialize(new Uint8Array()), {});
});

test("protobuf() sends application/octet-stream unless told otherwise", async () => {
  assert.equal(
    protobuf(Every, Every, { contentType: "application/x-protobuf" }).contentType,
    "application/x-protobuf",
  );
  const predictor = new Predictor({
    endpoint: "http://example.com/api/predict/recommend",
    token: "t",
    serializer: protobuf(easyrec.PBRequest, easyrec.PBResponse),
    async fetch(_url, init) {
      assert.equal(new Headers(init.headers).get("content-type"), "application/octet-stream");
      const { item_ids } = protobuf(easyrec.PBRequest, easyrec.PBRequest).deserialize(
        new Uint8Array(await new Response(init.body).arrayBuffer()),
      );
      return new Response(protobuf(easyrec.PBResponse, easyrec.PBResponse).serialize({ item_ids }));
    },
  });
  assert.deepEqual(await predictor.predict({ item_ids: ["i1"] }), { item_ids: ["i1"] });
});
