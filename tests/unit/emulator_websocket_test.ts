import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptKey, FrameReader, opcodes, unframed, writeFrame } from "../../plugins/emulator/websocket.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { vectors } from "../support/vectors.ts";

test("acceptKey() gives the answer of RFC 6455's example", () => {
  assert.equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

for (
  const [length, header] of [[0, "8200"], [125, "827d"], [126, "827e007e"], [65_535, "827effff"], [
    65_536,
    "827f0000000000010000",
  ]] as const
) {
  test(`writeFrame() begins a message of ${length} bytes with ${header}`, () => {
    const frame = writeFrame(opcodes.binary, new Uint8Array(length).fill(7));
    const start = header.length / 2;
    assert.equal(toHex(frame.subarray(0, start)), header);
    assert.deepEqual([frame.length, frame.subarray(start).every((byte) => byte === 7)], [
      start + length,
      true,
    ]);
  });
}

test("FrameReader reads masked frames however they are cut", () => {
  const hello = "818537fa213d7f9f4d5158"; // RFC 6455's example, "Hello"
  const long = `89fe0080${"00".repeat(4)}${"61".repeat(128)}`;
  const bytes = fromHex(`${hello}${long}888000000000`);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const reader = new FrameReader();
    const frames: [number, string][] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const { opcode, payload } of reader.read(bytes.subarray(at, at + size))) {
        frames.push([opcode, new TextDecoder().decode(payload)]);
      }
    }
    assert.deepEqual(frames, [[1, "Hello"], [opcodes.ping, "a".repeat(128)], [opcodes.close, ""]]);
  }
});

for (const [what, frame] of [["not masked", "8900"], ["longer than any it needs", "89ff"]] as const) {
  test(`FrameReader refuses a frame that is ${what}`, () => {
    assert.throws(() => [...new FrameReader().read(fromHex(frame))], RangeError);
  });
}

interface Framing {
  cases: { id: string; chunks: string[]; frames: unknown[] }[];
}

for (const { id, chunks, frames } of vectors<Framing>("eas/queue-framing").cases) {
  test(`unframed() takes the messages out of a watch: ${id}`, async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller): void {
        for (const chunk of chunks) controller.enqueue(fromHex(chunk));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const message of unframed(body)) found.push(toHex(message));
    const all = chunks.join("");
    const framed = found.map((hex) => (hex.length / 2).toString(16).padStart(8, "0") + hex).join("");
    assert.equal(found.length, frames.length);
    assert.ok(all.startsWith(framed));
  });
}
