import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chatProcessor,
  type ChatProcessorOptions,
  type ChatScript,
  type Handler,
  ndjson,
  type ServerEvent,
  sse,
} from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";

const messages = [{ role: "user", content: "say hello" }];

async function ask(
  script: ChatScript,
  body: unknown = { messages },
  options: ChatProcessorOptions = {},
): Promise<Response> {
  const handler: Handler = chatProcessor(script, { clock: fakeClock(), ...options });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await handler(new Request("http://llm/v1/chat/completions", { method: "POST", body: text }));
}

/** The JSON of each `data:` line; `[DONE]` as it is. */
async function events(response: Response): Promise<unknown[]> {
  const blocks = (await response.text()).split("\n\n").filter(Boolean);
  return blocks.map((block) => {
    const data = block.replace(/^data: /, "");
    return data === "[DONE]" ? data : JSON.parse(data);
  });
}

/** What the answer's chunks say. */
interface Chunk {
  choices: { delta: { content?: string; role?: string }; finish_reason: string | null }[];
  usage?: unknown;
}

const echo: ChatScript = ({ messages }) => `You said: ${messages.at(-1)?.content}`;

test("chatProcessor() answers at once with what the script says", async () => {
  const answer = await ask(echo, { model: "any", messages });
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(await answer.json(), {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1704067200,
    model: "any",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "You said: say hello" },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 },
  });
});

for (const stream of [true, "true"]) {
  test(`chatProcessor() streams token by token when stream is ${JSON.stringify(stream)}`, async () => {
    const body = { messages, stream, stream_options: { include_usage: true } };
    const answer = await ask(echo, body);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    const all = await events(answer);
    assert.equal(all.pop(), "[DONE]");
    const chunks = all as Chunk[];
    assert.deepEqual(chunks.map(({ choices }) => choices[0]?.delta.content), [
      "",
      "You",
      " said:",
      " say",
      " hello",
      undefined,
      undefined,
    ]);
    assert.equal(chunks[0]?.choices[0]?.delta.role, "assistant");
    assert.equal(chunks[5]?.choices[0]?.finish_reason, "stop");
    const usage = { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 };
    assert.deepEqual([chunks[6]?.choices, chunks[6]?.usage], [[], usage]);
  });
}

test("chatProcessor() stops at max_tokens and says so", async () => {
  const once = await (await ask(echo, { messages, max_tokens: 2 })).json();
  assert.deepEqual([once.choices[0].message.content, once.choices[0].finish_reason], ["You said:", "length"]);
  const chunks = await events(await ask(echo, { messages, max_tokens: 2, stream: true })) as Chunk[];
  assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, "length");
});

test("chatProcessor() answers 500 when the script throws, and tells it in the stream when it throws later", async () => {
  const throwing: ChatScript = () => {
    throw new Error("out of order");
  };
  const answer = await ask(throwing, { messages, stream: true });
  assert.equal(answer.status, 500);
  assert.deepEqual(await answer.json(), {
    object: "error",
    message: "out of order",
    type: "InternalServerError",
    param: null,
    code: 500,
  });
  const later: ChatScript = async function* () {
    yield "one";
    await Promise.reject(new Error("out of memory"));
  };
  const told = await events(await ask(later, { messages, stream: true }));
  assert.deepEqual(told.at(-1), {
    error: { message: "out of memory", type: "InternalServerError", param: null, code: 500 },
  });
});

test("chatProcessor() stops a script whose caller has hung up", async () => {
  let stopped = false;
  const endless: ChatScript = function* () {
    try {
      while (true) yield "again ";
    } finally {
      stopped = true;
    }
  };
  const answer = await ask(endless, { messages, stream: true });
  const reader = answer.body!.getReader(); // a stream has a body
  await reader.read();
  await reader.read();
  await reader.cancel();
  await Promise.resolve();
  assert.equal(stopped, true);
});

for (
  const [what, body, status] of [
    ["no JSON", "{", 400],
    ["no messages", { messages: "hello" }, 400],
    ["a message without role", { messages: [{}] }, 400],
    ["another model", { messages, model: "other" }, 404],
  ] as const
) {
  test(`chatProcessor() answers ${status} to ${what}`, async () => {
    const answer = await ask(echo, body, { models: ["mine"] });
    assert.equal(answer.status, status);
    assert.equal((await answer.json()).code, status);
  });
}

test("chatProcessor() lists its models, and knows no other path", async () => {
  const handler = chatProcessor(echo, { models: ["one", "two"] });
  const listed = await (await handler(new Request("http://llm/v1/models"))).json();
  assert.deepEqual(listed.data.map(({ id }: { id: string }) => id), ["one", "two"]);
  const other = await handler(new Request("http://llm/v2"));
  assert.deepEqual([other.status, await other.json()], [404, { detail: "Not Found" }]);
  assert.equal((await handler(new Request("http://llm/v1/chat/completions"))).status, 405);
});

test("sse() writes events by the standard", async () => {
  const sent: ServerEvent[] = [
    { comment: "hello" },
    { data: "one\ntwo\r\nthree", event: "lines", id: "7", retry: 10 },
    { data: { a: 1 } },
    { data: "" },
  ];
  const answer = sse(sent);
  assert.equal(
    await answer.text(),
    ": hello\n\nevent: lines\nid: 7\nretry: 10\ndata: one\ndata: two\ndata: three\n\n" +
      'data: {"a":1}\n\ndata: \n\n',
  );
});

test("ndjson() writes a line for each value, when it is asked for", async () => {
  let made = 0;
  const answer = ndjson((function* () {
    while (made < 3) yield { n: ++made };
  })());
  assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
  assert.equal(made, 0);
  assert.equal(await answer.text(), '{"n":1}\n{"n":2}\n{"n":3}\n');
});

test("sse() breaks off when its events fail", async () => {
  const answer = sse((async function* () {
    yield { data: 1 };
    await Promise.reject(new Error("lost"));
  })());
  await assert.rejects(answer.text(), /lost/);
});
