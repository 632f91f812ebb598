import { PaiError, PredictionError } from "../../core/errors.ts";

/** What a caller is told instead of an answer. No address, name or header of the service is in it. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

/** The request is longer than the gateway lets through. */
export class BodyTooLarge extends Error {
  /** @param limit In bytes. */
  constructor(limit: number) {
    super(`Cannot pass the request on: its body is longer than ${limit} bytes`);
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "BodyTooLarge";
  }
}

/** Writes a refusal, in the form that clients of OpenAI-compatible services read, too. */
export function refuse({ status, code, message }: Refusal, headers: HeadersInit = {}): Response {
  const response = Response.json({ error: { code, message } }, { status, headers });
  if (status === 503) response.headers.set("retry-after", "1");
  return response;
}

const unreachable: Refusal = { status: 502, code: "BadGateway", message: "The service can't be reached" };
const failed: Refusal = { status: 502, code: "BadGateway", message: "The service failed" };
const busy: Refusal = {
  status: 503,
  code: "Unavailable",
  message: "The service is busy or not ready; try again later",
};
const internal: Refusal = { status: 500, code: "InternalError", message: "The gateway failed" };
const late: Refusal = { status: 504, code: "Timeout", message: "The service took too long" };

/** What a caller is told when an answer ends before its time. */
export const brokenOff: Refusal = { status: 502, code: "BadGateway", message: "The service broke off" };

/**
 * Statuses of a service that are no business of the caller, or mean something else to one: the gateway's own token is
 * wrong; the time or the queue of EAS is at its end, which clients must not take for a fault of their request.
 */
const translated: { readonly [status: number]: Refusal } = {
  401: failed,
  403: failed,
  407: failed,
  408: late,
  450: busy,
  503: busy,
  504: late,
};

/** What a caller is told of an error; `otherwise` of one that nobody expected. */
export function refusalOf(error: unknown, otherwise = internal): Refusal {
  if (error instanceof BodyTooLarge) return { status: 413, code: error.name, message: error.message };
  if (error instanceof Error && error.name === "TimeoutError") return late; // ours, or the runtime's own
  if (error instanceof PredictionError) return translated[error.status ?? 0] ?? failed;
  if (error instanceof PaiError) return unreachable;
  return otherwise;
}

/**
 * The answer to a caller whose request has failed: for workers that call `predict` themselves, as the gateway gives it.
 * What is wrong with the request, the service tells (400, 404, 422, 429 …); everything else becomes 502, 503 or 504
 * without a word about the service, and an error that is not of this SDK becomes 500. When the service says when to come
 * again, the caller hears of it.
 */
export function errorResponse(error: unknown): Response {
  const own = error instanceof PredictionError ? ownRefusal(error) : undefined;
  const response = own ?? refuse(refusalOf(error));
  const later = error instanceof PredictionError && [429, 503].includes(response.status) && error.retryAfter;
  if (later) response.headers.set("retry-after", later);
  const id = error instanceof PaiError && error.requestId;
  if (id) response.headers.set("x-request-id", id);
  return response;
}

/** The service's own words, when the request was at fault. An empty 404 says that there is no service (yet). */
function ownRefusal({ status = 0, body }: PredictionError): Response | undefined {
  if (status < 400 || status >= 500 || status in translated || (status === 404 && !body)) return undefined;
  const headers = { "content-type": isJson(body) ? "application/json" : "text/plain;charset=UTF-8" };
  return new Response(body, { status, headers });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
