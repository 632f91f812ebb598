/**
 * The part of google-protobuf that generated code calls, which comes without types.
 *
 * @module
 */

/** A message; its fields are in a list inside. */
export interface JspbMessage {
  /** There are no fields to see. */
  readonly [name: string]: unknown;
}

/** A map field. */
export interface JspbMap<Value> {
  /** How many entries there are. */
  getLength(): number;
  /** Adds an entry. */
  set(key: string, value: Value): void;
  /** Finds one. */
  get(key: string): Value | undefined;
}

/** Writes a message. */
export interface JspbWriter {
  writeString(number: number, value: string): void;
  writeEnum(number: number, value: number): void;
  writePackedFloat(number: number, values: unknown[]): void;
  writePackedDouble(number: number, values: unknown[]): void;
  writePackedInt32(number: number, values: unknown[]): void;
  writePackedInt64(number: number, values: unknown[]): void;
  writePackedBool(number: number, values: unknown[]): void;
  writeRepeatedBytes(number: number, values: unknown[]): void;
  writeMessage<M>(number: number, value: M, write: (message: M, writer: JspbWriter) => void): void;
  getResultBuffer(): Uint8Array;
}

/** Reads a message. */
export interface JspbReader {
  nextField(): boolean;
  isEndGroup(): boolean;
  getFieldNumber(): number;
  skipField(): void;
  readEnum(): number;
  readBytes(): Uint8Array;
  readStringRequireUtf8(): string;
  readMessage<M>(message: M, read: (message: M, reader: JspbReader) => unknown): void;
  readPackableFloatInto(list: unknown[]): void;
  readPackableDoubleInto(list: unknown[]): void;
  readPackableInt32Into(list: unknown[]): void;
  readPackableInt64Into(list: unknown[]): void;
  readPackableBoolInto(list: unknown[]): void;
}

/** The module. */
export interface Jspb {
  Message: {
    new (): JspbMessage;
    initialize(
      message: object,
      data: unknown[] | undefined,
      id: number,
      pivot: number,
      repeated: number[] | null,
      oneofs: null,
    ): void;
    getFieldWithDefault<T>(message: object, number: number, value: T): T;
    getRepeatedField(message: object, number: number): unknown[];
    getRepeatedFloatingPointField(message: object, number: number): unknown[];
    getRepeatedBooleanField(message: object, number: number): unknown[];
    getWrapperField<M>(message: object, Type: new () => M, number: number): M | null;
    getMapField<M>(message: object, number: number, noLazyCreate: boolean, Type: new () => M): JspbMap<M>;
    bytesListAsU8(list: unknown[]): unknown[];
    setField(message: object, number: number, value: unknown): void;
    setWrapperField(message: object, number: number, value: object): void;
    setProto3EnumField(message: object, number: number, value: number): void;
    setProto3StringField(message: object, number: number, value: string): void;
    addToRepeatedField(message: object, number: number, value: unknown): void;
  };
  BinaryWriter: { new (): JspbWriter; prototype: JspbWriter };
  BinaryReader: { new (bytes: Uint8Array): JspbReader; prototype: JspbReader };
  Map: { deserializeBinary(...args: unknown[]): void };
  internal: { public_for_gencode: { serializeMapToBinary(...args: unknown[]): void } };
}
