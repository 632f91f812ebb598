// What decodeNpy() and encodeNpy() refuse, and how they say it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Tensor, tensor } from "../../core/tensors.ts";
import { decodeNpy, encodeNpy } from "../../plugins/serializers/npy.ts";
import fixtures from "../fixtures/npy/arrays.json" with { type: "json" };
import { anyNumbers, anyText, fileOf, fromBase64, same } from "../support/npy.ts";

for (const { descr, npy } of fixtures.refused) {
  test(`decodeNpy() refuses ${descr} by its name`, () => {
    assert.throws(() => decodeNpy(fromBase64(npy)), (error: Error) => {
      assert.equal(error.name, "TypeError");
      assert.ok(error.message.startsWith("Cannot read .npy: dtype "), error.message);
      const shown = [...descr].every((letter) => letter < "\x7f") ? descr.slice(0, 30) : "[(";
      assert.ok(error.message.includes(shown) && error.message.includes("astype"), error.message);
      assert.equal(error.message.includes("bfloat16"), descr === "<V2");
      return true;
    });
  });
}

const beginning = '{"descr": "<f4", "fortran_order": False,';
/** Headers with a mark where they are found to be wrong: before the entry, or behind what can't go on. */
const malformed = [
  "^",
  "{^}",
  "{^",
  "{ 'descr': '<f4' }\n^",
  "{'descr': '<f4', 'fortran_order': False}\n^",
  `${beginning} "shape": (2, 3)\n^`,
  `${beginning} "shape": (2, 3), } ^x`,
  `${beginning} "shape": (2, 3), }^}`,
  `${beginning} "shape": (2, 3),^, }`,
  `${beginning} ^"shape": (3), }`,
  `${beginning} ^"shape": 3, }`,
  `${beginning} ^"shape": [2, 3], }`,
  `${beginning} ^"shape": (-2, -3), }`,
  `${beginning} ^"shape": (2.0, 3), }`,
  `${beginning} ^"shape": (2 3,), }`,
  `${beginning} ^"shape": (,), }`,
  `${beginning} ^"shape": ((2, 3),), }`,
  `${beginning} ^"shape": (2, 3, }`,
  `${beginning} ^"shape": (${"1, ".repeat(66)}), }`,
  `${beginning} "shape": (2, 3) ^'descr': '<f4'}`,
  "{'descr': '<f4, '^fortran_order': False, 'shape': (2, 3), }",
  "{^'descr\": '<f4', 'fortran_order': False, 'shape': (2, 3), }",
  "{^'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2, 3), }",
  "{^'descr': '', 'fortran_order': False, 'shape': (2, 3), }",
  "{^'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2, 3), }",
  "{^'descr': {{{{{{'<f4', 'fortran_order': False, 'shape': (2, 3), }",
  "{'descr': '<f4', ^'fortran_order': 0, 'shape': (2, 3), }",
  "{'descr': '<f4', 'fortran_order': False^ly, 'shape': (2, 3), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ^'more': 1, }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ^# comment\n }",
  "^\x80{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
];
for (const marked of malformed) {
  test(`decodeNpy() refuses the header ${JSON.stringify(marked.slice(0, 80))}`, () => {
    const header = marked.replace("^", "");
    assert.throws(() => decodeNpy(fileOf(tensor(new Float32Array(6), [2, 3]), { header })), {
      name: "SyntaxError",
      message: `Cannot read .npy: header is malformed at byte ${10 + marked.indexOf("^")}`,
    });
  });
}

for (
  const descr of [
    "<f3",
    "<f04",
    "<i",
    "f",
    "<S0",
    "<U0",
    "b2",
    "<x4",
    "<f4 ",
    "><f4",
    "<f1e1",
    "<f-4",
    "<S1.5",
    "<U9999999999999999",
  ]
) {
  test(`decodeNpy() refuses the dtype ${descr}`, () => {
    assert.throws(() => decodeNpy(fileOf(tensor(new Float32Array(0)), { descr })), {
      name: "TypeError",
      message: new RegExp(`^Cannot read .npy: dtype ${descr} is not supported, `),
    });
  });
}

for (
  const [title, body] of Object.entries({
    "an empty body": "",
    "HTML": "<html><body>secret</body></html>",
    "JSON": '{"token":"secret"}',
    "another version": "\x93NUMPY\x04\0v\0{}",
    "a version that is none": "\x93NUMPY\0\0v\0{}",
    "a minor version": "\x93NUMPY\x01\x01v\0{}",
    "the beginning of the magic": "\x93NUMPY",
  })
) {
  test(`decodeNpy() refuses ${title}, and shows eight bytes of it`, () => {
    const bytes = Uint8Array.from(body, (letter) => letter.charCodeAt(0));
    assert.throws(() => decodeNpy(bytes), {
      name: "SyntaxError",
      message: `Cannot read .npy: byte 0 begins ${JSON.stringify(body.slice(0, 8))}`,
    });
  });
}

test("decodeNpy() refuses every beginning of a file, and a file with more behind it", () => {
  for (const version of [1, 2, 3]) {
    const file = fileOf(tensor(Int16Array.of(1, 2, 3), [3]), { version });
    for (let length = 0; length < file.length; length++) {
      const error = length < 74 ? SyntaxError : Error; // 74 bytes are no whole header in any version
      assert.throws(() => decodeNpy(file.slice(0, length)), error, `${length} bytes`);
    }
    assert.throws(() => decodeNpy(new Uint8Array([...file, 0])), {
      name: "RangeError",
      message: /^Cannot read \.npy: <i2 of \(3\) takes 6 bytes from byte \d+, not 7$/,
    });
  }
});

for (
  const shape of [
    "(2, 4)",
    "(9007199254740993,)",
    "(4294967296, 4294967296)",
    `(${"9".repeat(400)},)`,
    `(${"9".repeat(400)}, 0)`,
    `(${"9999999999999999, ".repeat(40)}0)`,
  ]
) {
  test(`decodeNpy() refuses the shape ${shape.slice(0, 60)} for six elements`, () => {
    const header = `{'descr': '<f4', 'fortran_order': True, 'shape': ${shape}, }`;
    assert.throws(() => decodeNpy(fileOf(tensor(new Float32Array(6)), { header })), RangeError);
  });
}

test("decodeNpy() reads a shape without elements, however long its other axes", () => {
  const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (9007199254740991, 0), }";
  assert.deepEqual(decodeNpy(fileOf(tensor(new Float32Array(0)), { header })).shape, [9007199254740991, 0]);
  assert.throws(
    () => decodeNpy(fileOf(tensor(new Float32Array(0)), { header: header.replace("1, 0", "9, 0") })),
    RangeError,
  );
});

test("decodeNpy() refuses a code point that doesn't exist", () => {
  const file = encodeNpy(tensor(["a"], [1]));
  file.fill(0xff, -4);
  assert.throws(() => decodeNpy(file), RangeError);
});

test("decodeNpy() takes no time for headers made to take some", () => {
  const many = 100_000;
  const given = tensor(new Float32Array(0));
  for (const piece of [" ", "'", '"', "1, ", "1", "(", "{", "{'shape': (", "'descr': '<f4', ", "\\", "["]) {
    for (
      const before of [
        "",
        "{",
        "{'descr': ",
        "{'descr': '",
        "{'shape': (",
        "{'shape': (1, ",
        "{'shape': (1,)",
        "{'shape': (1,),",
      ]
    ) {
      const header = before + piece.repeat(many);
      assert.throws(() => decodeNpy(fileOf(given, { header, version: 2 })), /^\w+Error: Cannot read \.npy: /);
    }
  }
});

test("decodeNpy() fails with its own errors whatever is changed in a file", () => {
  const seeds = fc.oneof(anyNumbers, fc.array(anyText).map((list) => tensor(list, [-1], "string")));
  const change = fc.record({ at: fc.nat(150), byte: fc.nat(255), size: fc.nat(2) });
  fc.assert(
    fc.property(
      seeds,
      fc.boolean(),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (given, fortran, changes) => {
        const bytes = [...given.dtype === "string" ? encodeNpy(given) : fileOf(given, { fortran })];
        for (const { at, byte, size } of changes) {
          bytes.splice(at, 1, ...Array.from({ length: size }, () => byte));
        }
        let read: Tensor;
        try {
          read = decodeNpy(new Uint8Array(bytes));
        } catch (error) {
          assert.ok(
            error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError,
          );
          assert.match(error.message, /^Cannot (read \.npy|make a tensor): |code point/);
          return;
        }
        same(decodeNpy(encodeNpy(read)), read);
      },
    ),
    { numRuns: 2000 },
  );
});

test("encodeNpy() refuses bfloat16, which numpy doesn't have", () => {
  assert.throws(() => encodeNpy(tensor(new Uint16Array(1), [1], "bfloat16")), {
    name: "TypeError",
    message: "Cannot write .npy: numpy has no bfloat16, convert it to float32",
  });
});

for (const strings of [["a\0"], ["\0"], [Uint8Array.of(1, 0), "a"], [Uint8Array.of(0)]]) {
  test(`encodeNpy() refuses the end of ${JSON.stringify(strings)}, which numpy would drop`, () => {
    assert.throws(() => encodeNpy(tensor(strings, [strings.length], "string")), {
      name: "RangeError",
      message: "Cannot write .npy: a string ends with NUL, which numpy drops",
    });
  });
}

test("encodeNpy() refuses more axes than numpy has, and elements that don't fill the shape", () => {
  assert.throws(() => encodeNpy(tensor(new Float32Array(1), new Array(65).fill(1))), {
    name: "RangeError",
    message: "Cannot write .npy: numpy has at most 64 axes",
  });
  assert.throws(() => encodeNpy(new Tensor("float32", [3], new Float32Array(2))), RangeError);
});
