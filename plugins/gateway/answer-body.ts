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

/**
 * Passes a body on, a chunk when one is asked for, and fails when the service is silent for too long. In a stream of
 * events the failure is told by a last event, as OpenAI-compatible services do it, if one may stand there.
 */
export function answerBody(
  body: ReadableStream<Uint8Array>,
  exchange: Exchange,
  { idleTimeout, isEvents }: { idleTimeout: number; isEvents: boolean },
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const { signal } = exchange;
  let tail = "\n\n"; // the last characters that were sent

  const next = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      exchange.abort(
        new TimeoutError(`Cannot pass the answer on: the service was silent for ${idleTimeout} ms`),
      );
    }, idleTimeout);
    try {
      return await new Promise((resolve, reject) => {
        signal.onabort = () => reject(signal.reason); // not every body hears of it
        reader.read().then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
    }
  };

  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await next();
        if (done) {
          controller.close();
          return exchange.end();
        }
        exchange.touch();
        if (isEvents) tail = (tail + String.fromCharCode(...value.subarray(-4))).slice(-4);
        controller.enqueue(value);
      } catch (error) {
        if (isEvents && /(\n\n|\r\r|\r\n\r\n)$/.test(tail)) {
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

function failureEvent(error: unknown): Uint8Array {
  const { code, message } = refusalOf(error, brokenOff);
  return new TextEncoder().encode(`data: ${JSON.stringify({ error: { code, message } })}\n\n`);
}
