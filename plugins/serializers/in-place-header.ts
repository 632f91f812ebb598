import { arrayShape } from "../../protos/array-proto.ts";
import { encode } from "../../protos/codec.ts";

/** What stands in front of the elements of an array. */
export interface Header {
  /** Tag of the field of the request that holds the array. */
  readonly field: number;
  /** Its name, where that field is a map. */
  readonly name?: string;
  /** Number of its element type. */
  readonly type: number;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Tag of the elements. */
  readonly elements: number;
  /** Their length in bytes. */
  readonly length: number;
}

/** The most bytes that alignment takes. */
const slack = 7;

/**
 * Writes what stands in front of an array's elements so that they are aligned to 8 bytes behind it. Two numbers of the
 * header take more bytes than they need then, but no more than five, which every decoder reads.
 *
 * @param at Where the header begins.
 */
export function alignedHeader(at: number, header: Header): number[] {
  const pad = -(at + headerOf(header, 0).length) & 7;
  return headerOf(header, pad);
}

function headerOf({ field, name, type, shape, elements, length }: Header, pad: number): number[] {
  const dims = [...encode(arrayShape, { dim: shape })],
    pads = [Math.min(pad, 4), Math.max(pad - 4, 0)] as const;
  const array = [
    0x08,
    ...varint(type, 1 + pads[0]),
    0x12,
    ...varint(dims.length, width(dims.length) + pads[1]),
    ...dims,
    elements,
    ...varint(length),
  ];
  // The lengths around it take as many bytes whatever was added, lest they move what is aligned.
  const around = (inner: number[]): number[] => {
    const whole = inner.length + length;
    return [...varint(whole, width(whole + slack - pad)), ...inner];
  };
  if (name === undefined) return [field, ...around(array)];
  const text = new TextEncoder().encode(name);
  return [field, ...around([0x0a, ...varint(text.length), ...text, 0x12, ...around(array)])];
}

/** How many bytes a number takes. */
function width(value: number): number {
  return (38 - Math.clz32(value | 1)) / 7 | 0;
}

/** A number in so many bytes. */
function varint(value: number, bytes: number = width(value)): number[] {
  return Array.from({ length: bytes }, (_, i) => value >>> 7 * i & 127 | (i < bytes - 1 ? 128 : 0));
}
