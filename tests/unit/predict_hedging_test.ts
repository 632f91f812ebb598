import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { type HedgingOptions, withHedging } from "../../plugins/predict/hedging.ts";
import { Latencies } from "../../plugins/predict/hedging/latencies.ts";
import { sleep } from "../support/watched_signal.ts";

type Act = (signal: AbortSignal) => Promise<Response>;

/** Answers after so many milliseconds, and never when it is aborted before. */
const answer = (body: string, ms = 0, status = 200): Act => async (signal) => {
  await new Promise((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return new Response(body, { status });
};
const never: Act = (signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const fail = (message: string, ms = 0): Act => async () => {
  await sleep(ms);
  throw new TypeError(message);
};

/** A hedged service that acts as told, one act for each request, with the signals that it saw. */
function service(acts: Act[], options: HedgingOptions = { after: 20 }) {
  const signals: AbortSignal[] = [];
  const inner: Fetch = (_, { signal }) => acts[signals.push(signal!) - 1]!(signal!);
  const fetch = withHedging(inner, options);
  return { signals, call: async (init: RequestInit = {}) => await fetch("http://h", init) };
}

test("withHedging() sends one request when the answer is in time", async () => {
  const { call, signals } = service([answer("a")]);
  assert.equal(await (await call()).text(), "a");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false]);
});

test("withHedging() asks again when the answer is late, and aborts the loser", async () => {
  const { call, signals } = service([never, answer("b")]);
  assert.equal(await (await call()).text(), "b");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
});

test("withHedging() takes the first answer when it comes before the second one's", async () => {
  const { call, signals } = service([answer("a", 50), never]);
  assert.equal(await (await call()).text(), "a");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false, true]);
});

test("withHedging() leaves what fails quickly to the predictor's retries", async () => {
  for (const act of [fail("reset"), answer("busy", 0, 503)]) {
    const { call, signals } = service([act]);
    await call().catch(() => {});
    assert.equal(signals.length, 1);
  }
});

const mixed: [what: string, acts: Act[], wanted: string][] = [
  ["a 503 of the second", [answer("a", 80), answer("busy", 0, 503)], "a"],
  ["a 503 of the first", [answer("busy", 40, 503), answer("b", 60)], "b"],
  ["a 429 of the first", [answer("busy", 40, 429), answer("b", 60)], "b"],
  ["a 450 of the first", [answer("busy", 40, 450), answer("b", 60)], "b"],
  ["a failure of the first", [fail("reset", 40), answer("b", 60)], "b"],
  ["a failure of the second", [answer("a", 80), fail("refused")], "a"],
  ["a refusal that is no better elsewhere", [answer("wrong", 40, 400), answer("b", 200)], "wrong"],
];
for (const [what, acts, wanted] of mixed) {
  test(`withHedging() gives ${wanted} after ${what}`, async () => {
    assert.equal(await (await service(acts).call()).text(), wanted);
  });
}

test("withHedging() gives the first answer when none is good, or else the first error", async () => {
  const busy = service([fail("reset", 40), answer("busy", 40, 503)]);
  assert.equal((await busy.call()).status, 503);
  await assert.rejects(service([fail("first", 40), fail("second", 40)]).call(), /first/);
});

test("withHedging() cancels the answer of a loser that doesn't listen", async () => {
  let cancelled = false;
  const deaf: Act = async () => {
    await sleep(60);
    return new Response(new ReadableStream({ cancel: () => void (cancelled = true) }));
  };
  const { call } = service([deaf, answer("b")]);
  assert.equal(await (await call()).text(), "b");
  await sleep(80);
  assert.ok(cancelled);
});

test("withHedging() hands the caller's abort on to both, and to the body of the winner", async () => {
  const controller = new AbortController();
  const { call, signals } = service([never, never]);
  setTimeout(() => controller.abort(new Error("enough")), 40);
  await assert.rejects(call({ signal: controller.signal }), /enough/);
  assert.deepEqual(signals.map(({ reason }) => reason.message), ["enough", "enough"]);
  const later = new AbortController();
  const won = service([never, answer("b")]);
  await won.call({ signal: later.signal });
  later.abort(new Error("later"));
  assert.equal(won.signals[1]!.reason.message, "later");
});

test("withHedging() sends a stream once", async () => {
  const { call, signals } = service([answer("a", 60)]);
  assert.equal(await (await call({ method: "POST", body: new ReadableStream() })).text(), "a");
  assert.equal(signals.length, 1);
});

test("withHedging() asks again for a share of the calls only", async () => {
  let requests = 0;
  const slow: Fetch = async () => {
    requests++;
    await sleep(15);
    return new Response();
  };
  const fetch = withHedging(slow, { after: 1, share: 0.2 });
  for (let call = 0; call < 50; call++) await fetch("http://h", {});
  assert.ok(requests >= 58 && requests <= 61, `${requests} requests`);
});

test("withHedging() learns what is late", async () => {
  let requests = 0;
  const inner: Fetch = async (_, { signal }) => await (requests++ < 25 ? answer("a", 1) : never)(signal!);
  const quick = withHedging((url, init) => requests === 26 ? answer("b")(init.signal!) : inner(url, init));
  for (let call = 0; call < 25; call++) await quick("http://h", {});
  assert.equal(requests, 25);
  assert.equal(await (await quick("http://h", {})).text(), "b");
});

test("Latencies.slow() is what 95 of the last 100 took at most", () => {
  const latencies = new Latencies();
  for (let ms = 1; ms < 20; ms++) latencies.add(ms);
  assert.equal(latencies.slow(), undefined);
  latencies.add(20);
  assert.equal(latencies.slow(), 19);
  for (let ms = 100; ms > 0; ms--) latencies.add(ms);
  assert.equal(latencies.slow(), 95);
  for (let count = 0; count < 100; count++) latencies.add(0);
  assert.equal(latencies.slow(), 1);
});

test("withHedging() works below a predictor, which still bounds the whole", async () => {
  const { signals } = service([]);
  const fetch = withHedging((_, { signal }) => never((signals.push(signal!), signal!)), { after: 5 });
  const predictor = new Predictor({ endpoint: "http://h", fetch });
  await assert.rejects(predictor.predict(1, { timeout: 40 }), { name: "TimeoutError" });
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

test("withHedging() refuses what is no time and no share", () => {
  for (const options of [{ after: 0 }, { after: NaN }, { share: 0 }, { share: 2 }]) {
    assert.throws(() => withHedging(() => new Response(), options), RangeError);
  }
});
