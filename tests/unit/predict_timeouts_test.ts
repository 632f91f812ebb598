import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError, TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { json, Predictor, type Serializer } from "../../core/predictor.ts";
import {
  HeadersTimeoutError,
  IdleTimeoutError,
  predictWithin,
  rawPredictWithin,
  withTimeouts,
} from "../../plugins/predict/timeouts.ts";
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

test("predictWithin() and rawPredictWithin() bound one call, and leave the predictor's others alone", async () => {
  const { signal, listeners } = watchedSignal();
  const silent = predictor(pieces(undefined)), stalled = predictor(pieces(0, 0, undefined));
  const soon = { headersTimeout: 20, idleTimeout: 20, signal };
  await assert.rejects(predictWithin(silent, 1, soon), {
    name: "HeadersTimeoutError",
    message: 'Cannot call "http://h/api/predict/iris": no headers within 20 ms',
  });
  await assert.rejects(rawPredictWithin(silent, 1, soon), HeadersTimeoutError);
  await assert.rejects(predictWithin(stalled, 1, soon), {
    name: "IdleTimeoutError",
    message: 'Cannot call "http://h/api/predict/iris": the answer paused for 20 ms',
  });
  const response = await rawPredictWithin(stalled, 1, soon);
  await assert.rejects(response.text(), IdleTimeoutError);

  const slow = predictor(pieces(60, 60, 60));
  await assert.rejects(predictWithin(slow, 1, soon), HeadersTimeoutError);
  assert.equal(await slow.predict(1), 11);
  assert.equal(await predictWithin(slow, 1, { headersTimeout: 2_000, idleTimeout: 2_000, signal }), 11);
  await assert.rejects(predictWithin(slow, 1, { timeout: 20 }), { message: /no answer within 20 ms/ });
  assert.equal(listeners(), 0);
});

test("predictWithin() calls as predict() does", async () => {
  const seen: unknown[] = [];
  const service = new Predictor({
    endpoint: "http://h/api/predict/iris",
    token: "t0ken",
    retry: { retries: 1, baseDelay: 1, maxDelay: 1, statuses: { 503: {} } },
    fetch: async (url, init) => {
      const headers = new Headers(init.headers);
      seen.push([
        url,
        init.method,
        await new Response(init.body).text(),
        headers.get("authorization"),
        headers.get("content-type"),
        headers.get("x-a"),
      ]);
      return seen.length % 2 ? new Response("", { status: 503 }) : Response.json([0.5]);
    },
  });
  const options = { path: "/v1", query: { a: 1 }, headers: { "x-a": "b" } };
  assert.deepEqual(await service.predict([1], options), [0.5]);
  assert.deepEqual(await predictWithin(service, [1], { ...options, headersTimeout: 60_000 }), [0.5]);
  assert.equal(seen.length, 4);
  assert.deepEqual(seen.slice(2), seen.slice(0, 2));
});

test("predictWithin() tells an answer that can't be read, a broken one, and an abort", async () => {
  const html = predictor(() => new Response("<html>", { headers: { "content-type": "text/html" } }));
  await assert.rejects(predictWithin(html, 1), (error) => {
    assert.ok(error instanceof PredictionError && error.body === "<html>");
    assert.match(
      error.message,
      /^Cannot call "http:\/\/h\/api\/predict\/iris": status is 200 \(can't read text\/html\)/,
    );
    return true;
  });
  const broken = predictor(() =>
    new Response(new ReadableStream({ pull: (c) => c.error(new Error("cut")) }))
  );
  await assert.rejects(predictWithin(broken, 1), PredictionError);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 10);
  const stalled = predictWithin(predictor(pieces(0, 0, undefined)), 1, { signal: controller.signal });
  await assert.rejects(stalled, /^Error: enough$/);
  await assert.rejects(predictWithin(html, 1, { idleTimeout: 0 }), RangeError);
});

test("predictWithin() takes a serializer that has asked the service, and else asks itself", async () => {
  let asked = 0;
  const curious: Serializer = {
    ...json(),
    serialize: () => undefined,
    prepare: () => (asked++, Promise.resolve(json())),
  };
  const service = new Predictor({ endpoint: "http://h", serializer: curious, fetch: () => Response.json(1) });
  assert.equal(await predictWithin(service, 1), 1);
  assert.equal(await predictWithin(service, 1, { serializer: await curious.prepare!(service) }), 1);
  assert.equal(asked, 2);
});
