/**
 * Lends a predictor to the official `openai` package, and to whatever else takes the address of an OpenAI-compatible
 * service, a key and a `fetch`. It depends on none of them.
 *
 * @example
 * ```ts
 * import { openai } from "@pai-edge/sdk/predict/openai";
 * import { Predictor } from "@pai-edge/sdk/predictor";
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "qwen",
 *   token: "the token of the service",
 *   fetch: () => Response.json({ object: "list", data: [{ id: "qwen" }] }), // leave this out
 * });
 *
 * // import OpenAI from "openai";
 * // const client = new OpenAI(openai(predictor));
 * // const chunks = await client.chat.completions.create({ model: "qwen", messages, stream: true });
 * const { baseURL, fetch } = openai(predictor);
 * const models = await fetch(`${baseURL}/models`);
 * console.log(await models.json());
 * ```
 *
 * @module
 */
import { PredictionError } from "../../core/errors.ts";
import type { Predictor } from "../../core/predictor.ts";
import { AnswerStream } from "./stream/answer-stream.ts";
import { byteReading } from "./stream/byte-reading.ts";
import { cannot } from "./stream/cannot.ts";
import { type Clocks, Exchange } from "./stream/exchange.ts";

export type { Clocks };

/** Options of {@linkcode openai}. */
export interface OpenAIOptions extends Omit<Clocks, "signal"> {
  /** Path of the API below the service's address. @default {"v1"} */
  path?: string;
  /** See {@linkcode Clocks}; an answer in one piece begins when it is complete. @default {600000} */
  headersTimeout?: number;
}

/** What the `openai` package, and others like it, are made from. */
export interface OpenAIClientOptions {
  /** Address of the API. */
  baseURL: string;
  /** Stands in for a key: the token stays with the predictor, so that no log of the client can show it. */
  apiKey: string;
  /** Sends the client's requests through the predictor. */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** None by the client, as the predictor retries already, by the rules of EAS. */
  maxRetries: number;
}

/**
 * Gives what `new OpenAI(…)` takes. Requests go through the predictor: its authorization, headers and retries. A body
 * that stalls fails with a `TimeoutError`, which the client alone would wait for without end; one that breaks with a
 * `StreamError`.
 *
 * What the service refuses is an answer for the client, which makes its own error of it.
 */
export function openai(
  predictor: Predictor<never, unknown>,
  options: OpenAIOptions = {},
): OpenAIClientOptions {
  const { path = "v1", ...times } = options;
  const { origin, pathname } = new URL(predictor.endpoint);
  const base = origin + pathname.replace(/\/+$/, "");
  return {
    baseURL: `${base}/${path.replace(/^\/+|\/+$/g, "")}`,
    apiKey: "kept-by-the-predictor",
    fetch: (input, init) => pass(predictor, base, { headersTimeout: 600_000, ...times }, input, init),
    maxRetries: 0,
  };
}

async function pass(
  predictor: Predictor<never, unknown>,
  base: string,
  times: Clocks,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  if (input instanceof Request) {
    const { url, method, headers, signal } = input;
    const body = input.body ? await input.arrayBuffer() : undefined; // so that it can be sent again
    return await pass(predictor, base, times, url, { method, headers, signal, body, ...init });
  }
  const url = `${input}`, what = cannot("call", predictor);
  if (!url.startsWith(`${base}/`)) {
    throw new TypeError(`${what}: ${url.replace(/.*@|[?#].*/g, "")} is another service`);
  }
  const { method = "GET", body, signal } = init;
  const exchange = new Exchange(what, { ...times, signal: signal ?? undefined });
  try {
    const response = await exchange.send((own) =>
      predictor.rawPredict(body, {
        method: method.toUpperCase(),
        path: url.slice(base.length),
        headers: without(init.headers, ["authorization", "content-length"]),
        ...own,
      })
    );
    if (!response.body) return response;
    const headers = without(response.headers, ["content-encoding", "content-length"]); // it is decoded by now
    const { status, statusText } = response;
    return new AnswerStream(what, response, exchange, byteReading).toResponse({
      status,
      statusText,
      headers,
    });
  } catch (error) {
    if (error instanceof PredictionError && error.status) return refusal(error, error.status);
    throw error;
  }
}

function without(given: HeadersInit | undefined, names: readonly string[]): Headers {
  const headers = new Headers(given);
  for (const name of names) headers.delete(name);
  return headers;
}

/** The answer that an error was made of. */
function refusal({ body, requestId, retryAfter }: PredictionError, status: number): Response {
  const headers = new Headers({ "content-type": /^\s*[[{]/.test(body) ? "application/json" : "text/plain" });
  if (requestId) headers.set("x-request-id", requestId);
  if (retryAfter) headers.set("retry-after", retryAfter);
  return new Response(status === 304 ? null : body, { status, headers });
}
