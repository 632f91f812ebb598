/** An integer of 64 bits as protobufjs takes and gives it: two halves of 32 bits. */
export interface Long {
  /** The lower half, signed. */
  readonly low: number;
  /** The upper half, signed. */
  readonly high: number;
  /** Whether the two halves are an unsigned integer. */
  readonly unsigned: boolean;
}

/** Whether a value that protobufjs gave is an integer of 64 bits, and no message with fields of these names. */
export function isLong(value: object): value is Long {
  return "__isLong__" in value;
}

/** The halves of an integer, or `undefined` when 64 bits can't hold it. */
export function toLong(value: bigint): Long | undefined {
  const unsigned = value >= 2n ** 63n;
  if (value !== (unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value))) return undefined;
  const half = (bits: bigint): number => Number(BigInt.asIntN(32, bits));
  return { low: half(value), high: half(value >> 32n), unsigned };
}

/** The integer of two halves. */
export function toBigInt({ low, high, unsigned }: Long): bigint {
  return BigInt(unsigned ? high >>> 0 : high | 0) << 32n | BigInt(low >>> 0);
}
