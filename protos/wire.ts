/**
 * The bytes of protocol buffers, for what writes them and what reads them. What the bytes mean is told by the tables of
 * `message.ts` and of the modules named after the `.proto` files.
 *
 * 64-bit integers are pairs of 32-bit words here, low and high, since arithmetic with `bigint` costs a hundred times as
 * much.
 *
 * @module
 */

/** How a value lies on the wire: varint, 8 bytes, length and bytes, 4 bytes. Groups (3 and 4) are only skipped. */
export type WireType = 0 | 1 | 2 | 5;

/** Whether this machine's typed arrays have the byte order of the wire, so that they can be copied as they are. */
export const littleEndian: boolean = /* @__PURE__ */ new Uint8Array(
  /* @__PURE__ */ Uint16Array.of(1).buffer,
)[0] === 1;

/**
 * Refuses to work on a machine of the other byte order, on which no runtime is known to run.
 *
 * @throws {Error} on such a machine.
 */
export function refuseBigEndian(isLittleEndian: boolean = littleEndian): void {
  if (!isLittleEndian) throw new Error("Cannot use tensors: big-endian machine");
}
