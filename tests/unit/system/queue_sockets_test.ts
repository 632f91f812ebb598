import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError } from "../../../core/errors.ts";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { type EmulatorServer, serve } from "../../../plugins/emulator/serve.ts";
import { AsyncPredictor, QueueClient, type QueueItem, webSocketWatch } from "../../../plugins/queue/mod.ts";
import { childEnds } from "../../support/child_ends.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { api } from "../../support/signed_calls.ts";

const text = (item?: QueueItem | void): string => new TextDecoder().decode(item?.data);

/** Serves a queue on a port, and an asynchronous service that answers what it gets. */
async function served(use: (endpoint: string, server: EmulatorServer) => Promise<void>): Promise<void> {
  const handlers = { echo: (request: Request) => new Response(request.body) };
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers });
  const container = { containers: [{ image: "i", command: "c", port: 8000 }] };
  for (
    const body of [
      { name: "jobs", token: "token", metadata: { type: "Queue" } },
      { name: "echo", token: "token", metadata: { type: "Async", instance: 1 }, ...container },
    ]
  ) await api(cloud, "CreateService", "POST /api/v2/services", { body });
  await using server = await serve(cloud);
  await use(server.url, server);
}

const ways: [name: string, options: { fetch?: ReturnType<typeof webSocketWatch> }][] = [
  ["plain HTTP", {}],
  ["WebSocket", { fetch: webSocketWatch() }],
];
for (const [name, options] of ways) {
  test(`a watch by ${name} gets items of any size over a socket, and hangs up`, async () => {
    await served(async (endpoint) => {
      const queue = new QueueClient({ endpoint, serviceName: "jobs", token: "token", ...options });
      const sizes = [0, 1, 125, 126, 65_535, 65_536, 300_000];
      const watch = queue.watch({ window: sizes.length });
      const first = watch.next();
      for (const size of sizes) await queue.put(new Uint8Array(size).fill(7), { tags: { size: `${size}` } });
      const got = [(await first).value!];
      while (got.length < sizes.length) got.push((await watch.next()).value!);
      assert.deepEqual(got.map(({ data }) => data.length), sizes);
      assert.deepEqual(got.map(({ tags }) => tags.get("size")), sizes.map(String));
      assert.ok(got[0]!.index > 2n ** 53n);
      await queue.commit(got);
      const waiting = watch.next();
      watch.close();
      assert.deepEqual(await waiting, { value: undefined, done: true });
      const attributes = await queue.attributes();
      assert.equal(attributes.get("stream.length"), "0");
      for (let tries = 0; tries < 200; tries++) {
        if (![...(await queue.attributes()).values()].some((value) => value.includes("Status: Running"))) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.fail("the queue still has a consumer");
    });
  });

  test(`a watch by ${name} that is refused ends with the status`, async () => {
    await served(async (endpoint) => {
      const queue = new QueueClient({ endpoint, serviceName: "jobs", token: "wrong", ...options });
      await assert.rejects(queue.watch().next(), (error) => {
        assert.ok(error instanceof PredictionError);
        assert.match(error.message, /^Cannot watch queue "jobs": status is 401/);
        return true;
      });
    });
  });

  test(`a watch by ${name} ends after its reconnects when the server is gone, and by an abort`, async () => {
    await served(async (endpoint, server) => {
      const clock = fakeClock();
      const target = { endpoint, serviceName: "jobs", token: "token", ...options };
      const queue = new QueueClient(target, { clock });
      const controller = new AbortController();
      const aborted = queue.watch({ signal: controller.signal });
      const lost = new QueueClient(target, { clock }).watch({ reconnects: 2, window: 1 });
      const held = lost.next();
      await queue.put("a");
      assert.equal(text((await held).value), "a");
      const waiting = aborted.next();
      setTimeout(() => controller.abort(new Error("enough")), 10);
      await assert.rejects(waiting, /enough/);
      const next = lost.next();
      await server[Symbol.asyncDispose]();
      await assert.rejects(next, { name: "QueueError", code: "Disconnected", message: /3 connections/ });
      assert.equal(clock.slept.length, 2);
    });
  });
}

test("AsyncPredictor gets its answers over sockets", async () => {
  await served(async (endpoint) => {
    const predictor = new AsyncPredictor({ endpoint, serviceName: "echo", token: "token" });
    const tasks = await Promise.all([1, 2, 3].map((input) => predictor.predict(input)));
    assert.deepEqual(await Promise.all(tasks.map((task) => task.result())), [1, 2, 3]);
  });
});

test("a process ends by itself when its watches and waits have", async () => {
  await served((endpoint) => childEnds("queue_child.ts", endpoint, "TimeoutError\ndone\n"));
});

test("an abort while the WebSocket opens hangs up, and text is no item", async () => {
  const fake = new EventTarget() as unknown as WebSocket;
  let closed = 0;
  fake.close = () => void closed++;
  const fetch = webSocketWatch({ connect: () => fake, fetch: () => new Response("plain") });
  const url = "http://h/api/predict/q?_watch_=true";
  const controller = new AbortController();
  const opening = Promise.resolve(fetch(url, { signal: controller.signal }));
  controller.abort(new Error("enough"));
  await assert.rejects(opening, /enough/);
  assert.equal(closed, 1);
  await assert.rejects(
    async () => await fetch(url, { signal: AbortSignal.abort(new Error("before")) }),
    /before/,
  );

  const open = Promise.resolve(fetch(url, {}));
  fake.onopen!({} as Event);
  const reader = (await open).body!.getReader();
  fake.onmessage!({ data: "text" } as MessageEvent);
  fake.onmessage!({ data: Uint8Array.of(8, 1).buffer } as MessageEvent);
  assert.deepEqual([(await reader.read()).value, (await reader.read()).value], [
    Uint8Array.of(0, 0, 0, 2),
    Uint8Array.of(8, 1),
  ]);
  fake.onclose!({} as CloseEvent);
  assert.equal((await reader.read()).done, true);

  assert.equal(await (await fetch("http://h/api/predict/q", {})).text(), "plain");
  const refused = Promise.resolve(fetch(url, {}));
  fake.onerror!({} as Event);
  await assert.rejects(refused, /the WebSocket was refused/);
});
