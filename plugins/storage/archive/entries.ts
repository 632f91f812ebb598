import { LimitedBytesTransformStream } from "@std/streams/limited-bytes-transform-stream";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { PaiError } from "../../../core/errors.ts";
import { knownTypes } from "./types.ts";

// Zeros shrink a thousand times, and some runtimes unpack all that they are given at once: so it is little until the
// archive turns out to be an ordinary one, whose pieces may be larger, as that is faster.
const smallPiece = 16_384, largePiece = 131_072;
/** How many times larger what comes out of an ordinary archive may be. */
const ordinaryRatio = 8;

/** Options of {@linkcode ArchiveReader}. */
export interface ArchiveReaderOptions {
  /** Beginning of the errors' message, such as `Cannot extract into "model"`. */
  what: string;
  /** Bytes that the archive may have when it is unpacked, headers included. */
  maxBytes: number;
  /** Stops the reading. */
  signal?: AbortSignal;
}

/**
 * Reads an archive, compressed or not, member by member. Members are what the archive says: checking names is their
 * reader's.
 */
export class ArchiveReader {
  readonly #options: ArchiveReaderOptions;
  /** What went wrong in the stream that was given, which decoders may hide behind errors of their own. */
  #failure: unknown;
  /** Bytes of the unpacked archive that have been seen. */
  #unpacked = 0;

  /** Makes a reader; `members` may be asked for once. */
  constructor(options: ArchiveReaderOptions) {
    this.#options = options;
  }

  /** Yields each member, whose body is to be read or cancelled before the next one. */
  async *members(archive: ReadableStream<Uint8Array>): AsyncGenerator<ParsedTarEntry> {
    const { what, maxBytes, signal } = this.#options;
    const end = new AbortController();
    const stop = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
    try {
      const plain = await this.#decompressed(archive, stop);
      const members = plain
        .pipeThrough(new LimitedBytesTransformStream(maxBytes, { error: true }))
        .pipeThrough(knownTypes(what, (length) => this.#unpacked += length))
        .pipeThrough(createTarDecoder({ strict: true }));
      yield* members;
    } catch (error) {
      throw this.#explain(error);
    } finally {
      end.abort(); // closes what was not read to its end
    }
  }

  /** Yields the content of a member. */
  async *content({ body }: ParsedTarEntry): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** The error to throw for one that came from the pipes. */
  #explain(error: unknown): unknown {
    const { what, maxBytes, signal } = this.#options;
    if (signal?.aborted) return signal.reason;
    if (this.#failure !== undefined) return this.#failure;
    if (error instanceof PaiError) return error;
    const message = error instanceof Error ? error.message : "";
    if (error instanceof RangeError && message.includes("byte size limit")) {
      const problem = `it has more than the ${maxBytes} bytes that \`maxBytes\` allows`;
      return new PaiError(`${what}: ${problem}`, { code: "ArchiveTooLarge" });
    }
    const reason = message ? ` (${message.replace(/\.$/, "")})` : "";
    return new PaiError(`${what}: the archive is broken${reason}`, { code: "BrokenArchive", cause: error });
  }

  /** Tells by its first two bytes whether the archive is compressed. */
  async #decompressed(
    archive: ReadableStream<Uint8Array>,
    stop: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const reader = archive.getReader();
    const cancel = (): void => void reader.cancel(stop.reason).catch(() => {});
    stop.addEventListener("abort", cancel);
    let rest = await this.#read(reader, 2);
    const zipped = rest[0] === 0x1f && rest[1] === 0x8b;
    let given = 0;
    const input = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        if (!rest.length) rest = await this.#read(reader, 1);
        if (!rest.length) return controller.close();
        const largest = this.#unpacked < given * ordinaryRatio ? largePiece : smallPiece;
        const piece = rest.subarray(0, zipped ? largest : undefined);
        rest = rest.subarray(piece.length);
        given += piece.length;
        controller.enqueue(piece);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
    return zipped ? input.pipeThrough(new DecompressionStream("gzip")) : input;
  }

  /** Reads until there are so many bytes, or the stream has ended. */
  async #read(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    atLeast: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(0);
    try {
      while (bytes.length < atLeast) {
        const { done, value } = await reader.read();
        this.#options.signal?.throwIfAborted();
        if (done) break;
        const joined = new Uint8Array(bytes.length + value.length); // a copy, as the chunk is its owner's
        joined.set(bytes);
        joined.set(value, bytes.length);
        bytes = joined;
      }
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    return bytes;
  }
}
