import { BodyTooLarge } from "./refusal.ts";

/** How much of a body is let through, and what happens when there is more. */
export interface BodyBounds {
  maxBodyBytes: number;
  bufferBytes: number;
  /** Ends the reading. */
  signal: AbortSignal;
  /** Hears that a stream, which is on its way already, has become too long. */
  onTooLarge: (error: BodyTooLarge) => void;
}

/**
 * The body as the service gets it: one piece where it tells its length and that is small, so that it can be sent again;
 * else a stream, which is never ahead of the service by more than a chunk.
 *
 * @throws {BodyTooLarge} when it says so itself.
 */
export async function boundedBody(
  { body, headers }: Request,
  bounds: BodyBounds,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined> {
  const { maxBodyBytes, bufferBytes } = bounds;
  const told = headers.get("content-length");
  if (Number(told) > maxBodyBytes) throw new BodyTooLarge(maxBodyBytes);
  if (!body) return undefined;
  const limited = limit(body, bounds);
  if (told === null || Number(told) > bufferBytes) return limited;
  return new Uint8Array(await new Response(limited).arrayBuffer());
}

/** The stream, which fails when it is too long or its exchange ends, so that no part of it looks like all of it. */
function limit(
  body: ReadableStream<Uint8Array>,
  { maxBodyBytes, signal, onTooLarge }: BodyBounds,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel(signal.reason).catch(() => {}));
  let length = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return controller.close();
      length += value.byteLength;
      if (length > maxBodyBytes) onTooLarge(new BodyTooLarge(maxBodyBytes)); // which aborts
      signal.throwIfAborted();
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
