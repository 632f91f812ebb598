/** A request whose arrays are there before their elements: what is written into them is written into the message. */
export class InPlaceRequest<Inputs = unknown> {
  /** The arrays, to be filled again for each call; not before the last call has ended. */
  readonly inputs: Inputs;
  readonly #write: () => Uint8Array<ArrayBuffer>;

  /** Made by `allocate` of a serializer. */
  constructor(inputs: Inputs, write: () => Uint8Array<ArrayBuffer>) {
    this.inputs = inputs;
    this.#write = write;
  }

  /**
   * The message: a view on the memory that its arrays lie in, which is valid until the next call. No byte of floats and
   * truth values is copied; integers, which have no fixed size on the wire, are written behind them.
   */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#write();
  }
}

/** An array to allocate. */
export interface ArraySpec {
  /** Element type. */
  readonly dtype: InPlaceDType;
  /** Length of each axis; none may be open. */
  readonly shape: readonly number[];
}

/**
 * The arrays that hold elements until they are sent. The wire knows half precision as single precision: elements are
 * rounded by the service.
 */
export interface InPlaceData {
  /** One byte an element, 0 or 1. */
  bool: Uint8Array<ArrayBuffer>;
  /** Signed 8 bits. */
  int8: Int8Array<ArrayBuffer>;
  /** Unsigned 8 bits. */
  uint8: Uint8Array<ArrayBuffer>;
  /** Signed 16 bits. */
  int16: Int16Array<ArrayBuffer>;
  /** Unsigned 16 bits. */
  uint16: Uint16Array<ArrayBuffer>;
  /** Signed 32 bits. */
  int32: Int32Array<ArrayBuffer>;
  /** Signed 64 bits. */
  int64: BigInt64Array<ArrayBuffer>;
  /** Numbers that the service rounds to half precision. */
  float16: Float32Array<ArrayBuffer>;
  /** Numbers that the service rounds to the upper half of a float32. */
  bfloat16: Float32Array<ArrayBuffer>;
  /** Single precision. */
  float32: Float32Array<ArrayBuffer>;
  /** Double precision. */
  float64: Float64Array<ArrayBuffer>;
  /** Real and imaginary parts in turn. */
  complex64: Float32Array<ArrayBuffer>;
  /** Real and imaginary parts in turn. */
  complex128: Float64Array<ArrayBuffer>;
}

/** An element type of fixed size. */
export type InPlaceDType = keyof InPlaceData;

/** The arrays of a list or a record of specs. */
export type ArraysOf<Specs> = {
  -readonly [Key in keyof Specs]: Specs[Key] extends { readonly dtype: infer D extends InPlaceDType }
    ? InPlaceData[D]
    : never;
};
