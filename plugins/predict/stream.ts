/**
 * Reads what a service says while it says it: server-sent events, JSON lines or bytes, as an async iterable that asks
 * for more only when its reader does.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { stream } from "@pai-edge/sdk/predict/stream";
 *
 * const answer = 'data: {"word":"Good"}\n\ndata: {"word":"morning"}\n\ndata: [DONE]\n\n';
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "poet",
 *   token: "the token of the service",
 *   fetch: () => new Response(answer, { headers: { "content-type": "text/event-stream" } }), // leave this out
 * });
 * const words = await stream<{ word: string }>(predictor, { prompt: "Hello" }, { as: "json" });
 * for await (const { word } of words) console.log(word);
 * ```
 *
 * In a gateway `return (await stream(predictor, input)).toResponse()` passes the answer on as it comes.
 *
 * @module
 */
import type { Predictor } from "../../core/predictor.ts";
import type { AnswerStream } from "./stream/answer-stream.ts";
import { byteReading } from "./stream/byte-reading.ts";
import type { StreamEvent } from "./stream/framing.ts";
import { eventReading, open, parseEvent, type StreamOptions } from "./stream/open.ts";

export type { Clocks } from "./stream/exchange.ts";
export type { FramingName, StreamEvent } from "./stream/framing.ts";
export { StreamError, type StreamErrorInit } from "./stream/stream-error.ts";
export type { AnswerStream, StreamOptions };

/**
 * Sends an input as `rawPredict` does and reads the answer item by item. Resolves when the first item is there, so that
 * whatever goes wrong before it is thrown here: after that, the loop throws.
 *
 * Server-sent events end at `data: [DONE]`, which is no item; an event that is an error, such as
 * `{"error": {"message": …}}`, is thrown. A JSON answer that is no stream is one item. Only what has not been answered is
 * retried.
 *
 * The service's own limit is that of its requests, `metadata.rpc.keepalive`: 600 s behind a dedicated gateway unless set.
 *
 * Source: "Deploy an LLM", https://www.alibabacloud.com/help/en/pai/user-guide/deploy-an-llm; events by the rules of the WHATWG.
 *
 * @param options With `as: "json"` items are what their events say, in JSON; with `as: "bytes"` the chunks of any answer.
 * @throws {TypeError} or {RangeError} for input and options that can't be used.
 * @throws {PredictionError} when the status is not 2xx.
 * @throws {StreamError} when the answer breaks, is an error, or is no stream; the loop throws it in the middle.
 * @throws {TimeoutError} with the code `HeadersTimeout`, `IdleTimeout` or `TotalTimeout`.
 */
export function stream<Item = unknown>(
  predictor: Predictor<never, unknown>,
  input: unknown,
  options: StreamOptions & { as: "json" },
): Promise<AnswerStream<Item>>;
/** Reads the bytes of the answer. */
export function stream(
  predictor: Predictor<never, unknown>,
  input: unknown,
  options: StreamOptions & { as: "bytes" },
): Promise<AnswerStream<Uint8Array<ArrayBuffer>>>;
/** Reads the answer's events. */
export function stream(
  predictor: Predictor<never, unknown>,
  input?: unknown,
  options?: StreamOptions & { as?: "events" },
): Promise<AnswerStream<StreamEvent>>;
export async function stream(
  predictor: Predictor<never, unknown>,
  input?: unknown,
  { as = "events", ...options }: StreamOptions & { as?: "events" | "json" | "bytes" } = {},
): Promise<AnswerStream<unknown>> {
  if (as === "bytes") return await open(predictor, input, options, () => byteReading);
  const toItem = makers[as];
  if (!toItem) throw new TypeError(`Cannot stream: as is ${as}`);
  return await open<unknown>(
    predictor,
    input,
    options,
    (response) => eventReading(response, options, toItem),
  );
}

/** What items are made of events by. */
const makers = { json: parseEvent<unknown>, events: (event: StreamEvent): unknown => event };
