/**
 * Arrays with a shape, which the messages of several processors hold.
 *
 * @module
 */
import { doubles, floats, int32s, int64s, type NumberList } from "./arrays.ts";
import { field, type Fields, message, type MessageType, packed, repeated } from "./message.ts";
import { bytes, int32 } from "./scalars.ts";

/** The length of each axis, outermost first. */
export interface ArrayShape {
  /** Lengths; none for a scalar. */
  dim?: BigInt64Array<ArrayBuffer>;
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
  dim: /* @__PURE__ */ packed(1, int64s),
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
