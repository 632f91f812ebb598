import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError } from "../../core/errors.ts";
import { QueueClient, QueueError, type QueueItem, type WatchOptions } from "../../plugins/queue/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { emulatedQueue, frame, scriptedQueue, streamed } from "../support/queues.ts";

const text = (item: QueueItem): string => new TextDecoder().decode(item.data);

/** Watches a script until it throws or so many items have come. */
async function watched(
  answers: Parameters<typeof scriptedQueue>[0],
  { most = Infinity, ...options }: WatchOptions & { most?: number } = {},
) {
  const clock = fakeClock();
  const { predictor, seen } = scriptedQueue(answers);
  const items: bigint[] = [];
  let error: unknown;
  try {
    for await (const { index } of new QueueClient(predictor, { clock }).watch(options)) {
      if (items.push(index) === most) break;
    }
  } catch (thrown) {
    error = thrown;
  }
  return { items, error, seen, slept: clock.slept };
}

test("a watch gives items as they come, and those that were committed don't come again", async () => {
  const { predictor, seen } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  await queue.put("a");
  const got: string[] = [];
  for await (const item of queue.watch({ window: 1 })) {
    got.push(text(item));
    if (got.length === 3) break; // "c" is not committed
    await queue.commit(item);
    await queue.put(got.length === 1 ? "b" : "c");
  }
  assert.deepEqual(got, ["a", "b", "c"]);
  assert.equal(
    seen[1]!.target,
    "?_watch_=true&_index_=0&_window_=1&_index_only_=false&_auto_commit_=false",
  );
  assert.equal(seen[1]!.headers.get("accept"), "application/vnd.google.protobuf");
  for await (const item of queue.watch()) {
    assert.equal(text(item), "c");
    break;
  }
});

test("two consumers of a group share the items, and get those of one that leaves", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  const first = queue.watch({ window: 1 });
  const second = new QueueClient(predictor).watch({ window: 3 });
  await queue.put("a");
  const { value: held } = await first.next();
  assert.equal(text(held!), "a");
  await queue.put("b");
  assert.equal(text((await second.next()).value!), "b");
  const again = second.next();
  first.close();
  assert.equal(text((await again).value!), "a");
  assert.deepEqual(await first.next(), { value: undefined, done: true });
  second.close();
});

test("with autoCommit handled an item goes out again when the loop failed on it", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  for (const data of ["a", "b", "c"]) await queue.put(data);
  const work = async (fails: string): Promise<string[]> => {
    const done: string[] = [];
    for await (const item of queue.watch({ autoCommit: "handled", window: 1 })) {
      if (text(item) === fails) throw new Error(`fails at ${fails} after ${done}`);
      done.push(text(item));
    }
    return done;
  };
  await assert.rejects(work("b"), /fails at b after a/);
  await assert.rejects(work("c"), /fails at c after b/);
  assert.deepEqual((await queue.get({ length: 9 })).map(text), ["c"]);
});

test("with autoCommit handled an item is committed also when its handling closes the watch", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  for (const data of ["a", "b"]) await queue.put(data);
  const watch = queue.watch({ autoCommit: "handled" });
  for await (const item of watch) if (text(item) === "a") watch.close();
  assert.deepEqual((await queue.get({ length: 9 })).map(text), ["b"]);
});

test("with autoCommit sent the queue commits, and indexOnly leaves the content out", async () => {
  const { predictor, seen } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  const { index } = await queue.put("a");
  for await (const item of queue.watch({ autoCommit: "sent", indexOnly: true, tags: {} })) {
    assert.deepEqual([item.index, item.data.length], [index, 0]);
    break;
  }
  assert.deepEqual(await queue.get(), []);
  assert.match(seen[1]!.target, /_index_only_=true&_auto_commit_=true/);
});

test("a refused item goes to another consumer", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  const first = queue.watch({ window: 1 });
  await queue.put("a");
  const { value: item } = await first.next();
  const second = new QueueClient(predictor).watch();
  const other = second.next();
  await queue.negativeCommit(item!, { code: "Shutdown", reason: "leaving" });
  assert.equal(text((await other).value!), "a");
  first.close();
  second.close();
});

test("a connection that ends, is cut inside a frame, breaks or is refused for now is made again after a pause", async () => {
  const { items, slept, seen, error } = await watched([
    () => streamed([frame(1n), frame(2n)]),
    () => streamed([frame(3n), frame(4n).subarray(0, 7)]),
    () => streamed([frame(4n)], "breaks"),
    new TypeError("fetch failed"),
    new Response("no healthy upstream", { status: 503 }),
    new Response("", { status: 408 }),
    () => streamed([frame(5n)], "stays"),
  ], { most: 5 });
  assert.equal(error, undefined);
  assert.deepEqual(items, [1n, 2n, 3n, 4n, 5n]);
  assert.equal(seen.length, 7);
  const bounds = [1000, 1000, 1000, 2000, 4000, 8000]; // an item begins the count anew
  slept.forEach((pause, i) => assert.ok(pause >= bounds[i]! && pause <= 2 * bounds[i]!, `${i}: ${pause}`));
  assert.equal(slept.length, bounds.length);
});

test("connections that fail in a row end the watch, at most half a minute apart", async () => {
  const { error, seen, slept } = await watched([new TypeError("fetch failed")], { reconnects: 7 });
  assert.ok(error instanceof QueueError);
  assert.match(error.message, /^Cannot watch queue "jobs": 8 connections in a row/);
  assert.match(`${error.cause}`, /Cannot predict|NetworkError|no answer/);
  assert.equal(seen.length, 8);
  assert.ok(slept.at(-1)! >= 15_000 && slept.at(-1)! <= 30_000);
});

for (const status of [400, 401, 403, 404, 405]) {
  test(`status ${status} ends a watch at once`, async () => {
    const { error, seen } = await watched([new Response("no", { status })]);
    assert.ok(error instanceof PredictionError);
    assert.match(error.message, new RegExp(`^Cannot watch queue "jobs": status is ${status}`));
    assert.equal(seen.length, 1);
  });
}

test("what is no frame ends a watch, since it would come again", async () => {
  const { error, items, seen } = await watched([
    () => streamed([frame(1n), Uint8Array.of(0, 0, 0, 2, 255, 255)], "stays"),
  ]);
  assert.deepEqual([items, seen.length], [[1n], 1]);
  assert.ok(error instanceof QueueError);
  assert.match(error.message, /^Cannot watch queue "jobs": one is no DataFrameProto/);
});

test("a silent connection is made again, and silence counts for no failure; empty frames keep one alive", async () => {
  const silent = () => streamed([], "stays");
  const { items, seen } = await watched(
    [silent, silent, silent, () => streamed([new Uint8Array(4), frame(1n)])],
    { most: 1, idleTimeout: 15, reconnects: 1 },
  );
  assert.deepEqual([items, seen.length], [[1n], 4]);
});

test("headers that don't come count as a failure", async () => {
  const { error, seen } = await watched([() => new Promise(() => {})], { idleTimeout: 15, reconnects: 1 });
  assert.ok(error instanceof QueueError);
  assert.equal(seen.length, 2);
  assert.ok(seen.every(({ signal }) => signal?.aborted), "the requests were given up");
});

test("close during a pause ends the loop without another request", async () => {
  const { predictor, seen } = scriptedQueue([new TypeError("fetch failed")]);
  const watch = new QueueClient(predictor).watch();
  const next = watch.next();
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  watch.close();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.deepEqual(await watch.next(), { value: undefined, done: true });
  assert.equal(seen.length, 1);
});

test("an abort rejects the loop with its reason at every stage, hangs up and leaves no listener", async () => {
  const stages: Parameters<typeof scriptedQueue>[0][] = [
    [() => new Promise(() => {})],
    [() => streamed([], "stays")],
    [new TypeError("fetch failed")],
  ];
  for (const answers of stages) {
    const { predictor, seen } = scriptedQueue(answers);
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const next = new QueueClient(predictor).watch({ signal }).next();
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(listeners > 0);
    controller.abort(new Error("enough"));
    await assert.rejects(next, /enough/);
    assert.equal(listeners, 0);
    assert.ok(seen[0]!.signal?.aborted);
  }
});

test("an aborted signal lets nothing be sent, and a watch that nobody reads sends nothing", async () => {
  const { predictor, seen } = scriptedQueue([() => streamed([frame(1n)])]);
  const queue = new QueueClient(predictor);
  await assert.rejects(queue.watch({ signal: AbortSignal.abort(new Error("enough")) }).next(), /enough/);
  const watch = queue.watch();
  watch.close();
  assert.deepEqual(await watch.next(), { value: undefined, done: true });
  assert.equal(seen.length, 0);
});

test("a watch reads no faster than its loop", async () => {
  let sent = 0;
  const { predictor } = scriptedQueue([() =>
    new Response(
      new ReadableStream({ pull: (stream) => stream.enqueue(frame(BigInt(++sent))) }, { highWaterMark: 0 }),
    )]);
  let read = 0;
  for await (const { index } of new QueueClient(predictor).watch()) {
    assert.equal(index, BigInt(++read));
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(sent <= read + 2, `${sent} were sent when ${read} were read`);
    if (read === 20) break;
  }
});

test("leaving the loop cancels the body", async () => {
  let cancelled = 0;
  const { predictor } = scriptedQueue([() =>
    new Response(
      new ReadableStream({
        pull: (stream) => stream.enqueue(frame(1n)),
        cancel: () => void cancelled++,
      }),
    )]);
  for await (const _ of new QueueClient(predictor).watch()) break;
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(cancelled, 1);
});
