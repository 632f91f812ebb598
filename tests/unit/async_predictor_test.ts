import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes } from "../../core/bytes.ts";
import { PaiError, TimeoutError } from "../../core/errors.ts";
import type { Handler } from "../../plugins/emulator/mod.ts";
import { AsyncPredictionError, AsyncPredictor, QueueError } from "../../plugins/queue/mod.ts";
import { Slots } from "../../plugins/queue/slots.ts";
import { tensorflow } from "../../plugins/serializers/tensorflow.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { emulatedQueue, scriptedQueue } from "../support/queues.ts";

const container = { containers: [{ image: "i", command: "c", port: 8000 }] };
const config = { ...container, metadata: { type: "Async", instance: 1, rpc: { worker_threads: 64 } } };
const serve = (jobs: Handler) => emulatedQueue(config, { handlers: { jobs } });
const accepted = (id = "rid"): Response =>
  new Response("1", { headers: { "x-eas-queueservice-request-id": id } });

test("predict() gives a task whose result is deleted from the sink once it is here", async () => {
  const { predictor, seen } = await serve(async (request) => Response.json({ got: await request.json() }));
  const service = new AsyncPredictor(predictor);
  const task = await service.predict([1, 2], { path: "/v1", tags: { a: "b" }, priority: 1 });
  assert.match(task.requestId, /^[0-9a-f-]{36}$/);
  assert.equal(typeof task.index, "bigint");
  assert.equal(seen[0]!.headers.get("content-type"), "application/json");
  assert.deepEqual(await task.result(), { got: [1, 2] });
  assert.deepEqual(await task.result(), { got: [1, 2] }); // without asking again
  assert.deepEqual(seen.map(({ method }) => method), ["POST", "GET", "DELETE"]);
  assert.equal((await service.sink.attributes()).get("stream.length"), "0");
});

test("tasks get their own results, whichever comes first", async () => {
  const release: (() => void)[] = [];
  const { predictor } = await serve(async (request) => {
    const input = await request.json();
    await new Promise<void>((resolve) => release[input] = resolve);
    return Response.json(input);
  });
  const service = new AsyncPredictor<number, number>(predictor as never);
  const tasks = [await service.predict(0), await service.predict(1), await service.predict(2)];
  const order: number[] = [];
  const results = tasks.map(async (task) => order.push(await task.result()));
  for (const i of [2, 0, 1]) {
    while (!release[i]) await new Promise((resolve) => setTimeout(resolve, 1));
    release[i]();
    while (!order.includes(i)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(results);
  assert.deepEqual(order, [2, 0, 1]);
});

test("a result that comes while the queue holds the poll needs no further one", async () => {
  let answer = (): void => {};
  const { predictor, seen } = await serve(() =>
    new Promise((resolve) => answer = () => resolve(Response.json("late")))
  );
  const task = await new AsyncPredictor(predictor).predict(1);
  const result = task.result();
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer();
  assert.equal(await result, "late");
  assert.equal(seen.filter(({ method }) => method === "GET").length, 1);
});

test("a hundred tasks with three slots all get their results, with no more than three polls at a time", async () => {
  const { predictor } = await serve(async (request) => Response.json(await request.json()));
  let polls = 0, most = 0;
  const counted = {
    ...{ endpoint: predictor.endpoint, serializer: predictor.serializer },
    rawPredict: async (...args: Parameters<typeof predictor.rawPredict>) => {
      const isPoll = args[1]?.query?.requestId !== undefined;
      if (isPoll) most = Math.max(most, ++polls);
      try {
        return await predictor.rawPredict(...args);
      } finally {
        if (isPoll) polls--;
      }
    },
  };
  const service = new AsyncPredictor(counted as typeof predictor, { concurrency: 3 });
  const tasks = await Promise.all(Array.from({ length: 100 }, (_, i) => service.predict(i)));
  const results = await Promise.all(tasks.map((task) => task.result()));
  assert.deepEqual(results, Array.from({ length: 100 }, (_, i) => i));
  assert.equal(most, 3);
});

test("what the model refuses has its status and body, and leaves the sink empty", async () => {
  const { predictor } = await serve(() => new Response("bad input", { status: 400 }));
  const service = new AsyncPredictor(predictor);
  const task = await service.predict(1);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(task.result(), (error) => {
      assert.ok(error instanceof AsyncPredictionError);
      assert.match(error.message, /from queue "jobs\/sink": status of the model is 400: bad input$/);
      const { status, body, requestId, retryable } = error;
      assert.deepEqual([status, body, requestId, retryable], [400, "bad input", task.requestId, false]);
      return true;
    });
  }
  assert.equal((await service.sink.attributes()).get("stream.length"), "0");
});

test("what can't be read is an error with what was said, and stays for somebody who can", async () => {
  const { predictor } = await serve(() => new Response("<html>"));
  const service = new AsyncPredictor(predictor);
  const { requestId } = await service.predict(1);
  await assert.rejects(service.task(requestId).result(), (error) => {
    assert.ok(error instanceof AsyncPredictionError);
    assert.deepEqual([error.body, error.status], ["<html>", 200]);
    assert.ok(error.cause instanceof SyntaxError);
    return true;
  });
  const other = new AsyncPredictor(predictor, { serializer: bytes() as never });
  const data = await other.task(requestId).result() as Uint8Array;
  assert.equal(new TextDecoder().decode(data), "<html>");
});

test("a deadline that passes leaves the result to be got later, also by its id alone", async () => {
  let answer = (): void => {};
  const { predictor } = await serve(() => new Promise((resolve) => answer = () => resolve(Response.json(7))));
  const service = new AsyncPredictor(predictor);
  const task = await service.predict(1);
  await assert.rejects(task.result({ timeout: 20 }), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.requestId, task.requestId);
    return true;
  });
  answer();
  assert.equal(await new AsyncPredictor(predictor).task(task.requestId).result(), 7);
});

test("two who wait for one task both get its result", async () => {
  const { predictor } = await serve(() => Response.json(7));
  const task = await new AsyncPredictor(predictor, { clock: fakeClock() }).predict(1);
  assert.deepEqual(await Promise.all([task.result(), task.result()]), [7, 7]);
});

test("a result counts though it could not be deleted", async () => {
  const { predictor, seen } = scriptedQueue([
    accepted(),
    Response.json([{ index: 5, data: btoa("7") }]),
    new Response("oops", { status: 500 }),
  ]);
  const task = await new AsyncPredictor(predictor).predict(1);
  assert.equal(await task.result(), 7);
  assert.deepEqual(seen.map(({ method, target }) => `${method} ${target.split("?")[0]}`), [
    "POST ",
    "GET /sink",
    "DELETE /sink",
  ]);
  assert.equal(seen[2]!.target, "/sink?_indexes_=5");
});

test("with autoDelete the queue deletes what it sends", async () => {
  const { predictor, seen } = await serve(() => Response.json(7));
  const service = new AsyncPredictor(predictor, { autoDelete: true });
  assert.equal(await (await service.predict(1)).result(), 7);
  assert.equal((await service.sink.attributes()).get("stream.length"), "0");
  assert.match(seen[1]!.target, /_auto_delete_=true/);
  assert.ok(seen.every(({ method }) => method !== "DELETE"));
});

test("a queue that refuses polls ends the wait with the request's id, and the task can be asked again", async () => {
  const { predictor } = scriptedQueue([
    accepted("rid-9"),
    new Response("no", { status: 401 }),
    Response.json([{ index: 5, data: btoa("7") }]),
    new Response("OK"),
  ]);
  const task = await new AsyncPredictor(predictor).predict(1);
  await assert.rejects(task.result(), (error) => {
    assert.ok(error instanceof PaiError);
    assert.match(error.message, /^Cannot get the result of request "rid-9" .*: status is 401/);
    assert.deepEqual([error.status, error.requestId], [401, "rid-9"]);
    return true;
  });
  assert.equal(await task.result(), 7);
});

test("a service that is no queue is an error that says so", async () => {
  const { predictor } = scriptedQueue([Response.json({ scores: [1] })]);
  await assert.rejects(new AsyncPredictor(predictor).predict(1), (error) => {
    assert.ok(error instanceof QueueError);
    assert.match(error.message, /^Cannot put into queue "jobs": can't read the answer; is there a queue\?/);
    return true;
  });
});

test("what needs the model's signature is refused, since asking for it would take an item out of the queue", async () => {
  const { predictor, seen } = scriptedQueue([accepted()]);
  const service = new AsyncPredictor(predictor, { serializer: tensorflow() as never });
  await assert.rejects(service.predict({ x: [1, 2] }), /TypeError|needs the model's signature/);
  assert.throws(() => service.task(""), TypeError);
  assert.throws(() => new AsyncPredictor(predictor, { concurrency: 0 }), RangeError);
  assert.equal(seen.length, 0);
});

test("it is made of a service, a predictor or an endpoint", () => {
  const { predictor } = scriptedQueue([accepted()]);
  const names = [
    new AsyncPredictor({ predictor: () => predictor as never }),
    new AsyncPredictor(predictor),
    new AsyncPredictor({ endpoint: "https://h", serviceName: "jobs", token: "t" }),
  ].map(({ input, sink }) => `${input.name} ${sink.name}`);
  assert.deepEqual(names, Array(3).fill("jobs jobs/sink"));
});

test("Slots let the line in by order, and who gives up leaves it", async () => {
  const slots = new Slots(1);
  const ran: string[] = [];
  const { signal } = new AbortController();
  const leaving = new AbortController();
  let release = (): void => {};
  const first = slots.run(signal, () => new Promise<void>((resolve) => release = resolve));
  const second = slots.run(leaving.signal, () => Promise.resolve(ran.push("second")));
  const third = slots.run(signal, () => Promise.reject(new Error(`third after ${ran.push("third")}`)));
  const fourth = slots.run(signal, () => Promise.resolve(ran.push("fourth")));
  assert.equal(slots.waiting, 3);
  leaving.abort(new Error("gave up"));
  await assert.rejects(second, /gave up/);
  await assert.rejects(slots.run(leaving.signal, () => Promise.resolve()), /gave up/);
  release();
  await first;
  await assert.rejects(third, /third after 1/);
  await fourth;
  assert.deepEqual([ran, slots.waiting], [["third", "fourth"], 0]);
  assert.equal(await slots.run(signal, () => Promise.resolve("free again")), "free again");
});
