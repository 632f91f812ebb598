// What any client of OpenAI's API is lent. The official one is tried in tests/peers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import { bearerAuth } from "../../core/predictor.ts";
import { openai } from "../../plugins/predict/openai.ts";
import { StreamError } from "../../plugins/predict/stream.ts";
import { countedSignal, type Step, streaming } from "../support/streaming.ts";

const json = { type: "application/json" };

test("openai() gives the address of the API, no token and no retries of the client", () => {
  const { predictor } = streaming([], { endpoint: "https://Gateway.example:443/api/predict/qwen/?k=v" });
  const { baseURL, apiKey, maxRetries } = openai(predictor);
  assert.deepEqual([baseURL, maxRetries], ["https://gateway.example/api/predict/qwen/v1", 0]);
  assert.ok(apiKey && !apiKey.includes("t0ken"));
  assert.equal(
    openai(predictor, { path: "/openai/v1/" }).baseURL,
    "https://gateway.example/api/predict/qwen/openai/v1",
  );
});

test("requests have the predictor's authorization and query, and the client's path, body and headers", async () => {
  const service = streaming(["{}"], { ...json, endpoint: "http://h/api/predict/qwen?k=v" });
  const { baseURL, apiKey, fetch } = openai(service.predictor);
  const response = await fetch(`${baseURL}/chat/completions?a=1`, {
    method: "post",
    body: '{"model":"qwen"}',
    headers: {
      Authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      "x-own": "1",
      "content-length": "1",
    },
  });
  assert.deepEqual(await response.json(), {});
  const [{ url, init }] = service.requests as [typeof service.requests[0]];
  assert.deepEqual([url, init.method], ["http://h/api/predict/qwen/v1/chat/completions?k=v&a=1", "POST"]);
  assert.equal(new TextDecoder().decode(init.body as Uint8Array), '{"model":"qwen"}');
  const headers = new Headers(init.headers);
  assert.deepEqual(
    ["authorization", "content-type", "x-own", "content-length"].map((name) => headers.get(name)),
    [
      "t0ken",
      "application/json",
      "1",
      null,
    ],
  );
});

test("a public service is sent no authorization, another way of it is kept", async () => {
  for (
    const [options, sent] of [[{ token: undefined }, null], [{ auth: bearerAuth("b") }, "Bearer b"]] as const
  ) {
    const service = streaming(["{}"], { ...json, ...options });
    const { baseURL, apiKey, fetch } = openai(service.predictor);
    await (await fetch(`${baseURL}/models`, { headers: { authorization: `Bearer ${apiKey}` } })).text();
    assert.equal(new Headers(service.requests[0]!.init.headers).get("authorization"), sent);
    assert.equal(service.requests[0]!.init.method, "GET");
  }
});

test("a Request will do, too, and a URL", async () => {
  const service = streaming(["{}"], json);
  const { baseURL, fetch } = openai(service.predictor);
  await (await fetch(new Request(`${baseURL}/embeddings`, { method: "POST", body: "[1]" }))).text();
  await (await fetch(new URL(`${baseURL}/models`))).text();
  const [first, second] = service.requests as [typeof service.requests[0], typeof service.requests[0]];
  assert.deepEqual([first.init.method, new Uint8Array(first.init.body as ArrayBuffer).length], ["POST", 3]);
  assert.deepEqual([second.init.method, second.init.body], ["GET", undefined]);
});

test("other services are not called", async () => {
  const service = streaming(["{}"], json);
  const { fetch } = openai(service.predictor);
  for (
    const url of ["http://evil/v1/models", "http://h/api/predict/poet2/v1", "http://h/api/predict/poet/../x"]
  ) {
    await assert.rejects(fetch(url), TypeError);
  }
  assert.equal(service.requests.length, 0);
});

const refusals: [status: number, body: string, type: string][] = [
  [401, "Unauthorized", "text/plain"],
  [404, '{"error":{"message":"no such model"}}', "application/json"],
  [450, "queue full", "text/plain"],
  [429, "slow down", "text/plain"],
];
for (const [status, body, contentType] of refusals) {
  test(`what the service refuses with ${status} is an answer to the client`, async () => {
    const { predictor } = streaming([], {
      fetch: () => new Response(body, { status, headers: { "x-request-id": "r1", "retry-after": "7" } }),
      retry: false,
    });
    const { baseURL, fetch } = openai(predictor);
    const response = await fetch(`${baseURL}/models`);
    assert.deepEqual([response.status, await response.text()], [status, body]);
    const told = ["content-type", "x-request-id", "retry-after"].map((name) => response.headers.get(name));
    assert.deepEqual(told, [contentType, "r1", "7"]);
  });
}

test("the predictor retries what may be sent again", async () => {
  const answers = [new Response("queue full", { status: 450 }), Response.json({ ok: true })];
  const retry = { retries: 1, baseDelay: 0, maxDelay: 0, statuses: { 450: {} } };
  const { baseURL, fetch } = openai(streaming([], { fetch: () => answers.shift()!, retry }).predictor);
  assert.deepEqual(
    await (await fetch(`${baseURL}/chat/completions`, { method: "POST", body: "{}" })).json(),
    { ok: true },
  );
});

test("answers keep their headers but those of what was undone, and are read no faster than wanted", async () => {
  const service = streaming(["data: 1\n\n", "data: 2\n\n", "data: [DONE]\n\n"]);
  const { baseURL, fetch } = openai(service.predictor);
  const response = await fetch(`${baseURL}/chat/completions`, { method: "POST", body: "{}" });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(service.asked, 0);
  const reader = response.body!.getReader();
  await reader.read();
  assert.equal(service.asked, 1);
  await reader.cancel("gone");
  assert.deepEqual(service.cancelled, ["gone"]);

  const headers = { "content-encoding": "gzip", "content-length": "9", "x-request-id": "r1" };
  const other = openai(streaming([], { fetch: () => new Response("plain", { headers }) }).predictor);
  const plain = await other.fetch(`${other.baseURL}/models`);
  assert.deepEqual([...plain.headers.keys()].filter((name) => name in headers), ["x-request-id"]);
  assert.equal(await plain.text(), "plain");
});

const broken: [what: string, step: Step, isRight: (error: unknown) => boolean][] = [
  [
    "breaks",
    new TypeError("reset"),
    (error) => error instanceof StreamError && error.code === "StreamBroken",
  ],
  ["stalls", "stall", (error) => error instanceof TimeoutError && error.code === "IdleTimeout"],
];
for (const [what, step, isRight] of broken) {
  test(`a body that ${what} fails in bounded time`, async () => {
    const { baseURL, fetch } = openai(streaming(["data: 1\n\n", step]).predictor, { idleTimeout: 10 });
    const response = await fetch(`${baseURL}/chat/completions`, { method: "POST", body: "{}" });
    await assert.rejects(response.text(), isRight);
  });
}

test("the client's signal stops a request and its body, and is left with no listener", async () => {
  const enough = new Error("enough");
  const service = streaming(["data: 1\n\n", "stall"]), { controller, listeners } = countedSignal();
  const { baseURL, fetch } = openai(service.predictor);
  const response = await fetch(`${baseURL}/x`, { method: "POST", body: "{}", signal: controller.signal });
  setTimeout(() => controller.abort(enough), 5);
  await assert.rejects(response.text(), enough);
  assert.equal(listeners(), 0);
  await assert.rejects(fetch(`${baseURL}/x`, { signal: controller.signal }), enough);

  const never = openai(streaming([], { fetch: () => new Promise(() => {}) }).predictor, {
    headersTimeout: 5,
  });
  await assert.rejects(never.fetch(`${never.baseURL}/x`), TimeoutError);
});
