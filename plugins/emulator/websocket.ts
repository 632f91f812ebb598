import { sha1 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "../../core/encoding.ts";

/** What a frame is, by the numbers of RFC 6455. */
export const opcodes = { binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a server says to a key, to show that it knows the protocol. */
export function acceptKey(key: string): string {
  return base64(sha1(utf8ToBytes(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`))); // the number is RFC 6455's
}

/** The frame of a whole message of a server's. */
export function writeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = new Uint8Array(header + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode; // it is the last frame of its message
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    view.setUint16(2, length);
  } else {
    frame[1] = 127;
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, header);
  return frame;
}

/** A frame that a client sent. */
export interface ClientFrame {
  /** What it is. */
  opcode: number;
  /** Its content. */
  payload: Uint8Array<ArrayBuffer>;
}

/** Reads the frames of a client that only listens: they are short. */
export class FrameReader {
  #rest = new Uint8Array();

  /**
   * Gives the frames that are complete with these bytes.
   *
   * @throws {RangeError} for a frame that no such client sends.
   */
  *read(bytes: Uint8Array): Generator<ClientFrame> {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    this.#rest = all;
    for (let frame = this.#next(); frame; frame = this.#next()) yield frame;
  }

  #next(): ClientFrame | undefined {
    const bytes = this.#rest;
    const [first = 0, second = 0] = bytes;
    if (bytes.length < 2) return undefined;
    const short = second & 0x7f;
    if (!(second & 0x80) || short === 127) throw new RangeError("the frame is not masked, or very long");
    const start = short === 126 ? 4 : 2;
    if (bytes.length < start) return undefined;
    const length = short === 126 ? new DataView(bytes.buffer).getUint16(2) : short;
    const end = start + 4 + length;
    if (bytes.length < end) return undefined;
    const mask = bytes.subarray(start, start + 4);
    const payload = bytes.slice(start + 4, end).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    this.#rest = bytes.slice(end);
    return { opcode: first & 0x0f, payload };
  }
}

/** The messages in a stream that has the length of each before it, in four bytes. */
export async function* unframed(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let rest = new Uint8Array();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const all = new Uint8Array(rest.length + value.length);
      all.set(rest);
      all.set(value, rest.length);
      rest = all;
      while (rest.length >= 4) {
        const end = 4 + new DataView(rest.buffer).getUint32(0);
        if (rest.length < end) break;
        yield rest.slice(4, end);
        rest = rest.slice(end);
      }
    }
  } finally {
    await reader.cancel();
  }
}
