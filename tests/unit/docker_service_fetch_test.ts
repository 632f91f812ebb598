import assert from "node:assert/strict";
import { test } from "node:test";
import { Predictor } from "../../core/predictor.ts";
import { serviceFetch } from "../../plugins/local-docker/service-fetch.ts";
import { fakeClock } from "../support/fake_clock.ts";

/** A service whose port may change; other ports refuse, as runtimes word it. */
function moving() {
  const clock = fakeClock();
  const state = { port: 1111 as number | undefined, looks: 0, sent: [] as string[] };
  const fetch = serviceFetch(
    (url) => {
      state.sent.push(url);
      if (new URL(url).port === `${state.port}`) return Response.json(url);
      throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
    },
    // deno-lint-ignore require-await -- that there is no address is a rejection
    async () => {
      state.looks++;
      if (state.port === undefined) throw new Error("stopped");
      return new URL(`http://127.0.0.1:${state.port}/`);
    },
    clock,
  );
  return { clock, fetch, state };
}

test("serviceFetch() sends path and query to the address that is looked up, once a second", async () => {
  const { clock, fetch, state } = moving();
  const predictor = new Predictor({ endpoint: "http://127.0.0.1:9/", fetch });
  assert.equal(
    await predictor.predict(1, { path: "a/b", query: { c: "d" } }),
    "http://127.0.0.1:1111/a/b?c=d",
  );
  await Promise.all(Array.from({ length: 9 }, () => predictor.predict(1)));
  assert.equal(state.looks, 1);
  clock.time += 1_000;
  await predictor.predict(1);
  assert.equal(state.looks, 2);
});

test("serviceFetch() finds a service that has moved, without a retry of the predictor's", async () => {
  const { fetch, state } = moving();
  const predictor = new Predictor({ endpoint: "http://127.0.0.1:1111/", fetch, retry: false });
  await predictor.predict(1);
  state.port = 2222;
  assert.equal(await predictor.predict(1), "http://127.0.0.1:2222/");
  assert.deepEqual([state.looks, state.sent.length], [2, 3]);
  state.port = 3333;
  fetch.forget();
  assert.equal(await predictor.predict(1), "http://127.0.0.1:3333/");
  assert.equal(state.sent.length, 4, "nobody was asked at the old address");
});

test("serviceFetch() tells why there is no address, and looks again the next time", async () => {
  const { fetch, state } = moving();
  state.port = undefined;
  await assert.rejects(fetch("http://127.0.0.1/", {}), { message: "stopped" });
  state.port = 1111;
  assert.equal((await fetch("http://127.0.0.1/", {})).status, 200);
});

test("serviceFetch() sends nothing twice that may have been read, or can't be written again", async () => {
  const { fetch, state } = moving();
  await fetch("http://127.0.0.1/", {});
  state.port = 2222;
  await assert.rejects(fetch("http://127.0.0.1/", { method: "POST", body: new ReadableStream() }), TypeError);
  assert.equal(state.sent.length, 2);

  let sent = 0;
  const broken = serviceFetch(
    () => {
      sent++;
      throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
    },
    () => Promise.resolve(new URL(`http://127.0.0.1:${1000 + sent}/`)),
    fakeClock(),
  );
  await assert.rejects(broken("http://127.0.0.1/", { method: "POST", body: "x" }), TypeError);
  assert.equal(sent, 1);
});
