// CRC-64/XZ (ECMA-182, bits reflected, first value and final inversion all ones), which OSS calls crc64ecma. The
// emulator has its own code, so that a mistake in the SDK's can't hide behind it.

/** The polynomial, its bits reflected: the highest bit stands for x⁰. */
const polynomial = 0xc96c5795d7870f42n;
const allOnes = 0xffffffffffffffffn;

/** Eight tables: what a byte contributes that has 0 to 7 more bytes behind it, as two halves. */
interface Tables {
  high: Int32Array;
  low: Int32Array;
}

let tables: Tables | undefined;

function makeTables(): Tables {
  const high = new Int32Array(8 * 256);
  const low = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let behind = 0; behind < 8; behind++) {
      for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
      high[behind * 256 + byte] = Number(crc >> 32n);
      low[behind * 256 + byte] = Number(crc & 0xffffffffn);
    }
  }
  return { high, low };
}

/** The checksum of bytes that come piece by piece. */
export class Crc64 {
  #high = -1;
  #low = -1;

  /** Takes more bytes in, eight at a time. */
  update(bytes: Uint8Array): this {
    const { high: h, low: l } = tables ??= makeTables();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let high = this.#high;
    let low = this.#low;
    let i = 0;
    // Every index is in range by its mask, which the types can't tell. Engines are fast with such flat code only.
    for (const end = bytes.length - 7; i < end; i += 8) {
      const a = low ^ view.getInt32(i, true);
      const b = high ^ view.getInt32(i + 4, true);
      const a0 = 1792 + (a & 255);
      const a1 = 1536 + (a >>> 8 & 255);
      const a2 = 1280 + (a >>> 16 & 255);
      const a3 = 1024 + (a >>> 24);
      const b0 = 768 + (b & 255);
      const b1 = 512 + (b >>> 8 & 255);
      const b2 = 256 + (b >>> 16 & 255);
      const b3 = b >>> 24;
      high = h[a0]! ^ h[a1]! ^ h[a2]! ^ h[a3]! ^ h[b0]! ^ h[b1]! ^ h[b2]! ^ h[b3]!;
      low = l[a0]! ^ l[a1]! ^ l[a2]! ^ l[a3]! ^ l[b0]! ^ l[b1]! ^ l[b2]! ^ l[b3]!;
    }
    for (; i < bytes.length; i++) {
      const index = (low ^ bytes[i]!) & 255;
      low = (low >>> 8 | high << 24) ^ l[index]!;
      high = high >>> 8 ^ h[index]!;
    }
    this.#high = high;
    this.#low = low;
    return this;
  }

  /** The checksum of what came so far. */
  digest(): bigint {
    return (BigInt(this.#high >>> 0) << 32n | BigInt(this.#low >>> 0)) ^ allOnes;
  }
}

/** The checksum of pieces put one behind the other, from theirs. */
export function joinCrc64(pieces: Iterable<{ readonly crc64: bigint; readonly size: number }>): bigint {
  const factors = new Map<number, bigint>(); // parts of an upload mostly have one size
  let whole = 0n;
  for (const { crc64, size } of pieces) {
    const factor = factors.get(size) ?? zeros(size);
    factors.set(size, factor);
    whole = multiply(whole, factor) ^ crc64;
  }
  return whole;
}

/** x to the power of eight times `count`: what so many zero bytes do to a checksum. */
function zeros(count: number): bigint {
  let result = 1n << 63n; // 1
  let square = 1n << 55n; // x⁸
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** Product of two polynomials modulo the one above. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 63n; bit >= 0n; bit--) {
    if (a >> bit & 1n) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}
