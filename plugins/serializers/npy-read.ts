import { volume } from "../../core/dtype.ts";
import { makeTensor, type Tensor } from "../../core/tensor.ts";
import { readHeader, unsupported } from "./npy-header.ts";
import { layoutOf } from "./npy-layout.ts";

/** Reads a file on a machine of this byte order; see `decodeNpy`. */
export function readNpy(file: Uint8Array<ArrayBuffer>, copy: boolean, isLittleEndian: boolean): Tensor {
  const { descr, fortran, shape, start } = readHeader(file);
  const [, order, code] = /^([<>=|]?)([a-z]\d{1,15})$/i.exec(descr) ?? [];
  const layout = code && layoutOf(code);
  if (!layout) throw unsupported(descr);
  const { dtype, array, slots } = layout, unit = array.BYTES_PER_ELEMENT;

  let bytes = file.subarray(start);
  const length = volume(shape) * slots, size = length * unit;
  if (size !== bytes.length) {
    const state = `${descr} of (${shape}) takes ${size} bytes from byte ${start}, not ${bytes.length}`;
    throw new RangeError(`Cannot read .npy: ${state}`);
  }
  const swap = unit > 1 && order === (isLittleEndian ? ">" : "<");
  if (fortran && size) bytes = rowMajor(bytes, shape, slots * unit);
  else if (copy || swap || bytes.byteOffset % unit) bytes = new Uint8Array(bytes); // a Buffer's slice() is no copy
  if (swap) bytes.reverse();
  const elements = new array(bytes.buffer, bytes.byteOffset, length);
  if (swap) elements.reverse(); // all bytes backwards, then the elements: that turns each, at the speed of the runtime
  return makeTensor(dtype === "string" ? strings(elements as Uint8Array, slots) : elements, shape, dtype); // or Uint32Array
}

/** A copy in which the last axis varies fastest instead of the first. It moves bytes, since not all NaNs survive more. */
function rowMajor(from: Uint8Array, shape: readonly number[], width: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(from.length);
  let next = 0;
  const visit = (axis: number, at: number, step: number): void => {
    if (axis < shape.length) {
      for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, at + i * step, step * shape[axis]!);
    } else for (let i = 0; i < width; i++) to[next++] = from[at + i]!;
  };
  visit(0, 0, width);
  return to;
}

/** Elements of fixed width without the NULs that fill them up: byte strings as views, text as text. */
function strings(slots: Uint8Array | Uint32Array, width: number): (string | Uint8Array)[] {
  return Array.from({ length: slots.length / width }, (_, i) => {
    const filled = slots.subarray(i * width, (i + 1) * width);
    const item = filled.subarray(0, filled.findLastIndex(Boolean) + 1);
    if (item instanceof Uint8Array) return item;
    let text = "";
    for (const code of item) text += String.fromCodePoint(code);
    return text;
  });
}
