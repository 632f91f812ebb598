import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { utf8 } from "../../core/encoding.ts";
import { combineCrc64, crc64 } from "../../plugins/storage/crc64.ts";
import { type Crc64Step, scriptStep } from "../../plugins/storage/crc64/script.ts";
import { wasmStep } from "../../plugins/storage/crc64/wasm.ts";

/** Written from the definition, bit by bit: the judge. Neither end is inverted. */
function bitByBit(remainder: bigint, bytes: Uint8Array): bigint {
  for (const byte of bytes) {
    remainder ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1n ? remainder >> 1n ^ 0xC96C_5795_D787_0F42n : remainder >> 1n;
    }
  }
  return remainder;
}

const judge = (bytes: Uint8Array): bigint =>
  ~bitByBit(0xFFFF_FFFF_FFFF_FFFFn, bytes) & 0xFFFF_FFFF_FFFF_FFFFn;

const bytes = fc.uint8Array({ maxLength: 300 });
const remainder = fc.bigInt({ min: 0n, max: 0xFFFF_FFFF_FFFF_FFFFn });

describe("crc64()", () => {
  it("gives the known remainders", () => {
    assert.equal(crc64(utf8("123456789")), 0x995d_c9bb_df19_39fan); // the check value of CRC-64/XZ
    assert.equal(crc64(utf8("")), 0n);
    assert.equal(crc64(utf8("This is a test of the emergency broadcast system.")), 0x27db_187f_c15b_bc72n);
  });

  it("gives one remainder however the content is cut", () => {
    const cuts = fc.array(fc.nat(300), { maxLength: 6 });
    fc.assert(fc.property(bytes, cuts, (content, cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), content.length];
      const chunks = ends.map((end, index) => content.subarray(ends[index - 1] ?? 0, end));
      assert.equal(chunks.reduce((crc, chunk) => crc64(chunk, crc), 0n), judge(content));
    }));
  });
});

describe("each way to compute crc64()", () => {
  const script = scriptStep();
  const ways: Record<string, Crc64Step | undefined> = { script, wasm: wasmStep(script) }; // workerd has no second
  for (const [name, step] of Object.entries(ways)) {
    if (!step) continue;
    it(`${name}: does what the definition says, wherever the bytes lie`, () => {
      fc.assert(fc.property(bytes, fc.nat(9), remainder, (content, offset, remainder) => {
        const placed = new Uint8Array(content.length + offset + 3).fill(255);
        placed.set(content, offset);
        const view = placed.subarray(offset, offset + content.length);
        assert.equal(step(remainder, view), bitByBit(remainder, content));
      }));
    });

    it(`${name}: takes contents longer than what it holds at once`, () => {
      const content = Uint8Array.from({ length: 2 * 262_144 + 77 }, (_, index) => index * index >>> 3);
      let judged = 1n, from = 0;
      // What is folded begins with 33,696 bytes; 262,144 are taken at once.
      for (
        const length of [33_695, 33_696, 33_728, 100_001, 262_143, 262_144, 262_145, 300_000, content.length]
      ) {
        judged = bitByBit(judged, content.subarray(from, length));
        assert.equal(step(1n, content.subarray(0, length)), judged, `${length} bytes`);
        from = length;
      }
    });
  }
});

describe("combineCrc64()", () => {
  it("gives the remainder of two contents together", () => {
    fc.assert(fc.property(bytes, bytes, (first, second) => {
      const both = new Uint8Array([...first, ...second]);
      assert.equal(combineCrc64(crc64(first), crc64(second), second.length), judge(both));
    }));
  });

  it("puts three together in either order, lengths beyond 32 bits included", () => {
    const length = fc.maxSafeNat().map((length) => Math.floor(length / 2));
    fc.assert(fc.property(remainder, remainder, remainder, length, length, (a, b, c, ofB, ofC) => {
      const left = combineCrc64(combineCrc64(a, b, ofB), c, ofC);
      assert.equal(left, combineCrc64(a, combineCrc64(b, c, ofC), ofB + ofC));
    }));
  });
});
