import type { Handler } from "../processors/handler.ts";
import { plainText } from "./plain-text.ts";

/** A request as a service sees it. */
export interface InnerRequest {
  /** Method. */
  method: string;
  /** Address, which begins behind the service's name. */
  url: string;
  /** Headers as they came. */
  headers: Headers;
  /** Body. */
  body: Uint8Array<ArrayBuffer>;
  /** Aborts when the caller is gone. */
  signal?: AbortSignal;
}

/** Has a service answer; one that throws answers with 500. */
export async function runHandler(
  run: Handler,
  { method, url, headers, body, signal }: InnerRequest,
): Promise<Response> {
  const forwarded = new Headers(headers);
  forwarded.delete("host");
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    return await run(new Request(url, { method, headers: forwarded, signal, ...(hasBody && { body }) }));
  } catch (error) {
    return plainText(500, `the service failed: ${error instanceof Error ? error.message : error}`);
  }
}
