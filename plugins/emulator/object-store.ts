import { md5 } from "@noble/hashes/legacy.js";
import { LimitedBytesTransformStream } from "@std/streams/limited-bytes-transform-stream";
import { toBytes } from "@std/streams/to-bytes";
import { Crc64 } from "./crc64.ts";

/** Bytes that lie in an {@linkcode ObjectStore}: a whole object, or a part of one. */
export interface Piece {
  /** Length in bytes. */
  readonly size: number;
  /** Their MD5, or 16 other bytes that tell them from others where the store makes no MD5. */
  readonly digest: Uint8Array;
  /** Their CRC-64/XZ. */
  readonly crc64: bigint;
}

/** Where an emulator keeps the contents of its objects. Implemented by `inMemory()` and `onDisk()`. */
export interface ObjectStore {
  /** Most bytes that one request may bring. */
  readonly maxSize: number;
  /**
   * Writes what a stream brings. What came before a failure is removed again.
   *
   * @param body Content; absent when there is none.
   * @param needsMd5 Whether the digest has to be an MD5, however long that takes.
   * @throws {RangeError} when it is longer than `maxSize`.
   */
  write(body: ReadableStream<Uint8Array> | null, needsMd5: boolean): Promise<Piece>;
  /** Reads a piece from one place up to, and without, another; nothing is opened before the first read. */
  read(piece: Piece, start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Removes a piece, which nobody reads any more. */
  delete(piece: Piece): void;
}

/** Bytes in one chunk of what is read: much for the cost of a step, little for the cost of memory. */
const chunkSize = 256 * 1024;

/** Keeps contents in memory; on every runtime. */
export function inMemory(maxSize: number): ObjectStore {
  const contents = new WeakMap<Piece, Uint8Array<ArrayBuffer>>();
  return {
    maxSize,
    async write(body): Promise<Piece> {
      const limit = new LimitedBytesTransformStream(maxSize, { error: true });
      const bytes = body ? await toBytes(body.pipeThrough(limit)) : new Uint8Array();
      const piece = { size: bytes.length, digest: md5(bytes), crc64: new Crc64().update(bytes).digest() };
      contents.set(piece, bytes);
      return piece;
    },
    read(piece, start, end): ReadableStream<Uint8Array<ArrayBuffer>> {
      const bytes = contents.get(piece);
      let at = start;
      return new ReadableStream({
        pull(controller): void {
          if (!bytes) throw new Error("the content was deleted");
          // A copy, as the reader may do with it what it likes.
          if (at < end) controller.enqueue(bytes.slice(at, at = Math.min(at + chunkSize, end)));
          if (at === end) controller.close();
        },
      }, { highWaterMark: 0 });
    },
    delete: (piece): void => void contents.delete(piece),
  };
}

/** Reads pieces as one, from one place up to, and without, another. `done` is called once when reading is over. */
export function readPieces(
  store: ObjectStore,
  pieces: readonly Piece[],
  [start, end]: readonly [start: number, end: number],
  done: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = chunksOf(store, pieces, start, end);
  let over = false;
  const finish = (): void => {
    if (!over) done();
    over = true;
  };
  return new ReadableStream({
    async pull(controller): Promise<void> {
      try {
        const next = await chunks.next();
        if (!next.done) return controller.enqueue(next.value);
        finish();
        controller.close();
      } catch (error) {
        finish();
        throw error;
      }
    },
    async cancel(): Promise<void> {
      await chunks.return(undefined);
      finish();
    },
  }, { highWaterMark: 0 });
}

async function* chunksOf(
  store: ObjectStore,
  pieces: readonly Piece[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let offset = 0; // of the piece
  for (const piece of pieces) {
    const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, piece.size)];
    if (from < to) yield* store.read(piece, from, to);
    offset += piece.size;
  }
}
