/**
 * Writes and reads whole messages.
 *
 * @module
 */
import type { MessageType } from "./message.ts";
import { type DecodeOptions, Reader } from "./reader.ts";
import { refuseBigEndian } from "./wire.ts";
import { Writer } from "./writer.ts";

/** The writer of the last message, for the next one: its buffer costs more than most messages. */
let idle: Writer | undefined;

/** Writes a message and makes something of it, before the writer is used again. */
function write<Message, Made>(
  { writeBody }: MessageType<Message>,
  value: Message,
  make: (to: Writer) => Made,
): Made {
  refuseBigEndian();
  const to = idle ?? new Writer();
  idle = undefined; // what writes a message meanwhile, such as a getter, gets another one
  writeBody(value, to);
  const made = make(to);
  if (to.reset()) idle = to;
  return made;
}

/**
 * Writes a message into one buffer, which is allocated once its length is known.
 *
 * @param allocate Gives a buffer of at least so many bytes, such as one from a pool. Default: a new one, just as long.
 * @returns The message: the whole new buffer, or a part of the one that was given. That part begins up to 63 bytes behind
 * its beginning when there is room and a large array can be copied faster there.
 * @throws {RangeError} for a value that its field can't hold.
 */
export function encode<Message>(
  type: MessageType<Message>,
  value: Message,
  allocate: (length: number) => Uint8Array<ArrayBuffer> = (length) => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  return write(type, value, (to) => {
    const { length } = to, buffer = allocate(length), start = to.startIn(buffer);
    const bytes = buffer.length === length ? buffer : buffer.subarray(start, start + length);
    to.copyTo(bytes);
    return bytes;
  });
}

/**
 * Writes a message into a buffer.
 *
 * @returns The part of the buffer that holds the message.
 * @throws {RangeError} when the buffer is too short, or for a value that its field can't hold.
 */
export function encodeInto<Message>(
  type: MessageType<Message>,
  value: Message,
  buffer: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return encode(type, value, (length) => {
    if (length <= buffer.length) return buffer;
    throw new RangeError(
      `Cannot encode ${type.name}: it takes ${length} bytes, the buffer has ${buffer.length}`,
    );
  });
}

/**
 * Writes a message as chunks that follow each other: its headers, and its large arrays as views on the caller's, which
 * are not copied and must not change until the chunks are sent.
 *
 * @throws {RangeError} for a value that its field can't hold.
 */
export function encodeChunks<Message>(
  type: MessageType<Message>,
  value: Message,
): Uint8Array<ArrayBuffer>[] {
  return write(type, value, (to) => to.parts().toReversed());
}

/**
 * Reads a message. Arrays and bytes are views on the buffer where they can be; integers always get arrays of their own.
 * Takes whatever official decoders take: fields in any order, unknown ones, numbers packed or not.
 *
 * @throws {DecodeError} when the bytes are no such message. The buffer is then as it was.
 */
export function decode<Message>(
  type: MessageType<Message>,
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeOptions = {},
): Message {
  refuseBigEndian();
  const from = new Reader(bytes, options, type.name);
  const value = type.initial();
  type.readBody(from, value);
  from.finish();
  return value;
}
