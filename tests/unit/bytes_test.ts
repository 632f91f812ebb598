import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytes, text } from "../../core/bytes.ts";
import { unicodeText } from "../support/unicode_text.ts";

const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).buffer;
const windows: Record<string, BufferSource> = {
  ArrayBuffer: buffer,
  DataView: new DataView(buffer, 3, 5),
  Uint8Array: new Uint8Array(buffer, 3, 5),
  Uint8ClampedArray: new Uint8ClampedArray(buffer, 3, 5),
  Int8Array: new Int8Array(buffer, 3, 5),
  Int16Array: new Int16Array(buffer, 2, 3),
  Float32Array: new Float32Array(buffer, 4, 2),
  Float64Array: new Float64Array(buffer, 8, 1),
  BigInt64Array: new BigInt64Array(buffer, 8, 1),
  "an empty window": new Uint8Array(buffer, 16, 0),
};
for (const [name, input] of Object.entries(windows)) {
  test(`bytes() passes the bytes of ${name} through without copying`, () => {
    const { byteOffset = 0, byteLength } = input as ArrayBufferView; // a buffer is its own window
    const body = bytes().serialize(input)!;
    assert.equal(body.constructor, Uint8Array);
    assert.deepEqual([body.buffer, body.byteOffset, body.byteLength], [buffer, byteOffset, byteLength]);
  });
}

for (const input of [undefined, null, "text", 7, [1, 2], {}, { byteLength: 1 }]) {
  test(`bytes() refuses ${JSON.stringify(input)}`, () => {
    assert.throws(() => bytes().serialize(input as never), { // what the type forbids
      name: "TypeError",
      message: /^Cannot send the input as bytes: /,
    });
  });
}

test("bytes() gives the answer itself", () => {
  const body = Uint8Array.of(1, 2);
  assert.equal(bytes().deserialize(body), body);
});

test("bytes() and text() say which media type they write", () => {
  assert.equal(bytes().contentType, "application/octet-stream");
  assert.equal(bytes("image/png").contentType, "image/png");
  assert.equal(text().contentType, "text/plain;charset=UTF-8");
  assert.equal(text("text/csv").contentType, "text/csv");
});

test("text() writes UTF-8", () => {
  assert.deepEqual(text().serialize("中文"), Uint8Array.of(0xe4, 0xb8, 0xad, 0xe6, 0x96, 0x87));
  assert.deepEqual(text().serialize(""), new Uint8Array());
});

test("text() reads back what it writes", () => {
  fc.assert(fc.property(unicodeText(), (input) => {
    fc.pre(!input.startsWith("\ufeff")); // the mark of the encoding is none of the text
    assert.equal(text().deserialize(text().serialize(input)!), input);
  }));
});

test("text() reads any bytes as Response.text() does", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array(), async (array) => {
    const body = Uint8Array.from(array);
    assert.equal(text().deserialize(body), await new Response(body).text());
  }));
});
