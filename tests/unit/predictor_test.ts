import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, text } from "../../core/bytes.ts";
import { CredentialsError, PaiError, PredictionError, TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import {
  type AuthorizedRequest,
  type Authorizer,
  bearerAuth,
  json,
  noAuth,
  Predictor,
  type PredictorOptions,
  type Serializer,
  tokenAuth,
} from "../../core/predictor.ts";
import { tensor } from "../../core/tensors.ts";
import { VERSION } from "../../core/version.ts";

interface Seen {
  url: string;
  method: string;
  headers: Headers;
  body: Uint8Array;
}

/** A predictor of a service that answers as told, and what the service has seen. */
function serve(
  answer: (seen: Seen, attempt: number) => Response | Promise<Response> = () => Response.json({ ok: true }),
  options: Partial<PredictorOptions> = {},
): { predictor: Predictor; seen: Seen[] } {
  const seen: Seen[] = [];
  const fetch: Fetch = async (url, init) => {
    const request = new Request(url, init);
    const headers = new Headers(init.headers); // what was asked for, without what a runtime adds
    seen.push({ url, method: request.method, headers, body: new Uint8Array(await request.arrayBuffer()) });
    return await answer(seen.at(-1)!, seen.length);
  };
  const retry = { retries: 2, baseDelay: 1, maxDelay: 1, statuses: { 503: {} } };
  return {
    seen,
    predictor: new Predictor({
      endpoint: "http://h/api/predict/iris",
      token: "t0ken",
      fetch,
      retry,
      ...options,
    }),
  };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

test("predict() posts JSON with the token and reads JSON", async () => {
  const { predictor, seen } = serve(() => Response.json([0.5, 1]));
  assert.deepEqual(await predictor.predict([[1, 2], [3, 4]]), [0.5, 1]);
  const [{ url, method, headers, body }] = seen as [Seen];
  assert.deepEqual([url, method, new TextDecoder().decode(body)], [
    "http://h/api/predict/iris",
    "POST",
    "[[1,2],[3,4]]",
  ]);
  assert.deepEqual(Object.fromEntries(headers), {
    authorization: "t0ken",
    "content-type": "application/json",
    "user-agent": `pai-edge-sdk/${VERSION}`,
  });
});

test("predict() takes tensors and typed arrays as JSON lists", async () => {
  const { predictor, seen } = serve();
  await predictor.predict({ x: tensor(Float32Array.of(1, 2, 3, 4), [2, -1]), y: Int8Array.of(-1) });
  assert.equal(new TextDecoder().decode(seen[0]!.body), '{"x":[[1,2],[3,4]],"y":[-1]}');
});

test("predict() resolves to undefined when the answer is empty", async () => {
  const { predictor } = serve(() => new Response(null, { status: 204 }));
  assert.equal(await predictor.predict([]), undefined);
});

test("predict() uses the serializer's content type and both of its directions", async () => {
  const upper: Serializer<string, string> = { ...text(), serialize: (input) => utf8(input.toUpperCase()) };
  const { seen, predictor } = serve(({ body }) => new Response(body.slice()), {
    serializer: upper as Serializer,
  });
  assert.equal(await predictor.predict("中文 abc"), "中文 ABC");
  assert.equal(seen[0]!.headers.get("content-type"), "text/plain;charset=UTF-8");
});

test("bytes() passes any view through", async () => {
  const whole = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  for (const input of [whole.buffer, new DataView(whole.buffer), new Uint16Array(whole.buffer)]) {
    const { seen, predictor } = serve(({ body }) => new Response(body.slice()), {
      serializer: bytes() as Serializer,
    });
    assert.deepEqual(await predictor.predict(input), whole);
    assert.deepEqual(seen[0]!.body, whole);
  }
});

const bodies: [name: string, data: unknown, body: Uint8Array, contentType: string | null][] = [
  ["undefined", undefined, new Uint8Array(), null],
  ["null", null, new Uint8Array(), null],
  ["a Uint8Array", Uint8Array.of(1, 2), Uint8Array.of(1, 2), null],
  ["a view", new DataView(Uint8Array.of(1, 2, 3).buffer, 1), Uint8Array.of(2, 3), null],
  ["an ArrayBuffer", Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2), null],
  ["a Blob", new Blob(["ab"]), utf8("ab"), null],
  ["a stream", new ReadableStream({ start: (c) => (c.enqueue(utf8("ab")), c.close()) }), utf8("ab"), null],
  ["Latin text", "plain", utf8("plain"), null],
  ["Chinese text", "中文", Uint8Array.of(0xe4, 0xb8, 0xad, 0xe6, 0x96, 0x87), null],
  ["a form", new URLSearchParams({ a: "b c" }), utf8("a=b+c"), null],
  ["an object", { a: "中" }, utf8('{"a":"中"}'), "application/json"],
  ["an empty object", {}, utf8("{}"), "application/json"],
  ["an empty list", [], utf8("[]"), "application/json"],
  ["zero", 0, utf8("0"), "application/json"],
  ["false", false, utf8("false"), "application/json"],
];

for (const [name, data, body, contentType] of bodies) {
  test(`rawPredict() sends ${name}`, async () => {
    const { predictor, seen } = serve();
    assert.equal((await predictor.rawPredict(data)).status, 200);
    assert.deepEqual(seen[0]!.body, body);
    assert.equal(seen[0]!.headers.get("content-type"), contentType);
  });
}

test("rawPredict() takes path, query, method and headers, and leaves the caller's objects alone", async () => {
  const { predictor, seen } = serve(undefined, { headers: { "x-a": "1", "x-b": "1" } });
  const headers = {
    "X-B": "2",
    "content-type": "text/csv",
    authorization: "from a visitor",
    "user-agent": "app/1",
  };
  const query = { uid: "1 2", flag: null, none: undefined, tag: ["a", "b"] };
  await predictor.rawPredict("1,2", { path: "/predict/a?b=1", query, method: "PUT", headers });
  const [request] = seen as [Seen];
  assert.equal(request.url, "http://h/api/predict/iris/predict/a?b=1&uid=1+2&flag&tag=a&tag=b");
  assert.equal(request.method, "PUT");
  assert.deepEqual(Object.fromEntries(request.headers), {
    authorization: "t0ken",
    "content-type": "text/csv",
    "user-agent": `pai-edge-sdk/${VERSION} app/1`,
    "x-a": "1",
    "x-b": "2",
  });
  assert.deepEqual(headers, {
    "X-B": "2",
    "content-type": "text/csv",
    authorization: "from a visitor",
    "user-agent": "app/1",
  });
});

test("rawPredict() gives the answer itself, whatever its type", async () => {
  const { predictor } = serve(() =>
    new Response("a,b", { status: 202, headers: { "content-type": "text/csv" } })
  );
  const response = await predictor.rawPredict("x");
  assert.deepEqual([response.status, response.headers.get("content-type"), await response.text()], [
    202,
    "text/csv",
    "a,b",
  ]);
});

test("rawPredict() refuses a path that leaves the service, before sending anything", async () => {
  const { predictor, seen } = serve();
  for (const path of ["..", "a/../../b", "%2e%2E/x", "./a"]) {
    await assert.rejects(predictor.rawPredict("x", { path }), TypeError);
  }
  assert.equal(seen.length, 0);
});

test("predict() authenticates as told: bearer, per call, or not at all", async () => {
  const { predictor, seen } = serve(undefined, { auth: bearerAuth("b") });
  await predictor.predict(1);
  await predictor.predict(1, { auth: tokenAuth("other") });
  const open = serve(undefined, { token: undefined });
  await open.predictor.predict(1);
  assert.deepEqual(
    [...seen, ...open.seen].map(({ headers }) => headers.get("authorization")),
    ["Bearer b", "other", null],
  );
});

test("predict() authorizes every attempt anew", async () => {
  let count = 0;
  const { predictor, seen } = serve((_, attempt) => new Response(null, { status: attempt < 3 ? 503 : 204 }), {
    auth: ({ headers, url, method }) => headers.set("authorization", `${method} ${url} ${++count}`),
  });
  await predictor.predict(1);
  assert.deepEqual(seen.map(({ headers }) => headers.get("authorization")?.at(-1)), ["1", "2", "3"]);
});

test("new Predictor() refuses a token that no header can carry", () => {
  for (const token of ["", "a\r\nb", "中"]) {
    assert.throws(() => new Predictor({ endpoint: "http://h", token }), TypeError);
  }
});

test("predict() sends nothing when the input can't be written", async () => {
  const { predictor, seen } = serve();
  await assert.rejects(predictor.predict({ x: [NaN] }), RangeError);
  await assert.rejects(predictor.predict(undefined), TypeError);
  assert.equal(seen.length, 0);
});

test("predict() fails once, with status, text and request id, when the token is wrong", async () => {
  const headers = { "x-request-id": "r-1" };
  const { predictor, seen } = serve(() => new Response("bad token", { status: 401, headers }));
  await assert.rejects(predictor.predict(1), (error) => {
    assert.ok(error instanceof PredictionError);
    assert.deepEqual([error.status, error.code, error.requestId, error.body, error.retryable], [
      401,
      undefined,
      "r-1",
      "bad token",
      false,
    ]);
    assert.match(
      error.message,
      /^Cannot predict with "iris": status is 401 \(token missing or wrong\): bad token$/,
    );
    return true;
  });
  assert.equal(seen.length, 1);
});

test("predict() says whether the same request may succeed later", async () => {
  for (
    const [status, retryable] of [[400, false], [401, false], [408, true], [429, true], [450, true], [
      503,
      true,
    ]] as const
  ) {
    const { predictor } = serve(() => new Response("", { status }), { retry: false });
    await assert.rejects(
      predictor.predict(1),
      (error) => error instanceof PredictionError && error.retryable === retryable,
    );
  }
});

test("predict() keeps when the service wants to be asked again, as it says it", async () => {
  for (const retryAfter of ["7", "Sun, 06 Nov 1994 08:49:37 GMT", undefined]) {
    const headers: HeadersInit = retryAfter === undefined ? {} : { "retry-after": retryAfter };
    const { predictor } = serve(() => new Response("", { status: 429, headers }), { retry: false });
    await assert.rejects(
      predictor.predict(1),
      (error) => error instanceof PredictionError && error.retryAfter === retryAfter,
    );
  }
});

test("predict() does not follow a redirect, and names its host", async () => {
  const { predictor, seen } = serve(() =>
    new Response(null, { status: 302, headers: { location: "http://elsewhere/x" } })
  );
  await assert.rejects(predictor.predict(1), /status is 302 \(elsewhere\)/);
  assert.equal(seen.length, 1);
});

test("predict() keeps at most 64 KiB of a failed answer and drops the rest", async () => {
  let cancelled = false;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(97)),
      cancel: () => void (cancelled = true),
    });
  const { predictor } = serve(() => new Response(endless(), { status: 500 }), { retry: false });
  await assert.rejects(predictor.predict(1), (error) => {
    assert.ok(error instanceof PredictionError && error.body.length === 65_536);
    assert.ok(error.message.length < 300);
    return true;
  });
  assert.ok(cancelled);
});

test("predict() tells an answer that is not of the format from a refusal", async () => {
  const headers = { "content-type": "text/html" };
  const { predictor } = serve(() => new Response("<html>login</html>", { headers }));
  await assert.rejects(predictor.predict(1), (error) => {
    assert.ok(error instanceof PredictionError && error.cause instanceof SyntaxError);
    assert.match(error.message, /can't read text\/html\): <html>login<\/html>$/);
    return true;
  });
});

test("predict() rejects with TimeoutError when the service is silent, or stops in the middle of its answer", async () => {
  const silent = serve(() => new Promise(() => {}));
  await assert.rejects(silent.predictor.predict(1, { timeout: 5 }), TimeoutError);
  const stalled = serve(() => new Response(new ReadableStream({ start: (c) => c.enqueue(utf8("[1")) })));
  await assert.rejects(stalled.predictor.predict(1, { timeout: 20 }), TimeoutError);
});

test("predict() rejects with the signal's reason and does not try again", async () => {
  const controller = new AbortController();
  const { predictor, seen } = serve(
    () => (controller.abort(new Error("enough")), new Response(null, { status: 503 })),
  );
  await assert.rejects(predictor.predict(1, { signal: controller.signal }), /enough/);
  assert.equal(seen.length, 1);
});

/** A serializer that can't write before it has asked the service once. */
function curious(ask: () => Promise<void>): Serializer {
  const plain = json();
  return {
    ...plain,
    serialize: () => undefined,
    async prepare(predictor) {
      assert.ok(predictor instanceof Predictor);
      await ask();
      return { ...plain, contentType: "application/prepared" };
    },
  };
}

test("predict() prepares a serializer once for concurrent calls, and not again", async () => {
  let asked = 0;
  const { predictor, seen } = serve(undefined, { serializer: curious(() => Promise.resolve(void asked++)) });
  await Promise.all([predictor.predict(1), predictor.predict(2), predictor.predict(3)]);
  await predictor.predict(4);
  assert.deepEqual([asked, seen.length], [1, 4]);
  assert.equal(seen[3]!.headers.get("content-type"), "application/prepared");
});

test("predict() prepares again after a failure", async () => {
  let asked = 0;
  const ask = () => ++asked === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve();
  const { predictor } = serve(undefined, { serializer: curious(ask) });
  await assert.rejects(predictor.predict(1), /not yet/);
  await predictor.predict(1);
  assert.equal(asked, 2);
});

test("predict() lets one caller give up while others wait for the signature", async () => {
  let ready = () => {};
  const { predictor } = serve(undefined, {
    serializer: curious(() => new Promise((resolve) => ready = resolve)),
  });
  const controller = new AbortController();
  const gone = predictor.predict(1, { signal: controller.signal });
  const stays = predictor.predict(2);
  controller.abort(new Error("enough"));
  await assert.rejects(gone, /enough/);
  ready();
  assert.deepEqual(await stays, { ok: true });
});

/** A predictor whose requests are kept as they were handed to fetch. */
function recorded(
  answer: (attempt: number) => Response | Promise<Response>,
  options: Partial<PredictorOptions> = {},
) {
  const sent: RequestInit[] = [];
  const fetch = (_: string, init: RequestInit) => (sent.push(init), answer(sent.length));
  return {
    sent,
    predictor: new Predictor({
      endpoint: "http://h/",
      token: "token",
      fetch,
      retry: { retries: 2, baseDelay: 1, maxDelay: 1, statuses: { 503: {} } },
      ...options,
    }),
  };
}

test("withRetry() never repeats a PaiError of an authorizer", async () => {
  let attempts = 0;
  const { predictor } = recorded(() => new Response("1"), {
    auth: () => {
      attempts++;
      throw new CredentialsError("none", { code: "CredentialsNotFound" });
    },
  });
  await assert.rejects(predictor.predict(1, { idempotent: true }), CredentialsError);
  assert.equal(attempts, 1);
});

test("a predictor's and a call's options reach the request", async () => {
  const { predictor, sent } = recorded(() => new Response("1"));
  await predictor.rawPredict({ a: 1 }, { headers: { "content-type": "application/x-mine" } });
  assert.equal(new Headers(sent[0]!.headers).get("content-type"), "application/x-mine");
  assert.equal(sent[0]!.redirect, "manual"); // a followed redirect would hand the token to another host
  const own = recorded((n) => new Response(null, { status: n < 2 ? 503 : 204 }), {
    auth: ({ headers }) => headers.append("x-n", "1"),
  });
  await own.predictor.predict(1);
  assert.deepEqual(own.sent.map(({ headers }) => new Headers(headers).get("x-n")), ["1", "1"]);
  const silent = recorded(() => new Promise(() => {}), { timeout: 5 });
  await assert.rejects(silent.predictor.predict(1), TimeoutError);
  const never = recorded(() => new Response(null, { status: 503 }), { retry: false });
  await assert.rejects(never.predictor.predict(1), PredictionError);
  assert.equal(never.sent.length, 1);
  const reset = () => Promise.reject(Object.assign(new TypeError("x"), { cause: { code: "ECONNRESET" } }));
  const twice = recorded(reset);
  await assert.rejects(twice.predictor.predict(1, { idempotent: true }), PaiError);
  assert.equal(twice.sent.length, 3);
});
test("a PredictionError keeps its own words whatever the token, and hides it in type, location and body", async () => {
  for (const token of ["t", "iris", "predict"]) {
    const fetch = () => new Response(`no ${token}`, { status: 400 });
    const error = await new Predictor({ endpoint: "http://h/api/predict/iris", token, fetch, retry: false })
      .predict(1).catch((e: unknown) => e as Error);
    assert.match((error as Error).message, /^Cannot predict with "iris": status is 400: /);
  }
  const location = "http://h/SECRET-1/x";
  const moved = recorded(() => new Response(null, { status: 302, headers: { location } }), {
    token: "SECRET-1",
  });
  await assert.rejects(
    moved.predictor.predict(1),
    (error) => error instanceof Error && !error.message.includes("SECRET-1"),
  );
});
test("a PredictionError reads text whose characters are split between chunks, and text that breaks off", async () => {
  const [a, b] = [new Uint8Array([0xe4, 0xb8]), new Uint8Array([0xad])];
  const body = new ReadableStream({ start: (c) => (c.enqueue(a), c.enqueue(b), c.close()) });
  await assert.rejects(recorded(() => new Response(body, { status: 400 })).predictor.predict(1), {
    body: "中",
  });
  let pulls = 0;
  const cut = new ReadableStream({
    pull: (c) => pulls++ ? c.error(new Error("reset")) : c.enqueue(new Uint8Array([97])),
  });
  await assert.rejects(recorded(() => new Response(cut, { status: 400 })).predictor.predict(1), {
    name: "PredictionError",
    body: "a",
  });
});

test("rawPredict() leaves a form and text to be typed by fetch or nobody, and shows them to the authorizer", async () => {
  const bodies: unknown[] = [];
  const { predictor, sent } = recorded(() => new Response(), { auth: ({ body }) => void bodies.push(body) });
  const form = new FormData();
  await predictor.rawPredict(form);
  await predictor.rawPredict("text");
  assert.equal(sent[0]!.body, form);
  assert.ok(sent[1]!.body instanceof Uint8Array); // fetch would add a type to a string
  assert.deepEqual(bodies, sent.map(({ body }) => body));
});

const meanings: [status: number, meaning: RegExp][] = [
  [401, / \(token missing or wrong\)$/],
  [408, / \(see metadata\.rpc\.keepalive\)$/],
  [418, /status is 418$/],
  [450, / \(queue full, see metadata\.rpc\.max_queue_size\)$/],
  [503, / \(not ready\)$/],
];
for (const [status, meaning] of meanings) {
  test(`predict() says what ${status} means, and no more when the answer says no more`, async () => {
    const { predictor } = serve(() => new Response(null, { status }), { retry: false });
    await assert.rejects(predictor.predict(1), { status, message: meaning });
  });
}

test("predict() takes its retries from those that all calls of a predictor share", async () => {
  const down = serve(() => new Response(null, { status: 503 }), {
    retry: { retries: 2, baseDelay: 0, maxDelay: 0, budget: 5, statuses: { 503: {} } },
  });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => down.predictor.predict(i)));
  assert.ok(results.every((result) => result.status === "rejected" && result.reason.status === 503));
  assert.ok(down.seen.length >= 25 && down.seen.length <= 26, `${down.seen.length} requests`); // one may come back
});

test("predict() sends a request once more when its authorizer has renewed what the service refused", async () => {
  let token = "old", renewals = 0;
  const auth: Authorizer = Object.assign(
    ({ headers }: AuthorizedRequest) => headers.set("authorization", token),
    {
      async renew(refused: AuthorizedRequest, { status, body }: Response) {
        assert.deepEqual([refused.headers.get("authorization"), status], [token, 401]);
        if (token === "new") return false;
        await body?.cancel();
        token = "new";
        renewals++;
        return true;
      },
    },
  );
  const answer = ({ headers }: Seen) =>
    new Response("1", { status: headers.get("authorization") === "new" ? 200 : 401 });
  const { predictor, seen } = serve(answer, { auth });
  assert.equal(await predictor.predict(1), 1);
  assert.deepEqual([seen.length, renewals], [2, 1]);

  const never = serve(() => new Response("no", { status: 401 }), { auth });
  await assert.rejects(never.predictor.predict(1), { status: 401, body: "no" });
  assert.deepEqual([never.seen.length, renewals], [1, 1]);
});

test("rawPredict() bounds the reading of the answer, too, and says that it had begun", async () => {
  const { predictor } = serve(() =>
    new Response(new ReadableStream({ start: (c) => c.enqueue(utf8("[1")) }))
  );
  const alive = setInterval(() => {}, 1_000); // as an open connection would be
  const response = await predictor.rawPredict(1, { timeout: 20 });
  await assert.rejects(response.text(), {
    name: "TimeoutError",
    message: 'Cannot predict with "iris": no whole answer within 20 ms',
  });
  clearInterval(alive);
});

test("new Predictor() warns of a token that will cross the internet in clear text, unless told what to do", () => {
  const { warn } = console;
  const warned: unknown[] = [];
  console.warn = (...args: unknown[]) => warned.push(...args);
  const [shared, vpc] = ["1.cn-hangzhou.pai-eas.aliyuncs.com", "1.vpc.cn-hangzhou.pai-eas.aliyuncs.com"];
  try {
    const make = (endpoint: string, options = {}) =>
      new Predictor({ endpoint, serviceName: "iris", token: "t0ken", ...options });
    make(`http://${shared}`);
    assert.deepEqual(warned, [`http://${shared}/api/predict/iris: token in clear text`]);
    make(`https://${shared}`);
    make(shared); // which is https
    make(`http://${vpc}`);
    make("http://127.0.0.1:8080");
    make(`http://${shared}`, { token: undefined });
    make(`http://${shared}`, { auth: noAuth() });
    make(`http://${shared}`, { fetch: () => new Response() });
    assert.equal(warned.length, 1);
  } finally {
    console.warn = warn;
  }
});
