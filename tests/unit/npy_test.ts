import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DType, type Tensor, tensor } from "../../core/tensors.ts";
import { decodeNpy, encodeNpy, npy } from "../../plugins/serializers/npy.ts";
import { readNpy } from "../../plugins/serializers/npy-read.ts";
import { writeNpy } from "../../plugins/serializers/npy-write.ts";
import fixtures from "../fixtures/npy/arrays.json" with { type: "json" };
import {
  anyByteString,
  anyNumbers,
  anyText,
  type Bytes,
  fileOf,
  fromBase64,
  same,
  tensorOf,
  utf8,
} from "../support/npy.ts";

for (const given of fixtures.arrays) {
  const file = fromBase64(given.npy);
  const dtype = given.dtype as DType;
  const strings = given.strings ?? given.byteStrings?.map(fromBase64);
  const expected = strings
    ? tensor(strings, given.shape, "string")
    : tensorOf(dtype, given.shape, fromBase64(given.data!));

  test(`decodeNpy() reads what numpy wrote: ${given.name}`, () => {
    const before = file.slice();
    same(decodeNpy(file), expected);
    same(decodeNpy(file, { copy: true }), expected);
    assert.deepEqual(file, before); // byte order and memory order are changed in copies
  });

  if (given.plain) {
    test(`encodeNpy() writes what numpy.save writes: ${given.name}`, () => {
      assert.deepEqual(encodeNpy(expected), file);
    });
  }
}

test("decodeNpy() reads what encodeNpy() wrote, bit for bit", () => {
  fc.assert(fc.property(anyNumbers, (given) => {
    const file = encodeNpy(given);
    assert.equal(file.buffer.byteLength, file.length);
    same(decodeNpy(file), given);
  }));
});

for (
  const [what, strings] of [["text", fc.array(anyText)], ["byte strings", fc.array(anyByteString)]] as const
) {
  test(`decodeNpy() reads the ${what} that encodeNpy() wrote`, () => {
    fc.assert(fc.property(strings as fc.Arbitrary<string[]>, (list) => { // or lists of bytes
      const given = tensor(list, [1, -1, 1], "string");
      same(decodeNpy(encodeNpy(given)), list.length ? given : tensor([], [1, 0, 1], "string"));
    }));
  });
}

test("encodeNpy() writes text beside byte strings in UTF-8", () => {
  const file = encodeNpy(tensor(["中", Uint8Array.of(0xff)], [2]));
  same(decodeNpy(file), tensor([utf8("中"), Uint8Array.of(0xff)], [2]));
});

test("encodeNpy() takes what tensor() takes", () => {
  same(decodeNpy(encodeNpy([[1, 2], [3, 4]])), tensor([[1, 2], [3, 4]]));
  same(decodeNpy(encodeNpy(Uint8Array.of(1, 2))), tensor(Uint8Array.of(1, 2)));
  same(
    decodeNpy(encodeNpy(tensor({ data: Int16Array.of(1, 2), shape: [2, 1] }))),
    tensor(Int16Array.of(1, 2), [2, 1]),
  );
  const window = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
  same(decodeNpy(encodeNpy(tensor(window, [1, 2]))), tensor(Float32Array.of(1, 2), [1, 2]));
});

test("decodeNpy() reads any byte order, memory order, version and spelling of the header", () => {
  const styles = fc.record({
    bigEndian: fc.boolean(),
    fortran: fc.boolean(),
    version: fc.constantFrom(1, 2, 3),
    order: fc.shuffledSubarray(["descr", "fortran_order", "shape"], { minLength: 3 }),
    quote: fc.constantFrom("'", '"'),
    space: fc.constantFrom("", " ", "  ", "\n"),
    suffix: fc.constantFrom("", "L"),
    lastComma: fc.boolean(),
    padding: fc.nat(300),
    shift: fc.nat(9),
  });
  fc.assert(fc.property(anyNumbers, styles, (given, style) => {
    const file = fileOf(given, style);
    const shifted = new Uint8Array(file.length + style.shift).subarray(style.shift);
    shifted.set(file);
    same(decodeNpy(shifted), given);
    assert.deepEqual(shifted, file);
  }));
});

for (const order of ["", "<", "=", "|"]) {
  test(`decodeNpy() takes the byte order "${order}" for the machine's own`, () => {
    const given = tensor(Int32Array.of(1, -2), [2]);
    same(decodeNpy(fileOf(given, { descr: `${order}i4` })), given);
  });
}

for (const [version, padding] of [[1, 300], [1, 65_400], [2, 70_000], [3, 300_000]] as const) {
  test(`decodeNpy() reads a header of version ${version} with ${padding} spaces`, () => {
    const given = tensor(Float64Array.of(1, 2), [2]);
    same(decodeNpy(fileOf(given, { version, padding })), given);
  });
}

test("decodeNpy() gives a view on the file where it can, and a copy where it can't", () => {
  const given = tensor(Float64Array.of(1, 2, 3, 4), [2, 2]);
  const file = encodeNpy(given);
  const isView = (tensor: Tensor, bytes: Bytes): boolean =>
    (tensor.data as Float64Array).buffer === bytes.buffer;
  assert.ok(isView(decodeNpy(file), file));
  assert.equal((decodeNpy(file).data as Float64Array).byteOffset % 64, 0);
  assert.ok(!isView(decodeNpy(file, { copy: true }), file));
  const shifted = new Uint8Array([0, ...file]).subarray(1);
  assert.ok(!isView(decodeNpy(shifted), shifted));
  same(decodeNpy(shifted), given);
  for (const style of [{ bigEndian: true }, { fortran: true }]) {
    const other = fileOf(given, style);
    assert.ok(!isView(decodeNpy(other), other));
  }
  const strings = encodeNpy(tensor([Uint8Array.of(1, 2), "a"], [2]));
  const bytesOf = (tensor: Tensor): Bytes => tensor.data[0] as Bytes;
  assert.equal(bytesOf(decodeNpy(strings)).buffer, strings.buffer);
  assert.notEqual(bytesOf(decodeNpy(strings, { copy: true })).buffer, strings.buffer);
});

test("a big-endian machine writes big-endian files, and turns little-endian ones", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), turned = Uint8Array.of(4, 3, 2, 1, 8, 7, 6, 5);
  const given = tensorOf("int32", [2], bytes);
  const file = writeNpy(given, false);
  assert.match(new TextDecoder().decode(file), /'descr': '>i4'/);
  assert.deepEqual(file.subarray(128), bytes); // as its typed arrays have them
  same(readNpy(file, false, false), given);
  same(readNpy(encodeNpy(given), false, false), tensorOf("int32", [2], turned));
});

for (
  const [title, array] of [
    ["float16", Uint8Array.of(0x01, 0x7d)],
    ["float32", Uint8Array.of(0x01, 0x02, 0xa0, 0x7f)],
    ["float64", Uint8Array.of(1, 2, 3, 4, 5, 6, 0xf4, 0x7f)],
  ] as const
) {
  test(`decodeNpy() keeps every bit of a signalling NaN in ${title}, in any order`, () => {
    const given = tensorOf(title, [1, 1], array);
    for (const style of [{ bigEndian: true }, { fortran: true }, { fortran: true, bigEndian: true }]) {
      same(decodeNpy(fileOf(given, style)), given);
    }
  });
}

test("npy() reads and writes files, under a media type that can be chosen", () => {
  const { serialize, deserialize, contentType, matches, prepare } = npy();
  const given = tensor(Float32Array.of(1, 2), [2, 1]);
  assert.equal(contentType, "application/x-npy");
  assert.deepEqual([matches, prepare], [undefined, undefined]);
  assert.deepEqual(serialize(given), encodeNpy(given));
  same(deserialize(serialize(given)!), given);
  assert.equal(npy({ contentType: "application/octet-stream" }).contentType, "application/octet-stream");
});
