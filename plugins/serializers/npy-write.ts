import { utf8 } from "../../core/encoding.ts";
import type { TensorDataOf } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { codeOf } from "./npy-layout.ts";

type Numbers = Exclude<TensorDataOf[keyof TensorDataOf], TensorDataOf["string"]> | Uint32Array<ArrayBuffer>;

/** Digits of the longest length of an axis, for which numpy leaves room so that a file can grow in place. */
const growth = 21;

/** Writes a file as `numpy.save` does on a machine of this byte order; see `encodeNpy`. */
export function writeNpy({ dtype, shape, data }: Tensor, isLittleEndian: boolean): Uint8Array<ArrayBuffer> {
  if (shape.length > 64) throw new RangeError(`Cannot write .npy: numpy has at most 64 axes`);
  const [code, elements] = "buffer" in data ? [codeOf(dtype), data] : fixedWidth(data);
  if (!code) throw new TypeError(`Cannot write .npy: numpy has no ${dtype}, convert it to float32`);
  const order = elements.BYTES_PER_ELEMENT === 1 ? "|" : isLittleEndian ? "<" : ">";
  const lengths = shape.length === 1 ? `${shape},` : shape.join(", ");
  const dict = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const room = shape.length && growth - `${shape[0]}`.length;
  const start = (10 + dict.length + room + 1 | 63) + 1; // the next multiple of 64, with at least one space before it
  const size = start - 10;
  const header = `\x93NUMPY\x01\0${String.fromCharCode(size & 255, size >> 8)}${dict.padEnd(size - 1)}\n`;
  const file = new Uint8Array(start + elements.byteLength);
  for (let i = 0; i < start; i++) file[i] = header.charCodeAt(i);
  file.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), start);
  return file;
}

/** Lays strings out as numpy does: all as long as the longest, as code points when all are text, else as bytes. */
function fixedWidth(data: TensorDataOf["string"]): [code: string, elements: Numbers] {
  const isText = data.every((item) => typeof item === "string");
  const items = data.map((item) => {
    if (typeof item !== "string") return item;
    return isText ? Uint32Array.from(item, (letter) => letter.codePointAt(0)!) : utf8(item); // a letter has one
  });
  if (items.some((item) => item.at(-1) === 0)) {
    throw new RangeError("Cannot write .npy: a string ends with NUL, which numpy drops");
  }
  const width = items.reduce((width, { length }) => Math.max(width, length), 1);
  const elements = new (isText ? Uint32Array : Uint8Array)(width * items.length);
  items.forEach((item, i) => elements.set(item, i * width));
  return [`${isText ? "U" : "S"}${width}`, elements];
}
