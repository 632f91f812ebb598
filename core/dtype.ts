/** Element types, in numpy's words. `string` is a byte string; `complex64` and `complex128` are pairs of floats. */
export type DType = keyof TensorDataOf;

/** The array that holds the elements of each {@linkcode DType}. */
export interface TensorDataOf {
  /** One byte an element, 0 or 1. */
  bool: Uint8Array<ArrayBuffer>;
  /** Signed 8 bits. */
  int8: Int8Array<ArrayBuffer>;
  /** Unsigned 8 bits. */
  uint8: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
  /** Signed 16 bits. */
  int16: Int16Array<ArrayBuffer>;
  /** Unsigned 16 bits. */
  uint16: Uint16Array<ArrayBuffer>;
  /** Signed 32 bits. */
  int32: Int32Array<ArrayBuffer>;
  /** Unsigned 32 bits. */
  uint32: Uint32Array<ArrayBuffer>;
  /** Signed 64 bits. */
  int64: BigInt64Array<ArrayBuffer>;
  /** Unsigned 64 bits. */
  uint64: BigUint64Array<ArrayBuffer>;
  /** IEEE half precision, as its 16 bits; a `Float16Array` of the same buffer shows its values. */
  float16: Uint16Array<ArrayBuffer>;
  /** The upper half of a float32, as its 16 bits. */
  bfloat16: Uint16Array<ArrayBuffer>;
  /** IEEE single precision. */
  float32: Float32Array<ArrayBuffer>;
  /** IEEE double precision. */
  float64: Float64Array<ArrayBuffer>;
  /** Real and imaginary parts in turn: two numbers an element. */
  complex64: Float32Array<ArrayBuffer>;
  /** Real and imaginary parts in turn: two numbers an element. */
  complex128: Float64Array<ArrayBuffer>;
  /** Text, or bytes that need not be text. */
  string: readonly (string | Uint8Array)[];
}

/** A `Float16Array`, told by its members, since not every runtime and compiler has the class. */
export interface Float16Elements {
  /** Name of the class. */
  readonly [Symbol.toStringTag]: "Float16Array";
  /** What holds the elements. */
  readonly buffer: ArrayBuffer;
  /** Number of elements. */
  readonly length: number;
}

/** What is known about a {@linkcode DType}. */
export interface DTypeInfo {
  /** Class of the array that holds the elements; absent for `string`. */
  readonly array?: TypedArrayConstructor;
  /** Array slots that one element takes. */
  readonly slots: 1 | 2;
}

/** Class of a typed array. */
export type TypedArrayConstructor =
  | typeof Uint8Array
  | typeof Int8Array
  | typeof Int16Array
  | typeof Uint16Array
  | typeof Int32Array
  | typeof Uint32Array
  | typeof BigInt64Array
  | typeof BigUint64Array
  | typeof Float32Array
  | typeof Float64Array;

/** The element types. Of those with the same array, the first is the one that the array has when nothing is said. */
export const dtypes: { readonly [D in DType]: DTypeInfo } = {
  uint8: { array: Uint8Array, slots: 1 },
  bool: { array: Uint8Array, slots: 1 },
  int8: { array: Int8Array, slots: 1 },
  int16: { array: Int16Array, slots: 1 },
  uint16: { array: Uint16Array, slots: 1 },
  int32: { array: Int32Array, slots: 1 },
  uint32: { array: Uint32Array, slots: 1 },
  int64: { array: BigInt64Array, slots: 1 },
  uint64: { array: BigUint64Array, slots: 1 },
  float16: { array: Uint16Array, slots: 1 },
  bfloat16: { array: Uint16Array, slots: 1 },
  float32: { array: Float32Array, slots: 1 },
  float64: { array: Float64Array, slots: 1 },
  complex64: { array: Float32Array, slots: 2 },
  complex128: { array: Float64Array, slots: 2 },
  string: { slots: 1 },
};

/** The element type that an array has when nothing else is said. */
export type DTypeOf<Data> = Data extends Float16Elements ? "float16"
  : Data extends Float32Array ? "float32"
  : Data extends Float64Array ? "float64"
  : Data extends BigInt64Array ? "int64"
  : Data extends BigUint64Array ? "uint64"
  : Data extends Int32Array ? "int32"
  : Data extends Uint32Array ? "uint32"
  : Data extends Int16Array ? "int16"
  : Data extends Uint16Array ? "uint16"
  : Data extends Int8Array ? "int8"
  : Data extends Uint8Array | Uint8ClampedArray ? "uint8"
  : "string";

/** Whether a name is one of an element type. */
export function isDType(name: unknown): name is DType {
  return Object.hasOwn(dtypes, name as string); // a name of any kind
}

/** Number of elements that a shape holds. */
export function volume(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
