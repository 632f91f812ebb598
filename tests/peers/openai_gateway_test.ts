// The official client of OpenAI's API, unmodified, through a gateway to a service of the emulator, over two sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { APIError, APIUserAbortError, NotFoundError, PermissionDeniedError } from "openai";
import { Predictor } from "../../core/predictor.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { serve } from "../../plugins/emulator/serve.ts";
import { below, type GatewayOptions, toFetchHandler } from "../../plugins/gateway/mod.ts";
import { api } from "../support/signed_calls.ts";
import { events, messages, readText, words } from "./openai_chat.ts";

const token = "invented-token";
const lines = words.map((content) =>
  `data: ${
    JSON.stringify({ id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })
  }\n\n`
);

/** Runs a test with a client of a gateway before a service that answers so. */
async function withClient(
  answer: (request: Request) => Response,
  run: (client: OpenAI, seen: Request[]) => Promise<void>,
  options: GatewayOptions = {},
): Promise<void> {
  const seen: Request[] = [];
  const llm = (request: Request): Response => (seen.push(request), answer(request));
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers: { llm } });
  await using eas = await serve(cloud);
  await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "llm", token } });
  const handle = toFetchHandler(
    new Predictor({ endpoint: eas.url, serviceName: "llm", token, retry: false }),
    {
      path: below("/llm", ["/v1/chat/completions", "/v1/models"]),
      methods: ["GET", "POST"],
      authorize: ({ headers }) =>
        headers.get("authorization") === "Bearer caller" ? undefined : new Response(null, { status: 403 }),
      ...options,
    },
  );
  await using edge = await serve({ handle });
  const baseURL = `${edge.url}/llm/v1`;
  await assert.rejects(new OpenAI({ baseURL, apiKey: "wrong" }).models.list(), PermissionDeniedError);
  await run(new OpenAI({ baseURL, apiKey: "caller", maxRetries: 0 }), seen);
}

test("openai streams chat through a gateway, which has the service's token", async () => {
  await withClient(() => events([...lines, "data: [DONE]\n\n"]), async (client, seen) => {
    assert.deepEqual(await readText(client), { text: words.join("") });
    const [{ url, headers }] = seen as [Request];
    assert.equal(new URL(url).pathname, "/v1/chat/completions");
    assert.equal(headers.get("authorization"), token);
    assert.equal(headers.get("x-stainless-lang"), null); // only what is listed passes
  });
});

test("openai that stops reading closes the gateway's connection to the service", async () => {
  await withClient(() => events(lines, "stall"), async (client, seen) => {
    const chunks = await client.chat.completions.create({ model: "qwen", messages, stream: true });
    let text = "";
    for await (const { choices } of chunks) {
      text += choices[0]?.delta.content ?? "";
      if (text === words.join("")) break; // while the service is still speaking
    }
    const { signal } = seen[0]!;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
});

test("openai that is aborted closes the gateway's connection to the service", async () => {
  await withClient(() => events(lines, "stall"), async (client, seen) => {
    const caller = new AbortController();
    const reading = readText(client, caller.signal);
    while (!seen.length) await new Promise((resolve) => setTimeout(resolve, 1));
    caller.abort();
    const { error } = await reading;
    assert.ok(error === undefined || error instanceof APIUserAbortError, String(error));
    const { signal } = seen[0]!;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
});

test("openai is told by a typed error when the service breaks off, or falls silent, in the middle", async () => {
  for (const [then, message] of [["break", /broke off/], ["stall", /took too long/]] as const) {
    await withClient(() => events(lines, then), async (client) => {
      const { text, error } = await readText(client);
      assert.equal(text, words.join(""));
      assert.ok(error instanceof APIError, String(error));
      assert.match(JSON.stringify(error.error), message);
    }, { idleTimeout: 50 });
  }
});

test("openai reads the service's own refusals through a gateway, and lists of models", async () => {
  const error = { message: "The model `x` does not exist.", type: "NotFoundError", param: null, code: 404 };
  const answer = ({ method }: Request): Response =>
    method === "GET"
      ? Response.json({ object: "list", data: [{ id: "qwen", object: "model" }] })
      : Response.json({ error }, { status: 404 });
  await withClient(answer, async (client) => {
    await assert.rejects(
      client.chat.completions.create({ model: "x", messages }),
      (thrown) => thrown instanceof NotFoundError && /does not exist/.test(thrown.message),
    );
    const models: string[] = [];
    for await (const { id } of client.models.list()) models.push(id);
    assert.deepEqual(models, ["qwen"]);
  });
});
