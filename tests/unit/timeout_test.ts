import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { bounded, withTimeout } from "../../core/timeout.ts";
import { watchedSignal } from "../support/watched_signal.ts";

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

// Keeps the process alive, as an open connection would: the timer of a body doesn't.
let alive: ReturnType<typeof setInterval>;
before(() => {
  alive = setInterval(() => {}, 1_000);
});
after(() => clearInterval(alive));

test("withTimeout() bounds the reading of the body too", async () => {
  const response = await withTimeout(stalled, "x", 20)("http://h", {});
  await assert.rejects(
    response.text(),
    (error) => error instanceof TimeoutError && error.message === "x: no whole answer within 20 ms",
  );
});

test("withTimeout() says that it was the reader who took the time", async () => {
  const chunks: Fetch = () => new Response(new ReadableStream({ pull: (c) => c.enqueue(Uint8Array.of(1)) }));
  const reader = (await withTimeout(chunks, "x", 20)("http://h", {})).body!.getReader();
  assert.deepEqual((await reader.read()).value, Uint8Array.of(1));
  await new Promise((resolve) => setTimeout(resolve, 30));
  await assert.rejects(reader.read(), { name: "TimeoutError", message: "x: no reader within 20 ms" });
});

const three: Fetch = () => {
  let count = 0;
  return new Response(
    new ReadableStream({ pull: (c) => count++ < 3 ? c.enqueue(Uint8Array.of(count)) : c.close() }),
  );
};
const broken: Fetch = () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("reset")) }));

const ends: [how: string, fetch: Fetch, use: (response: Response) => Promise<unknown>][] = [
  ["read", three, async (response) => assert.deepEqual(await response.bytes(), Uint8Array.of(1, 2, 3))],
  ["cancelled", three, async (response) => await response.body!.cancel()],
  ["left in the middle", three, async (response) => {
    for await (const chunk of response.body!) if (chunk) break;
  }],
  ["broken", broken, async (response) => await assert.rejects(response.bytes(), /reset/)],
  ["too slow", stalled, async (response) => await assert.rejects(response.bytes(), TimeoutError)],
  ["empty", () => new Response(null, { status: 204 }), async (response) => await response.bytes()],
];
for (const [how, fetch, use] of ends) {
  test(`withTimeout() leaves no listener on a shared signal when the answer was ${how}`, async () => {
    const { signal, listeners } = watchedSignal();
    for (let call = 0; call < 20; call++) {
      await use(await withTimeout(fetch, "x", 20)("http://h", { signal }));
    }
    assert.equal(listeners(), 0);
  });
}

test("withTimeout() cancels the body of a fetch that doesn't heed its signal, read or unread", async () => {
  for (const read of [true, false]) {
    const controller = new AbortController(),
      { promise: cancelled, resolve: cancel } = Promise.withResolvers();
    const deaf: Fetch = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}), cancel }));
    const response = await withTimeout(deaf, "x", 60_000)("http://h", { signal: controller.signal });
    const text = read ? response.text() : undefined;
    const reason = new Error("enough");
    controller.abort(reason);
    assert.equal(await cancelled, reason);
    await assert.rejects(text ?? response.text(), /enough/);
  }
});

/** An answer that announces its length; a stalled one sends nothing of it. */
const announced = (length: number, isStalled = false): Fetch => (_, { signal }) =>
  new Response(
    new ReadableStream({
      start(controller) {
        signal!.addEventListener("abort", () => controller.error(signal!.reason));
        if (isStalled) return;
        for (let i = 0; i < length; i += 1_000) {
          controller.enqueue(new Uint8Array(Math.min(1_000, length - i)).fill(i / 1_000));
        }
        controller.close();
      },
    }),
    { headers: { "content-length": `${length}` } },
  );

test("withTimeout() reads answers of any length, announced or not, once and whole", async () => {
  for (const length of [0, 1, 999, 16_384, 16_385, 40_000]) {
    const { signal, listeners } = watchedSignal();
    const response = await withTimeout(announced(length), "x", 60_000)("http://h", { signal });
    const plain = await announced(length)("http://h", { signal: new AbortController().signal });
    assert.deepEqual(await response.bytes(), await plain.bytes());
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
    assert.equal(listeners(), 0);
  }
});

test("withTimeout() bounds an announced answer too, and lets it be cancelled while it is waited for", async () => {
  const late = await withTimeout(announced(10, true), "x", 20)("http://h", {});
  await assert.rejects(late.text(), { name: "TimeoutError", message: "x: no whole answer within 20 ms" });
  const { signal, listeners } = watchedSignal();
  const left = await withTimeout(announced(10, true), "x", 60_000)("http://h", { signal });
  const reader = left.body!.getReader();
  const read = reader.read();
  await reader.cancel("enough");
  assert.deepEqual(await read, { done: true, value: undefined });
  assert.equal(listeners(), 0);
});

test("withTimeout() keeps status and headers of the answer", async () => {
  const fetch: Fetch = () => new Response("a", { status: 202, statusText: "Fine", headers: { "x-a": "1" } });
  const response = await withTimeout(fetch, "x", 1_000)("http://h", {});
  assert.deepEqual(
    [response.status, response.statusText, response.headers.get("x-a"), await response.text()],
    [202, "Fine", "1", "a"],
  );
});

test("withTimeout() lets the caller's signal stop the reading of the body", async () => {
  const controller = new AbortController();
  const response = await withTimeout(stalled, "x", 60_000)("http://h", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(response.text(), /enough/);
});

/** Counts the timers that are pending while something is done. */
async function withTimers(run: (pending: Set<unknown>) => Promise<void>): Promise<void> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Set<unknown>();
  try {
    globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
      const timer = set(...args);
      pending.add(timer);
      return timer;
    }) as typeof set;
    globalThis.clearTimeout = (timer) => (pending.delete(timer), clear(timer));
    await run(pending);
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
}

test("bounded() leaves no timer behind, which would keep a process alive", async () => {
  await withTimers(async (pending) => {
    await bounded("x", 60_000, undefined, () => Promise.resolve());
    await assert.rejects(bounded("x", 60_000, undefined, () => Promise.reject(new Error("no"))), /no/);
    assert.equal(pending.size, 0);
  });
});

test("withTimeout() has a timer that holds no process, and none when the answer was read or cancelled", async () => {
  await withTimers(async (pending) => {
    const read = await withTimeout(three, "x", 60_000)("http://h", {});
    const cancelled = await withTimeout(three, "x", 60_000)("http://h", {});
    assert.equal(pending.size, 2);
    for (const timer of pending) {
      const { hasRef } = timer as { hasRef?(): boolean }; // runtimes whose timers are numbers have no such processes
      assert.notEqual(hasRef?.call(timer), true);
    }
    await read.bytes();
    await cancelled.body!.cancel();
    await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
    assert.equal(pending.size, 0);
  });
});
test("withTimeout() takes Infinity for no bound", async () => {
  assert.equal((await withTimeout(() => new Response(), "x", Infinity)("http://h", {})).status, 200);
});
