import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { bounded, withTimeout } from "../../core/timeout.ts";

const never: Fetch = () => new Promise(() => {});

// A body that ends only when the request is aborted, as every runtime's fetch does it.
const stalled: Fetch = (_, { signal }) =>
  new Response(
    new ReadableStream({ start: (c) => signal!.addEventListener("abort", () => c.error(signal!.reason)) }),
  );

test("bounded() rejects with a TimeoutError that names what was going on", async () => {
  await assert.rejects(
    bounded('Cannot call "x"', 5, undefined, () => new Promise(() => {})),
    (error) => error instanceof TimeoutError && error.message === 'Cannot call "x": no answer within 5 ms',
  );
});

test("bounded() aborts the operation's signal when the time is over", async () => {
  let inner: AbortSignal | undefined;
  await assert.rejects(
    bounded("x", 5, undefined, (signal) => (inner = signal, new Promise(() => {}))),
    TimeoutError,
  );
  assert.ok(inner?.aborted);
});

test("bounded() rejects with the signal's own reason when it is aborted", async () => {
  const controller = new AbortController();
  const running = bounded("x", 60_000, controller.signal, () => new Promise(() => {}));
  controller.abort(new Error("enough"));
  await assert.rejects(running, /^Error: enough$/);
  await assert.rejects(bounded("x", 60_000, controller.signal, () => Promise.resolve(1)), /^Error: enough$/);
});

test("bounded() leaves no listener on a signal that many calls share", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  for (let call = 0; call < 100; call++) await bounded("x", 60_000, signal, () => Promise.resolve());
  assert.equal(listeners, 0);
});

test("bounded() takes Infinity for no bound and refuses what is no time", async () => {
  assert.equal(await bounded("x", Infinity, undefined, () => Promise.resolve(1)), 1);
  for (const ms of [0, -1, NaN]) {
    await assert.rejects(bounded("x", ms, undefined, () => Promise.resolve(1)), RangeError);
  }
});

test("withTimeout() bounds the wait for an answer", async () => {
  await assert.rejects(async () => await withTimeout(never, "x", 5)("http://h", {}), TimeoutError);
});

test("withTimeout() bounds the reading of the body too", async () => {
  const alive = setInterval(() => {}, 1_000); // as an open connection would be; the timer itself keeps nothing alive
  try {
    const response = await withTimeout(stalled, "x", 20)("http://h", {});
    await assert.rejects(response.text(), { name: "TimeoutError" });
  } finally {
    clearInterval(alive);
  }
});

test("withTimeout() lets the caller's signal stop the reading of the body", async () => {
  const controller = new AbortController();
  const response = await withTimeout(stalled, "x", 60_000)("http://h", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(response.text(), /enough/);
});

test("bounded() leaves no timer behind, which would keep a process alive", async () => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Set<unknown>();
  try {
    globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
      const timer = set(...args);
      pending.add(timer);
      return timer;
    }) as typeof set;
    globalThis.clearTimeout = (timer) => (pending.delete(timer), clear(timer));
    await bounded("x", 60_000, undefined, () => Promise.resolve());
    await assert.rejects(bounded("x", 60_000, undefined, () => Promise.reject(new Error("no"))), /no/);
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
  assert.equal(pending.size, 0);
});
test("withTimeout() takes Infinity for no bound", async () => {
  assert.equal((await withTimeout(() => new Response(), "x", Infinity)("http://h", {})).status, 200);
});
