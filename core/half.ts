// Half precision is held as bits: arrays of it are missing in some runtimes, and those of bfloat16 in all.

/** The two formats of 16 bits. */
export type HalfType = "float16" | "bfloat16";

/** Bits of the fraction, and the exponent of the smallest numbers of full precision. */
function format(dtype: HalfType): [fractionBits: number, least: number] {
  return dtype === "float16" ? [10, -14] : [7, -126];
}

/** Values of half-precision elements. Every one is exact. */
export function fromHalf(dtype: HalfType, bits: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const [fractionBits, least] = format(dtype), unit = 2 ** fractionBits;
  return Float32Array.from(bits, (bits) => {
    const exponent = (bits & 0x7fff) >> fractionBits, fraction = bits % unit;
    const value = exponent === 1 - 2 * least + 2 // all ones
      ? fraction ? NaN : Infinity
      : (exponent ? unit + fraction : fraction) * 2 ** (Math.max(exponent, 1) - 1 + least - fractionBits);
    return bits >> 15 ? -value : value;
  });
}

/** Elements of half precision, each the nearest to a number, the even one of two; too large ones become infinite. */
export function toHalf(dtype: HalfType, values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const [fractionBits, least] = format(dtype), infinity = (3 - 2 * least) << fractionBits;
  return Uint16Array.from(values, (value) => {
    const size = Math.abs(value), exponent = Math.max(least, Math.min(128, Math.floor(Math.log2(size))));
    // Adding so much leaves no room for a fraction: the sum is rounded to a whole number, to the even one of two.
    const fraction = size * 2 ** (fractionBits - exponent) + 2 ** 52 - 2 ** 52;
    const bits = Math.min(infinity, ((exponent - least) << fractionBits) + fraction) || 0;
    const number = value === value ? bits : infinity | 1 << fractionBits - 1;
    return value < 0 || Object.is(value, -0) ? number | 0x8000 : number;
  });
}
