/**
 * Arrays with a shape, which the messages of several processors hold.
 *
 * @module
 */
import {
  bools,
  doubles,
  floats,
  int32s,
  int64s,
  type LengthList,
  lengths,
  type NumberList,
  type Numbers,
} from "./arrays.ts";
import {
  type Field,
  field,
  type Fields,
  message,
  type MessageType,
  packed,
  repeated,
  writePacked,
} from "./message.ts";
import type { Reader } from "./reader.ts";
import { bytes, int32 } from "./scalars.ts";
import type { Writer } from "./writer.ts";

/** The length of each axis, outermost first. */
export interface ArrayShape {
  /** Lengths; none for a scalar. Reading makes a list. */
  dim?: LengthList;
}

/** An array, whose elements are in the field that its type says. */
export interface ArrayProto {
  /** Number of the element type, see {@linkcode arrayDataTypes}. */
  dtype?: number;
  /** Shape. */
  array_shape?: ArrayShape;
  /** Elements of float, half and bfloat16 arrays, and the pairs of complex64 ones. */
  float_val?: Float32Array<ArrayBuffer>;
  /** Elements of double arrays, and the pairs of complex128 ones. */
  double_val?: Float64Array<ArrayBuffer>;
  /** Elements of all integer arrays of up to 32 bits. Reading makes an `Int32Array`. */
  int_val?: NumberList;
  /** Elements of string arrays; text is written as UTF-8. Reading gives bytes. */
  string_val?: readonly (Uint8Array | string)[];
  /** Elements of int64 arrays. */
  int64_val?: BigInt64Array<ArrayBuffer>;
  /** Elements of boolean arrays, 0 or 1; of TensorFlow's processor only. */
  bool_val?: Uint8Array<ArrayBuffer>;
}

/** Names of the element types without `DT_`, each at its number, but for RESOURCE and VARIANT, which nobody sends. */
export const arrayDataTypes: readonly string[] = /* @__PURE__ */
  ("INVALID FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 BFLOAT16 QINT16 QUINT16 " +
    "UINT16 COMPLEX128 HALF").split(" ");

/** Table of {@linkcode ArrayShape}. */
export const arrayShape: MessageType<ArrayShape> = /* @__PURE__ */ message("ArrayShape", {
  dim: /* @__PURE__ */ packed(1, lengths),
});

/** The fields that every processor's arrays have. */
export const arrayFields: Omit<Fields<ArrayProto>, "bool_val"> = {
  dtype: /* @__PURE__ */ field(1, int32),
  array_shape: /* @__PURE__ */ field(2, arrayShape),
  float_val: /* @__PURE__ */ packed(3, floats),
  double_val: /* @__PURE__ */ packed(4, doubles),
  int_val: /* @__PURE__ */ packed(5, int32s),
  string_val: /* @__PURE__ */ repeated(6, bytes),
  int64_val: /* @__PURE__ */ packed(7, int64s),
};

/** The fields of packed numbers, by their tags, which are one byte. */
type PackedFields =
  readonly (readonly [name: keyof ArrayProto, numbers: Numbers<never, unknown>] | undefined)[];

/**
 * Makes the table of arrays. Where any other table finds out which fields there are, this one knows them: nearly all that
 * is ever sent are arrays, and small ones take a third of the time.
 */
export function arrayMessage<Array extends ArrayProto>(
  fields: Fields<Array> & typeof arrayFields,
): MessageType<Array> {
  const table = message<Array>("ArrayProto", fields), { read } = table;
  const packed: [keyof ArrayProto, Numbers<never, unknown>][] = [];
  for (const [name, { number, type }] of Object.entries<Field<never>>(fields)) {
    if (!("initial" in type)) packed[number << 3 | 2] = [name as keyof ArrayProto, type]; // as Fields says
  }
  table.writeBody = writeArray;
  table.read = (from, previous) => !previous && readUsual(from, packed) as Array || read(from, previous);
  return table;
}

function writeArray(value: ArrayProto, to: Writer): void {
  if (value.bool_val) writePacked(0x42, bools, value.bool_val, to);
  if (value.int64_val) writePacked(0x3a, int64s, value.int64_val, to);
  if (value.string_val) arrayFields.string_val.write(value.string_val, to);
  if (value.int_val) writePacked(0x2a, int32s, value.int_val, to);
  if (value.double_val) writePacked(0x22, doubles, value.double_val, to);
  if (value.float_val) writePacked(0x1a, floats, value.float_val, to);
  if (value.array_shape) {
    const { length } = to;
    if (value.array_shape.dim) writePacked(0x0a, lengths, value.array_shape.dim, to);
    to.lengthSince(length);
    to.varint(0x12);
  }
  if (value.dtype) {
    int32.write(value.dtype, to);
    to.varint(0x08);
  }
}

/**
 * Reads an array as all encoders write it: type, shape and numbers, each once. Anything else is left to the table.
 *
 * Not when somebody asks for it, since serializers ask for all of it: with accessors that read later, 200 arrays took 0.9
 * to 1.0 of the time, 0.8 without their types and shapes, 0.4 to 0.55 when one was read; and they were no plain objects.
 */
function readUsual(from: Reader, fields: PackedFields): ArrayProto | undefined {
  const { bytes, at: start } = from, end = from.delimited(), { at } = from;
  const dtype = bytes[at + 1]!, shapeLength = bytes[at + 3]!, shapeEnd = at + 4 + shapeLength;
  const isUsual = shapeEnd < end && bytes[at] === 0x08 && dtype < 128 && bytes[at + 2] === 0x12 &&
    shapeLength < 128 && bytes[at + 4] === 0x0a && shapeLength > 2 && bytes[at + 5] === shapeLength - 2;
  const field = isUsual && fields[bytes[shapeEnd]!];
  if (field) {
    from.at = at + 6;
    const dim = from.numbers(lengths, shapeEnd), [name, numbers] = field;
    from.at = shapeEnd + 1;
    if (from.delimited() === end && from.at < end) {
      const array: ArrayProto = { dtype, array_shape: { dim } };
      const count = dim.reduce<number>((count, length) => count * Number(length), 1);
      array[name] = from.numbers(numbers, end, count) as never; // what its field holds
      return array;
    }
  }
  from.at = start;
  return undefined;
}
