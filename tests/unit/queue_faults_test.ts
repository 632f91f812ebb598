import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Fetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { AsyncPredictor, QueueClient } from "../../plugins/queue/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { emulatedQueue, endpoint } from "../support/queues.ts";

/** Bytes of each answer before its connection breaks or ends; one beyond the list arrives whole. */
type Script = { bytes: number; breaks: boolean }[];

const scripts = fc.array(fc.record({ bytes: fc.nat(400), breaks: fc.boolean() }), { maxLength: 20 });

/** Cuts an answer as the next line of a script says. */
function cut({ body, status, headers }: Response, script: Script): Response {
  const line = script.shift();
  if (!line || !body) return new Response(body, { status, headers });
  const reader = body.getReader();
  let left = line.bytes;
  const short = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      const part = value.subarray(0, left);
      if (part.length) controller.enqueue(part);
      if ((left -= part.length) > 0) return;
      await reader.cancel();
      if (line.breaks) controller.error(new TypeError("connection reset"));
      else controller.close();
    },
    cancel: () => reader.cancel(),
  }, { highWaterMark: 0 });
  return new Response(short, { status, headers });
}

test("a watch whose connections are cut at any byte handles every item, and leaves none", async () => {
  await fc.assert(
    fc.asyncProperty(scripts, fc.integer({ min: 1, max: 5 }), async (script, window) => {
      const emulated = await emulatedQueue();
      const fetch: Fetch = async (url, init) => {
        const answer = await emulated.fetch(url, init);
        return url.includes("_watch_") ? cut(answer, script) : answer;
      };
      const predictor = new Predictor({ endpoint, token: "token", fetch });
      const queue = new QueueClient(predictor, { clock: fakeClock() });
      const wanted = new Set<bigint>();
      for (let i = 0; i < 12; i++) wanted.add((await queue.put("x".repeat(i * 7))).index);
      const handled = new Map<bigint, number>();
      for await (const { index } of queue.watch({ autoCommit: "handled", window, reconnects: 20 })) {
        handled.set(index, (handled.get(index) ?? 0) + 1);
        if (handled.size === wanted.size) {
          await queue.commit(index);
          break;
        }
      }
      assert.deepEqual(new Set(handled.keys()), wanted);
      assert.ok([...handled.values()].every((count) => count === 1), "what was committed came again");
      assert.equal((await queue.attributes()).get("stream.length"), "0");
    }),
    { numRuns: 40 },
  );
});

test("results whose polls are refused, cut or broken come all the same, and each once from the sink", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(0, 429, 450, 500, 502, 503), { maxLength: 12 }),
      async (faults) => {
        const config = { containers: [{ image: "i", command: "c", port: 8000 }] };
        const emulated = await emulatedQueue(
          { ...config, metadata: { type: "Async", instance: 1 } },
          { handlers: { jobs: (request) => new Response(request.body) } },
        );
        const fetch: Fetch = (url, init) => {
          const fault = init.method === "GET" ? faults.shift() : undefined;
          if (fault === 0) throw new TypeError("connection reset");
          return fault ? new Response("fault", { status: fault }) : emulated.fetch(url, init);
        };
        const retry = {
          retries: 20,
          baseDelay: 1,
          maxDelay: 1,
          statuses: { 429: {}, 450: {}, 500: {}, 502: {}, 503: {} },
        };
        const service = new AsyncPredictor(new Predictor({ endpoint, token: "token", fetch, retry }));
        const tasks = await Promise.all([1, 2, 3].map((input) => service.predict(input)));
        assert.deepEqual(await Promise.all(tasks.map((task) => task.result())), [1, 2, 3]);
        assert.equal((await service.sink.attributes()).get("stream.length"), "0");
      },
    ),
    { numRuns: 20 },
  );
});
