/**
 * Files of NumPy's format in the ways that its writers have, made without the code that is tested, and any tensors.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type DType, dtypes, type Tensor, tensor, type TensorDataOf } from "../../core/tensors.ts";
import { unicodeText } from "./unicode_text.ts";

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What NumPy calls the element types. */
export const numpyCodes: { readonly [D in DType]?: string } = {
  bool: "b1",
  int8: "i1",
  uint8: "u1",
  int16: "i2",
  uint16: "u2",
  int32: "i4",
  uint32: "u4",
  int64: "i8",
  uint64: "u8",
  float16: "f2",
  float32: "f4",
  float64: "f8",
  complex64: "c8",
  complex128: "c16",
};

/** How a file is written. */
export interface Style {
  bigEndian?: boolean;
  fortran?: boolean;
  version?: number;
  /** Order of the keys. */
  order?: string[];
  quote?: string;
  space?: string;
  /** Behind each length. */
  suffix?: string;
  lastComma?: boolean;
  /** Spaces behind the header. */
  padding?: number;
  /** In place of the element type. */
  descr?: string;
  /** In place of the whole header. */
  header?: string;
}

/** Writes a tensor of numbers. */
export function fileOf(tensor: Tensor, style: Style = {}): Bytes {
  const { version = 1, padding = 0, header = headerOf(tensor, style) } = style;
  const text = `${header}${" ".repeat(padding)}${header.endsWith("\n") ? "" : "\n"}`; // numpy ends it so
  const size = new Uint8Array(new Uint32Array([text.length]).buffer).subarray(0, version === 1 ? 2 : 4);
  const head = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) head[i] = text.charCodeAt(i);
  return concat(
    Uint8Array.of(0x93),
    utf8("NUMPY"),
    Uint8Array.of(version, 0),
    size,
    head,
    elementsOf(tensor, style),
  );
}

function headerOf({ dtype, shape }: Tensor, style: Style): string {
  const { order = ["descr", "fortran_order", "shape"], quote = "'", space = " ", suffix = "" } = style;
  const { bigEndian = false, fortran = false, lastComma = true } = style;
  const { descr = `${bigEndian ? ">" : "<"}${numpyCodes[dtype]}` } = style;
  const lengths = shape.map((length) => `${length}${suffix}`);
  const values: Record<string, string> = {
    descr: quote + descr + quote,
    fortran_order: fortran ? "True" : "False",
    shape: `(${space}${lengths.join(`${space},${space}`)}${shape.length === 1 ? "," : ""}${space})`,
  };
  const entries = order.map((key) => `${quote}${key}${quote}${space}:${space}${values[key]}`);
  return `${space}{${space}${entries.join(`${space},${space}`)}${lastComma ? "," : ""}${space}}${space}`;
}

function elementsOf({ dtype, shape, data }: Tensor, { bigEndian, fortran }: Style): Bytes {
  if (!("buffer" in data)) throw new TypeError("Cannot write strings: use a fixture");
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const unit = data.BYTES_PER_ELEMENT, width = unit * dtypes[dtype].slots;
  const to = new Uint8Array(bytes.length);
  for (let element = 0; element < bytes.length / width; element++) {
    for (let byte = 0; byte < width; byte++) {
      const turned = bigEndian ? byte - byte % unit + unit - 1 - byte % unit : byte;
      to[(fortran ? fortranIndex(element, shape) : element) * width + turned] =
        bytes[element * width + byte]!;
    }
  }
  return to;
}

/** Where the element of a row-major index lies when the first axis varies fastest. */
function fortranIndex(index: number, shape: readonly number[]): number {
  const at: number[] = [];
  for (const length of [...shape].reverse()) {
    at.unshift(index % length);
    index = Math.floor(index / length);
  }
  return at.reduceRight((sum, place, axis) => sum * shape[axis]! + place, 0);
}

/** Bytes one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Bytes of base64. */
export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Bytes of a text. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Elements as bytes, or strings as they are. */
function content(data: TensorDataOf[DType]): unknown {
  return "buffer" in data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data;
}

/** Asserts that tensors have the same bits. */
export function same(actual: Tensor, expected: Tensor): void {
  assert.equal(actual.dtype, expected.dtype);
  assert.deepEqual(actual.shape, expected.shape);
  assert.deepEqual(content(actual.data), content(expected.data));
}

/** A tensor of given bytes. */
export function tensorOf(dtype: DType, shape: readonly number[], bytes: Bytes): Tensor {
  return tensor(new dtypes[dtype].array!(bytes.slice().buffer), shape, dtype);
}

const anyShape = fc.array(fc.nat(4), { maxLength: 4 });

/** Tensors of every numeric type, of any bits. */
export const anyNumbers: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...Object.keys(numpyCodes) as DType[]),
    shape: anyShape,
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }) => {
    const { array, slots } = dtypes[dtype];
    const count = shape.reduce((product, length) => product * length, slots);
    const bytes = new Uint8Array(count * array!.BYTES_PER_ELEMENT); // numbers have an array
    for (let i = 0; i < bytes.length; i++) {
      seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x297a2d39 | 0;
      bytes[i] = dtype === "bool" ? seed >>> 31 : seed >>> 24;
    }
    return tensorOf(dtype, shape, bytes);
  });

/** Text as NumPy keeps it. */
export const anyText: fc.Arbitrary<string> = unicodeText({ maxLength: 5 })
  .filter((text) => !text.endsWith("\0"));

/** A byte string as NumPy keeps it. */
export const anyByteString: fc.Arbitrary<Bytes> = fc
  .uint8Array({ maxLength: 5 })
  .filter((bytes) => bytes.at(-1) !== 0)
  .map((bytes) => new Uint8Array(bytes));
