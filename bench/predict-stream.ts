/**
 * What `stream` and `chatStream` cost over reading the raw body: 10,000 events of a chat, from a server on a port of
 * this machine, each written for itself, or ten at a time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { Predictor } from "../core/predictor.ts";
import { chatStream } from "../plugins/predict/chat.ts";
import { stream } from "../plugins/predict/stream.ts";
import type { Candidate, Contest } from "./measure.ts";

const token = "invented-token";
const count = 10_000;
const messages = [{ role: "user" as const, content: "Count" }];

const events = Array.from({ length: count }, (_, i) => {
  const choices = [{ index: 0, delta: { content: ` ${i}` }, finish_reason: null }];
  const chunk = { id: "c1", object: "chat.completion.chunk", created: 1_700_000_000, model: "qwen", choices };
  return `data: ${JSON.stringify(chunk)}\n\n`;
});
const length = new TextEncoder().encode(events.join("")).length + "data: [DONE]\n\n".length;

/** The contests, one way of writing each. */
export async function* predictStreamContests(): AsyncGenerator<Contest> {
  for (const together of [1, 10]) {
    await using server = await startServer(together);
    const candidates = readers(server.url);
    for (const { name, call } of candidates) {
      assert.equal(await call(), name.includes("raw") ? length : count, `${name} reads another number`);
    }
    const how = together === 1 ? "each by itself" : `${together} at a time`;
    yield {
      name: `predict: ${count.toLocaleString("en")} events, ${how}`,
      candidates,
      effort: { turn: 200 },
    };
  }
}

function readers(url: string): [Candidate, ...Candidate[]] {
  const predictor = new Predictor({ endpoint: url, token });
  const request = { model: "qwen", messages, stream: true as const };
  const openai = new OpenAI({ apiKey: token, baseURL: url });
  return [
    { name: "bare `fetch`: the raw body", call: () => readRaw(url, request) },
    { name: "**`stream`**: events", call: async () => await countItems(await stream(predictor, request)) },
    {
      name: "**`stream`**: what they say in JSON",
      call: async () => await countItems(await stream(predictor, request, { as: "json" })),
    },
    {
      name: "**`stream`**: passed on, the raw body",
      call: async () => await lengthOf((await stream(predictor, request)).toResponse()),
    },
    { name: "**`chatStream`**", call: async () => await countItems(await chatStream(predictor, request)) },
    { name: "`openai`", call: async () => await countItems(await openai.chat.completions.create(request)) },
  ];
}

async function readRaw(url: string, body: unknown): Promise<number> {
  const headers = { authorization: token, "content-type": "application/json" };
  return await lengthOf(await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function lengthOf({ body }: Response): Promise<number> {
  const reader = body!.getReader(); // it has one
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.length;
  }
}

async function countItems(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count++;
  return count;
}

async function startServer(together: number): Promise<AsyncDisposable & { url: string }> {
  const writes = Array.from(
    { length: count / together },
    (_, i) => events.slice(i * together, (i + 1) * together).join(""),
  );
  const server = createServer(async (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const text of writes) if (!response.write(text)) await once(response, "drain");
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a path
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
