/**
 * Talks to models behind OpenAI-compatible services: vLLM, SGLang, BladeLLM and the LLM router of EAS.
 *
 * @example
 * ```ts
 * import { chat, chatStream, chatText } from "@pai-edge/sdk/predict/chat";
 * import { Predictor } from "@pai-edge/sdk/predictor";
 *
 * const answers = {
 *   stream: 'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\ndata: [DONE]\n\n',
 *   whole: '{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}',
 * };
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "qwen",
 *   token: "the token of the service",
 *   fetch: async (_, { body }) => { // leave this out
 *     const isStream = (await new Response(body).json()).stream;
 *     return new Response(isStream ? answers.stream : answers.whole, {
 *       headers: { "content-type": isStream ? "text/event-stream" : "application/json" },
 *     });
 *   },
 * });
 * const messages = [{ role: "user", content: "Greet me" }];
 *
 * const { choices } = await chat(predictor, { messages });
 * console.log(choices[0]?.message.content);
 *
 * for await (const text of chatText(await chatStream(predictor, { messages }))) console.log(text);
 * ```
 *
 * @module
 */
import type { Predictor } from "../../core/predictor.ts";
import { isCompletion, isList, parsed, toChunk } from "./chat/parsed.ts";
import type { ChatChunk, ChatCompletion, ChatRequest } from "./chat/types.ts";
import type { AnswerStream } from "./stream/answer-stream.ts";
import { cannot } from "./stream/cannot.ts";
import { eventReading, open, type StreamOptions } from "./stream/open.ts";
import { StreamError } from "./stream/stream-error.ts";

export { chatCompletion, chatText } from "./chat/collect.ts";
export type {
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatRequest,
  ChatUsage,
  ContentPart,
  ToolCall,
  ToolCallDelta,
} from "./chat/types.ts";
export type { Clocks } from "./stream/exchange.ts";
export type { StreamErrorInit } from "./stream/stream-error.ts";
export { type AnswerStream, StreamError };

/** Options of {@linkcode chat}, {@linkcode chatStream} and {@linkcode chatModels}. */
export interface ChatOptions extends Omit<StreamOptions, "method" | "framing"> {
  /** Path of the API below the service's address. @default {"v1/chat/completions", "v1/models"} */
  path?: string;
}

/** As long as a dedicated gateway lets a request take: an answer in one piece begins when it is complete. */
const longAnswer = 600_000;

/**
 * Asks a model and waits for the whole answer. The service's limit of a request's time holds for it: what takes longer
 * should be asked with {@linkcode chatStream}.
 *
 * Source: "Deploy an LLM", https://www.alibabacloud.com/help/en/pai/user-guide/deploy-an-llm.
 *
 * @param options Its `headersTimeout` is 600,000 ms unless given.
 * @throws {TypeError} when there are no messages.
 * @throws {PredictionError} when the service refuses; vLLM answers 404 to a model that it doesn't have.
 * @throws {StreamError} when the answer breaks off, is an error, or no completion.
 * @throws {TimeoutError} when it takes too long.
 */
export async function chat(
  predictor: Predictor<never, unknown>,
  request: ChatRequest,
  options: ChatOptions = {},
): Promise<ChatCompletion> {
  const body = { ...checked(request), stream: false };
  const own = { path: "v1/chat/completions", headersTimeout: longAnswer, ...options };
  return await ask(predictor, body, own, isCompletion);
}

/**
 * Asks a model and reads the answer while it is given. Resolves when its first part is there. {@linkcode chatText} reads
 * the text alone, {@linkcode chatCompletion} the whole, and `toResponse()` passes it on. A server that answers in one
 * piece all the same gives one part.
 *
 * @throws {TypeError} when there are no messages.
 * @throws {PredictionError} when the service refuses.
 * @throws {StreamError} when the answer breaks or is an error; the loop throws it in the middle.
 * @throws {TimeoutError} when a clock expires.
 */
export async function chatStream(
  predictor: Predictor<never, unknown>,
  request: ChatRequest,
  options: ChatOptions = {},
): Promise<AnswerStream<ChatChunk>> {
  const body = { ...checked(request), stream: true };
  const own = { path: "v1/chat/completions", ...options };
  return await open(predictor, body, own, (response) => eventReading(response, own, toChunk), action);
}

/**
 * Names of the models that a service has, for {@linkcode ChatRequest.model}. BladeLLM has no such list and answers 404.
 *
 * @throws {PredictionError} when the service refuses.
 */
export async function chatModels(
  predictor: Predictor<never, unknown>,
  options: ChatOptions = {},
): Promise<string[]> {
  const { data } = await ask(predictor, undefined, { path: "v1/models", method: "GET", ...options }, isList);
  return data.map(({ id }) => id);
}

/** What messages say that can't be done. */
const action = "chat with";

function checked(request: ChatRequest): ChatRequest {
  if (Array.isArray(request.messages) && request.messages.length) return request;
  throw new TypeError("Cannot chat: there are no messages");
}

/** Sends a request whose answer is one piece of JSON. */
async function ask<Answer>(
  predictor: Predictor<never, unknown>,
  body: unknown,
  options: StreamOptions,
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  const own: StreamOptions = { ...options, headers, framing: "whole" };
  const answer = await open(
    predictor,
    body,
    own,
    (response) => eventReading(response, own, (event, fail) => parsed(event, fail, isAnswer)),
    action,
  );
  for await (const value of answer) return value;
  throw new StreamError(`${cannot(action, predictor)}: the answer is empty`, {
    code: "InvalidEvent",
    received: 0,
  });
}
