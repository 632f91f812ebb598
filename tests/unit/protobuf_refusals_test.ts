import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { protobuf } from "../../plugins/serializers/protobuf.ts";
import * as everyKind from "../fixtures/protos/every_kind.js";
import * as legacyKinds from "../fixtures/protos/legacy.js";

const { Every } = everyKind.test.every;
const { Legacy } = legacyKinds.test.legacy;
const every = protobuf(Every, Every);
const legacy = protobuf(Legacy, Legacy);

const half = { message: /^Cannot write "string_one" as protobuf: the text has half a surrogate pair$/ };
const refused: [what: string, message: Record<string, unknown>, error: { name?: string; message: RegExp }][] =
  [
    ["a misspelt field", { int64_on: 0 }, {
      name: "TypeError",
      message: /"int64_on".* did you mean "int64_one"\?$/,
    }],
    ["a field in camel case", { int32Choice: 1 }, { message: /did you mean "int32_choice"\?$/ }],
    ["a field of no name like it", { by_string: { x: { zz: 0 } } }, {
      message: /"by_string\.x\.zz".* among double_many, /,
    }],
    ["text for a number", { message_one: { double_many: [0, "1"] } }, {
      message: /"message_one\.double_many\[1\]".* text/,
    }],
    ["a name for an enum", { enum_one: "GREEN" }, {
      message: /"enum_one".* text, and the field takes a number$/,
    }],
    ["text for bytes", { bytes_one: "AAAA" }, { message: /text, and the field takes bytes$/ }],
    ["floats for bytes", { bytes_one: Float32Array.of(1) }, {
      message: /a typed array, and the field takes bytes$/,
    }],
    ["a number for text", { string_one: 5 }, { message: /a number, and the field takes text$/ }],
    ["a bigint for text", { string_one: 5n }, { message: /a bigint, and the field takes text$/ }],
    ["a number for a message", { message_one: 5 }, { message: /a number, and the field takes an object$/ }],
    ["a list for a message", { message_one: [] }, { message: /a list, and the field takes an object$/ }],
    ["a date", { message_one: new Date(0) }, { message: /"message_one" as protobuf: it is a Date$/ }],
    ["text for a list", { string_many: "ab" }, { message: /text, and the field takes a list$/ }],
    ["null in a list", { string_many: [null] }, {
      message: /"string_many\[0\]" as protobuf: null has no place/,
    }],
    ["undefined in a map", { by_bool: new Map([[true, undefined]]) }, {
      message: /"by_bool\.true".* undefined has/,
    }],
    ["a function", { string_one: () => "" }, { message: /function has no place there$/ }],
    ["half a surrogate pair", { string_one: "\ud800" }, half],
    ["a key of half a pair", { by_string: { "\ud800": {} } }, { message: /half a surrogate pair$/ }],
    ["a bigint beyond 64 bits", { by_string: { "a b": { int64_one: 2n ** 64n } } }, {
      name: "RangeError",
      message:
        /^Cannot write "by_string\["a b"\]\.int64_one" as protobuf: the integer has more than 64 bits$/,
    }],
    ["an unsigned for a signed", { int64_one: 2n ** 63n }, {
      name: "RangeError",
      message: /would become -9223372036854775808$/,
    }],
    ["a signed for an unsigned", { uint64_many: BigInt64Array.of(-1n) }, {
      name: "RangeError",
      message: /"uint64_many\[0\]"/,
    }],
    ["a signed number for an unsigned", { uint64_one: -1 }, {
      name: "RangeError",
      message: /-1 would become 18446744073709551615$/,
    }],
    ["a number for a bool", { bool_many: Uint8Array.of(2) }, {
      message: /a number, and the field takes a boolean$/,
    }],
    ["an unsafe integer", { int64_one: 2 ** 60 }, {
      name: "RangeError",
      message: /no safe integer, give a bigint$/,
    }],
    ["a fraction", { int64_many: [1, 1.5] }, {
      name: "RangeError",
      message: /"int64_many\[1\]".* 1.5 would become 1$/,
    }],
    ["a large int32", { int32_one: 2 ** 31 }, {
      name: "RangeError",
      message: /2147483648 would become -2147483648$/,
    }],
    ["a negative uint32", { uint32_many: Int8Array.of(-1) }, {
      name: "RangeError",
      message: /-1 would become 4294967295$/,
    }],
    ["a large float", { float_one: 1e39 }, { name: "RangeError", message: /1e\+39 would become Infinity$/ }],
    ["NaN for an integer", { int32_one: NaN }, { name: "RangeError", message: /NaN would become 0$/ }],
    ["two members of a oneof", { int32_choice: 1, string_choice: "" }, {
      message: /"int32_choice".* another member/,
    }],
    ["a key of the wrong type", { by_int32: { x: "" } }, { message: /"by_int32\.x".* takes no such key$/ }],
    ["a key beyond 64 bits", { by_int64: { [`${2n ** 64n + 1n}`]: new Uint8Array() } }, {
      message: /no such key$/,
    }],
  ];
for (const [what, message, error] of refused) {
  test(`protobuf() refuses ${what} and names its path`, () => {
    assert.throws(() => every.serialize(message), { name: "TypeError", ...error });
  });
}

test("protobuf() refuses what is no object, or contains itself", () => {
  for (const input of ["", null, undefined, [], Uint8Array.of(1)]) {
    assert.throws(() => every.serialize(input as never), {
      name: "TypeError",
      message: /no object with fields$/,
    });
  }
  const message: Record<string, unknown> = {};
  message.message_one = message;
  assert.throws(() => every.serialize(message), { name: "TypeError", message: /nested too deeply$/ });
});

test("protobuf() refuses a message without its required fields, and a number that a closed enum lacks", () => {
  assert.throws(() => legacy.serialize({ number: 1 }), {
    name: "TypeError",
    message: /a required field may be missing/,
  });
  assert.throws(() => legacy.serialize({ large: 1 }), {
    name: "TypeError",
    message: /"number".* the field is required$/,
  });
  assert.throws(() => legacy.serialize({ number: 1, large: 1, choice: 5 }), RangeError);
  const whole = { number: 1, large: 1n, choice: 1, text: "none" };
  assert.deepEqual(legacy.deserialize(legacy.serialize(whole)!), whole);
  assert.throws(() => legacy.deserialize(Uint8Array.of(8, 1)), {
    name: "SyntaxError",
    message: /missing required 'large'/,
  });
});

const texts = [
  "<html><body>502 Bad Gateway</body></html>",
  '{"error":"no"}',
  "error",
  "not found",
  "服务不可用",
];
for (const text of texts) {
  test(`protobuf() reads no ${JSON.stringify(text)}`, () => {
    const says = {
      name: "SyntaxError",
      message: /^Cannot read \d+ bytes as protobuf: .*it begins as text does$/,
    };
    assert.throws(() => every.deserialize(new TextEncoder().encode(text)), says);
  });
}

test("protobuf() says where an answer breaks off, in few words", () => {
  const body = every.serialize({ string_one: "a".repeat(5000), message_one: { float_many: [1, 2] } })!;
  assert.throws(() => every.deserialize(body.slice(0, -3)), {
    name: "SyntaxError",
    message: "Cannot read 5014 bytes as protobuf: index out of range, in field 17 at byte 5003",
  });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
    try {
      every.deserialize(Uint8Array.from(noise));
    } catch (error) {
      assert.ok(error instanceof SyntaxError && error.message.length < 400, String(error));
    }
  }));
});

test("protobuf() refuses what is no message type", () => {
  assert.throws(() => protobuf(everyKind as never, Every), {
    name: "TypeError",
    message: /request type: .* encode\(\)$/,
  });
  const { encode, decode } = Every;
  const lean = { encode, decode } as never;
  assert.throws(() => protobuf(Every, lean), {
    name: "TypeError",
    message: /response type: .* without --no-convert$/,
  });
  assert.throws(() => protobuf(Every, Every, { longs: "long" as never }), {
    name: "TypeError",
    message: /"long"/,
  });
});
