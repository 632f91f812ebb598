import { Gzip } from "fflate";

/** What makes bytes smaller: `gzip()`, or `new CompressionStream("gzip")`. */
export type Compressor = ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;

/** Options of {@linkcode gzip}. */
export interface GzipOptions {
  /** How hard to try, 0 (only stored) to 9; weights of a model hardly get smaller above 1. @default {6} */
  level?: number;
}

// The compressor ends its blocks where its input does, so the pieces must be the same however a stream is cut.
const pieceSize = 65_536;

/**
 * Compresses with `fflate`, into the same bytes on every runtime and at any time: the header tells no name, no
 * clock and always the same system. `CompressionStream` is several times faster, but each runtime has a zlib of
 * its own, whose bytes differ.
 *
 * @throws {RangeError} when the level is no integer from 0 to 9.
 */
export function gzip(options: GzipOptions = {}): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const { level = 6 } = options;
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new RangeError(`Cannot compress: \`level\` is ${level}, not an integer from 0 to 9`);
  }
  // `mem` is fixed, since its default comes from a logarithm of the piece's length.
  const encoder = new Gzip({ level: level as 6, mtime: 0, mem: 8 }); // one of 0 to 9, as checked
  const piece = new Uint8Array(pieceSize); // the encoder copies what it is given
  let filled = 0;
  return new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    start(controller) {
      encoder.ondata = (data) => {
        // fflate returns a copy of its own, in a plain buffer
        if (data.length) controller.enqueue(data as Uint8Array<ArrayBuffer>);
      };
    },
    transform(chunk) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + pieceSize - filled);
        piece.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < pieceSize) continue;
        encoder.push(piece);
        filled = 0;
      }
    },
    flush: () => encoder.push(piece.subarray(0, filled), true),
  });
}
