import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { type QueueCalls, queueCalls, textOf } from "../support/queue_calls.ts";
import { api } from "../support/signed_calls.ts";

async function asyncService(jobs: Handler, config: Record<string, unknown> = {}): Promise<QueueCalls> {
  const metadata = { type: "Async", instance: 1 };
  return await queueCalls({ processor: "pmml", metadata, ...config }, { handlers: { jobs } });
}

const poll = "/sink?_raw_=false&_timeout_=5s";

test("an asynchronous service answers what is put into its queue, under the same request id", async () => {
  const handler: Handler = async (request) =>
    Response.json([request.method, request.url, request.headers.get("content-type"), await request.text()]);
  const { attributes, call, get } = await asyncService(handler);
  const headers = { "content-type": "text/x-test" };
  const sent = await call("POST", "/v1/x?a=b", { body: "hello", headers });
  const requestId = sent.headers.get("x-eas-queueservice-request-id");
  const [frame] = await get(`${poll}&requestId=${requestId}`);
  assert.deepEqual(JSON.parse(textOf(frame) ?? ""), ["POST", "http://jobs/v1/x?a=b", "text/x-test", "hello"]);
  assert.deepEqual([...frame?.tags ?? []], [["requestId", requestId]]);
  assert.equal((await attributes())["stream.length"], "0");
});

test("a status other than 200 comes as the tag lastCode, a failure as 500", async () => {
  const { get, put } = await asyncService((request) => {
    if (new URL(request.url).searchParams.has("fail")) throw new Error("out of order");
    return new Response("bad", { status: 400 });
  });
  await put("a", "?requestId=bad");
  await put("b", "?requestId=worse&fail=1");
  const [bad] = await get(`${poll}&requestId=bad`);
  assert.deepEqual([textOf(bad), bad?.tags?.get("lastCode")], ["bad", "400"]);
  const [worse] = await get(`${poll}&requestId=worse`);
  assert.deepEqual([textOf(worse), worse?.tags?.get("lastCode")], [
    "the service failed: out of order",
    "500",
  ]);
});

test("an empty answer puts nothing into the sink", async () => {
  const { attributes, get, put } = await asyncService(() => new Response());
  await put("a");
  assert.deepEqual(await get(poll), []);
  assert.equal((await attributes())["stream.length"], "0");
});

test("no more requests run at a time than the instances have workers", async () => {
  const running: ((answer: Response) => void)[] = [];
  const handler = (): Promise<Response> => new Promise((resolve) => running.push(resolve));
  const metadata = { type: "Async", instance: 2, rpc: { worker_threads: 2 } };
  const { call, put } = await asyncService(handler, { metadata });
  const indexes: bigint[] = [];
  for (let i = 0; i < 6; i++) indexes.push(await put(`${i}`));
  assert.equal(running.length, 4);
  const search = async (index: bigint | undefined): Promise<unknown> =>
    await (await call("GET", `?_search_=true&_index_=${index}`)).json();
  assert.deepEqual(await search(indexes[3]), { IsPending: true, WaitCount: 0 });
  assert.deepEqual(await search(indexes[5]), { IsPending: false, WaitCount: 1 });
  running[0]?.(new Response("done"));
  while (running.length < 5) await new Promise((resolve) => setTimeout(resolve));
  for (const finish of running) finish(new Response("done"));
});

test("a full sink stops the service until there is room", async () => {
  const queue = { sink: { max_length: 1 } };
  let runs = 0;
  const { get, put, attributes } = await asyncService(() => new Response(`${++runs}`), {
    queue,
    metadata: { type: "Async", rpc: { worker_threads: 1 } },
  });
  await put("a");
  await put("b");
  while ((await attributes("/sink"))["stream.length"] === "0") await Promise.resolve();
  assert.equal(runs, 1);
  assert.deepEqual((await get(poll)).map(textOf), ["1"]);
  assert.deepEqual((await get(poll)).map(textOf), ["2"]);
});

test("a request waits in the queue while there is no instance, and is answered when one is ready", async () => {
  const clock = fakeClock();
  const metadata = { type: "Async", instance: 0 };
  const handlers = { jobs: () => new Response("done") };
  const { cloud, get, put } = await queueCalls({ processor: "pmml", metadata }, {
    clock,
    handlers,
    delays: { create: 0, start: 1000, gateway: 0 },
  });
  await put("a");
  assert.deepEqual(await get("/sink?_raw_=false"), []);
  const body = { metadata: { instance: 1 } };
  await api(cloud, "UpdateService", "PUT /api/v2/services/cn-hangzhou/jobs", { body });
  assert.deepEqual((await get(poll)).map(textOf), ["done"]);
  assert.equal(clock.slept[0], 1000); // it looked again when the instance got ready
});
