// The loops that are written for speed, against what is plain and slow.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ArrayProto,
  arrayProto,
  decode,
  DecodeError,
  encode,
  encodeChunks,
  encodeInto,
  predictRequest,
} from "../../protos/tf-predict.ts";
import { field, message, type MessageType } from "../../protos/message.ts";
import { Reader } from "../../protos/reader.ts";
import { readText } from "../../protos/text.ts";
import { countVarints, readVarints, writeVarints } from "../../protos/varints.ts";
import { Writer } from "../../protos/writer.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { toHex } from "../support/hex.ts";
import { concat } from "../support/npy.ts";

/** An integer of 64 bits, byte by byte. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); bytes.push(Number(rest & 127n)), rest >>= 7n;);
  return bytes.map((byte, i) => i < bytes.length - 1 ? byte | 128 : byte);
}

/** Runs of numbers of alike size, longer than what is written at once. */
const integers = (bits: bigint): fc.Arbitrary<bigint[]> => {
  const run = fc.tuple(fc.bigInt({ min: 1n, max: bits }), fc.nat({ max: 1500 }), fc.nat(), fc.boolean());
  return fc.array(run, { maxLength: 4 }).map((runs) =>
    runs.flatMap(([size, length, seed, isNegative]) =>
      Array.from({ length }, (_, i) => {
        const value = BigInt.asUintN(Number(size) - 1, BigInt(seed + i) * 0x9e3779b97f4a7c15n);
        return isNegative && i % 3 === 0 ? -value - 1n : value;
      })
    )
  );
};

function written(words: Int32Array, step: number): Uint8Array {
  const to = new Writer();
  writeVarints(words, step, to);
  return concat(...to.parts().reverse());
}

test("integers of 32 and of 64 bits are written and read as the wire has them, whatever their size", () => {
  for (const [bits, step] of [[32n, 1], [64n, 2]] as const) {
    fc.assert(
      fc.property(integers(bits), fc.nat({ max: 3 }), (values, surplus) => {
        const words = step === 1
          ? Int32Array.from(values, Number)
          : new Int32Array(BigInt64Array.from(values).buffer);
        const bytes = written(words, step);
        assert.deepEqual([...bytes], values.flatMap(varint));
        assert.equal(countVarints(bytes, 0, bytes.length), values.length);
        const read = new Int32Array(words.length + surplus * step);
        const from = new Reader(bytes as Uint8Array<ArrayBuffer>, {}, "x");
        assert.equal(readVarints(from, 0, bytes.length, read, step), words.length);
        assert.deepEqual(read.subarray(0, words.length), words);
        if (!values.length) return;
        const few = read.subarray(0, words.length - step);
        assert.equal(readVarints(from, 0, bytes.length, few, step), -1, "more than fit");
      }),
      { numRuns: 60 },
    );
  }
});

test("integers of 64 bits keep a high word that is as small as the low one", () => {
  const word = fc.oneof(fc.constant(0), fc.nat({ max: 200 }), fc.nat({ max: 2 ** 22 }));
  fc.assert(fc.property(fc.array(fc.tuple(word, word), { maxLength: 40 }), (pairs) => {
    const values = pairs.map(([high, low]) => BigInt(high) << 32n | BigInt(low));
    const words = new Int32Array(BigInt64Array.from(values).buffer);
    assert.deepEqual([...written(words, 2)], values.flatMap(varint));
  }));
});

test("integers of 8 and 16 bits and lists are written as those of 32 bits are", () => {
  const rows = [Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array];
  for (const List of rows) {
    const values = new List(3000).map((_, i) => i * 37);
    const write = (int_val: ArrayLike<number>): Uint8Array =>
      encode(predictRequest, { inputs: new Map([["x", { int_val }]]) });
    assert.deepEqual(write(values), write(Int32Array.from(values)));
    assert.deepEqual(write([...values]), write(Int32Array.from(values)));
  }
});

test("a shape that is wrong about the number of integers changes nothing", () => {
  fc.assert(
    fc.property(
      fc.int32Array({ maxLength: 20 }),
      fc.bigInt({ min: -3n, max: 2n ** 63n - 1n }),
      (ints, length) => {
        const array = { dtype: 3, array_shape: { dim: [length] }, int_val: Int32Array.from(ints) };
        const wide = {
          dtype: 9,
          array_shape: { dim: [length] },
          int64_val: BigInt64Array.from(ints, BigInt),
        };
        const bytes = encode(predictRequest, {
          inputs: new Map<string, ArrayProto>([["x", array], ["y", wide]]),
        });
        const { inputs } = decode(predictRequest, bytes);
        assert.deepEqual([...inputs!.get("x")!.int_val as Int32Array ?? []], [...ints]);
        assert.deepEqual([...inputs!.get("y")!.int64_val ?? []], [...ints].map(BigInt));
        const [shown] = Array.from(inputs!.get("x")!.array_shape!.dim!);
        assert.equal(BigInt(shown!), length);
        assert.equal(typeof shown, length > BigInt(Number.MAX_SAFE_INTEGER) ? "bigint" : "number");
      },
    ),
  );
});

test("arrays are written and read as their table says, however their bytes are", () => {
  interface Holder {
    array?: ArrayProto;
  }
  const holder = (type: MessageType<ArrayProto>) => message<Holder>("Holder", { array: field(1, type) });
  const quick = holder(arrayProto), plain = holder(message("ArrayProto", arrayProto.fields));
  const arrays = fc.record({
    dtype: fc.nat({ max: 200 }),
    array_shape: fc.record({ dim: fc.array(fc.nat({ max: 300 }), { maxLength: 3 }) }, { requiredKeys: [] }),
    float_val: fc.float32Array().map((values) => Float32Array.from(values)),
    double_val: fc.float64Array().map((values) => Float64Array.from(values)),
    int_val: fc.int32Array().map((values) => Int32Array.from(values)),
    int64_val: fc.bigInt64Array().map((values) => BigInt64Array.from(values)),
    bool_val: fc.array(fc.nat({ max: 1 })).map((bits) => Uint8Array.from(bits)),
  }, { requiredKeys: [] });
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 });
  fc.assert(
    fc.property(arrays, edits, (array: ArrayProto, edits) => {
      const bytes = encode(quick, { array });
      assert.deepEqual(encode(plain, { array }), bytes);
      if (bytes.length) { for (const [at, byte] of edits) bytes[at % bytes.length] = byte; }
      for (const way of [{}, { own: true }, { copy: true }]) {
        const [one, other] = [quick, plain].map((type) => {
          try {
            return decode(type, bytes.slice(), way);
          } catch (error) {
            return error instanceof DecodeError && error.offset;
          }
        });
        assert.deepEqual(one, other);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a large array begins where it can be copied by lines of the cache, if there is room", () => {
  for (const offset of [0, 1, 8, 63]) {
    const memory = new Float32Array(1000), float_val = memory.subarray(offset);
    const message = { inputs: new Map([["x", { dtype: 1, float_val }]]) };
    const plain = encode(predictRequest, message), at = plain.length - float_val.byteLength;
    const wide = encodeInto(predictRequest, message, new Uint8Array(plain.length + 63));
    assert.equal(wide.byteOffset + at - float_val.byteOffset & 63, 0);
    assert.deepEqual(wide, plain);
    const narrow = encodeInto(predictRequest, message, new Uint8Array(plain.length));
    assert.deepEqual(narrow, plain);
  }
});

test("a message that holds what makes another message is written as it is", () => {
  const inner = { inputs: new Map([["y", { dtype: 1, float_val: new Float32Array(5) }]]) };
  const expected = encode(predictRequest, { signature_name: "s", output_filter: ["z"] });
  const tricky = {
    get signature_name(): string {
      return encode(predictRequest, inner).length ? "s" : "";
    },
    output_filter: ["z"],
  };
  assert.deepEqual(encode(predictRequest, tricky), expected);
  assert.equal(encodeChunks(predictRequest, tricky).map(toHex).join(""), toHex(expected));
});

test("what was refused leaves nothing in the next message", () => {
  const bad = { inputs: new Map([["x", { float_val: new Float32Array(5000), int_val: [0.5] }]]) };
  assert.throws(() => encode(predictRequest, bad), RangeError);
  assert.deepEqual([...encode(predictRequest, { output_filter: ["z"] })], [0x1a, 1, 0x7a]);
});

test("small arrays share memory and no element of it", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 120 }), (lengths) => {
    const arrays = lengths.map((length, i): [string, ArrayProto] => {
      const field = ["float_val", "double_val", "int64_val", "int_val"][i % 4]!;
      const list = [Float32Array, Float64Array, BigInt64Array, Int32Array][i % 4]!;
      const values = list === BigInt64Array
        ? new BigInt64Array(length).fill(BigInt(i))
        : new (list as Float32ArrayConstructor)(length).fill(i);
      return [`${i}`, { [field]: values }];
    });
    const bytes = encode(predictRequest, { inputs: new Map(arrays) });
    const { inputs = new Map() } = decode(predictRequest, bytes, { copy: true });
    for (const [name, array] of arrays) {
      const [[field, values]] = Object.entries(array) as [[string, ArrayLike<unknown>]];
      const read = inputs.get(name)![field as keyof ArrayProto];
      if (values.length) assert.deepEqual(read, values);
      else assert.equal(read, undefined);
    }
  }));
});

test("text is written and read as the runtime does it, short and long", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(
      unicodeText({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 40 }),
      (text, any) => {
        const bytes = encode(predictRequest, { signature_name: text });
        const expected = new TextEncoder().encode(text);
        assert.deepEqual(bytes.subarray(bytes.length - expected.length), expected);
        for (const given of [expected, Uint8Array.from(any)]) {
          const [one, other] = [() => readText(given, 0, given.length), () => decoder.decode(given)].map(
            (read) => {
              try {
                return read();
              } catch (error) {
                return (error as Error).name;
              }
            },
          );
          assert.equal(one, other);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("names that are remembered at the same place are told apart", () => {
  for (let i = 0; i < 20_000; i++) {
    const name = `name_${i % 5000}`;
    assert.equal(readText(new TextEncoder().encode(`..${name}.`), 2, 2 + name.length), name);
  }
  const e = "\u00e9", bytes = new TextEncoder().encode(e);
  assert.equal(readText(bytes, 0, 2), e);
  assert.throws(() => readText(Uint8Array.of(0xe9), 0, 1), TypeError);
});
