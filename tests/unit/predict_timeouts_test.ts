import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { HeadersTimeoutError, IdleTimeoutError, withTimeouts } from "../../plugins/predict/timeouts.ts";
import { sleep, watchedSignal } from "../support/watched_signal.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Answers in pieces, each after so many milliseconds; stops for ever at `undefined`. */
function pieces(...pauses: (number | undefined)[]): Fetch {
  return async (_, { signal }) => {
    const [headers, ...chunks] = pauses;
    await (headers === undefined ? new Promise(() => {}) : sleep(headers));
    return new Response(
      new ReadableStream({
        start: (c) => signal?.addEventListener("abort", () => c.error(signal.reason)),
        async pull(controller) {
          if (!chunks.length) return controller.close();
          const pause = chunks.shift();
          await (pause === undefined ? new Promise(() => {}) : sleep(pause));
          controller.enqueue(utf8("1"));
        },
      }, { highWaterMark: 0 }),
    );
  };
}

const predictor = (fetch: Fetch) => new Predictor({ endpoint: "http://h/api/predict/iris?secret=1", fetch });

test("withTimeouts() tells a service that doesn't answer", async () => {
  const fetch = withTimeouts(pieces(undefined), { headers: 20, idle: 60_000 });
  for (const call of [predictor(fetch).predict(1), predictor(fetch).rawPredict(1)]) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof HeadersTimeoutError && error instanceof TimeoutError);
      assert.equal(error.name, "HeadersTimeoutError");
      assert.equal(error.message, 'Cannot call "http://h/api/predict/iris": no headers within 20 ms');
      return true;
    });
  }
});

test("withTimeouts() tells a service that stops in the middle of its answer", async () => {
  const fetch = withTimeouts(pieces(0, 0, undefined), { headers: 60_000, idle: 20 });
  const check = (error: unknown) => {
    assert.ok(error instanceof IdleTimeoutError && error instanceof TimeoutError);
    assert.equal(error.message, 'Cannot call "http://h/api/predict/iris": the answer paused for 20 ms');
    return true;
  };
  await assert.rejects(predictor(fetch).predict(1), check);
  const response = await predictor(fetch).rawPredict(1);
  await assert.rejects(response.text(), check);
});

test("withTimeouts() lets a service take long as a whole, if it pauses never long", async () => {
  const fetch = withTimeouts(pieces(50, 50, 50, 50, 50, 50, 50), { headers: 200, idle: 200 });
  assert.equal(await predictor(fetch).predict(1), 111111);
});

test("withTimeouts() doesn't take a slow reader for a slow service", async () => {
  const fetch = withTimeouts(pieces(0, 0, 0, 0), { idle: 20 });
  let text = "";
  for await (const chunk of (await fetch("http://h", {})).body!) {
    text += new TextDecoder().decode(chunk);
    await sleep(40);
  }
  assert.equal(text, "111");
});

test("withTimeouts() aborts what it gives up", async () => {
  let inner: AbortSignal | null | undefined;
  const fetch = withTimeouts((_, { signal }) => {
    inner = signal;
    return new Promise(() => {});
  }, { headers: 10 });
  await assert.rejects(async () => await fetch("http://h", {}), HeadersTimeoutError);
  assert.ok(inner?.reason instanceof HeadersTimeoutError);
});

test("withTimeouts() hands the caller's abort on, before the headers and after", async () => {
  for (const pauses of [[undefined], [0, undefined]]) {
    const controller = new AbortController();
    const fetch = withTimeouts(pieces(...pauses), { headers: 60_000, idle: 60_000 });
    const done = (async () => (await fetch("http://h", { signal: controller.signal })).text())();
    setTimeout(() => controller.abort(new Error("enough")), 10);
    await assert.rejects(done, /^Error: enough$/);
  }
});

test("withTimeouts() leaves no listener on a signal that many calls share", async () => {
  const { signal, listeners } = watchedSignal();
  const fetch = withTimeouts(pieces(0, 0, 0), { headers: 500, idle: 20 });
  const stalled = withTimeouts(pieces(0, 0, undefined), { headers: 500, idle: 20 });
  const empty = withTimeouts(() => new Response(null, { status: 204 }), { headers: 500 });
  const broken = withTimeouts(() => Promise.reject(new TypeError("reset")), { headers: 500 });
  assert.equal(await (await fetch("http://h", { signal })).text(), "11");
  await (await fetch("http://h", { signal })).body?.cancel();
  await assert.rejects((await stalled("http://h", { signal })).text(), IdleTimeoutError);
  assert.equal((await empty("http://h", { signal })).status, 204);
  await assert.rejects(async () => await broken("http://h", { signal }), /reset/);
  assert.equal(listeners(), 0);
});

test("withTimeouts() refuses what is no time", () => {
  for (const ms of [0, -1, NaN]) {
    assert.throws(() => withTimeouts(pieces(), { headers: ms }), RangeError);
    assert.throws(() => withTimeouts(pieces(), { idle: ms }), RangeError);
  }
});
