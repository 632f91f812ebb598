import type { Fetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { type GatewayOptions, toFetchHandler } from "../../plugins/gateway/mod.ts";

/** What a service behind a gateway has seen of a request. */
export interface SeenRequest {
  url: string;
  method: string;
  headers: Headers;
  signal: AbortSignal;
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined;
}

/** A service that answers as told. */
export type Answer = (seen: SeenRequest, attempt: number) => Response | Promise<Response>;

/** Where the service is, and its token: callers must see neither. */
export const secrets: readonly string[] = ["t0ken/+=", "internal-host", "secret-service"];

/** A gateway before a service that answers as told, retried once at once, and what each has seen. */
export function gatewayTo(
  answer: Answer = () => Response.json({ ok: true }),
  options: GatewayOptions = {},
): { handle: (request: Request) => Promise<Response>; seen: SeenRequest[]; errors: unknown[] } {
  const seen: SeenRequest[] = [];
  const errors: unknown[] = [];
  const fetch: Fetch = (url, { method = "GET", headers, body, signal }) => {
    // what rawPredict() makes of a body that it is given by a gateway
    const given = body as SeenRequest["body"];
    seen.push({ url, method, headers: new Headers(headers), signal: signal!, body: given });
    return answer(seen.at(-1)!, seen.length);
  };
  const predictor = new Predictor({
    endpoint: `http://${secrets[1]}/api/predict/${secrets[2]}`,
    token: secrets[0],
    retry: { retries: 1, baseDelay: 1, maxDelay: 1, statuses: { 503: {} } },
    fetch,
  });
  const handle = toFetchHandler(predictor, { onError: (error) => errors.push(error), ...options });
  return { handle, seen, errors };
}

/** A request of a caller, by POST unless told otherwise. */
export function call(init: RequestInit = {}, path = "/"): Request {
  const half: RequestInit & { duplex: "half" } = { method: "POST", duplex: "half", ...init };
  return new Request(`https://gateway.example.com${path}`, half);
}

/** Bytes of text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A stream that is written to from outside, and what its reader did. */
export function pipe(): {
  stream: ReadableStream<Uint8Array>;
  write(text: string): void;
  close(): void;
  fail(error: Error): void;
  cancelled: unknown[];
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start: (it) => void (controller = it),
    cancel: (reason) => void cancelled.push(reason),
  });
  return {
    stream,
    write: (text) => controller.enqueue(utf8(text)),
    close: () => controller.close(),
    fail: (error) => controller.error(error),
    cancelled,
  };
}

/** Whether a request has been ended, for which `fetch` takes either: its signal, or that its answer isn't read on. */
export function isEnded({ signal }: SeenRequest, { cancelled }: { cancelled: unknown[] }): boolean {
  return signal.aborted || cancelled.length > 0;
}

/** Waits until something holds that other tasks bring about. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 5000) throw new Error("it never held");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
