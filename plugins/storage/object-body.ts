import { utf8 } from "../../core/encoding.ts";
import type { StorageBody } from "../../core/storage.ts";

/** A body ready to be sent: text as UTF-8, a stream measured on its way. */
export interface ObjectBody {
  /** What to send. Only a stream can't be sent twice. */
  readonly content: Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream<Uint8Array>;
  /** Length in bytes; of a stream without a stated size only known when it has been sent. */
  size(): number | undefined;
  /** What went wrong inside a stream, which `fetch` would hide behind an error of its own. */
  failure(): unknown;
}

/**
 * Prepares a body.
 *
 * @param what Name of the body's destination in messages.
 * @throws {TypeError} when the value is no body.
 * @throws {RangeError} when the size is no number of bytes.
 */
export function objectBody(what: string, body: StorageBody, size?: number): ObjectBody {
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`Cannot put "${what}": \`size\` is ${size}, not a number of bytes`);
  }
  // fetch would add a content type of its own to a string
  const content = typeof body === "string" ? utf8(body) : body;
  if (content instanceof ReadableStream) return measured(what, content, size);
  if (content instanceof Blob) return { content, size: () => content.size, failure: () => undefined };
  if (content instanceof ArrayBuffer || content instanceof Uint8Array) {
    return { content, size: () => content.byteLength, failure: () => undefined };
  }
  throw new TypeError(
    `Cannot put "${what}": the body is no string, Uint8Array, ArrayBuffer, Blob or ReadableStream`,
  );
}

/** Counts a stream's bytes, and breaks it when they are not as many as stated: no runtime checks that everywhere. */
function measured(what: string, stream: ReadableStream<Uint8Array>, size?: number): ObjectBody {
  const reader = stream.getReader();
  let sent = 0, done = false;
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
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        let chunk = await next();
        while (chunk?.length === 0) chunk = await next(); // an empty chunk would end a chunked upload
        if (chunk) return controller.enqueue(chunk);
        done = true;
        controller.close();
      } catch (error) {
        failure = error;
        reader.cancel(error).catch(() => {}); // the first failure is the one to tell
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { content, size: () => size ?? (done ? sent : undefined), failure: () => failure };
}
