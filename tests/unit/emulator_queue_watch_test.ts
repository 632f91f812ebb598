import assert from "node:assert/strict";
import { test } from "node:test";
import { identity, type QueueCalls, queueCalls, textOf } from "../support/queue_calls.ts";
import { api } from "../support/signed_calls.ts";

const watching = "?_watch_=true&_window_=5";

async function length({ attributes }: QueueCalls): Promise<string | undefined> {
  return (await attributes())["stream.length"];
}

/** Whether a promise is still waiting when everything that can happen has happened. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let waiting = true;
  promise.finally(() => waiting = false).catch(() => {});
  for (let i = 0; i < 50; i++) await Promise.resolve();
  return waiting;
}

test("a watch sends the items there are and those that come, each as a frame", async () => {
  const queue = await queueCalls();
  const index = await queue.put("a", "?colour=red");
  const consumer = await queue.watch(watching);
  const first = await consumer.next();
  assert.deepEqual([first?.index, textOf(first), first?.tags?.get("colour")], [index, "a", "red"]);
  const second = consumer.next();
  assert.ok(await isWaiting(second));
  await queue.put("b");
  assert.equal(textOf(await second), "b");
  await consumer.close();
});

test("a watch begins at its index; −1 leaves out what is there", async () => {
  const queue = await queueCalls();
  const [, second] = [await queue.put("a"), await queue.put("b")];
  const late = await queue.watch(`${watching}&_index_=${second}`, "late", "one");
  assert.equal(textOf(await late.next()), "b");
  const latest = await queue.watch(`${watching}&_index_=-1`, "latest", "two");
  const next = latest.next();
  assert.ok(await isWaiting(next));
  await queue.put("c");
  assert.equal(textOf(await next), "c");
  await Promise.all([late.close(), latest.close()]);
});

test("no more items are out than the window has room for, until they are committed", async () => {
  const queue = await queueCalls();
  const indexes = [await queue.put("a"), await queue.put("b"), await queue.put("c")];
  const consumer = await queue.watch("?_watch_=true&_window_=2");
  await consumer.next();
  await consumer.next();
  const third = consumer.next();
  assert.ok(await isWaiting(third));
  const { "consumers.list.[0]": described } = await queue.attributes();
  assert.match(
    described ?? "",
    /^Id: g\.u, Index: \d+, Pending: 2, Status: Running, Idle: \d\S*s, Window: 2, Slots: 0, AutoCommit: false$/,
  );
  const headers = identity("u", "g");
  assert.equal(await (await queue.call("PUT", `?_indexes_=${indexes[1]}`, { headers })).text(), "OK");
  assert.equal(textOf(await third), "c");
  await queue.call("PUT", `?_indexes_=${indexes[0]},${indexes[2]}`, { headers });
  assert.equal(await length(queue), "0");
  await consumer.close();
});

test("with auto-commit items are gone when they are sent, whatever the window", async () => {
  const queue = await queueCalls();
  for (const data of ["a", "b", "c"]) await queue.put(data);
  const consumer = await queue.watch("?_watch_=true&_window_=1&_auto_commit_=true");
  for (const data of ["a", "b", "c"]) assert.equal(textOf(await consumer.next()), data);
  assert.equal(await length(queue), "0");
  await consumer.close();
});

test("frames without data have their index and tags", async () => {
  const queue = await queueCalls();
  const index = await queue.put("a", "?colour=red");
  const consumer = await queue.watch(`${watching}&_index_only_=true`);
  const frame = await consumer.next();
  assert.deepEqual([frame?.index, textOf(frame), frame?.tags?.get("colour")], [index, "", "red"]);
  await consumer.close();
});

test("a watch by tags gets no other items", async () => {
  const queue = await queueCalls();
  await queue.put("a", "?colour=red");
  await queue.put("b", "?colour=blue");
  const consumer = await queue.watch(`${watching}&colour=blue`);
  assert.equal(textOf(await consumer.next()), "b");
  const { "consumers.list.[0]": described } = await queue.attributes();
  assert.match(described ?? "", /, Tags: tags\[colour=blue\]$/);
  await consumer.close();
});

test("consumers of a group share the items, each group gets all of them", async () => {
  const queue = await queueCalls();
  const one = await queue.watch(watching, "one", "g");
  const two = await queue.watch(watching, "two", "g");
  const other = await queue.watch(watching, "one", "h");
  const indexes = [await queue.put("a"), await queue.put("b")];
  const shared = [textOf(await one.next()), textOf(await two.next())];
  assert.deepEqual(shared.toSorted(), ["a", "b"]);
  assert.deepEqual([textOf(await other.next()), textOf(await other.next())], ["a", "b"]);
  await queue.call("PUT", `?_indexes_=${indexes}`, { headers: identity("one", "g") });
  assert.equal(await length(queue), "2");
  await queue.call("PUT", `?_indexes_=${indexes}`, { headers: identity("one", "h") });
  assert.equal(await length(queue), "0");
  await Promise.all([one.close(), two.close(), other.close()]);
});

test("what a consumer leaves uncommitted goes to another", async () => {
  const queue = await queueCalls();
  await queue.put("a");
  const one = await queue.watch(watching, "one");
  assert.equal(textOf(await one.next()), "a");
  const two = await queue.watch(watching, "two");
  const next = two.next();
  assert.ok(await isWaiting(next));
  await one.close();
  assert.equal(textOf(await next), "a");
  const { "consumers.list.[0]": described } = await queue.attributes();
  assert.match(described ?? "", /^Id: g\.one, .*Status: Complete/);
  await two.close();
});

test("a consumer that connects again takes the place of its old connection, and gets its items again", async () => {
  const queue = await queueCalls();
  await queue.put("a");
  const old = await queue.watch(watching);
  await old.next();
  const end = old.next();
  const again = await queue.watch(watching);
  assert.equal(await end, undefined);
  assert.equal(textOf(await again.next()), "a");
  await again.close();
});

test("an item that is refused goes to another consumer, or again to the only one", async () => {
  const queue = await queueCalls();
  const refuse = async (index: bigint): Promise<void> => {
    const body = "_code_=Shutdown&_reason_=x";
    await queue.call("PUT", `?_indexes_=${index}&_negative_=true`, { body, headers: identity("one", "g") });
  };
  const index = await queue.put("a");
  const one = await queue.watch(watching, "one");
  await one.next();
  await refuse(index);
  assert.equal((await one.next())?.index, index);
  const two = await queue.watch(watching, "two");
  await refuse(index);
  assert.equal((await two.next())?.index, index);
  await Promise.all([one.close(), two.close()]);
});

test("a watch ends when its queue was ended and is empty, and when its service stops", async () => {
  const queue = await queueCalls();
  await queue.put("a");
  const consumer = await queue.watch(`${watching}&_auto_commit_=true`);
  await queue.call("POST", "?_eos_=true");
  assert.equal(textOf(await consumer.next()), "a");
  assert.equal(await consumer.next(), undefined);
  const sink = await queue.watch(`/sink${watching}`);
  const next = sink.next();
  await api(queue.cloud, "StopService", "PUT /api/v2/services/cn-hangzhou/jobs/stop");
  assert.equal(await next, undefined);
});
