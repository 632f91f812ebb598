import type { Fetch } from "../../../core/fetch.ts";
import type { Handler } from "../../processors/handler.ts";
import { plainText } from "../plain-text.ts";

/** What is between two neighbours only, and never passed on. */
const hopByHop = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Statuses whose answers have no body. */
const bodiless = [101, 204, 205, 304];

/** Has a server answer: it gets method, path, query, headers and body as they came, and its answer is passed on while it comes. */
export function forwardTo(endpoint: string, send: Fetch): Handler {
  const base = endpoint.replace(/\/+$/, "");
  return async (request) => {
    const { method, signal } = request;
    const { pathname, search } = new URL(request.url);
    const headers = without(request.headers, hopByHop);
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    let response: Response;
    try {
      response = await send(`${base}${pathname}${search}`, {
        method,
        headers,
        body,
        signal,
        redirect: "manual",
      });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      return plainText(503, `upstream connect error or disconnect/reset before headers: ${reason}`);
    }
    // The runtime's own fetch has decompressed the body.
    const { status, statusText } = response;
    return new Response(bodiless.includes(status) ? null : response.body, {
      status,
      statusText,
      headers: without(response.headers, [...hopByHop, "content-encoding"]),
    });
  };
}

function without(headers: Headers, names: readonly string[]): Headers {
  const left = new Headers(headers);
  for (const name of names) left.delete(name);
  return left;
}
