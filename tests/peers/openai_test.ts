// The official client of OpenAI's API, unmodified, through a predictor to a service of the emulator, over a socket.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { APIError, APIUserAbortError, AuthenticationError, NotFoundError } from "openai";
import { TimeoutError } from "../../core/errors.ts";
import { Predictor, type PredictorOptions } from "../../core/predictor.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { serve } from "../../plugins/emulator/serve.ts";
import { openai, type OpenAIOptions } from "../../plugins/predict/openai.ts";
import { api } from "../support/signed_calls.ts";
import { events, messages, readText, words } from "./openai_chat.ts";

const token = "invented-token";

/** What the service has seen of its requests. */
interface Seen {
  path: string;
  headers: Headers;
  body: string;
  signal: AbortSignal;
}

type Answer = (seen: Seen, count: number) => Response;

interface Options extends OpenAIOptions {
  /** Options of the predictor. */
  of?: Partial<PredictorOptions>;
}

/** Runs a test with a client of a service that answers so. */
async function withClient(
  answer: Answer,
  run: (client: OpenAI, seen: Seen[]) => Promise<void>,
  { of, ...options }: Options = {},
): Promise<void> {
  const seen: Seen[] = [];
  const llm = async (request: Request): Promise<Response> => {
    const { url, headers, signal } = request;
    seen.push({ path: new URL(url).pathname, headers, signal, body: await request.text() });
    return answer(seen.at(-1)!, seen.length);
  };
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers: { llm } });
  await using server = await serve(cloud);
  await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "llm", token } });
  const predictor = new Predictor({ endpoint: server.url, serviceName: "llm", token, ...of });
  await run(new OpenAI(openai(predictor, options)), seen);
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${
    JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "qwen", choices })
  }\n\n`;
}

const lines = [
  chunk({ role: "assistant" }),
  ...words.map((content) => chunk({ content })),
  chunk({}, "stop"),
];

test("openai streams chat, with the token of the predictor", async () => {
  await withClient(() => events([...lines, "data: [DONE]\n\n"]), async (client, seen) => {
    assert.deepEqual(await readText(client), { text: words.join("") });
    const [{ path, headers, body }] = seen as [Seen];
    assert.equal(path, "/v1/chat/completions");
    assert.equal(headers.get("authorization"), token);
    assert.match(headers.get("user-agent")!, /^pai-edge-sdk\/\S+ OpenAI\/JS /);
    assert.deepEqual(JSON.parse(body), { model: "qwen", messages, stream: true });
    assert.ok(!Deno.inspect(client, { depth: 10 }).includes(token));
  });
});

test("openai gets the first part while the service is still speaking", async () => {
  await withClient(() => events(lines, "stall"), async (client, seen) => {
    const chunks = await client.chat.completions.create({ model: "qwen", messages, stream: true });
    let text = "";
    for await (const { choices } of chunks) {
      text += choices[0]?.delta.content ?? "";
      if (text === words.join("")) break; // which has to close the connection
    }
    const { signal } = seen[0]!;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
});

test("openai reads whole answers, lists of models and embeddings", async () => {
  const message = { role: "assistant", content: words.join("") };
  const answers: Record<string, unknown> = {
    "/v1/chat/completions": { id: "c1", choices: [{ index: 0, message, finish_reason: "stop" }] },
    "/v1/models": { object: "list", data: [{ id: "qwen", object: "model" }] },
    "/v1/embeddings": { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.5, 1] }] },
  };
  await withClient(({ path }) => Response.json(answers[path]), async (client) => {
    const { choices } = await client.chat.completions.create({ model: "qwen", messages });
    assert.deepEqual(choices[0]?.message, message);
    const models: string[] = [];
    for await (const { id } of client.models.list()) models.push(id);
    assert.deepEqual(models, ["qwen"]);
    const { data } = await client.embeddings.create({ model: "e", input: "x", encoding_format: "float" });
    assert.deepEqual(data[0]?.embedding, [0.5, 1]);
  });
});

test("openai makes its own errors of what the service refuses", async () => {
  const error = { message: "The model `x` does not exist.", type: "NotFoundError", param: null, code: 404 };
  await withClient(() => Response.json({ error }, { status: 404 }), async (client, seen) => {
    await assert.rejects(
      client.chat.completions.create({ model: "x", messages }),
      (thrown) => thrown instanceof NotFoundError && /does not exist/.test(thrown.message),
    );
    assert.equal(seen.length, 1);
  });
  await withClient(() => Response.json({}), async (client, seen) => {
    await assert.rejects(client.models.list(), AuthenticationError);
    assert.equal(seen.length, 0); // the gateway refused it
  }, { of: { token: "wrong" } });
});

test("openai leaves retries to the predictor, which knows a full queue", async () => {
  const retry = { retries: 2, baseDelay: 0, maxDelay: 0, statuses: { 450: {} } };
  const full = (): Response => new Response("queue full", { status: 450 });
  await withClient((_, count) => count < 3 ? full() : events(lines), async (client, seen) => {
    assert.deepEqual(await readText(client), { text: words.join("") });
    assert.equal(seen.length, 3);
  }, { of: { retry } });
  await withClient(full, async (client, seen) => {
    await assert.rejects(client.models.list(), (error) => error instanceof APIError && error.status === 450);
    assert.equal(seen.length, 3);
  }, { of: { retry } });
});

test("openai is told of an error in the middle, and of a connection that breaks", async () => {
  const error = 'data: {"error":{"message":"CUDA error","type":"InternalServerError","code":500}}\n\n';
  await withClient(() => events([...lines, error]), async (client) => {
    const result = await readText(client);
    assert.equal(result.text, words.join(""));
    assert.ok(result.error instanceof APIError && /CUDA error/.test(result.error.message));
  });
  await withClient(() => events(lines, "break"), async (client) => {
    const result = await readText(client);
    assert.equal(result.text, words.join(""));
    assert.equal((result.error as { code?: string }).code, "StreamBroken");
  });
});

test("openai is not left waiting for a service that stalls, and can stop it", async () => {
  await withClient(() => events(lines, "stall"), async (client) => {
    const result = await readText(client);
    assert.equal(result.text, words.join(""));
    assert.ok(result.error instanceof TimeoutError && result.error.code === "IdleTimeout", `${result.error}`);
  }, { idleTimeout: 200 });
  await withClient(() => events(lines, "stall"), async (client, seen) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const { error } = await readText(client, controller.signal);
    assert.ok(error === undefined || error instanceof APIUserAbortError, `${error}`); // it ends its loops quietly
    const { signal } = seen[0]!;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
});
