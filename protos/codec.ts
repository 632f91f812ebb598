/**
 * Writes and reads whole messages.
 *
 * @module
 */
import type { MessageType } from "./message.ts";
import { ChunkCounter, ChunkWriter, type DecodeOptions, Reader, refuseBigEndian, Writer } from "./wire.ts";

/**
 * Writes a message into one buffer, which is allocated once its length is known.
 *
 * @param allocate Gives a buffer of at least so many bytes, such as one from a pool. Default: a new one, just as long.
 * @returns The message: the whole new buffer, or the beginning of the one that was given.
 * @throws {RangeError} for a value that its field can't hold.
 */
export function encode<Message>(
  type: MessageType<Message>,
  value: Message,
  allocate: (length: number) => Uint8Array<ArrayBuffer> = (length) => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  const counter = count(type, value, new Writer());
  const bytes = allocate(counter.at).subarray(0, counter.at);
  type.writeBody(value, new Writer(counter, bytes));
  return bytes;
}

function count<Message, W extends Writer>(type: MessageType<Message>, value: Message, counter: W): W {
  refuseBigEndian();
  type.writeBody(value, counter);
  return counter;
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
  const counter = count(type, value, new ChunkCounter());
  const to = new ChunkWriter(counter, new Uint8Array(counter.at - counter.bulk));
  type.writeBody(value, to);
  to.flush();
  return to.chunks;
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
  for (const isVarint of [true, false]) for (const finish of from.pending) finish(isVarint);
  return value;
}
