import { TimeoutError } from "../../core/errors.ts";
import { brokenOff, refusalOf } from "./refusal.ts";

/** What the reading of an answer tells, and asks, the rest of its exchange. */
export interface Exchange {
  /** Aborts when the caller leaves or the time is over. */
  readonly signal: AbortSignal;
  /** Ends the exchange on all sides. */
  abort(reason: unknown): void;
  /** Hears that a chunk has come. */
  touch(): void;
  /** Hears that the exchange is over, and why when it failed. What it hears first counts. */
  end(error?: unknown): void;
}

/** How an answer is passed on. */
export interface AnswerBounds {
  /** Longest silence of the service, in milliseconds. */
  idleTimeout: number;
  /** Silence after which a stream of events gets a comment, in milliseconds. */
  heartbeat: number;
  /** Whether it is a stream of events. */
  isEvents: boolean;
}

type Chunk = ReadableStreamReadResult<Uint8Array>;

/** A comment, which readers of events ignore. */
const comment = new TextEncoder().encode(":\n\n");

/**
 * Passes a body on, a chunk when one is asked for, and fails when the service is silent for too long. In a stream of
 * events the failure is told by a last event, as OpenAI-compatible services do it, if one may stand there; and comments
 * fill a silence, since some runtimes hear only of what they write that their caller has gone.
 */
export function answerBody(
  body: ReadableStream<Uint8Array>,
  exchange: Exchange,
  { idleTimeout, heartbeat, isEvents }: AnswerBounds,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const { signal } = exchange;
  let tail = "\n\n"; // the last characters that were sent
  let hasBegun = false;
  let reading: Promise<Chunk> | undefined, since = 0; // which goes on while comments are sent

  const mayEventBegin = (): boolean => isEvents && /(\n\n|\r\r|\r\n\r\n)$/.test(tail);

  /** The next chunk, or nothing when it is time for a comment. */
  const next = async (): Promise<Chunk | undefined> => {
    signal.throwIfAborted();
    if (!reading) {
      reading = reader.read();
      since = performance.now();
    }
    const left = Math.max(0, idleTimeout - (performance.now() - since));
    const isComment = heartbeat < left && mayEventBegin();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const ring = (): void => isComment ? resolve(undefined) : exchange.abort(silent(idleTimeout));
        timer = setTimeout(ring, isComment ? heartbeat : left);
        signal.onabort = () => reject(signal.reason); // not every body hears of it
        reading!.then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
    }
  };

  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const chunk = await next();
        if (!chunk) return controller.enqueue(comment);
        reading = undefined;
        if (chunk.done) {
          controller.close();
          return exchange.end();
        }
        exchange.touch();
        const value = isEvents && !hasBegun ? withoutMark(chunk.value) : chunk.value;
        hasBegun = true;
        if (isEvents) tail = (tail + String.fromCharCode(...value.subarray(-4))).slice(-4);
        controller.enqueue(value);
      } catch (error) {
        if (mayEventBegin()) {
          controller.enqueue(failureEvent(error));
          controller.close();
        } else {
          controller.error(error);
        }
        reader.cancel(error).catch(() => {});
        exchange.abort(error);
        exchange.end(error);
      }
    },
    async cancel(reason): Promise<void> {
      exchange.end();
      const cancelled = reader.cancel(reason).catch(() => {});
      exchange.abort(reason); // which ends the request, where the body alone may only stop reading
      await cancelled;
    },
  }, { highWaterMark: 0 });
}

function silent(ms: number): TimeoutError {
  return new TimeoutError(`Cannot pass the answer on: the service was silent for ${ms} ms`);
}

/** Events without their byte order mark, which would be none behind a comment. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function failureEvent(error: unknown): Uint8Array {
  const { code, message } = refusalOf(error, brokenOff);
  return new TextEncoder().encode(`data: ${JSON.stringify({ error: { code, message } })}\n\n`);
}
