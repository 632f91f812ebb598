import { type Clock, systemClock } from "../../core/clock.ts";
import { chunks, completion, type Said } from "./chat-completion.ts";
import type { Handler } from "../processors/handler.ts";
import { isObject } from "./eas/loose-config.ts";
import { sse, type Streamed } from "./streamed.ts";

/** What a model is asked. */
export interface ChatCall {
  /** The conversation so far. */
  messages: readonly ChatMessage[];
  /** The whole request, for whatever else is in it. */
  body: Readonly<Record<string, unknown>>;
  /** Aborts when the caller hangs up. */
  signal: AbortSignal;
}

/** A message of a conversation. */
export interface ChatMessage {
  /** Who says it. */
  role: string;
  /** What: text, or parts of several kinds. */
  content: unknown;
}

/** What a scripted model says: a text, of which each word counts as a token, or its tokens one by one. */
export type ChatScript = (call: ChatCall) => string | Streamed<string> | Promise<string>;

/** Options of {@linkcode chatProcessor}. */
export interface ChatProcessorOptions {
  /** Names of the models there are; `null` takes any name, or none. @default {null} */
  models?: readonly string[] | null;
  /** Where the times of answers come from. @default {systemClock} */
  clock?: Clock;
}

/**
 * Makes a handler of a language model that says what a script says, at `/v1/chat/completions` and `/v1/models`, as vLLM
 * does: streamed as server-sent events when the request asks for it, else at once.
 *
 * ```ts
 * import { chatProcessor, emulator } from "@pai-edge/sdk/emulator";
 *
 * emulator({ handlers: { llm: chatProcessor(({ messages }) => `You said: ${messages.at(-1)?.content}`) } });
 * ```
 *
 * An error of the script is answered with 500, or ends the stream with an event that has an `error`. What is not understood
 * is answered with 400, another model with 404.
 * Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html.
 */
export function chatProcessor(script: ChatScript, options: ChatProcessorOptions = {}): Handler {
  const { models = null, clock = systemClock } = options;
  let calls = 0;
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/models" && request.method === "GET") return json(listModels(models));
    if (pathname !== "/v1/chat/completions") return json({ detail: "Not Found" }, 404);
    if (request.method !== "POST") return json({ detail: "Method Not Allowed" }, 405);
    const body = await readJson(request);
    const messages = body?.messages;
    if (!body || !Array.isArray(messages) || !messages.every(isMessage)) {
      return failed(400, "BadRequestError", "the body is no JSON object with a list of messages");
    }
    const model = typeof body.model === "string" ? body.model : models?.[0] ?? "emulated";
    if (models && !models.includes(model)) {
      return failed(404, "NotFoundError", `The model \`${model}\` does not exist.`);
    }
    const said: Said = { id: `chatcmpl-${++calls}`, created: Math.floor(clock.now() / 1000), model };
    try {
      const spoken = tokens(await script({ messages, body, signal: request.signal }));
      const limit = Number(body.max_completion_tokens ?? body.max_tokens ?? Infinity);
      const prompt = messages.reduce((sum, { content }) => sum + words(content).length, 0);
      if (body.stream === true || body.stream === "true") { // one of the vendor's samples sends it as text
        const options = isObject(body.stream_options) ? body.stream_options : {};
        return sse(chunks(said, spoken, { limit, prompt, includeUsage: options.include_usage === true }));
      }
      return json(await completion(said, spoken, { limit, prompt }));
    } catch (error) {
      return failed(500, "InternalServerError", error instanceof Error ? error.message : `${error}`);
    }
  };
}

function tokens(spoken: string | Streamed<string>): Streamed<string> {
  return typeof spoken === "string" ? words(spoken) : spoken;
}

/** Words with the space before them, so that joined they give the text again. */
function words(text: unknown): string[] {
  return (typeof text === "string" ? text : JSON.stringify(text) ?? "").match(/\s*\S+\s*$|\s*\S+/g) ?? [];
}

function isMessage(value: unknown): value is ChatMessage {
  return isObject(value) && typeof value.role === "string";
}

async function readJson(request: Request): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = await request.json();
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function listModels(models: readonly string[] | null): unknown {
  const data = (models ?? ["emulated"]).map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "emulator",
  }));
  return { object: "list", data };
}

function failed(code: number, type: string, message: string): Response {
  return json({ object: "error", message, type, param: null, code }, code);
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "content-type": "application/json" } });
}
