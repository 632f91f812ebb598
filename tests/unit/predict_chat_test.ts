import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError, TimeoutError } from "../../core/errors.ts";
import {
  chat,
  type ChatChunk,
  chatCompletion,
  chatModels,
  chatStream,
  chatText,
  StreamError,
} from "../../plugins/predict/chat.ts";
import { readAll, type Step, streaming } from "../support/streaming.ts";

const messages = [{ role: "user", content: "Greet me" }];
const json = { type: "application/json" };
const completion = {
  id: "c1",
  model: "qwen",
  created: 1700000000,
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};
const done = "data: [DONE]\n\n";
const line = (choices: unknown[], more = {}): string =>
  `data: ${JSON.stringify({ id: "c1", model: "qwen", created: 1700000000, choices, ...more })}\n\n`;
const says = (delta: unknown, index = 0): string => line([{ index, delta, finish_reason: null }]);
const ends = (finish_reason: string, index = 0): string => line([{ index, delta: {}, finish_reason }]);
const sent = ({ requests }: ReturnType<typeof streaming>) => ({
  path: new URL(requests[0]!.url).pathname,
  body: JSON.parse(new TextDecoder().decode(requests[0]!.init.body as Uint8Array)),
  accept: new Headers(requests[0]!.init.headers).get("accept"),
});

test("chat() posts the request and resolves to the answer", async () => {
  const service = streaming([JSON.stringify(completion)], json);
  const request = Object.freeze({ messages, model: "qwen", max_tokens: 100, top_k: 5 });
  assert.deepEqual(await chat(service.predictor, request), completion);
  assert.deepEqual(sent(service), {
    path: "/api/predict/poet/v1/chat/completions",
    body: { ...request, stream: false },
    accept: "application/json",
  });
});

test("chat() asks at another path when told", async () => {
  const service = streaming([JSON.stringify(completion)], json);
  await chat(service.predictor, { messages }, { path: "chat/completions" });
  assert.equal(sent(service).path, "/api/predict/poet/chat/completions");
});

test("chat() reads an answer whatever type it claims to have", async () => {
  assert.deepEqual(
    await chat(streaming([JSON.stringify(completion)], { type: "text/plain" }).predictor, { messages }),
    completion,
  );
});

test("chat() and chatStream() refuse to ask nothing", async () => {
  const service = streaming([], json);
  for (const ask of [chat, chatStream]) {
    await assert.rejects(ask(service.predictor, { messages: [] }), TypeError);
    await assert.rejects(ask(service.predictor, {} as { messages: [] }), TypeError);
  }
  assert.equal(service.requests.length, 0);
});

test("chat() throws what the service refuses", async () => {
  const body = {
    object: "error",
    message: "The model `x` does not exist.",
    type: "NotFoundError",
    code: 404,
  };
  const { predictor } = streaming([JSON.stringify(body)], { ...json, status: 404 });
  await assert.rejects(
    chat(predictor, { messages, model: "x" }),
    (error) =>
      error instanceof PredictionError && error.status === 404 && /does not exist/.test(error.message),
  );
});

const strange: [what: string, steps: Step[], code: string][] = [
  ["an error with status 200", ['{"error":{"message":"overloaded","code":"busy"}}'], "busy"],
  ["HTML", ["<html>"], "InvalidEvent"],
  ["JSON of another kind", ['{"answer":"Hello"}'], "InvalidEvent"],
  ["null", ["null"], "InvalidEvent"],
  ["nothing", [], "InvalidEvent"],
  ["an answer that breaks off", ['{"choices"', new TypeError("reset")], "StreamBroken"],
];
for (const [what, steps, code] of strange) {
  test(`chat() throws when the answer is ${what}`, async () => {
    await assert.rejects(
      chat(streaming(steps, json).predictor, { messages }),
      (error) =>
        error instanceof StreamError && error.code === code &&
        error.message.startsWith('Cannot chat with "poet": '),
    );
  });
}

test("chat() can be stopped and takes no longer than it may", async () => {
  const { predictor, cancelled } = streaming(["{", "stall"], json);
  const signal = AbortSignal.timeout(5);
  await assert.rejects(chat(predictor, { messages }, { signal }), { name: "TimeoutError" });
  await assert.rejects(chat(predictor, { messages }, { idleTimeout: 5 }), TimeoutError);
  assert.equal(cancelled.length, 2);
});

test("chatStream() asks for a stream and reads its parts", async () => {
  const service = streaming([
    says({ role: "assistant", content: "" }),
    says({ content: "Hel" }),
    says({ content: "lo" }),
    ends("stop"),
    done,
  ]);
  const answer = await chatStream(service.predictor, { messages, model: "qwen" });
  const { items } = await readAll(answer);
  assert.deepEqual(items.map(({ choices }) => choices[0]?.delta.content), ["", "Hel", "lo", undefined]);
  assert.equal(answer.completed, true);
  assert.deepEqual(sent(service).body, { messages, model: "qwen", stream: true });
});

test("chatText() yields the text of the first choice and leaves no connection when it is left", async () => {
  const steps = [
    says({ role: "assistant" }),
    says({ content: "A" }),
    says({ content: "x" }, 1),
    says({ content: "B" }),
  ];
  const service = streaming([...steps, says({ content: null }), done]);
  assert.deepEqual((await readAll(chatText(await chatStream(service.predictor, { messages })))).items, [
    "A",
    "B",
  ]);
  const other = streaming([...steps, "stall"]);
  for await (const _ of chatText(await chatStream(other.predictor, { messages }))) break;
  assert.equal(other.cancelled.length, 1);
});

test("chatStream() throws an error in the middle after the text before it", async () => {
  const { predictor } = streaming([
    says({ content: "A" }),
    'data: {"error":{"message":"CUDA error","type":"InternalServerError","code":500}}\n\n',
  ]);
  const { items, error } = await readAll(chatText(await chatStream(predictor, { messages })));
  assert.deepEqual(items, ["A"]);
  assert.ok(error instanceof StreamError);
  assert.deepEqual([error.status, error.code, error.retryable, error.received], [
    500,
    "InternalServerError",
    true,
    1,
  ]);
});

test("chatStream() takes an answer in one piece, from a server that doesn't stream, for one part", async () => {
  const { predictor } = streaming([JSON.stringify(completion)], json);
  assert.deepEqual(await chatCompletion(await chatStream(predictor, { messages })), completion);
});

test("chatStream() refuses what is no part of an answer", async () => {
  await assert.rejects(chatStream(streaming(['data: {"text":"a"}\n\n']).predictor, { messages }), {
    code: "InvalidEvent",
  });
});

test("chatCompletion() makes the whole of its parts: choices, calls, thoughts, usage", async () => {
  const call = (index: number, part: object): string => says({ tool_calls: [{ index, ...part }] });
  const { predictor } = streaming([
    says({ role: "assistant", content: null, reasoning_content: "Weather" }),
    says({ reasoning_content: "…" }),
    call(0, { id: "a", type: "function", function: { name: "weather", arguments: "" } }),
    call(0, { function: { arguments: '{"city":' } }),
    call(1, { id: "b", type: "function", function: { name: "time", arguments: "{}" } }),
    call(0, { function: { arguments: '"杭州"}' } }),
    says({ role: "assistant", content: "Hi" }, 1),
    ends("stop", 1),
    ends("tool_calls"),
    line([], { usage: completion.usage }),
    done,
  ]);
  const whole = await chatCompletion(await chatStream(predictor, { messages }));
  assert.deepEqual(whole, {
    ...completion,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          reasoning_content: "Weather…",
          tool_calls: [
            { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"杭州"}' } },
            { id: "b", type: "function", function: { name: "time", arguments: "{}" } },
          ],
        },
        finish_reason: "tool_calls",
      },
      { index: 1, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" },
    ],
  });
});

test("chatCompletion() of an answer that was cut has no finish_reason", async () => {
  async function* parts(): AsyncGenerator<ChatChunk> {
    yield { id: "c", model: "m", created: 1, choices: [{ index: 0, delta: { content: "Hel" } }] };
  }
  const { choices } = await chatCompletion(parts());
  assert.deepEqual(choices, [{
    index: 0,
    message: { role: "assistant", content: "Hel" },
    finish_reason: null,
  }]);
});

test("chatModels() lists what the service has", async () => {
  const service = streaming(['{"object":"list","data":[{"id":"qwen"},{"id":"lora-1"}]}'], json);
  assert.deepEqual(await chatModels(service.predictor), ["qwen", "lora-1"]);
  const [{ url, init }] = service.requests as [typeof service.requests[0]];
  assert.deepEqual([url, init.method, init.body], ["http://h/api/predict/poet/v1/models", "GET", undefined]);
  await assert.rejects(chatModels(streaming(["{}"], json).predictor), { code: "InvalidEvent" });
});
