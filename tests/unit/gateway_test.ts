import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError, TimeoutError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import { below, errorResponse, type GatewayOptions, toFetchHandler } from "../../plugins/gateway/mod.ts";
import { call, gatewayTo, pipe, secrets, until, utf8 } from "../support/gateways.ts";

test("a gateway passes a request on with the service's token, and the answer back", async () => {
  const { handle, seen } = gatewayTo(() => Response.json([0.5], { status: 201 }));
  const answer = await handle(call({ body: "[[1]]", headers: { "content-type": "application/json" } }));
  assert.deepEqual([answer.status, await answer.text()], [201, "[0.5]"]);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
  const [{ url, method, headers }] = seen as [typeof seen[0]];
  assert.deepEqual([url, method], ["http://internal-host/api/predict/secret-service", "POST"]);
  assert.equal(headers.get("authorization"), "t0ken/+=");
  assert.equal(headers.get("content-type"), "application/json");
});

test("a gateway takes a predictor, its options, or a function of the environment", async () => {
  const fetch = (url: string): Response => Response.json(url);
  const options = { endpoint: "http://h/api/predict/a", fetch };
  for (const target of [options, new Predictor(options)]) {
    assert.equal(await (await toFetchHandler(target)(call())).json(), "http://h/api/predict/a");
  }
  const handle = toFetchHandler<{ name: string }>(({ name }, { headers }) =>
    new Predictor({ endpoint: `http://h/api/predict/${name}-${headers.get("x-version")}`, fetch })
  );
  const answer = await handle(call({ headers: { "x-version": "2" } }), { name: "b" });
  assert.equal(await answer.json(), "http://h/api/predict/b-2");
});

test("a gateway says 500 when its configuration is missing, and tells why to onError alone", async () => {
  const errors: unknown[] = [];
  const handle = toFetchHandler<{ endpoint?: string }>(
    ({ endpoint = "" }) => new Predictor({ endpoint }),
    { onError: (error) => errors.push(error) },
  );
  const answer = await handle(call(), {});
  assert.deepEqual([answer.status, await answer.json()], [
    500,
    { error: { code: "InternalError", message: "The gateway failed" } },
  ]);
  assert.match(String(errors), /^TypeError: Cannot use "" as endpoint/);
});

test("a gateway passes on the listed headers of a request and of an answer alone", async () => {
  const { handle, seen } = gatewayTo(
    () =>
      new Response("x", {
        headers: {
          ...{ "content-type": "text/plain", "x-request-id": "r1", "x-model": "m", "x-cost": "3" },
          ...{ "set-cookie": "a=b", server: "envoy", "x-echo": `authorization: ${secrets[0]}` },
        },
      }),
    { requestHeaders: ["x-user"], responseHeaders: ["x-model"] },
  );
  const answer = await handle(call({
    body: "x",
    headers: {
      ...{ accept: "text/plain", "x-user": "u", "x-other": "o", "content-type": "text/plain" },
      ...{ authorization: "Bearer the caller's", "x-forwarded-for": "10.0.0.1" },
    },
  }));
  assert.deepEqual(Object.fromEntries(answer.headers), {
    "content-type": "text/plain",
    "x-content-type-options": "nosniff",
    "x-model": "m",
    "x-request-id": "r1",
  });
  const { "user-agent": agent, ...headers } = Object.fromEntries(seen[0]!.headers);
  assert.match(agent!, /^pai-edge-sdk/);
  const wanted = {
    accept: "text/plain",
    authorization: "t0ken/+=",
    "content-type": "text/plain",
    "x-user": "u",
  };
  assert.deepEqual(headers, wanted);
});

test("a gateway calls one path, whatever the caller's is", async () => {
  const { handle, seen } = gatewayTo(undefined, { path: "v1/chat/completions" });
  for (const path of ["/", "/admin?x=1", "/../metrics"]) {
    assert.equal((await handle(call({}, path))).status, 200);
  }
  const url = "http://internal-host/api/predict/secret-service/v1/chat/completions";
  assert.deepEqual(seen.map((request) => request.url), [url, url, url]);
});

const paths: [path: string, called: string | undefined][] = [
  ["/llm/v1/models", "/v1/models"],
  ["/llm/v1/models?limit=3", "/v1/models?limit=3"],
  ["/llm/files/a/b", "/files/a/b"],
  ["/llm/files/", "/files/"],
  ["/llm/files", undefined],
  ["/llm/v1/models/", undefined],
  ["/llm/v1/model", undefined],
  ["/llm", undefined],
  ["/llmv1/models", undefined],
  ["/v1/models", undefined],
  ["/llm/files/../metrics", undefined],
  ["/llm/files/%2e%2e/metrics", undefined],
  ["/llm/files/..%2fmetrics", undefined],
  ["/llm/files/%2E%2E%5Cmetrics", undefined],
  ["/llm/files/a..b", "/files/a..b"],
];
for (const [path, called] of paths) {
  test(`below() makes ${called} of ${path}`, () => {
    for (const prefix of ["/llm", "/llm/"]) {
      assert.equal(below(prefix, ["/v1/models", "/files/*"])(call({}, path)), called);
    }
  });
}

test("below() without a prefix lets the service's own address through when it is listed", () => {
  assert.equal(below("", ["/"])(call({}, "/?a")), "/?a");
  assert.equal(below("/iris", ["/"])(call({}, "/iris/")), "/");
});

test("a gateway says 404 to a path that is not let through, and 405 to a method", async () => {
  const { handle, seen } = gatewayTo(undefined, { path: below("/a", ["/b"]), methods: ["POST", "PUT"] });
  assert.equal((await handle(call({}, "/a/c"))).status, 404);
  const answer = await handle(call({ method: "DELETE" }, "/a/b"));
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST, PUT"]);
  assert.equal(seen.length, 0);
  assert.equal((await handle(call({ method: "PUT" }, "/a/b"))).status, 200);
  assert.equal(seen[0]!.method, "PUT");
});

test("a gateway refuses whom authorize() refuses, before the service is called", async () => {
  const { handle, seen } = gatewayTo(undefined, {
    authorize: ({ headers }) =>
      headers.get("authorization") === "Bearer pass"
        ? undefined
        : new Response("who are you?", { status: 401 }),
  });
  assert.equal(await (await handle(call({ body: "x" }))).text(), "who are you?");
  assert.equal(seen.length, 0);
  assert.equal((await handle(call({ headers: { authorization: "Bearer pass" } }))).status, 200);
});

const statuses: [status: number, body: string, told: number, says: string | RegExp][] = [
  [400, '{"message":"no image"}', 400, '{"message":"no image"}'],
  [404, '{"object":"error"}', 404, '{"object":"error"}'],
  [404, "", 502, /The service failed/],
  [422, "not a <tensor>", 422, "not a <tensor>"],
  [429, "slow down", 429, "slow down"],
  [401, "Unauthorized: t0ken/+=", 502, /The service failed/],
  [403, "secret-service is locked", 502, /The service failed/],
  [408, "upstream", 504, /took too long/],
  [450, "queue full", 503, /busy/],
  [500, "Traceback: internal-host", 502, /The service failed/],
  [502, "bad", 502, /The service failed/],
  [503, "no healthy upstream", 503, /busy/],
  [504, "late", 504, /took too long/],
];
for (const [status, body, told, says] of statuses) {
  test(`a gateway answers ${told} when the service says ${status} ${body}`, async () => {
    const { handle, errors } = gatewayTo(() =>
      new Response(body, { status, headers: { "x-request-id": "r7" } })
    );
    const answer = await handle(call({ body: "{}" }));
    const text = await answer.text();
    assert.equal(answer.status, told);
    if (typeof says === "string") assert.equal(text, says);
    else assert.match(JSON.parse(text).error.message, says);
    const isJson = text.startsWith("{");
    assert.match(answer.headers.get("content-type") ?? "", isJson ? /^application\/json/ : /^text\/plain/);
    assert.equal(answer.headers.get("x-request-id"), "r7");
    assert.equal(answer.headers.get("retry-after"), told === 503 ? "1" : null);
    for (const secret of secrets) {
      assert.ok(!JSON.stringify([...answer.headers, text]).includes(secret), text);
    }
    assert.ok(errors[0] instanceof PredictionError && errors[0].status === status);
  });
}

test("a caller hears when to come again, as the service says it", async () => {
  const told: [status: number, retryAfter: string | undefined, answered: number, passed: string | null][] = [
    [429, "7", 429, "7"],
    [429, "Sun, 06 Nov 2094 08:49:37 GMT", 429, "Sun, 06 Nov 2094 08:49:37 GMT"],
    [429, undefined, 429, null],
    [450, "3", 503, "3"],
    [503, "60", 503, "60"], // longer than a gateway waits itself
    [500, "5", 502, null],
  ];
  for (const [status, retryAfter, answered, passed] of told) {
    const headers: HeadersInit = retryAfter === undefined ? {} : { "retry-after": retryAfter };
    const { handle } = gatewayTo(() => new Response("later", { status, headers }));
    const answer = await handle(call({ body: "{}" }));
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [answered, passed]);
  }
});

test("a gateway answers 502 when the service can't be reached, and follows no redirect", async () => {
  const refused = gatewayTo(() => Promise.reject(new TypeError("connect ECONNREFUSED internal-host")));
  const answer = await refused.handle(call());
  assert.deepEqual([answer.status, await answer.json()], [
    502,
    { error: { code: "BadGateway", message: "The service can't be reached" } },
  ]);
  const location = "http://internal-host/login";
  const moved = await gatewayTo(() => new Response(null, { status: 302, headers: { location } })).handle(
    call(),
  );
  assert.deepEqual([moved.status, moved.headers.get("location")], [502, null]);
});

test("errorResponse() serves workers that predict themselves", async () => {
  assert.equal(errorResponse(new TimeoutError("late")).status, 504);
  assert.equal(errorResponse(undefined).status, 500);
  assert.equal(await errorResponse(new PredictionError("x", { status: 400, body: "bad" })).text(), "bad");
  assert.equal(errorResponse(new PredictionError("can't read", { status: 200, body: "<html>" })).status, 502);
});

test("a gateway says 504 when the service doesn't answer in time, and ends its request", async () => {
  const { handle, seen, errors } = gatewayTo(() => new Promise(() => {}), { timeout: 20 });
  const answer = await handle(call({ body: "x" }));
  assert.deepEqual([answer.status, (await answer.json()).error.code], [504, "Timeout"]);
  assert.ok(seen[0]!.signal.aborted);
  assert.ok(errors[0] instanceof TimeoutError);
  assert.match(errors[0].message, /no answer within 20 ms/);
});

test("a gateway says 504 when the caller doesn't end its body in time", async () => {
  const { handle, seen } = gatewayTo(undefined, { timeout: 20 });
  const answer = await handle(call({ body: new ReadableStream(), headers: { "content-length": "9" } }));
  assert.equal(answer.status, 504);
  assert.equal(seen.length, 0);
});

test("a gateway lets so many calls through at a time, until the last byte of their answers", async () => {
  const { handle, seen } = gatewayTo(undefined, { concurrency: 2 });
  const [first, second] = [await handle(call()), await handle(call())];
  const third = await handle(call({ body: "x" }));
  assert.deepEqual([third.status, third.headers.get("retry-after")], [503, "1"]);
  assert.match((await third.json()).error.message, /Too many calls/);
  assert.equal(seen.length, 2);
  await first!.text();
  assert.equal((await handle(call())).status, 200);
  assert.equal((await handle(call())).status, 503);
  await second!.body!.cancel();
  assert.equal((await handle(call())).status, 200);
});

test("a call that failed, was refused or has no answer body gives its place back", async () => {
  const answers = [
    () => new Response(null, { status: 204 }),
    () => new Response("", { status: 400 }),
    () => Promise.reject(new TypeError("no")),
    () => new Promise<Response>(() => {}),
  ];
  const { handle } = gatewayTo((_, attempt) => answers[(attempt - 1) % 4]!(), {
    concurrency: 1,
    timeout: 10,
    maxBodyBytes: 5,
  });
  const told: number[] = [];
  for (let turn = 0; turn < 8; turn++) told.push((await handle(call())).status);
  assert.deepEqual(told, [204, 400, 502, 504, 204, 400, 502, 504]);
  assert.equal((await handle(call({ body: "longer", headers: { "content-length": "6" } }))).status, 413);
  assert.equal((await handle(call())).status, 204);
});

test("a place whose call was silent for longer than it may be is given to another", async () => {
  const { handle } = gatewayTo(undefined, { concurrency: 1, timeout: 30, idleTimeout: 30 });
  const lost = await handle(call()); // by a runtime that ended the request without a word
  assert.equal((await handle(call())).status, 503);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await handle(call())).status, 200);
  assert.equal(await lost.text(), '{"ok":true}'); // it was alive after all, and takes no other place
});

test("a caller that leaves ends the request to the service, and is no failure", async () => {
  const caller = new AbortController();
  const { handle, seen, errors } = gatewayTo(() => new Promise(() => {}), { concurrency: 1 });
  const answering = handle(call({ body: "x", signal: caller.signal }));
  await until(() => seen.length === 1);
  caller.abort(new Error("gone"));
  assert.equal((await answering).status, 499);
  assert.ok(seen[0]!.signal.aborted);
  assert.deepEqual(errors, []);
  assert.equal((await handle(call({ signal: caller.signal }))).status, 499);
  assert.equal(seen.length, 1); // who has left before is not passed on
});

test("a gateway leaves no listener on a signal that outlives its request", async () => {
  const { handle } = gatewayTo((_, attempt) => new Response("x", { status: attempt % 2 ? 200 : 400 }));
  let listeners = 0;
  for (let turn = 0; turn < 10; turn++) {
    const request = call({ body: "x" });
    const { signal } = request;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
    Object.defineProperty(request, "signal", { value: signal });
    await (await handle(request)).text();
  }
  assert.equal(listeners, 0);
});

test("a service's token is in no answer, whatever goes wrong", async () => {
  const bad = { status: 400, headers: { "x-request-id": "r" } };
  const { handle } = gatewayTo(({ headers }) =>
    new Response(`you sent ${headers.get("authorization")}`, bad)
  );
  assert.equal(await (await handle(call())).text(), "you sent ***");
});

const wrong: [options: GatewayOptions, says: RegExp][] = [
  [{ concurrency: 0 }, /RangeError: Cannot make a gateway: concurrency is 0/],
  [{ maxBodyBytes: -1 }, /maxBodyBytes is -1/],
  [{ timeout: NaN }, /timeout is NaN/],
  [{ idleTimeout: 0 }, /idleTimeout is 0/],
  [{ heartbeat: 0 }, /heartbeat is 0/],
  [{ totalTimeout: 0 }, /totalTimeout is 0/],
  [{ cors: { origins: "*", credentials: true } }, /TypeError: .* would let any page in/],
];
for (const [options, says] of wrong) {
  test(`toFetchHandler() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => toFetchHandler({ endpoint: "http://h" }, options), says);
  });
}

test("toFetchHandler() refuses options of no predictor at once", () => {
  assert.throws(() => toFetchHandler({ endpoint: "h" }), TypeError);
  assert.throws(() => toFetchHandler({ endpoint: "http://h", token: "a\nb" }), TypeError);
});

test("bounds may be infinite", async () => {
  const { handle, seen } = gatewayTo(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return new Response(pipeThat("says something late"));
    },
    {
      ...{ concurrency: Infinity, maxBodyBytes: Infinity, bufferBytes: Infinity },
      ...{ timeout: Infinity, idleTimeout: Infinity, heartbeat: Infinity, totalTimeout: Infinity },
    },
  );
  const answer = await handle(call({ body: "abc", headers: { "content-length": "3" } }));
  assert.deepEqual([answer.status, await answer.text()], [200, "says something late"]);
  assert.deepEqual(seen[0]!.body, utf8("abc"));
});

/** A stream that says a text after a while. */
function pipeThat(text: string): ReadableStream<Uint8Array> {
  const { stream, write, close } = pipe();
  setTimeout(() => (write(text), close()), 10);
  return stream;
}
