import { sha256 } from "@noble/hashes/sha2.js";

const blockSize = 64;

/**
 * HMAC-SHA256 (RFC 2104) over the library's hash. The library's own is a class that can be fed in parts, cloned and
 * wiped; signatures need none of that, and without it an entry is a third of a kilobyte smaller.
 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(blockSize);
  block.set(key.length > blockSize ? sha256(key) : key);
  return keyed(block, 0x5c, keyed(block, 0x36, message));
}

function keyed(block: Uint8Array, pad: number, message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(blockSize + message.length);
  for (let i = 0; i < blockSize; i++) padded[i] = block[i]! ^ pad;
  padded.set(message, blockSize);
  return sha256(padded);
}
