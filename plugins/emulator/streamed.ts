/** An event of a stream of server-sent events. */
export interface ServerEvent {
  /** Its data: text as it is, anything else as JSON. */
  data?: unknown;
  /** Its type. */
  event?: string;
  /** Its id. */
  id?: string;
  /** Milliseconds after which to connect again. */
  retry?: number;
  /** A comment, which readers ignore; servers send it to keep a connection alive. */
  comment?: string;
}

/** What comes bit by bit. */
export type Streamed<Value> = Iterable<Value> | AsyncIterable<Value>;

/**
 * Answers with server-sent events, each sent when it is there, no faster than they are read:
 *
 * ```ts
 * import { emulator, sse } from "@pai-edge/sdk/emulator";
 *
 * emulator({
 *   handlers: {
 *     count: () => sse([{ data: { n: 1 } }, { data: { n: 2 } }, { data: "[DONE]" }]),
 *   },
 * });
 * ```
 *
 * When the caller hangs up, `return()` of the events is called. An error among them breaks the connection.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html.
 */
export function sse(events: Streamed<ServerEvent>): Response {
  return streamed(events, writeEvent, "text/event-stream");
}

/** Answers with values as lines of JSON, each sent when it is there; all else as with {@linkcode sse}. */
export function ndjson(values: Streamed<unknown>): Response {
  return streamed(values, (value) => `${JSON.stringify(value)}\n`, "application/x-ndjson");
}

function writeEvent({ data, event, id, retry, comment }: ServerEvent): string {
  const lines = (name: string, value: unknown): string =>
    value === undefined ? "" : String(value).split(/\r\n|\r|\n/).map((line) => `${name}: ${line}\n`).join("");
  const text = typeof data === "string" || data === undefined ? data : JSON.stringify(data);
  return lines("", comment) + lines("event", event) + lines("id", id) + lines("retry", retry) +
    lines("data", text) + "\n";
}

function streamed<Value>(
  values: Streamed<Value>,
  write: (value: Value) => string,
  contentType: string,
): Response {
  const encoder = new TextEncoder();
  const iterator = Symbol.asyncIterator in values
    ? values[Symbol.asyncIterator]()
    : values[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(write(value)));
    },
    cancel(): void {
      // Not waited for: what is busy with its next value hears of it only then.
      Promise.resolve(iterator.return?.()).catch(() => {});
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": contentType, "cache-control": "no-cache" } });
}
