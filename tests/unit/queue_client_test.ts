import assert from "node:assert/strict";
import { test } from "node:test";
import { PaiError, PredictionError } from "../../core/errors.ts";
import { QueueClient, QueueError } from "../../plugins/queue/mod.ts";
import { emulatedQueue, scriptedQueue, streamed } from "../support/queues.ts";

const uuid = /^[0-9a-f-]{36}$/;
const text = (item?: { data: Uint8Array }): string => new TextDecoder().decode(item?.data);
const accepted = (index: string): Response =>
  new Response(index, { headers: { "x-eas-queueservice-request-id": "rid" } });

test("put, get, search, commit, delete and truncate work on the emulator's queue with exact indexes", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  const items = [];
  for (const data of ["a", "b", "c", "d"]) items.push(await queue.put(data, { tags: { kind: data } }));
  assert.ok(items[0]!.index > 2n ** 53n);
  assert.match(items[0]!.requestId, uuid);
  assert.deepEqual(await queue.search(items[2]!.index), { isPending: false, waitCount: 2 });

  const all = await queue.get({ length: 9 });
  assert.deepEqual(all.map(text), ["a", "b", "c", "d"]);
  assert.deepEqual(all.map(({ index }) => index), items.map(({ index }) => index));
  assert.deepEqual((await queue.get({ tags: { kind: "c" } })).map(text), ["c"]);
  assert.deepEqual((await queue.get({ requestId: items[3]!.requestId })).map(text), ["d"]);
  assert.deepEqual((await queue.get({ index: -1n })).map(text), ["d"]);
  assert.deepEqual(await queue.get({ requestId: "nobody's" }), []);

  await queue.delete(items[1]!.index);
  await queue.commit(all[2]!);
  assert.deepEqual((await queue.get({ length: 9 })).map(text), ["a", "d"]);
  await queue.truncate(items[3]!.index);
  assert.deepEqual((await queue.get({ length: 9, autoDelete: true })).map(text), ["d"]);
  assert.equal((await queue.attributes()).get("stream.length"), "0");
});

test("put sends JSON or bytes to a path, with tags, and its priority by query, and by header once it is known", async () => {
  const { predictor, seen } = await emulatedQueue();
  const queue = new QueueClient(predictor, { group: "g", consumer: "c" });
  await queue.put({ n: 1 }, { tags: { a: "b c" }, path: "/v1/x", priority: 2, headers: { "x-mine": "1" } });
  const [{ method, target, body, headers }] = seen as [typeof seen[0]];
  assert.deepEqual([method, target, body], ["POST", "/v1/x?a=b+c&_priority_=2", '{"n":1}']);
  assert.deepEqual(
    ["authorization", "x-mine", "x-eas-queueservice-redis-uid", "x-eas-queueservice-redis-gid"]
      .map((name) => headers.get(name)),
    ["token", "1", "c", "g"],
  );
  await queue.attributes();
  await queue.put("first", { priority: 3 });
  assert.equal(seen.at(-1)!.headers.get("x-eas-queueservice-priority"), "3");
  assert.equal(text((await queue.get())[0]), "first");
});

test("a client of a sink calls the sink, and one made of an endpoint the service", async () => {
  const { predictor, seen } = scriptedQueue([new Response(null, { status: 204 })]);
  const sink = new QueueClient(predictor, { path: "/sink/" });
  assert.equal(sink.name, "jobs/sink");
  assert.deepEqual(await sink.get({ requestId: "r", wait: 1500 }), []);
  assert.equal(
    seen[0]!.target,
    "/sink?requestId=r&_index_=0&_length_=1&_timeout_=1500ms&_raw_=false&_auto_delete_=false",
  );
  assert.match(seen[0]!.headers.get("x-eas-queueservice-redis-uid")!, uuid);
  assert.equal(new QueueClient({ endpoint: "h", serviceName: "g.jobs" }).name, "g.jobs");
});

test("a get outlives the time that the queue may wait", async () => {
  const { predictor } = await emulatedQueue();
  const queue = new QueueClient(predictor);
  assert.deepEqual(await queue.get({ wait: 40, timeout: 5000 }), []);
  const never = scriptedQueue([() => new Promise(() => {})]);
  const late = new QueueClient(never.predictor).get({ wait: 20, timeout: 10 });
  await assert.rejects(late, { name: "TimeoutError", message: /^Cannot get from queue "jobs": .* 30 ms/ });
});

test("indexes are sent as a list, several requests of it when it is long", async () => {
  const { predictor, seen } = scriptedQueue([new Response("OK")]);
  const queue = new QueueClient(predictor);
  await queue.commit([1n, 2n ** 64n - 1n]);
  await queue.negativeCommit(3n, { code: "Shutdown", reason: "a b&c" });
  await queue.delete([]);
  await queue.delete(Array.from({ length: 450 }, (_, i) => BigInt(i)));
  assert.deepEqual(seen.slice(0, 2).map(({ method, target, body }) => [method, target, body]), [
    ["PUT", "?_indexes_=1%2C18446744073709551615", ""],
    ["PUT", "?_indexes_=3&_negative_=true", "_code_=Shutdown&_reason_=a+b%26c"],
  ]);
  assert.equal(seen[1]!.headers.get("content-type"), "application/x-www-form-urlencoded");
  assert.deepEqual(seen.slice(2).map(({ target }) => target.split("%2C").length), [200, 200, 50]);
});

for (const code of ["Shutdown", "Foo.Bar", "42", "OutOf_Memory", "A"]) {
  test(`negativeCommit takes the code ${code}, and so does the emulator`, async () => {
    const { predictor } = await emulatedQueue();
    await new QueueClient(predictor).negativeCommit(1n, { code });
  });
}

for (const code of ["shutdown", "Aaaaaaaaaaaaaaaaaaaaa", "", "Foo.bar", "4x", "Foo.Bar.Baz"]) {
  test(`negativeCommit refuses the code "${code}"`, async () => {
    const { predictor, seen } = scriptedQueue([new Response("OK")]);
    await assert.rejects(new QueueClient(predictor).negativeCommit(1n, { code }), TypeError);
    assert.equal(seen.length, 0);
  });
}

const wrong: [name: string, call: (queue: QueueClient) => unknown, error: RegExp][] = [
  ["a tag with _", (q) => q.put("", { tags: { _x: "" } }), /TypeError.*"_x" begins with/],
  ["a tag with _ to get", (q) => q.get({ tags: { _x: "" } }), /TypeError/],
  ["a tag with _ to watch", (q) => q.watch({ tags: { _x: "" } }), /TypeError/],
  [
    "a tag that is no text",
    (q) => q.put("", { tags: { x: 1 as unknown as string } }),
    /TypeError.*give text/,
  ],
  ["a priority of −1", (q) => q.put("", { priority: -1 }), /RangeError.*priority is -1/],
  ["half an item", (q) => q.get({ length: 0.5 }), /RangeError.*length is 0.5/],
  ["a wait for ever", (q) => q.get({ wait: Infinity }), /RangeError.*wait is Infinity/],
  ["a number as index", (q) => q.delete(1 as unknown as bigint), /TypeError.*give a BigInt/],
  ["an index of 65 bits", (q) => q.commit(2n ** 64n), /RangeError/],
  ["a negative index", (q) => q.search(-1n), /RangeError/],
  ["a window of 0", (q) => q.watch({ window: 0 }), /RangeError.*window is 0/],
];
for (const [name, call, error] of wrong) {
  test(`${name} is refused before any request`, async () => {
    const { predictor, seen } = scriptedQueue([new Response("OK")]);
    await assert.rejects(
      async () => await call(new QueueClient(predictor)),
      (thrown) => error.test(`${thrown}`),
    );
    assert.equal(seen.length, 0);
  });
}

test("an item longer than attributes allow is refused, once they are known", async () => {
  const { predictor, seen } = scriptedQueue([accepted("1"), Response.json({ "meta.maxPayloadBytes": "3" })]);
  const queue = new QueueClient(predictor);
  await queue.put("1234");
  assert.equal((await queue.attributes()).get("meta.maxPayloadBytes"), "3");
  for (const data of ["中文", new Uint8Array(4), new ArrayBuffer(4), new Blob(["1234"])]) {
    await assert.rejects(queue.put(data), /RangeError|the item has \d bytes, more than 3/);
  }
  assert.equal(seen.length, 2);
});

for (const answer of ["12\n", "0x10", "", "-1", "18446744073709551616", "{}"]) {
  test(`put refuses the index ${JSON.stringify(answer)}`, async () => {
    const { predictor } = scriptedQueue([accepted(answer)]);
    await assert.rejects(new QueueClient(predictor).put(""), (error) => {
      assert.ok(error instanceof QueueError);
      assert.match(error.message, /^Cannot put into queue "jobs": can't read the answer/);
      return true;
    });
  });
}

test("put keeps the index when the queue names no request id", async () => {
  const { predictor } = scriptedQueue([new Response("1680769172000123457")]);
  await assert.rejects(new QueueClient(predictor).put(""), (error) => {
    assert.ok(error instanceof QueueError);
    assert.deepEqual([error.index, error.code], [1680769172000123457n, "NoRequestId"]);
    return true;
  });
});

const refused = Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
const reset = Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
const failures: [name: string, answer: Parameters<typeof scriptedQueue>[0][0], requests: number][] = [
  ["a refused connection", refused, 2],
  ["a connection that broke", reset, 1],
  ["429", () => new Response("", { status: 429, headers: { "retry-after": "0" } }), 2],
  ["450", () => new Response("", { status: 450 }), 2],
  ["503", () => new Response("no healthy upstream", { status: 503 }), 2],
  ["500", () => new Response("oops", { status: 500 }), 1],
  ["502", () => new Response("oops", { status: 502 }), 1],
  ["504", () => new Response("oops", { status: 504 }), 1],
];
for (const [name, answer, requests] of failures) {
  test(`after ${name} an item is put ${requests === 1 ? "not " : ""}again`, async () => {
    const { predictor, seen } = scriptedQueue([answer, accepted("1")]);
    const put = new QueueClient(predictor).put("x");
    if (requests === 2) assert.equal((await put).index, 1n);
    else await assert.rejects(put, PaiError);
    assert.equal(seen.length, requests);
  });
}

test("what a queue refuses is an error with its status, in the words of the call", async () => {
  const { predictor } = scriptedQueue([new Response("Unauthorized", { status: 401 })]);
  await assert.rejects(new QueueClient(predictor, { path: "sink" }).truncate(1n), (error) => {
    assert.ok(error instanceof PredictionError);
    assert.match(error.message, /^Cannot truncate queue "jobs\/sink": status is 401/);
    assert.deepEqual([error.status, error.body, error.retryable], [401, "Unauthorized", false]);
    return true;
  });
});

test("an abort ends a call with the signal's reason, also while its answer is read", async () => {
  const controller = new AbortController();
  const { predictor } = scriptedQueue([() => {
    controller.abort(new Error("enough"));
    return new Response(new ReadableStream({ start: (stream) => stream.error(new Error("torn")) }));
  }]);
  await assert.rejects(new QueueClient(predictor).search(1n, { signal: controller.signal }), /enough/);
});

test("an answer that breaks off or is no answer is an error that says so", async () => {
  for (const answer of [() => new Response("<html>"), () => streamed([], "breaks")]) {
    const { predictor } = scriptedQueue([answer]);
    await assert.rejects(new QueueClient(predictor).attributes(), {
      name: "QueueError",
      code: "InvalidAnswer",
    });
  }
});
