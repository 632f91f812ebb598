import type { Predictor } from "../../core/predictor.ts";
import { toFetchHandler } from "../../plugins/gateway/mod.ts";
import { chatStream } from "../../plugins/predict/chat.ts";
import { map, mapRetry } from "../../plugins/predict/map.ts";
import { openai } from "../../plugins/predict/openai.ts";
import { stream } from "../../plugins/predict/stream.ts";
import { AsyncPredictor, QueueClient } from "../../plugins/queue/mod.ts";

/** What a call may take: the longest time of what it waits for, in milliseconds. */
export interface Patience {
  signal?: AbortSignal;
  ms?: number;
}

/** Everything that calls a service, each until its answer is over. */
export const surfaces: Readonly<
  Record<string, (predictor: Predictor, patience: Patience) => Promise<unknown>>
> = {
  "predict()": (predictor, { signal, ms }) => predictor.predict(1, { signal, timeout: ms }),
  "rawPredict()": async (predictor, { signal, ms }) =>
    await (await predictor.rawPredict(1, { signal, timeout: ms })).text(),
  "stream()": async (predictor, { signal, ms }) =>
    await read(await stream(predictor, {}, { signal, idleTimeout: ms, headersTimeout: ms })),
  "chatStream()": async (predictor, { signal, ms }) => {
    const messages = [{ role: "user", content: "Hi" }];
    const options = { signal, idleTimeout: ms, headersTimeout: ms, path: "" }; // the path says what the service does
    await read(await chatStream(predictor, { messages }, options));
  },
  "openai()": async (predictor, { signal, ms }) => {
    const { baseURL, fetch } = openai(predictor, { path: "", idleTimeout: ms, headersTimeout: ms });
    const response = await fetch(`${baseURL}/`, { method: "POST", body: "{}", signal });
    if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status });
    await response.text();
  },
  "map()": async (predictor, { signal, ms }) => {
    const retry = { ...mapRetry, retries: 2, baseDelay: ms === undefined ? 1e6 : 1, maxDelay: 1e6 };
    const options = { signal, timeout: ms, concurrency: 2, retry };
    for await (const result of map(predictor, [1, 2], options)) if (!result.ok) throw result.error;
  },
  "a queue's get()": (predictor, { signal, ms }) =>
    new QueueClient(predictor).get({ wait: ms === undefined ? 5_000 : 0, signal, timeout: ms }),
  "a queue's watch()": (predictor, { signal, ms }) =>
    new QueueClient(predictor).watch({ signal, idleTimeout: ms, reconnects: ms && 0 }).next(),
  "the wait for a task": (predictor, { signal, ms }) =>
    new AsyncPredictor(predictor).task("r").result({ signal, timeout: ms }),
  "a gateway": async (predictor, { signal, ms }) => {
    const handle = toFetchHandler(predictor, { timeout: ms, idleTimeout: ms });
    const request = new Request("http://gateway/", { method: "POST" });
    if (signal) Object.defineProperty(request, "signal", { value: signal }); // else it would have one of its own
    const response = await handle(request);
    if (!response.ok && !signal?.aborted) {
      throw Object.assign(new Error("refused"), { status: response.status });
    }
    const text = await response.text();
    signal?.throwIfAborted(); // nobody is there to see what it says then
    if (text.includes('"error"')) throw new Error(text);
  },
};

async function read(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}
