import { utf8 } from "./encoding.ts";
import type { Serializer } from "./serializer.ts";

/** Passes bytes through in both directions. */
export function bytes(
  contentType = "application/octet-stream",
): Serializer<BufferSource, Uint8Array<ArrayBuffer>> {
  return { contentType, serialize: toBytes, deserialize: (body) => body };
}

/** Passes text through in both directions, as UTF-8. */
export function text(contentType = "text/plain;charset=UTF-8"): Serializer<string, string> {
  return {
    contentType,
    serialize: (input) => utf8(input),
    deserialize: (body) => new TextDecoder().decode(body),
  };
}

function toBytes(input: BufferSource): Uint8Array<ArrayBuffer> {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (!ArrayBuffer.isView(input) || !(input.buffer instanceof ArrayBuffer)) { // Node 24 sends shared memory as text
    throw new TypeError("Cannot send the input as bytes: it is no ArrayBuffer or view of one");
  }
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
}
