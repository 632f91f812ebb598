import { utf8 } from "../../../core/encoding.ts";
import type { StorageBody } from "../../../core/storage.ts";

/** A body ready to be sent: text as UTF-8, a stream measured on its way. */
export interface ObjectBody {
  /** What to send. Only a stream can't be sent twice. */
  readonly content: Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream<Uint8Array>;
  /** Length in bytes; of a stream without a stated size only known when it has been sent. */
  size(): number | undefined;
  /** Whether all of it was taken: a server may answer before. */
  whole(): boolean;
  /** What went wrong inside a stream, which `fetch` would hide behind an error of its own. */
  failure(): unknown;
  /** Lets go of a stream that will not be read on, so that no file stays open. */
  close(reason: unknown): void;
}

type Tap = (chunk: Uint8Array) => void;

/**
 * Prepares a body.
 *
 * @param what Name of the body's destination in messages.
 * @param passed Called with each chunk of a stream before it is sent.
 * @throws {TypeError} when the value is no body.
 * @throws {RangeError} when the size is no number of bytes.
 */
export function objectBody(what: string, body: StorageBody, size?: number, passed?: Tap): ObjectBody {
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`Cannot put "${what}": \`size\` is ${size}, not a number of bytes`);
  }
  // fetch would add a content type of its own to a string
  const content = typeof body === "string" ? utf8(body) : body;
  if (content instanceof ReadableStream) return measured(what, readerOf(content), size, passed);
  if (content instanceof Blob || content instanceof ArrayBuffer || content instanceof Uint8Array) {
    const length = content instanceof Blob ? content.size : content.byteLength;
    return { content, size: () => length, whole: () => true, failure() {}, close() {} };
  }
  if (typeof content === "object" && content && Symbol.asyncIterator in content) {
    return measured(what, iteratorOf(content), size, passed);
  }
  throw new TypeError(
    `Cannot put "${what}": the body is no string, Uint8Array, ArrayBuffer, Blob, ReadableStream or AsyncIterable`,
  );
}

/** Where chunks come from, one at a time. */
interface Chunks {
  read(): Promise<{ done?: boolean; value?: unknown }>;
  cancel(reason: unknown): Promise<void>;
}

function readerOf(stream: ReadableStream<Uint8Array>): Chunks {
  return stream.getReader();
}

/** Not ReadableStream.from(), which not every runtime has. */
function iteratorOf(iterable: AsyncIterable<Uint8Array>): Chunks {
  const iterator = iterable[Symbol.asyncIterator]();
  return { read: () => iterator.next(), cancel: async () => void await iterator.return?.() };
}

/** Counts a stream's bytes, and breaks it when they are not as many as stated: no runtime checks that everywhere. */
function measured(what: string, reader: Chunks, size?: number, passed?: Tap): ObjectBody {
  let sent = 0, done = false, left = false; // by who reads it: what the source does then is no failure
  let failure: unknown;
  const next = async (): Promise<Uint8Array | undefined> => {
    const { done: ended, value } = await reader.read();
    if (ended && sent < (size ?? 0)) {
      throw new RangeError(`Cannot put "${what}": the stream ended after ${sent} of ${size} bytes`);
    }
    if (ended) return undefined;
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(`Cannot put "${what}": the stream yields no Uint8Arrays`);
    }
    sent += value.length;
    if (sent <= (size ?? Infinity)) return value;
    throw new RangeError(`Cannot put "${what}": the stream holds more than the ${size} bytes of \`size\``);
  };
  // The first failure is the one to tell; a source that can't be closed has none of its own.
  const close = (reason: unknown): void => void reader.cancel(reason).catch(() => {});
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        let chunk = await next();
        while (chunk?.length === 0) chunk = await next(); // an empty chunk would end a chunked upload
        if (left) return;
        if (chunk) {
          passed?.(chunk);
          return controller.enqueue(chunk);
        }
        done = true;
        controller.close();
      } catch (error) {
        if (left) return;
        failure = error;
        close(error);
        throw error;
      }
    },
    cancel(reason) {
      left = true;
      close(reason);
    },
  }, { highWaterMark: 0 });
  return {
    content,
    size: () => size ?? (done ? sent : undefined),
    whole: () => done || sent === size,
    failure: () => failure,
    close,
  };
}
