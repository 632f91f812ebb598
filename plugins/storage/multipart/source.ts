import { utf8 } from "../../../core/encoding.ts";
import { PaiError } from "../../../core/errors.ts";
import type { ByteRange } from "../../../core/files.ts";
import type { StorageBody } from "../../../core/storage.ts";
import { crc64 } from "../crc64.ts";

/**
 * A file that can be opened at any offset, such as a `FileEntry` of `fromDisk()`: its parts are read when
 * they are sent, and again when they are sent again, so none has to be kept in memory.
 */
export interface UploadFile {
  /** Length in bytes. */
  readonly size: number;
  /** Opens a part of the file, or all of it. */
  open(range?: ByteRange): ReadableStream<Uint8Array>;
  /**
   * Fills an array with what comes from an offset on and tells how much that was, fewer only at the file's
   * end: with `memory` for a few parts this is faster than streams, and takes less.
   */
  read?(into: Uint8Array<ArrayBuffer>, start: number): Promise<number>;
  /**
   * Tells one state of the file from another, by its time and size for example: what changes meanwhile is not
   * uploaded, and parts that a checkpoint names need not be read again. Without it they are.
   */
  fingerprint?(): string | Promise<string>;
}

/** What can be uploaded. A stream or an async iterable is read once, whatever happens to its parts. */
export type UploadSource = StorageBody | UploadFile;

/** A source that can be opened anywhere, any number of times. */
export interface OpenSource {
  readonly kind: "open";
  readonly size: number;
  open(start: number, end: number): ReadableStream<Uint8Array>;
  /** Fills an array, where the source can. */
  read?(into: Uint8Array<ArrayBuffer>, start: number): Promise<number>;
  fingerprint(): Promise<string | undefined>;
}

/** A source that passes by once. */
export interface PassingSource {
  readonly kind: "passing";
  /** Length in bytes, where it was stated. */
  readonly size: number | undefined;
  /** Fills an array, unless the source ends before, and tells the CRC-64 of what it has read. */
  read(into: Uint8Array, signal: AbortSignal): Promise<{ length: number; crc: bigint }>;
  /** Lets go of the source, if it has not ended. */
  cancel(reason: unknown): void;
}

/**
 * Finds out how a source can be read.
 *
 * @param what Beginning of messages, such as `Cannot upload "oss://b/k"`.
 * @throws {TypeError} when it is no source.
 * @throws {RangeError} when a size is no number of bytes, or not the source's own.
 */
export function openSource(what: string, source: UploadSource, size?: number): OpenSource | PassingSource {
  const content = typeof source === "string" ? utf8(source) : source;
  if (content instanceof ReadableStream) return passing(what, content.getReader(), checkedSize(what, size));
  const open = openable(what, content);
  if (!open) return passing(what, iteratorOf(what, content), checkedSize(what, size));
  checkedSize(what, open.size);
  if (size === undefined || size === open.size) return open;
  throw new RangeError(`${what}: \`size\` is ${size}, the source has ${open.size} bytes`);
}

function checkedSize(what: string, size: number | undefined): number | undefined {
  if (size === undefined || Number.isSafeInteger(size) && size >= 0) return size;
  throw new RangeError(`${what}: \`size\` is ${size}, not a number of bytes`);
}

function openable(what: string, content: Exclude<UploadSource, string>): OpenSource | undefined {
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  if (content instanceof Blob) {
    const open = (start: number, end: number): ReadableStream<Uint8Array> =>
      content.slice(start, end).stream();
    return { kind: "open", size: content.size, open, fingerprint: none };
  }
  if (content instanceof ArrayBuffer || content instanceof Uint8Array) {
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
    return {
      kind: "open",
      size: bytes.length,
      open: (start, end) => bytesStream(bytes.subarray(start, end)),
      fingerprint: none,
    };
  }
  if (typeof content !== "object" || content === null || !("open" in content)) return undefined;
  if (typeof content.open !== "function") {
    throw new TypeError(`${what}: \`open\` of the source is no function`);
  }
  return {
    kind: "open",
    size: content.size,
    // An empty file has no last byte to name.
    open: (start, end) => content.open(end > start ? { start, end: end - 1 } : undefined),
    read: content.read && ((into, start) => content.read!(into, start)),
    fingerprint: async () => await content.fingerprint?.(),
  };
}

// What is hashed at once: a third faster than chunks of 64 KB, and still in the processor's second cache.
const hashSize = 256 * 1024;

// What a stream of bytes in memory hands over at once: with half as much, an upload takes a tenth more of the
// processor. With twice as much Deno now and then waits for 40 ms with a body of two chunks, until the server
// acknowledges the second one.
const chunkSize = 512 * 1024;

/** A stream over bytes in memory, none of which is copied. */
export function bytesStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += chunkSize));
    },
  }, { highWaterMark: 0 });
}

/** Where chunks come from, one at a time. */
interface Chunks {
  read(): Promise<{ done?: boolean; value?: unknown }>;
  cancel(reason: unknown): Promise<void>;
}

function iteratorOf(what: string, content: unknown): Chunks {
  if (typeof content !== "object" || content === null || !(Symbol.asyncIterator in content)) {
    throw new TypeError(
      `${what}: the source is no string, Uint8Array, ArrayBuffer, Blob, ReadableStream, AsyncIterable or file`,
    );
  }
  const iterator = (content as AsyncIterable<unknown>)[Symbol.asyncIterator](); // TypeScript can't infer it from `in`
  return { read: () => iterator.next(), cancel: async () => void await iterator.return?.() };
}

function passing(what: string, chunks: Chunks, size: number | undefined): PassingSource {
  let rest: Uint8Array = new Uint8Array();
  let ended = false;
  const next = async (signal: AbortSignal): Promise<void> => {
    const { done, value } = await unlessAborted(chunks.read(), signal);
    if (done) ended = true;
    else if (value instanceof Uint8Array) rest = value;
    else throw new TypeError(`${what}: the stream yields no Uint8Arrays`);
  };
  return {
    kind: "passing",
    size,
    async read(into, signal) {
      let length = 0, hashed = 0, crc = 0n;
      const hash = (): void => {
        crc = crc64(into.subarray(hashed, length), crc);
        hashed = length;
      };
      while (length < into.length) {
        if (!rest.length && !ended) await next(signal);
        if (!rest.length && ended) break;
        const piece = rest.subarray(0, into.length - length);
        into.set(piece, length);
        length += piece.length;
        rest = rest.subarray(piece.length);
        if (length - hashed >= hashSize) hash();
      }
      hash();
      return { length, crc };
    },
    cancel: (reason) => {
      if (!ended) chunks.cancel(reason).catch(() => {}); // its failure is of no interest any more
    },
  };
}

/** Waits for something that may never come. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A part of a source on its way, counted and hashed as it passes. */
export interface PassedPart {
  /** What to send. */
  readonly stream: ReadableStream<Uint8Array>;
  /** CRC-64 of what has passed. */
  crc(): bigint;
  /** What the source failed with. */
  failure(): unknown;
}

/**
 * Opens a part of a source and watches it pass.
 *
 * @throws {PaiError} in the stream, with the code `FileChanged`, when the part has another length.
 */
export function openPart(what: string, source: OpenSource, start: number, end: number): PassedPart {
  const reader = source.open(start, end).getReader();
  let at = start, crc = 0n, left = false; // by who reads it: what the source does then is no failure
  let failure: unknown;
  const next = async (): Promise<Uint8Array | undefined> => {
    const { done, value } = await reader.read();
    if (done && at < end) throw changed(what, `the source ended after ${at} of ${source.size} bytes`);
    if (done) return undefined;
    at += value.length;
    if (at > end) throw changed(what, `the source sent more than its bytes ${start} to ${end}`);
    crc = crc64(value, crc);
    return value;
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        let chunk = await next();
        while (chunk?.length === 0) chunk = await next();
        if (left) return;
        if (chunk) return controller.enqueue(chunk);
        controller.close();
      } catch (error) {
        if (left) return;
        failure = error;
        reader.cancel(error).catch(() => {}); // the first failure is the one to tell
        throw error;
      }
    },
    cancel(reason) {
      left = true;
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return { stream, crc: () => crc, failure: () => failure };
}

/** The error of a source that is not what it was. */
export function changed(what: string, state: string): PaiError {
  return new PaiError(`${what}: ${state}`, { code: "FileChanged" });
}
