import { type Crc64Step, scriptStep } from "./crc64/script.ts";
import { polynomial } from "./crc64/table.ts";
import { wasmStep } from "./crc64/wasm.ts";

// Measured on one core of an AMD EPYC, 256 KiB or more at a time: WebAssembly 7 to 8 GB/s on Deno, Bun and
// Node (3 with tables alone); JavaScript 1.1 on Deno, 1.2 on Node and 1.6 on Bun (0.7 to 0.9 with words put
// together from bytes).
let short: Crc64Step | undefined; // tables and module are made on first use: nothing happens at import
let long: Crc64Step | undefined;

const shortest = 4096; // what is shorter is not worth a module

const allOnes = 0xFFFF_FFFF_FFFF_FFFFn;

/**
 * CRC-64/XZ of bytes, which OSS tells as an unsigned decimal number in `x-oss-hash-crc64ecma`. It takes a
 * fifth of a millisecond for each megabyte, or a whole one without WebAssembly, and does not yield meanwhile:
 * hash long contents chunk by chunk as they pass.
 *
 * @param start CRC-64 of what came before. @default {0n}
 */
export function crc64(bytes: Uint8Array, start: bigint = 0n): bigint {
  short ??= scriptStep();
  const step = bytes.length < shortest ? short : long ??= wasmStep(short) ?? short;
  return step(start ^ allOnes, bytes) ^ allOnes;
}

/**
 * CRC-64 of two contents, one after the other, from the CRC-64 of each: those of parts become that of the
 * whole.
 *
 * @param secondLength Length of the second in bytes.
 */
export function combineCrc64(first: bigint, second: bigint, secondLength: number): bigint {
  const shifted = multiply(halves(first), powerOfX(secondLength));
  return joined(shifted) ^ second;
}

type Halves = readonly [high: number, low: number];

const squares: Halves[] = []; // x^(8 × 2^n), as far as lengths have asked for them

/** x^(8 × length) modulo the polynomial. */
function powerOfX(length: number): Halves {
  let result: Halves = [0x80000000, 0]; // 1: the highest bit belongs to x^0
  let square: Halves = [0x00800000, 0]; // x^8
  for (let rest = length, n = 0; rest > 0; rest = Math.floor(rest / 2), n++) { // 32 bits are too few for a shift
    square = squares[n] ??= n ? multiply(square, square) : square;
    if (rest % 2) result = multiply(result, square);
  }
  return result;
}

/** Product of two polynomials modulo the polynomial. */
function multiply([factorHigh, factorLow]: Halves, [bHigh, bLow]: Halves): Halves {
  let high = 0, low = 0;
  for (let power = 0; power < 64; power++) {
    const bits = power < 32 ? factorHigh : factorLow;
    if (bits << (power & 31) < 0) {
      high ^= bHigh;
      low ^= bLow;
    }
    const carry = -(bLow & 1); // all ones or none
    bLow = (bLow >>> 1 | bHigh << 31) ^ (carry & polynomial.low);
    bHigh = bHigh >>> 1 ^ (carry & polynomial.high);
  }
  return [high, low];
}

function halves(value: bigint): Halves {
  return [Number(value >> 32n), Number(value & 0xFFFFFFFFn)];
}

function joined([high, low]: Halves): bigint {
  return BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
}
