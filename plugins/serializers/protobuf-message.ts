/**
 * What is needed of a message type of protobufjs. A class of a static module has it, and so has a type that
 * `messageTypes()` read from the text of a `.proto` file.
 */
export interface MessageType {
  /** Writes a message; `finish()` gives its bytes. */
  encode(message: object): {
    /** Ends the message. */
    finish(): Uint8Array;
  };
  /** Reads a message. */
  decode(bytes: Uint8Array): object;
  /** Makes a plain object of a message. `pbjs --no-convert` leaves it out. */
  toObject(message: object, options?: {
    /** How integers of 64 bits come. */
    longs?: typeof BigInt;
    /** Whether fields that are not set come with their defaults. */
    defaults?: boolean;
  }): object;
}
