import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import { stream, StreamError } from "../../plugins/predict/stream.ts";
import { countedSignal, type Step, streaming } from "../support/streaming.ts";

const text = ": hello\n\ndata: 1\n\n: ping\n\ndata: 2\n\ndata: [DONE]\n\n";

test("toResponse() passes every byte on, comments and those before the first event too", async () => {
  for (const size of [1, 7, 1000]) {
    const steps = Array.from(
      { length: Math.ceil(text.length / size) },
      (_, i) => text.slice(i * size, (i + 1) * size),
    );
    const answer = await stream(streaming(steps).predictor, {});
    assert.equal(await answer.toResponse().text(), text);
    assert.equal(answer.completed, true);
  }
});

test("toResponse() has the media type, no cache, and what its caller adds; no other header of the service", async () => {
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "content-length": "9",
    "set-cookie": "a=b",
  };
  const fetch = () => new Response("data: 1\n\n", { headers });
  const answer = await stream(streaming([], { fetch }).predictor, {});
  const response = answer.toResponse({ status: 203, headers: { "x-own": "1", "cache-control": "private" } });
  assert.equal(response.status, 203);
  assert.deepEqual(Object.fromEntries(response.headers), {
    "cache-control": "private",
    "content-type": "text/event-stream; charset=utf-8",
    "x-own": "1",
  });
  const other = await stream(streaming([], { fetch }).predictor, {});
  assert.equal(other.toResponse().headers.get("cache-control"), "no-cache, no-transform");
  await other.cancel();
  await response.body!.cancel();
});

test("toResponse() reads no further than its reader, and cancels the request when that has gone", async () => {
  const service = streaming(Array.from({ length: 100 }, (_, i) => `data: ${i}\n\n`));
  const { controller, listeners } = countedSignal();
  const answer = await stream(service.predictor, {}, { signal: controller.signal });
  const reader = answer.toResponse().body!.getReader();
  for (const n of [1, 2, 3]) {
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(service.asked, n);
  }
  await reader.cancel("gone");
  assert.deepEqual([service.cancelled, listeners(), answer.completed], [["gone"], 0, false]);
});

const breaks: [what: string, step: Step, error: (error: unknown) => boolean][] = [
  [
    "breaks",
    new TypeError("reset"),
    (error) => error instanceof StreamError && error.code === "StreamBroken",
  ],
  ["stalls", "stall", (error) => error instanceof TimeoutError && error.code === "IdleTimeout"],
];
for (const [what, step, isRight] of breaks) {
  test(`toResponse() breaks with the reason when the service ${what} in the middle`, async () => {
    const { predictor } = streaming(["data: 1\n\n", step]);
    const response = (await stream(predictor, {}, { idleTimeout: 10 })).toResponse();
    await assert.rejects(response.text(), isRight);
  });
}

test("toResponse() breaks when the signal is aborted", async () => {
  const service = streaming(["data: 1\n\n", "stall"]), { controller, listeners } = countedSignal();
  const response = (await stream(service.predictor, {}, { signal: controller.signal })).toResponse();
  setTimeout(() => controller.abort(new Error("enough")), 5);
  await assert.rejects(response.text(), /^Error: enough$/);
  assert.deepEqual([service.cancelled.length, listeners()], [1, 0]);
});

test("toResponse() of bytes passes any answer on", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  const answer = await stream(streaming([bytes], { type: "image/png" }).predictor, {}, { as: "bytes" });
  const response = answer.toResponse();
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  assert.equal(response.headers.get("content-type"), "image/png");
});
