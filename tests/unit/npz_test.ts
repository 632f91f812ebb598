import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deflateSync, zipSync } from "fflate";
import { type Tensor, tensor } from "../../core/tensors.ts";
import { decodeNpy, encodeNpy } from "../../plugins/serializers/npy.ts";
import { npz, type NpzOptions } from "../../plugins/serializers/npz.ts";
import fixtures from "../fixtures/npy/arrays.json" with { type: "json" };
import { unicodeText } from "../support/unicode_text.ts";
import { type Bytes, concat, fromBase64, utf8 } from "../support/npy.ts";

const { serialize, deserialize: read } = npz();
const write = (arrays: Parameters<typeof serialize>[0], options?: NpzOptions): Bytes =>
  npz(options).serialize(arrays)!;

function same(actual: Record<string, Tensor>, expected: Iterable<readonly [string, Tensor]>): void {
  const plain = (
    [name, { dtype, shape, data }]: readonly [string, Tensor],
  ): unknown => [name, dtype, shape, data];
  assert.deepEqual(Object.entries(actual).map(plain), [...expected].map(plain));
}

for (const { name, npz, arrays } of fixtures.archives) {
  test(`npz() reads what numpy wrote: ${name}`, () => {
    const expected = arrays.map(({ name, npy, zeros }) =>
      [name, npy ? decodeNpy(fromBase64(npy)) : tensor(new Float64Array(zeros!))] as const
    );
    same(read(fromBase64(npz)), Object.entries(Object.fromEntries(expected))); // which puts numbers first
  });
}

const given = {
  scores: tensor(Float32Array.of(1, 2, 3, 4), [2, 2]),
  labels: tensor(["cat", "猫"], [2]),
  zeros: tensor(new Float64Array(1000), [10, 100]),
};

for (const level of [0, 1, 6, 9] as const) {
  test(`npz() reads what it wrote with level ${level}`, () => {
    const archive = write(given, { level });
    same(read(archive), Object.entries(given));
    assert.equal(archive.length < 8000, level > 0);
    assert.deepEqual(archive, write(new Map(Object.entries(given)), { level })); // the same at any time
  });
}

test("npz() takes any names", () => {
  const name = fc.oneof(
    unicodeText(),
    fc.constantFrom(
      "__proto__",
      "constructor",
      "toString",
      "x.npy",
      "x.npy.npy",
      ".npy",
      "",
      "0",
      "a/b",
      "../a",
      "\ufeff",
    ),
  ).filter((name) => name.isWellFormed());
  fc.assert(fc.property(fc.uniqueArray(name, { maxLength: 5 }), (names) => {
    const arrays = names.map((name, i) => [name, tensor(Uint8Array.of(i))] as const);
    const actual = read(write(new Map(arrays)));
    same(actual, Object.entries(Object.fromEntries(arrays)));
    same(read(write(Object.fromEntries(arrays))), Object.entries(actual));
  }));
  assert.equal(({} as { dtype?: unknown }).dtype, undefined); // no prototype was touched
});

test("npz() takes what tensor() takes", () => {
  same(read(write({ a: [[1, 2]], b: Int8Array.of(1) })), [["a", tensor([[1, 2]])], [
    "b",
    tensor(Int8Array.of(1)),
  ]]);
  same(read(write({})), []);
});

test("npz() gives views on the archive, or copies where elements don't lie on their boundary", () => {
  const archive = write({ a: Uint8Array.of(1), b: Float64Array.of(2) });
  const { a, b } = read(archive);
  assert.equal((a!.data as Bytes).buffer, archive.buffer);
  assert.deepEqual(b!.data, Float64Array.of(2));
  const compressed = write({ a: Uint8Array.of(1) }, { level: 9 });
  assert.notEqual((read(compressed).a!.data as Bytes).buffer, compressed.buffer);
});

/** Changes 16 or 32 bits, counted from the mark of a record in an archive. */
function patch(archive: Bytes, mark: number, at: number, value: number, size: 16 | 32 = 32): Bytes {
  const copy = archive.slice(), view = new DataView(copy.buffer);
  let start = 0;
  while (view.getUint32(start, true) !== mark) start++;
  if (size === 32) view.setUint32(start + at, value, true);
  else view.setUint16(start + at, value, true);
  return copy;
}
const [localMark, entryMark, endMark] = [0x04034b50, 0x02014b50, 0x06054b50] as const;

test("npz() refuses more than it may read before it decompresses anything", () => {
  const archive = write(given, { level: 9 });
  const size = Object.values(given).reduce((sum, array) => sum + encodeNpy(array).length, 0);
  same(npz({ maxBytes: size }).deserialize(archive), Object.entries(given));
  assert.throws(() => npz({ maxBytes: size - 1 }).deserialize(archive), {
    name: "RangeError",
    message: `Cannot read .npz: it holds ${size} bytes, more than ${size - 1}`,
  });
  const liar = patch(archive, entryMark, 24, 2 ** 31); // which would take memory if it were believed
  assert.throws(() => read(liar), {
    name: "SyntaxError",
    message: 'Cannot read .npz: "scores.npy" is damaged',
  });
});

test("npz() stops to decompress a file that is longer than it says", () => {
  const bomb = write({ a: new Uint8Array(50_000_000) }, { level: 9 });
  assert.ok(bomb.length < 60_000);
  assert.throws(() => read(patch(bomb, entryMark, 24, 1000)), {
    name: "SyntaxError",
    message: 'Cannot read .npz: "a.npy" is longer than it says',
  });
});

test("npz() refuses entries that lie in one another", () => {
  const twice = zipSync({ "a.npy": encodeNpy([1]), "b.npy": encodeNpy([2]) }, { level: 0 });
  const view = new DataView(twice.buffer);
  const secondEntry = twice.findLastIndex((_, i) =>
    i < twice.length - 4 && view.getUint32(i, true) === entryMark
  );
  view.setUint32(secondEntry + 42, 0, true); // where the file of the first is
  assert.throws(() => read(twice), { name: "SyntaxError" });
  const body = deflateSync(encodeNpy(new Uint8Array(100_000)));
  assert.throws(() => read(overlapping(body, 200)), { message: 'Cannot read .npz: "1" overlaps others' });
});

/** An archive with many entries of one file, as a bomb has them. */
function overlapping(body: Bytes, count: number): Bytes {
  const bytes = (...fields: [size: 2 | 4, value: number][]): Bytes =>
    concat(...fields.map(([size, value]) => new Uint8Array(Uint32Array.of(value).buffer).subarray(0, size)));
  const local = bytes([4, localMark], [4, 20], [4, 8], [4, 0], [4, 0], [4, 0], [4, 0], [2, 0]);
  const entries = Array.from({ length: count }, (_, i) => {
    const name = utf8(`${i}`);
    const start = bytes([4, entryMark], [4, 20], [2, 0], [2, 8], [4, 0], [4, 0], [4, body.length], [4, 1000]);
    return concat(start, bytes([2, name.length], [4, 0], [4, 0], [4, 0], [4, 0]), name);
  });
  const directory = concat(...entries), at = local.length + body.length;
  const end = bytes([4, endMark], [4, 0], [2, count], [2, count], [4, directory.length], [4, at], [2, 0]);
  return concat(local, body, directory, end);
}

test("npz() refuses two arrays of one name", () => {
  const archive = zipSync({ "a": encodeNpy([1]), "a.npy": encodeNpy([2]) }, { level: 0 });
  assert.throws(() => read(archive), {
    name: "SyntaxError",
    message: 'Cannot read .npz: two arrays are called "a"',
  });
});

test("npz() reads files without .npy at the end of their names, and refuses what is no array", () => {
  same(read(zipSync({ a: encodeNpy([1]) })), [["a", tensor([1])]]);
  const archive = zipSync({ "__proto~~": encodeNpy([1]) }, { level: 0 }); // under its real name fflate would lose it
  same(read(archive.map((byte) => byte === 0x7e ? 0x5f : byte)), [["__proto__", tensor([1])]]);
  assert.throws(() => read(zipSync({ "readme.txt": utf8("hello") })), {
    name: "SyntaxError",
    message: 'Cannot read .npy: byte 0 begins "hello" ("readme.txt")',
  });
});

for (
  const [title, change, message] of [
    ["the mark of an entry", [entryMark, 0, 1], /^it is no|"scores\.npy" is damaged$|is damaged near byte/],
    ["the mark of a file", [localMark, 0, 1], /^"scores\.npy" is damaged$/],
    ["the place of a file", [entryMark, 42, 2 ** 32 - 1], /^it is damaged near byte \d+$/],
    ["the length of a file", [entryMark, 20, 100_000], /^"scores\.npy" is damaged$/],
    ["the length of its content", [entryMark, 24, 100], /^"scores\.npy" has another length than it says$/],
    ["the checksum of a file", [entryMark, 16, 1], /^"scores\.npy" has another checksum than it says$/],
    [
      "the way of compression",
      [entryMark, 10, 12, 16],
      /^"scores\.npy" is encrypted or compressed in an unknown way$/,
    ],
    [
      "the flag of encryption",
      [entryMark, 8, 1, 16],
      /^"scores\.npy" is encrypted or compressed in an unknown way$/,
    ],
    ["the length of a name", [entryMark, 28, 65_535, 16], /^it is damaged near byte \d+$/],
    ["the number of entries", [endMark, 10, 65_535, 16], /^it is damaged near byte \d+$/],
    ["the place of the directory", [endMark, 16, 2 ** 32 - 1], /^it is damaged near byte \d+$/],
    [
      "the length of the comment",
      [endMark, 20, 1, 16],
      /^it is no zip archive or breaks off: byte 0 begins "PK/,
    ],
  ] as const
) {
  test(`npz() refuses an archive when it is wrong about ${title}`, () => {
    const [mark, at, value, size] = change;
    assert.throws(() => read(patch(write(given), mark, at, value, size)), (error: Error) => {
      assert.equal(error.name, "SyntaxError");
      assert.ok(error.message.startsWith("Cannot read .npz: "));
      assert.match(error.message.slice("Cannot read .npz: ".length), message);
      return true;
    });
  });
}

for (
  const [title, body] of [["an empty body", ""], ["HTML", "<html><body>secret"], [
    "one array",
    "\x93NUMPY\x01\0v",
  ]]
) {
  test(`npz() refuses ${title}, and shows eight bytes of it`, () => {
    const bytes = Uint8Array.from(body!, (letter) => letter.charCodeAt(0));
    assert.throws(() => read(bytes), {
      name: "SyntaxError",
      message: `Cannot read .npz: it is no zip archive or breaks off: byte 0 begins ${
        JSON.stringify(body!.slice(0, 8))
      }`,
    });
  });
}

test("npz() gives the arrays of a changed archive as they were, or none", () => {
  const arrays = { a: tensor(Int16Array.of(1, 2, 3)), b: tensor(["x"], [1]) };
  for (const level of [0, 9] as const) {
    const archive = write(arrays, { level });
    const change = fc.record({ at: fc.nat(archive.length - 1), byte: fc.nat(255), size: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const bytes = [...archive];
        for (const { at, byte, size } of changes) {
          bytes.splice(
            at,
            1,
            ...Array.from({ length: size }, () => byte),
          );
        }
        let actual: Record<string, Tensor>;
        try {
          actual = read(new Uint8Array(bytes));
        } catch (error) {
          assert.ok(
            error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError,
          );
          assert.match(error.message, /^Cannot (read \.np[yz]|make a tensor): /);
          return;
        }
        const values = Object.values(actual); // their names have no checksum, and a directory may end early
        const all = Object.values(arrays);
        for (const value of values) assert.ok(all.some(({ data }) => String(data) === String(value.data)));
      }),
      { numRuns: 500 },
    );
  }
});

test("npz() refuses names that are no text, and more arrays than an archive can hold", () => {
  assert.throws(() => write({ "\ud800": [1] }), {
    name: "RangeError",
    message: 'Cannot write .npz: name "\\ud800" is no text',
  });
  const many = new Map(Array.from({ length: 65_536 }, (_, i) => [`${i}`, new Uint8Array(0)]));
  assert.throws(() => write(many), {
    name: "RangeError",
    message: /^Cannot write \.npz: 65536 arrays of \d+ bytes /,
  });
});

test("npz() writes under a media type that can be chosen", () => {
  assert.equal(npz().contentType, "application/x-npz");
  assert.equal(npz({ contentType: "application/zip" }).contentType, "application/zip");
});
