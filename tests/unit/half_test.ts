import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHalf, toHalf } from "../../core/half.ts";

const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNBits = {
  float16: (bits: number) => (bits & 0x7fff) > 0x7c00,
  bfloat16: (bits: number) => (bits & 0x7fff) > 0x7f80,
};

for (const dtype of ["float16", "bfloat16"] as const) {
  test(`every ${dtype} survives the way to a number and back`, () => {
    const back = toHalf(dtype, fromHalf(dtype, all));
    for (const bits of all) {
      if (isNaNBits[dtype](bits)) assert.ok(isNaNBits[dtype](back[bits]!), `${bits}`);
      else assert.equal(back[bits], bits);
    }
  });

  test(`toHalf() gives the ${dtype} that is nearest, the even one of two, in the order of the numbers`, () => {
    const values = [...fromHalf(dtype, all)].filter((value) => value > 0 && value < Infinity).sort((a, b) =>
      a - b
    );
    for (let i = 1; i < values.length; i += 7) {
      const [low, high] = [values[i - 1]!, values[i]!], middle = low + (high - low) / 2;
      const [below, above] = toHalf(dtype, [low, high]) as unknown as [number, number];
      const even = below % 2 === 0 ? below : above;
      assert.deepEqual([...toHalf(dtype, [middle, -middle])], [even, even | 0x8000]);
      const step = (high - low) / 2 ** 20;
      assert.deepEqual([...toHalf(dtype, [middle - step, middle + step])], [below, above]);
    }
  });
}

test("known half-precision values", () => {
  const rows: [number, number, number][] = [
    [0, 0, 0],
    [-0, 0x8000, 0x8000],
    [1, 0x3c00, 0x3f80],
    [-2.5, 0xc100, 0xc020],
    [65504, 0x7bff, 0x4780],
    [65520, 0x7c00, 0x4780],
    [Infinity, 0x7c00, 0x7f80],
    [1e300, 0x7c00, 0x7f80],
    [2 ** -24, 1, 0x3380],
    [2 ** -25, 0, 0x3300],
    [NaN, 0x7e00, 0x7fc0],
  ];
  for (const [value, half, brain] of rows) {
    assert.equal(toHalf("float16", [value])[0], half, `${value}`);
    assert.equal(toHalf("bfloat16", [value])[0], brain, `${value}`);
  }
});

const native = globalThis.Float16Array;
test("the same as the runtime's own Float16Array", { skip: !native && "this runtime has none" }, () => {
  fc.assert(fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
    assert.deepEqual(toHalf("float16", values), new Uint16Array(native.from(values).buffer));
  }));
  const numbers = all.filter((bits) => !isNaNBits.float16(bits));
  assert.deepEqual(fromHalf("float16", numbers), Float32Array.from(new native(numbers.buffer)));
});
