import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "../support/fake_clock.ts";
import { identity, queueCalls, textOf } from "../support/queue_calls.ts";

test("the queue answers a put with a decimal index beyond 2^53 and a request id", async () => {
  const { call, put } = await queueCalls();
  const answer = await call("POST", "?colour=red", { body: "a" });
  const index = await answer.text();
  assert.equal(answer.status, 200);
  assert.match(index, /^\d{19}$/);
  assert.match(answer.headers.get("x-eas-queueservice-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.ok(await put("b") > BigInt(index));
  assert.notEqual(await put("c", "/sink"), BigInt(index)); // each queue counts for itself
});

test("get returns the frame list in JSON with a bare index, in protobuf, or the bare payload", async () => {
  const { call, get, put } = await queueCalls();
  const index = await put("a\u0000é", "?colour=red");
  const listed = await call("GET", "?_raw_=false&_auto_delete_=false");
  assert.equal(listed.headers.get("content-type"), "application/json");
  const id = /"requestId":"([^"]+)"/.exec(await listed.clone().text())?.[1];
  assert.equal(
    await listed.text(),
    `[{"index":${index},"tags":{"colour":"red","requestId":"${id}"},"data":"YQDDqQ=="}]\n`,
  );
  const [frame] = await get("?_raw_=false&_auto_delete_=false");
  assert.deepEqual([frame?.index, textOf(frame)], [index, "a\u0000é"]);
  assert.deepEqual([...frame?.tags ?? []], [["colour", "red"], ["requestId", id]]);
  assert.equal(await (await call("GET", "?_raw_=true&_auto_delete_=false")).text(), "a\u0000é");
});

test("get finds by index, by tag and by request id, and deletes what it found unless it is told not to", async () => {
  const { attributes, call, get, put } = await queueCalls();
  const [, second] = [await put("a", "?n=1"), await put("b", "?n=2"), await put("c", "?n=2&requestId=mine")];
  const keep = "?_raw_=false&_auto_delete_=false";
  const found = async (query: string): Promise<unknown[]> => (await get(`${keep}&${query}`)).map(textOf);
  assert.deepEqual(await found("_length_=9"), ["a", "b", "c"]);
  assert.deepEqual(await found(`_index_=${second}&_length_=9`), ["b", "c"]);
  assert.deepEqual(await found("_index_=-1&_length_=9"), ["c"]);
  assert.deepEqual(await found("n=2"), ["b"]);
  assert.deepEqual(await found("requestId=mine"), ["c"]);
  assert.deepEqual(await found("requestId=other"), []);
  assert.equal((await attributes())["stream.length"], "3");
  assert.deepEqual((await get("?_raw_=false&_length_=2")).map(textOf), ["a", "b"]);
  assert.equal((await call("GET", `?_raw_=false&_index_=${second}&n=1`)).status, 204);
  assert.equal((await attributes())["stream.length"], "1");
});

test("get waits as long as it is told, and is woken by a put", async () => {
  const clock = fakeClock();
  const { call } = await queueCalls({}, { clock });
  assert.equal((await call("GET", "?_raw_=false&_timeout_=1m1.5s")).status, 204);
  assert.deepEqual(clock.slept.at(-1), 61_500);
  const still = { ...fakeClock(), sleep: () => new Promise<void>(() => {}) };
  const waiting = await queueCalls({}, { clock: still });
  const found = waiting.get("?_raw_=false&_timeout_=5s");
  await waiting.put("late");
  assert.deepEqual((await found).map(textOf), ["late"]);
});

test("a long poll ends when its caller hangs up", async () => {
  const still = { ...fakeClock(), sleep: () => new Promise<void>(() => {}) };
  const { attributes, call, put } = await queueCalls({}, { clock: still });
  const controller = new AbortController();
  const poll = call("GET", "?_raw_=false&_timeout_=5s", { signal: controller.signal });
  await Promise.resolve();
  controller.abort(new Error("enough"));
  await assert.rejects(poll, /enough/);
  await put("a");
  assert.equal((await attributes())["stream.length"], "1"); // it took nothing with it
});

test("items of a higher priority go out first", async () => {
  const { call, get, put } = await queueCalls();
  await put("plain");
  await put("first", "?_priority_=2");
  await call("POST", "", { body: "second", headers: { "x-eas-queueservice-priority": "1" } });
  assert.deepEqual((await get("?_raw_=false&_length_=9&_auto_delete_=false")).map(textOf), [
    "first",
    "second",
    "plain",
  ]);
  const count = async (query: string): Promise<string> =>
    await (await call("GET", `?_count_=true${query}`)).text();
  assert.deepEqual([await count(""), await count("&_priority_=2"), await count("&a=b")], ["3", "1", "0"]);
});

test("search tells whether an item is being processed, and how many are ahead of it", async () => {
  const { call, put, watch } = await queueCalls();
  const indexes = [await put("a"), await put("b"), await put("c")];
  const search = async (index: bigint | undefined): Promise<unknown> =>
    await (await call("GET", `?_search_=true&_index_=${index}`)).json();
  assert.deepEqual(await search(indexes[2]), { IsPending: false, WaitCount: 2 });
  const consumer = await watch("?_watch_=true&_window_=1");
  await consumer.next();
  assert.deepEqual(await search(indexes[0]), { IsPending: true, WaitCount: 0 });
  assert.deepEqual(await search(indexes[2]), { IsPending: false, WaitCount: 1 });
  await consumer.close();
});

test("delete and truncate take items away", async () => {
  const { call, get, put } = await queueCalls();
  const indexes = [await put("a"), await put("b"), await put("c"), await put("d")];
  assert.equal(await (await call("DELETE", `?_indexes_=${indexes[1]}%2C1`)).text(), "OK");
  assert.equal((await call("DELETE", `?_trunc_=true&_index_=${indexes[2]}`)).status, 200);
  assert.deepEqual((await get("?_raw_=false&_length_=9")).map(textOf), ["c", "d"]);
});

test("a queue that was ended takes no more, and gives what it has unless it is forced", async () => {
  const { attributes, call, get, put } = await queueCalls();
  await put("a");
  await call("POST", "?_eos_=true");
  assert.equal((await call("POST", "", { body: "b" })).status, 400);
  assert.deepEqual((await get("?_raw_=false")).map(textOf), ["a"]);
  await put("c", "/sink");
  await call("POST", "/sink?_eos_=true&_force_=true");
  assert.equal((await attributes("/sink"))["stream.length"], "0");
});

test("attributes are strings, in JSON and in protobuf", async () => {
  const { attributes, put } = await queueCalls({ queue: { source: { max_payload_size_kb: 8 } } });
  const index = await put("a");
  const found = await attributes();
  assert.deepEqual(
    [
      "meta.name",
      "meta.maxPayloadBytes",
      "meta.header.user",
      "stream.length",
      "stream.firstEntry",
      "stream.lastEntry",
    ]
      .map((name) => found[name]),
    ["jobs", "8192", "X-EAS-QueueService-Redis-Uid", "1", `${index}`, `${index}`],
  );
  assert.equal((await attributes("/sink"))["meta.name"], "jobs/sink");
});

test("a queue refuses what is too long with 413, and one too many with 450 or by dropping the oldest", async () => {
  const queue = {
    source: { max_length: 2, max_payload_size_kb: 1 },
    sink: { max_length: 1, auto_evict: true },
  };
  const { call, get, put } = await queueCalls({ queue });
  assert.equal((await call("POST", "", { body: "x".repeat(1025) })).status, 413);
  await put("a");
  await put("b");
  assert.equal((await call("POST", "", { body: "c" })).status, 450);
  await put("a", "/sink");
  await put("b", "/sink");
  assert.deepEqual((await get("/sink?_raw_=false&_length_=9")).map(textOf), ["b"]);
});

test("the rear queue is another one", async () => {
  const { attributes, call } = await queueCalls();
  await call("POST", "", { body: "a", headers: { "x-eas-queueservice-access-rear": "true" } });
  assert.equal((await attributes())["stream.length"], "0");
});

for (
  const [method, target, status] of [
    ["GET", "?_timeout_=5", 400],
    ["GET", "?_index_=0x10", 400],
    ["GET", "?_index_=18446744073709551616", 400],
    ["GET", "?_length_=-1", 400],
    ["GET", "?_raw_=no", 400],
    ["GET", "?_mine_=1", 400],
    ["POST", "?_x=1", 400],
    ["PUT", "?_indexes_=", 400],
    ["PUT", "?_indexes_=1,x", 400],
    ["PUT", "?_indexes_=1,2", 200],
    ["PUT", "", 405],
    ["DELETE", "", 405],
    ["PATCH", "?_indexes_=1", 405],
  ] as const
) {
  test(`the queue answers ${method} ${target || "(no query)"} with ${status}`, async () => {
    const { call } = await queueCalls();
    assert.equal((await call(method, target)).status, status);
  });
}

for (
  const [code, status] of [
    ["Shutdown", 200],
    ["Foo.Bar", 200],
    ["42", 200],
    ["shutdown", 400],
    ["", 400],
    ["Aaaaaaaaaaaaaaaaaaaaa", 400],
  ] as const
) {
  test(`a negative commit with the code "${code}" is answered with ${status}`, async () => {
    const { call } = await queueCalls();
    const body = new URLSearchParams({ _code_: code, _reason_: "because" }).toString();
    const headers = { ...identity("u", "g"), "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await call("PUT", "?_indexes_=1&_negative_=true", { body, headers })).status, status);
  });
}

test("a queue of a group has both names, as other services have", async () => {
  const { attributes, cloud } = await queueCalls({ metadata: { type: "Queue", group: "crew" } });
  const host = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com";
  const headers = { authorization: "token" };
  const sent = await cloud.fetch(`${host}/api/predict/crew.jobs/sink`, {
    method: "POST",
    headers,
    body: "a",
  });
  assert.equal(sent.status, 200);
  assert.equal((await attributes("/sink"))["stream.length"], "1");
  assert.equal((await cloud.fetch(`${host}/api/predict/crew.jobs`, { method: "POST" })).status, 401);
});
