import { PaiError } from "../../core/errors.ts";
import { dataFrame, decode } from "../../protos/queue.ts";
import { QueueError } from "./errors.ts";
import { type QueueItem, toItem } from "./item.ts";

/** Bytes before each frame: its length, the highest byte first. */
const headerBytes = 4;

/** Length that no item has; what claims more is no frame but, say, the text of a page: `<htm` reads as a gigabyte. */
const maxFrameBytes = 256 << 20;

/**
 * Reads the endless answer of a plain HTTP watch, cut into chunks anywhere. A frame without content, which keeps a
 * connection alive, comes as `undefined`.
 *
 * @throws {QueueError} when the bytes are no frames.
 * @throws {PaiError} with the code `NetworkError` when they end inside a frame.
 */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<QueueItem | undefined, void, undefined> {
  let isHeader = true, filled = 0;
  let into = new Uint8Array(headerBytes);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + into.length - filled);
      into.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < into.length) break;
      const length: number = isHeader ? lengthOf(into) : 0;
      if (!isHeader) yield itemOf(into);
      else if (length === 0) yield undefined;
      isHeader = length === 0;
      into = new Uint8Array(length || headerBytes);
      filled = 0;
    }
  }
  if (filled || !isHeader) {
    throw new PaiError("Cannot read frames: cut off inside a frame", { code: "NetworkError" });
  }
}

/** What a watch sends before a frame. */
export function frameHeader(length: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(headerBytes);
  new DataView(header.buffer).setUint32(0, length);
  return header;
}

function lengthOf({ buffer }: Uint8Array<ArrayBuffer>): number {
  const length = new DataView(buffer).getUint32(0);
  if (length <= maxFrameBytes) return length;
  throw new QueueError(`Cannot read frames: one claims ${length} bytes, so these are none`, {
    code: "InvalidFrame",
  });
}

function itemOf(bytes: Uint8Array<ArrayBuffer>): QueueItem {
  try {
    return toItem(decode(dataFrame, bytes));
  } catch (cause) {
    throw new QueueError("Cannot read frames: one is no DataFrameProto", { code: "InvalidFrame", cause });
  }
}
