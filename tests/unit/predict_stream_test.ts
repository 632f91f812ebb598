import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError } from "../../core/errors.ts";
import { stream, StreamError } from "../../plugins/predict/stream.ts";
import { readAll, streaming } from "../support/streaming.ts";
import { vectors } from "../support/vectors.ts";

interface SseVectors {
  cases: { id: string; chunksHex: string[]; events: { data: string; event?: string; id?: string }[] }[];
}

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const joined = (chunks: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
const bytewise = (bytes: Uint8Array): Uint8Array<ArrayBuffer>[] =>
  Array.from(bytes, (byte) => Uint8Array.of(byte));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const ndjson = { type: "application/x-ndjson" };

const { cases } = vectors<SseVectors>("eas/sse");
for (const { id, chunksHex, events } of cases) {
  // The vectors list raw events; the SDK ends at [DONE] and does not yield it.
  const wanted = events.filter(({ data }) => data !== "[DONE]");
  const chunks = chunksHex.map(fromHex);
  const cuts = { "as given": chunks, "in one": [joined(chunks)], "byte by byte": bytewise(joined(chunks)) };
  for (const [cut, steps] of Object.entries(cuts)) {
    test(`stream() reads the vector ${id} ${cut}`, async () => {
      const answer = await stream(streaming(steps).predictor, {});
      assert.deepEqual(plain(await readAll(answer)), { items: wanted });
      assert.equal(answer.received, wanted.length);
      assert.equal(answer.completed, events.at(-1)!.data === "[DONE]");
    });
  }
}

test("stream() takes a byte order mark away, and yields an event that CR ends before more comes", async () => {
  const bytes = new TextEncoder().encode("\uFEFFdata: a\r\r");
  const service = streaming([...bytewise(bytes), "stall"]);
  const events = await stream(service.predictor, {});
  const first = await events[Symbol.asyncIterator]().next();
  assert.equal(first.value?.data, "a");
  await events.cancel();
});

test("stream() posts the input as JSON to the path, with the token", async () => {
  const { predictor, requests } = streaming(["data: 1\n\n"]);
  await readAll(
    await stream(predictor, { prompt: "Hi" }, { path: "/generate", query: { n: 1 }, headers: { a: "b" } }),
  );
  const [{ url, init }] = requests as [typeof requests[0]];
  const headers = new Headers(init.headers);
  assert.equal(url, "http://h/api/predict/poet/generate?n=1");
  assert.equal(init.method, "POST");
  assert.equal(new TextDecoder().decode(init.body as Uint8Array), '{"prompt":"Hi"}');
  assert.deepEqual(["authorization", "content-type", "a"].map((name) => headers.get(name)), [
    "t0ken",
    "application/json",
    "b",
  ]);
  assert.match(headers.get("accept")!, /^text\/event-stream, /);
});

test("stream() sends a query to the service's own address, too", async () => {
  for (const path of [undefined, ""]) {
    const { predictor, requests } = streaming(["data: 1\n\n"]);
    await readAll(await stream(predictor, {}, { path, query: { n: 1 } }));
    assert.equal(requests[0]!.url, "http://h/api/predict/poet?n=1");
  }
});

test("stream() leaves the caller's own accept header and options as they are", async () => {
  const { predictor, requests } = streaming(["data: 1\n\n"]);
  const options = Object.freeze({ headers: Object.freeze({ Accept: "text/event-stream" }) });
  await readAll(await stream(predictor, {}, options));
  assert.equal(new Headers(requests[0]!.init.headers).get("accept"), "text/event-stream");
});

test("stream() as json parses what events say", async () => {
  const { predictor } = streaming([
    'data: {"n":1}\n\ndata: [2',
    "]\n\ndata: null\n\ndata: [DONE]\n\ndata: later\n\n",
  ]);
  const answer = await stream<unknown>(predictor, {}, { as: "json" });
  assert.deepEqual(await readAll(answer), { items: [{ n: 1 }, [2], null] });
  assert.equal(answer.completed, true);
});

const jsonLines: [what: string, steps: string[], items: unknown[]][] = [
  ["lines", ['{"a":1}\n{"a":2}\n'], [{ a: 1 }, { a: 2 }]],
  ["a last line without an end", ['{"a":1}\n{"a"', ":2}"], [{ a: 1 }, { a: 2 }]],
  ["CRLF and empty lines", ["\r\n1\r\n\n  \n2\r", "\n\n"], [1, 2]],
  ["a line in many chunks", ["[", "1", ",", "2", "]", "\n3"], [[1, 2], 3]],
  ["nothing", [], []],
  ["[DONE] as no end", ['"[DONE]"\n1\n'], ["[DONE]", 1]],
];
for (const [what, steps, items] of jsonLines) {
  test(`stream() reads JSON lines: ${what}`, async () => {
    const answer = await stream(streaming(steps, ndjson).predictor, {}, { as: "json" });
    assert.deepEqual(await readAll(answer), { items });
    assert.equal(answer.completed, true);
  });
}

test("stream() reads lines cut anywhere, in the middle of characters too", async () => {
  const lines = ['{"name":"模型 😀"}', '"é"', "[]", '{"x":[1,2,3]}'];
  const bytes = new TextEncoder().encode(lines.join("\n"));
  for (let at = 0; at <= bytes.length; at++) {
    const steps = [bytes.slice(0, at), bytes.slice(at)];
    const { items } = await readAll(await stream(streaming(steps, ndjson).predictor, {}));
    assert.deepEqual(items.map(({ data }) => data), lines, `cut at ${at}`);
  }
});

for (const type of ["application/json", "application/json; charset=utf-8", "application/problem+json"]) {
  test(`stream() takes ${type}, which is no stream, as one item`, async () => {
    const { predictor } = streaming(['{"a":', "1}"], { type });
    assert.deepEqual(await readAll(await stream(predictor, {}, { as: "json" })), { items: [{ a: 1 }] });
  });
}

for (const type of ["application/jsonl", "application/x-jsonlines", "Application/X-NDJSON;charset=utf-8"]) {
  test(`stream() reads ${type} by lines`, async () => {
    assert.equal((await readAll(await stream(streaming(["1\n2\n"], { type }).predictor))).items.length, 2);
  });
}

test("stream() as bytes yields the chunks of any answer", async () => {
  const chunks = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(255)];
  const answer = await stream(streaming(chunks, { type: "image/png" }).predictor, {}, { as: "bytes" });
  assert.deepEqual(await readAll(answer), { items: [chunks[0], chunks[2]] });
  assert.equal(answer.completed, true);
  assert.equal(answer.headers.get("content-type"), "image/png");
});

test("stream() ends at once when the answer has no body", async () => {
  const { predictor } = streaming([], { fetch: () => new Response(null, { status: 204 }) });
  for (const as of ["events", "json", "bytes"]) {
    const answer = await stream(predictor, {}, { as: as as "json" });
    assert.deepEqual([(await readAll(answer)).items, answer.completed], [[], true], as);
  }
});

test("stream() refuses an answer that is no stream and tells what it was", async () => {
  const { predictor, cancelled } = streaming(["<html>busy</html>", "more"], { type: "text/html" });
  await assert.rejects(
    stream(predictor, {}),
    (error) =>
      error instanceof StreamError && error.code === "NotAStream" && error.body === "<html>busy</html>" &&
      error.message ===
        'Cannot stream from "poet": can\'t read text/html as a stream; see the option framing: <html>busy</html>',
  );
  assert.equal(cancelled.length, 1);
});

test("stream() reads an answer that tells no type, or a wrong one, as the option framing says", async () => {
  for (const [framing, count] of [["sse", 1], ["lines", 2], ["whole", 1]] as const) {
    const { predictor } = streaming(["data: 1\ndata: 2\n\n"], { type: "text/html" });
    assert.equal((await readAll(await stream(predictor, {}, { framing }))).items.length, count, framing);
  }
});

test("stream() throws what the service refuses before there is a stream", async () => {
  const { predictor } = streaming(["no such model"], { status: 404, type: "text/plain" });
  await assert.rejects(
    stream(predictor, {}),
    (error) => error instanceof PredictionError && error.status === 404 && error.body === "no such model",
  );
});

test("stream() retries what was not answered, and nothing after that", async () => {
  const sse = { headers: { "content-type": "text/event-stream" } };
  const broken = (): ReadableStream => new ReadableStream({ start: (c) => c.error(new TypeError("reset")) });
  const answers = [
    new Response("no healthy upstream", { status: 503 }),
    new Response(broken(), sse),
    Response.json(1),
  ];
  const retry = { retries: 2, baseDelay: 0, maxDelay: 0, statuses: { 503: {} } };
  const { predictor } = streaming([], { fetch: () => answers.shift()!, retry });
  await assert.rejects(
    stream(predictor, {}),
    (error) => error instanceof StreamError && error.code === "StreamBroken" && error.received === 0,
  );
  assert.equal(answers.length, 1);
});
