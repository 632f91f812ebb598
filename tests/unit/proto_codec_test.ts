import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ArrayProto,
  decode,
  DecodeError,
  encode,
  encodeChunks,
  encodeInto,
  type PredictRequest,
  predictRequest,
  predictResponse,
} from "../../protos/tf-predict.ts";
import { dataFrame } from "../../protos/queue.ts";
import { predictRequest as torchRequest } from "../../protos/pytorch-predict.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { fromHex, toHex } from "../support/hex.ts";

const floats = (count: number) => Float32Array.from({ length: count }, (_, i) => i / 3);
const request = (name: string, array: ArrayProto): PredictRequest => ({ inputs: new Map([[name, array]]) });
const only = (bytes: Uint8Array<ArrayBuffer>, options = {}): ArrayProto =>
  [...decode(predictRequest, bytes, options).inputs!.values()][0]!;

test("encode() makes one buffer of exactly the message", () => {
  const made = encode(predictRequest, request("x", { dtype: 1, float_val: floats(1000) }));
  assert.equal(made.buffer.byteLength, made.length);
});

test("encode() asks once for a buffer, and encodeInto() keeps to its own", () => {
  const message = request("x", { float_val: floats(10) }), asked: number[] = [];
  const pool = new Uint8Array(1000).fill(7);
  const made = encode(predictRequest, message, (length) => (asked.push(length), pool));
  assert.deepEqual([asked, made.buffer, made.byteOffset], [[made.length], pool.buffer, 0]);
  assert.equal(pool[made.length], 7);
  const part = pool.subarray(13, 13 + made.length);
  assert.deepEqual(encodeInto(predictRequest, message, part), encode(predictRequest, message));
  assert.deepEqual([pool[12], pool[13 + made.length]], [made[12], 7]);
  assert.throws(() => encodeInto(predictRequest, message, new Uint8Array(made.length - 1)), {
    name: "RangeError",
    message: `Cannot encode PredictRequest: it takes ${made.length} bytes, the buffer has ${made.length - 1}`,
  });
});

test("encodeChunks() lays large arrays down as they are, and the chunks make the message", () => {
  const inputs: [string, ArrayProto][] = [
    ["floats", { float_val: floats(5000).subarray(1) }],
    ["small", { float_val: floats(3) }],
    ["doubles", { double_val: new Float64Array(500).fill(1) }],
    ["bytes", { string_val: [new Uint8Array(4000).fill(9), "text"] }],
    ["bools", { bool_val: new Uint8Array(2000).fill(1) }],
  ];
  const message = { inputs: new Map(inputs), output_filter: ["y"] };
  const chunks = encodeChunks(predictRequest, message);
  assert.equal(chunks.map(toHex).join(""), toHex(encode(predictRequest, message)));
  const owners = [
    inputs[0]![1].float_val,
    inputs[2]![1].double_val,
    inputs[3]![1].string_val![0],
    inputs[4]![1].bool_val,
  ];
  const given = owners.map((array) => (array as Uint8Array).buffer);
  assert.deepEqual(chunks.map(({ buffer }) => given.indexOf(buffer)).filter((at) => at >= 0), [0, 1, 2, 3]);
});

test("decode() gives a view of what is aligned, and else a copy that leaves the buffer alone", () => {
  const message = encode(predictRequest, request("x", { dtype: 2, double_val: Float64Array.of(1, 2, 3) }));
  const seen = new Set<boolean>();
  for (let offset = 0; offset < 8; offset++) {
    const place = new Uint8Array(message.length + 8).subarray(offset, offset + message.length);
    place.set(message);
    const { double_val } = only(place);
    assert.deepEqual(double_val, Float64Array.of(1, 2, 3));
    const isAligned = (offset + message.length - 24) % 8 === 0;
    assert.equal(double_val!.buffer === place.buffer, isAligned);
    assert.deepEqual(place, message);
    assert.notEqual(only(place, { copy: true }).double_val!.buffer, place.buffer);
    seen.add(isAligned);
  }
  assert.equal(seen.size, 2);
});

test("decode() slides arrays inside a buffer that it owns, and nothing that is still needed is lost", () => {
  const arrays = fc.record({
    float_val: fc.float32Array({ minLength: 1 }),
    double_val: fc.float64Array({ minLength: 1 }),
    string_val: fc.array(fc.uint8Array({ maxLength: 9 }).map((bytes) => Uint8Array.from(bytes)), {
      minLength: 1,
    }),
    bool_val: fc.array(fc.nat({ max: 1 }), { minLength: 1 }).map((bits) => Uint8Array.from(bits)),
    int_val: fc.int32Array({ minLength: 1 }),
  }, { requiredKeys: [] });
  const messages = fc.array(fc.tuple(fc.string({ maxLength: 3 }), arrays), { maxLength: 5 });
  fc.assert(fc.property(messages, fc.nat({ max: 7 }), (inputs, offset) => {
    const message = { inputs: new Map(inputs as unknown as [string, ArrayProto][]) };
    const bytes = encode(predictRequest, message);
    const place = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
    place.set(bytes);
    const expected = decode(predictRequest, bytes, { copy: true });
    const read = decode(predictRequest, place, { own: true });
    assert.deepEqual(read, expected);
    for (const { float_val, bool_val } of read.inputs?.values() ?? []) {
      if (bool_val) assert.equal(bool_val.buffer, place.buffer);
      if (float_val && !read.inputs!.has("")) assert.equal(float_val.buffer, place.buffer); // its header has 3 bytes at least
    }
  }));
});

test("decode() doesn't slide an array over another one that lies right before it", () => {
  // Values before keys and types, so that only 4 bytes lie between the two arrays.
  const first = "22083333333333333340"; // double_val [19.2]
  const hex = `120c120a${first}120c120a2208000000000000f03f`;
  for (let offset = 0; offset < 8; offset++) {
    const bytes = fromHex(
      hex.replace("120c120a22083", "120f0a0161120a22083").replace("120c120a22080", "120f0a0162120a22080"),
    );
    const place = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
    place.set(bytes);
    const { inputs } = decode(predictRequest, place, { own: true });
    assert.deepEqual([...inputs!.values()].map(({ double_val }) => [...double_val!]), [[19.2], [1]]);
  }
});

test("numbers in as many parts as bytes allow are joined in time that grows with them", () => {
  const parts = 200_000, one = fromHex("0a050a030a0101"); // an input whose shape has one more axis
  const bytes = new Uint8Array(parts * 5);
  for (let i = 0; i < parts; i++) bytes.set(fromHex("12030a0101"), i * 5);
  const entry = encode(predictRequest, request("x", {}));
  assert.ok(one.length && entry.length);
  const length = bytes.length;
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [value & 127 | 128, ...varint(value >>> 7)];
  const value = [0x12, ...varint(length)], total = [0x12, ...varint(value.length + length)];
  const message = new Uint8Array([...total, ...value, ...bytes]);
  const started = performance.now();
  const { array_shape } = [...decode(predictRequest, message).inputs!.values()][0]!;
  assert.equal(array_shape!.dim!.length, parts);
  assert.ok(performance.now() - started < 10_000);
});

test("whatever the bytes are, decode() ends with a message or a DecodeError that says where", () => {
  const valid = encode(predictRequest, {
    signature_name: "s",
    inputs: new Map([["x", {
      dtype: 1,
      array_shape: { dim: BigInt64Array.of(2n) },
      float_val: floats(2),
      string_val: ["a"],
    }]]),
    output_filter: ["y"],
  });
  const mutated = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 4,
  }).map((edits) => {
    const bytes = valid.slice();
    for (const [at, byte] of edits) bytes[at] = byte;
    return bytes;
  });
  const any = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, any), fc.nat(), (bytes, cut) => {
      const given = bytes.slice(0, 1 + cut % (bytes.length + 1));
      for (const type of [predictRequest, predictResponse, torchRequest, dataFrame]) {
        const before = given.slice();
        try {
          const read = decode<object>(type, given, { own: true });
          const again = encode<object>(type, read);
          assert.deepEqual(
            decode<object>(type, again),
            decode<object>(type, encode<object>(type, decode<object>(type, again))),
          );
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
          assert.match(error.message, /^Cannot decode [\w.?]+: .+ at byte \d+$/);
          assert.ok(error.offset >= 0 && error.offset <= given.length);
          assert.deepEqual(given, before);
        }
        given.set(before);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a claim of more bytes than there are allocates nothing", () => {
  const claims = [
    "12ffffffff0f0a0178",
    "0affffffffffffffff7f",
    "1a808080801061",
    "121f0a017812ffffffff0f1affffffff0f0000803f0000",
  ];
  for (const hex of claims) {
    assert.throws(() => decode(predictRequest, fromHex(hex)), {
      name: "DecodeError",
      message: /: too long at byte/,
    });
  }
});

test("groups nested too deep are refused", () => {
  const nest = (depth: number) => fromHex("0b".repeat(depth) + "0c".repeat(depth));
  assert.deepEqual(decode(predictRequest, nest(100)), {});
  assert.throws(() => decode(predictRequest, nest(101)), { name: "DecodeError", message: /tag 11/ });
  assert.throws(() => decode(predictRequest, nest(1e5)), DecodeError);
});

test("a number that is too long leaves the arrays before it where they were", () => {
  const arrays = { float_val: floats(5), int_val: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) };
  const valid = encode(predictRequest, request("x", arrays));
  const broken = valid.slice();
  broken.fill(0x81, -12, -1); // a number of 12 bytes in place of twelve
  for (let offset = 0; offset < 4; offset++) {
    const place = new Uint8Array(valid.length + 4).subarray(offset, offset + valid.length);
    place.set(broken);
    assert.throws(() => decode(predictRequest, place, { own: true }), {
      name: "DecodeError",
      message: /over 10 bytes/,
    });
    assert.deepEqual(place, broken);
  }
});

test("an error names the field that was being read", () => {
  assert.throws(() => decode(predictRequest, fromHex("120a0a01781205081a0512aa")), {
    name: "DecodeError",
    message: /^Cannot decode PredictRequest\.inputs\.value/,
  });
});

test("encode() refuses what a field can't hold", () => {
  const rows: ArrayProto[] = [
    { dtype: 2 ** 31 },
    { dtype: 1.5 },
    { int_val: [2 ** 31] },
    { int_val: [0.5] },
    { bool_val: Uint8Array.of(2) },
    { bool_val: [true] as unknown as Uint8Array<ArrayBuffer> },
    { string_val: [new ArrayBuffer(3) as unknown as Uint8Array] },
    { string_val: [null as unknown as Uint8Array] },
    { float_val: [1] as unknown as Float32Array<ArrayBuffer> },
    { int64_val: [1] as unknown as BigInt64Array<ArrayBuffer> },
    { array_shape: { dim: [1, 0.5] } },
    { array_shape: { dim: [2n ** 63n] } },
    { int64_val: BigUint64Array.of(1n) as unknown as BigInt64Array<ArrayBuffer> },
  ];
  for (const array of rows) assert.throws(() => encode(predictRequest, request("x", array)), RangeError);
  assert.throws(() => encode(dataFrame, { index: 2n ** 64n }), RangeError);
  assert.throws(() => encode(dataFrame, { index: -1n }), RangeError);
});

test("an error shows no more than the beginning of a value", () => {
  const float_val = Array(1e5).fill(0) as unknown as Float32Array<ArrayBuffer>; // what TypeScript can't see
  assert.throws(
    () => encode(predictRequest, request("x", { float_val })),
    ({ message }) => message.length < 200,
  );
});

test("what is no text is written as its text, never as nothing", () => {
  const output_filter = [5] as unknown as string[]; // what TypeScript can't see
  assert.deepEqual(decode(predictRequest, encode(predictRequest, { output_filter })).output_filter, ["5"]);
});

test("text of any kind keeps its characters; half a pair becomes U+FFFD", () => {
  fc.assert(fc.property(unicodeText({ maxLength: 40 }), (text) => {
    const { signature_name = "" } = decode(predictRequest, encode(predictRequest, { signature_name: text }));
    assert.equal(signature_name, text.toWellFormed());
  }));
  const lone = decode(predictRequest, encode(predictRequest, { signature_name: "a\ud800b" }));
  assert.equal(lone.signature_name, "a\ufffdb");
  assert.equal(
    decode(predictRequest, encode(predictRequest, { signature_name: "\ufeffa" })).signature_name,
    "\ufeffa",
  );
});
