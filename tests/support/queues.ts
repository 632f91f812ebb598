import type { Fetch } from "../../core/fetch.ts";
import { Predictor, type PredictorOptions } from "../../core/predictor.ts";
import { systemClock } from "../../core/clock.ts";
import type { EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { frameHeader } from "../../plugins/queue/framing.ts";
import { dataFrame, encode } from "../../protos/queue.ts";
import { queueCalls } from "./queue_calls.ts";

/** Address of the queue. */
export const endpoint = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/jobs";

/** A request that a queue has seen. */
export interface SeenCall {
  method: string;
  /** Path and query below the service. */
  target: string;
  headers: Headers;
  body: string;
  signal: AbortSignal | null | undefined;
}

/** A predictor of a queue and what the queue has seen. */
export interface SeenQueue {
  predictor: Predictor;
  seen: SeenCall[];
  /** What sends, for a predictor of one's own. */
  fetch: Fetch;
}

/** A queue that answers as told, one answer for each request; the last is repeated. An error breaks the connection. */
export function scriptedQueue(
  answers: (Response | Error | ((call: SeenCall) => Response | Promise<Response>))[],
  options: Partial<PredictorOptions> = {},
): SeenQueue {
  let at = 0;
  const bodies = new Map<Response, ArrayBuffer>(); // a clone would hold on to what is cancelled, as the half of a tee
  return seenQueue(async (_, __, call) => {
    const answer = answers[Math.min(at++, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    if (typeof answer === "function") return await answer(call);
    const body = bodies.get(answer) ?? await answer.arrayBuffer();
    bodies.set(answer, body);
    return new Response(body.byteLength ? body : null, answer);
  }, options);
}

/** A queue of the emulator, which is called `jobs`. */
export async function emulatedQueue(
  config: Record<string, unknown> = {},
  options: EmulatorOptions = {},
): Promise<SeenQueue> {
  const { cloud } = await queueCalls(config, { clock: systemClock, ...options });
  return seenQueue((url, init) => cloud.fetch(url, init));
}

/** A frame as a watch sends it. */
export function frame(index: bigint, data = "x"): Uint8Array<ArrayBuffer> {
  const message = encode(dataFrame, { index, data });
  const bytes = new Uint8Array([...frameHeader(message.length), ...message]);
  return bytes;
}

/** An answer of some chunks, which ends, breaks, or stays open behind them. */
export function streamed(chunks: Uint8Array[], end: "ends" | "breaks" | "stays" = "ends"): Response {
  let at = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        const chunk = chunks[at++];
        if (chunk) return controller.enqueue(chunk);
        if (end === "ends") return controller.close();
        if (end === "breaks") return controller.error(new TypeError("connection reset"));
        return new Promise(() => {});
      },
    }, { highWaterMark: 0 }),
  );
}

function seenQueue(
  answer: (url: string, init: RequestInit, call: SeenCall) => Response | Promise<Response>,
  options: Partial<PredictorOptions> = {},
): SeenQueue {
  const seen: SeenCall[] = [];
  const fetch: Fetch = async (url, init) => {
    const body = init.body ? await new Response(init.body).text() : "";
    const call = {
      method: init.method ?? "GET",
      target: url.slice(endpoint.length),
      headers: new Headers(init.headers),
      body,
      signal: init.signal,
    };
    seen.push(call);
    init.signal?.throwIfAborted();
    return await answer(url, init, call);
  };
  const predictor = new Predictor({ endpoint, token: "token", fetch, ...options });
  return { predictor, seen, fetch };
}
