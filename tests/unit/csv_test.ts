import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tensor } from "../../core/tensors.ts";
import { type Cell, csv } from "../../plugins/serializers/csv.ts";

const written = (rows: readonly (readonly Cell[])[], options = {}): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(csv(options).serialize(rows));
const read = (text: string, options = {}): Cell[][] =>
  csv(options).deserialize(new TextEncoder().encode(text));

const rows: [title: string, cells: readonly (readonly Cell[])[], text: string][] = [
  ["numbers", [[5.1, -3, 0], [1e21, 1e-7, 2 ** 60]], "5.1,-3,0\r\n1e+21,1e-7,1152921504606847000\r\n"],
  ["large integers", [[9007199254740993n]], "9007199254740993\r\n"],
  ["text", [["a", "中文", " b "]], "a,中文, b \r\n"],
  ["separators and quotes", [["a,b", 'say "x"', '"']], '"a,b","say ""x""",""""\r\n'],
  ["line breaks", [["a\r\nb", "\n", "\r"]], '"a\r\nb","\n","\r"\r\n'],
  ["empty cells", [[null, "", null]], ',"",\r\n'],
  ["a single empty cell", [[null], ["x"], [null]], "\r\nx\r\n\r\n"],
  ["text that looks like a number", [["1", "-1e5", "NaN", ".5"]], '"1","-1e5","NaN",".5"\r\n'],
  ["text that only begins so", [["007", "1a", "1e", ".", "1,5", "--1"]], '007,1a,1e,.,"1,5",--1\r\n'],
  ["what is not finite", [[NaN, Infinity, -Infinity]], "NaN,Infinity,-Infinity\r\n"],
  ["formulas", [["=1+1", "@a", "+b", "-c"]], "=1+1,@a,+b,-c\r\n"],
  ["nothing", [], ""],
];
for (const [title, cells, text] of rows) {
  test(`csv() writes ${title}`, () => assert.equal(written(cells), text));
}

const reads: [text: string, cells: Cell[][]][] = [
  ["a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]],
  ["a,b\r\nc,d", [["a", "b"], ["c", "d"]]],
  ["a\nb\rc\n\nd", [["a"], ["b"], ["c"], [""], ["d"]]],
  ["a,", [["a", ""]]],
  [",\n", [["", ""]]],
  ["\r\n", [[""]]],
  ["", []],
  ['"a""b","c\r\nd",""', [['a"b', "c\r\nd", ""]]],
  ['""""', [['"']]],
  ['a"b"', [['a"b"']]],
  ["a, b\t,c ", [["a", " b\t", "c "]]],
  ["\ufeffa,b", [["a", "b"]]],
  ["a,b,c\nd", [["a", "b", "c"], ["d"]]],
];
for (const [text, cells] of reads) {
  test(`csv() reads ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), cells));
}

test("csv() reads numbers when told so, and leaves the rest as text", () => {
  const numbers = "0,-1,+2,3.5,4.,.5,6e2,7E-2, 8 ,-0.0,9007199254740991";
  assert.deepEqual(read(numbers, { numbers: true }), [[
    0,
    -1,
    2,
    3.5,
    4,
    .5,
    600,
    .07,
    8,
    -0,
    9007199254740991,
  ]]);
  assert.deepEqual(read("inf,-inf,Infinity,nan,-NaN", { numbers: true }), [[
    Infinity,
    -Infinity,
    Infinity,
    NaN,
    NaN,
  ]]);
  const text = '"1",007,-00,1e,e5,0x10,1_000,"",9007199254740993,12345678901234567890,+-1,infinite';
  assert.deepEqual(read(text, { numbers: true }), [[...text.replaceAll('"', "").split(",")]]);
  assert.deepEqual(read(",1,", { numbers: true }), [[null, 1, null]]);
});

const cell = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', ",", ";", "\r", "\n", " ", "1", ".", "e", "-", "a") }),
  fc.double().filter((value) => !Object.is(value, -0)), // JavaScript writes it as 0
  fc.integer(),
  fc.constant(null),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 4 });

for (const delimiter of [",", ";", "\t", "|", "]", "\\", "d"]) {
  test(`csv() reads the numbers and the text that it wrote with ${JSON.stringify(delimiter)} between them`, () => {
    const { serialize, deserialize } = csv({ delimiter, numbers: true });
    fc.assert(fc.property(table, (given) => {
      const unmarked = given[0]?.[0]; // a mark of the encoding at the very beginning is none of the text
      fc.pre(!(typeof unmarked === "string" && unmarked.startsWith("\ufeff")));
      assert.deepEqual(deserialize(serialize(given)!), given);
    }));
  });
}

test("csv() never fails but with its own error on any text", () => {
  const unit = fc.constantFrom('"', '""', ",", "\r", "\n", "a", "1", ".");
  fc.assert(fc.property(fc.string({ unit }), fc.boolean(), (text, numbers) => {
    let cells: Cell[][];
    try {
      cells = read(text, { numbers });
    } catch (error) {
      assert.ok(error instanceof SyntaxError && text.includes('"'));
      return;
    }
    assert.deepEqual(read(written(cells), { numbers }), cells);
  }));
});

test("csv() sends names of columns first, quoted where they must be", () => {
  assert.equal(written([[1, 2]], { header: ["a", "b,c"] }), 'a,"b,c"\r\n1,2\r\n');
  assert.equal(written([], { header: ["a"] }), "a\r\n");
});

test("csv() writes a tensor with two axes", () => {
  const write = (given: Parameters<ReturnType<typeof csv>["serialize"]>[0]): string =>
    new TextDecoder().decode(csv().serialize(given));
  assert.equal(write(tensor(Float32Array.of(1, 2.5, 3, 4), [2, 2])), "1,2.5\r\n3,4\r\n");
  assert.equal(write(tensor(BigInt64Array.of(2n ** 60n), [1, 1])), "1152921504606846976\r\n");
  assert.equal(write(tensor(["a", "b,c"], [1, 2])), 'a,"b,c"\r\n');
  assert.throws(() => write(tensor(Float32Array.of(1, 2))), {
    name: "TypeError",
    message: "Cannot write CSV: the tensor has 1 axes, not 2",
  });
  assert.throws(() => write(tensor(Float32Array.of(1, 2), [1, 1], "complex64")), TypeError);
});

for (const wrong of [[1, 2], [[]], ["ab"], [[undefined]], [[true]], [[[1]]], [[{}]], [new Float32Array(2)]]) {
  test(`csv() refuses to write ${JSON.stringify(wrong)}`, () => {
    const refused = wrong as unknown as Cell[][]; // as a program without types would pass it
    assert.throws(() => written(refused), {
      name: "TypeError",
      message: /^Cannot write CSV: a (row|cell) is /,
    });
  });
}

for (const [text, at] of [['a,"b', 2], ['"', 0], ['"""', 0], ['"a"b', 3], ['x\n"a" ,b', 5]] as const) {
  test(`csv() refuses to read ${JSON.stringify(text)}`, () => {
    const message = new RegExp(`^Cannot read CSV: .* at character ${at}$`);
    assert.throws(() => read(text), { name: "SyntaxError", message });
  });
}

test("csv() refuses to read what is not UTF-8", () => {
  assert.throws(() => csv().deserialize(Uint8Array.of(0xd6, 0xd0)), TypeError); // 中 in GBK
});

for (const delimiter of ["", "ab", '"', "\n", "\r", "😀"]) {
  test(`csv() refuses ${JSON.stringify(delimiter)} as delimiter`, () => {
    assert.throws(() => csv({ delimiter }), {
      name: "TypeError",
      message: /^Cannot use ".*" as delimiter of CSV$/,
    });
  });
}

test("csv() says that it writes text/csv", () => {
  assert.equal(csv().contentType, "text/csv");
});
