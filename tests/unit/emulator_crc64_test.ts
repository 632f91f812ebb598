import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Crc64, joinCrc64 } from "../../plugins/emulator/crc64.ts";

/** The definition, one bit after the other. */
function bitByBit(bytes: Uint8Array): bigint {
  let crc = 0xffffffffffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return crc ^ 0xffffffffffffffffn;
}

function crcOf(bytes: Uint8Array): bigint {
  return new Crc64().update(bytes).digest();
}

test("Crc64 gives the check value of CRC-64/XZ", () => {
  assert.equal(crcOf(new TextEncoder().encode("123456789")), 0x995dc9bbdf1939fan);
  assert.equal(crcOf(new Uint8Array()), 0n);
});

test("Crc64 gives what the definition gives, however the bytes are cut", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
    const cut = new Crc64().update(bytes.subarray(0, at)).update(bytes.subarray(at));
    assert.equal(cut.digest(), bitByBit(bytes));
  }));
});

test("joinCrc64() gives the checksum of the pieces in a row", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
    const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    const known = pieces.map((piece) => ({ crc64: crcOf(piece), size: piece.length }));
    assert.equal(joinCrc64(known), crcOf(whole));
  }));
});

test("joinCrc64() counts bytes beyond 4 GiB", () => {
  const zero = { crc64: crcOf(new Uint8Array(1 << 16)), size: 1 << 16 };
  const doubled = (piece: { crc64: bigint; size: number }): typeof zero => ({
    crc64: joinCrc64([piece, piece]),
    size: piece.size * 2,
  });
  let large = zero;
  for (let i = 0; i < 18; i++) large = doubled(large); // 16 GiB of zeros
  const tail = { crc64: crcOf(Uint8Array.of(1)), size: 1 };
  const half = { crc64: 0n, size: large.size / 2 };
  half.crc64 = Array.from({ length: 17 }).reduce<typeof zero>(doubled, zero).crc64;
  assert.equal(joinCrc64([large, tail]), joinCrc64([half, half, tail]));
});
