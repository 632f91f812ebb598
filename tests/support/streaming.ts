import type { Fetch } from "../../core/fetch.ts";
import { Predictor, type PredictorOptions } from "../../core/predictor.ts";

/** What a body does next: sends text or bytes, breaks, or (`"stall"`) nothing for good. */
export type Step = string | Uint8Array<ArrayBuffer> | Error | "stall";

/** A service that streams, and what became of its answer. */
export interface Streaming {
  predictor: Predictor;
  /** Addresses, options and bodies of its requests. */
  requests: { url: string; init: RequestInit }[];
  /** Chunks that were asked for. */
  asked: number;
  /** Reasons of cancellation, by the reader or the signal. */
  cancelled: unknown[];
}

/** Makes a service whose answers take these steps, and which end when they are cancelled or their signal is aborted. */
export function streaming(
  steps: readonly Step[],
  { type = "text/event-stream", status = 200, ...options }: Partial<PredictorOptions> & {
    type?: string;
    status?: number;
  } = {},
): Streaming {
  const fetch: Fetch = (url, init) => {
    served.requests.push({ url, init });
    const rest = steps.values();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        init.signal?.addEventListener("abort", () => {
          served.cancelled.push(init.signal?.reason);
          controller.error(init.signal?.reason);
        });
      },
      pull(controller) {
        served.asked++;
        const step = rest.next().value;
        if (step === "stall") return new Promise(() => {});
        if (step instanceof Error) throw step;
        if (step === undefined) return controller.close();
        controller.enqueue(typeof step === "string" ? new TextEncoder().encode(step) : step);
      },
      cancel(reason) {
        served.cancelled.push(reason);
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status, headers: type ? { "content-type": type } : {} });
  };
  const predictor = new Predictor({
    endpoint: "http://h/api/predict/poet",
    token: "t0ken",
    fetch,
    ...options,
  });
  const served: Streaming = { predictor, requests: [], asked: 0, cancelled: [] };
  return served;
}

/** Reads all items, and the error that ends them if one does. */
export async function readAll<Item>(items: AsyncIterable<Item>): Promise<{ items: Item[]; error?: unknown }> {
  const read: Item[] = [];
  try {
    for await (const item of items) read.push(item);
    return { items: read };
  } catch (error) {
    return { items: read, error };
  }
}

/** A signal that counts its listeners. */
export function countedSignal(): { controller: AbortController; listeners(): number } {
  const controller = new AbortController();
  const { signal } = controller;
  const bound = new Set<unknown>();
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (bound.add(args[1]), add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (bound.delete(args[1]), remove(...args));
  return { controller, listeners: () => bound.size };
}
