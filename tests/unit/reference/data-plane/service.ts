import type { Fetch } from "../../../../core/fetch.ts";
import { Predictor, type PredictorOptions, type RetryPolicy } from "../../../../core/predictor.ts";

/** A request as a service gets it. */
export interface Got {
  url: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  signal: AbortSignal | null | undefined;
}

/** Answers one request; an error breaks its connection. */
export type Answer = (got: Got) => Response | Error | Promise<Response>;

/** What is retried by default, with pauses that take no time. */
export const quickly: RetryPolicy = {
  retries: 2,
  baseDelay: 0,
  maxDelay: 20_000,
  statuses: { 408: { idempotentOnly: true }, 429: {}, 450: {}, 500: { retries: 1 }, 502: {}, 503: {} },
};

/** A predictor of a service that answers by a list, of which the last is repeated, and what the service got. */
export function answering(
  answers: readonly Answer[],
  options: Partial<PredictorOptions> = {},
): { predictor: Predictor; got: Got[]; fetch: Fetch } {
  const got: Got[] = [];
  const fetch: Fetch = async (url, { headers, body, signal }) => {
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    got.push({ url, headers: new Headers(headers), body: bytes, signal });
    const answer = await answers[Math.min(got.length, answers.length) - 1]!(got.at(-1)!);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const endpoint = "http://h/api/predict/s";
  return { predictor: new Predictor({ endpoint, retry: quickly, fetch, ...options }), got, fetch };
}

/** Answers with a status and a text. */
export function says(status: number, text = "", headers: HeadersInit = {}): Answer {
  return () => new Response(status === 204 ? null : text, { status, headers });
}

/** How connections fail: before anything was sent, and perhaps after. */
export const refused: Error = broken("ECONNREFUSED"), reset: Error = broken("ECONNRESET");

function broken(code: string): Error {
  return Object.assign(new TypeError("fetch failed"), { cause: { code } });
}
