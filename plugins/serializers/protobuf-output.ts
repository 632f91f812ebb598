import { isLong, toBigInt } from "./protobuf-long.ts";

/**
 * Makes of what protobufjs read what callers expect: integers of 64 bits through `long`, bytes as plain `Uint8Array`s
 * (views of what was read), everything else as it is.
 */
export function plain(value: unknown, long: (value: bigint) => unknown): unknown {
  if (typeof value === "bigint") return long(value);
  if (typeof value !== "object" || value === null) return value;
  if (isLong(value)) return long(toBigInt(value)); // from code that an older pbjs made
  if (value instanceof Uint8Array) return asBytes(value);
  if (Array.isArray(value)) {
    return ["number", "string", "boolean"].includes(typeof value[0])
      ? value
      : value.map((item) => plain(item, long));
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, long)]));
}

/** The same bytes as a `Uint8Array`: on Node, Deno and Bun protobufjs makes `Buffer`s, which lie in a shared pool. */
export function asBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // protobufjs allocates no shared memory, and a body is none
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
