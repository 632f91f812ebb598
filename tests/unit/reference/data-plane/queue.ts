import assert from "node:assert/strict";
import { PaiError, PredictionError } from "../../../../core/errors.ts";
import { readFrames } from "../../../../plugins/queue/framing.ts";
import { readItems } from "../../../../plugins/queue/item.ts";
import { QueueClient, QueueError } from "../../../../plugins/queue/mod.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import { fromHex, toHex } from "../../../support/hex.ts";
import { frame, scriptedQueue, streamed } from "../../../support/queues.ts";
import { vectors } from "../../../support/vectors.ts";
import type { ReferenceCase } from "../cases.ts";
import { refused } from "./service.ts";

/** An item as the vectors have it. */
interface Item {
  index?: string;
  tags?: [string, string][];
  data?: { $hex: string };
  message?: string;
}
interface Framing {
  cases: { id: string; chunks: string[]; frames: Item[]; leftover: boolean }[];
}
interface Lists {
  cases: { id: string; body: string; frames: Item[] }[];
}

type Script = Parameters<typeof scriptedQueue>[0];

/** A client of a queue that answers as told, and what the queue has seen. */
function queueOf(...answers: Script) {
  const clock = fakeClock();
  const { predictor, seen } = scriptedQueue(answers);
  return { queue: new QueueClient(predictor, { clock }), seen, clock };
}

const accepted = (index: string): Response =>
  new Response(index, { headers: { "X-Eas-Queueservice-Request-Id": "rid" } });

const shown = ({ index, tags, data, message }: Awaited<ReturnType<QueueClient["get"]>>[0]): Item => ({
  ...index && { index: `${index}` },
  ...tags.size && { tags: [...tags] },
  ...data.length && { data: { $hex: toHex(data) } },
  ...message && { message },
});

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** 47 to 57: queues. */
export const queue: ReferenceCase[] = [
  {
    id: "D-47",
    title: "put gives an exact index and the request id of the header; without it the error keeps the index",
    async run() {
      const { queue } = queueOf(accepted("1680769172000123457"));
      assert.deepEqual(await queue.put("x"), { index: 1680769172000123457n, requestId: "rid" });
      const anonymous = queueOf(new Response("1680769172000123457")).queue;
      await assert.rejects(anonymous.put("x"), { code: "NoRequestId", index: 1680769172000123457n });
    },
  },
  {
    id: "D-48",
    title: "put takes no index but bare decimal digits",
    async run() {
      for (const answer of ["12\n", "0x10", "", " 1", "1e3", "-1", "99999999999999999999"]) {
        await assert.rejects(queueOf(accepted(answer)).queue.put("x"), QueueError);
      }
    },
  },
  {
    id: "D-49",
    title: "a tag that begins with _ is refused by put, get and watch",
    async run() {
      const { queue, seen } = queueOf(accepted("1")), tags = { _x: "" };
      await assert.rejects(queue.put("x", { tags }), TypeError);
      await assert.rejects(queue.get({ tags }), TypeError);
      assert.throws(() => queue.watch({ tags }), TypeError);
      assert.equal(seen.length, 0);
    },
  },
  {
    id: "D-50",
    title: "get makes an empty list of 204",
    run: async () =>
      assert.deepEqual(await queueOf(new Response(null, { status: 204 })).queue.get({ wait: 5000 }), []),
  },
  {
    id: "D-51",
    title: "get waits longer for the answer than the queue may hold it",
    async run() {
      const asked: { query?: Readonly<Record<string, unknown>>; timeout?: number }[] = [];
      const rawPredict = (_: unknown, options = {}): Promise<Response> => {
        asked.push(options);
        return Promise.resolve(new Response(null, { status: 204 }));
      };
      await new QueueClient({ endpoint: "http://h/api/predict/q", rawPredict }).get({ wait: 5000 });
      const [{ query, timeout = 0 }] = asked as [typeof asked[0]];
      assert.equal(query?._timeout_, "5s");
      assert.ok(timeout >= 10_000, `${timeout} ms`);
    },
  },
  {
    id: "D-52",
    title: "commit sends exact indexes, joined by encoded commas",
    async run() {
      const { queue, seen } = queueOf(new Response("OK"));
      await queue.commit([1n, 2n ** 64n - 1n]);
      assert.deepEqual([seen[0]!.method, seen[0]!.target], ["PUT", "?_indexes_=1%2C18446744073709551615"]);
    },
  },
  {
    id: "D-53",
    title: "negative commit takes capitalised words and digits as its code",
    async run() {
      const { queue, seen } = queueOf(new Response("OK"));
      for (const code of ["Shutdown", "Foo.Bar", "42"]) await queue.negativeCommit(1n, { code });
      assert.equal(seen.length, 3);
      for (const code of ["shutdown", `A${"a".repeat(20)}`]) {
        await assert.rejects(queue.negativeCommit(1n, { code }), TypeError);
      }
      assert.equal(seen.length, 3);
    },
  },
  {
    id: "D-54",
    title: "a watch reads the frames of the vectors, connects again in the middle of one, and ends with 404",
    async run() {
      for (const { id, chunks, frames, leftover } of vectors<Framing>("eas/queue-framing").cases) {
        const read: Item[] = [];
        const reading = async (): Promise<void> => {
          for await (const item of readFrames(each(chunks.map(fromHex)))) read.push(item ? shown(item) : {});
        };
        if (leftover) await assert.rejects(reading(), PaiError, id);
        else await reading();
        assert.deepEqual(read, frames, id);
      }
      const { queue, seen, clock } = queueOf(
        () => streamed([frame(1n).slice(0, 5)]),
        () => streamed([frame(1n)]),
        new Response("", { status: 404 }),
      );
      const watch = queue.watch();
      assert.equal((await watch.next()).value?.index, 1n);
      await assert.rejects(watch.next(), (error) => error instanceof PredictionError && error.status === 404);
      assert.deepEqual([seen.length, clock.slept.length], [3, 2]);
    },
  },
  {
    id: "D-55",
    title: "a watch that is closed in a pause ends, and connects no more",
    async run() {
      const { predictor, seen } = scriptedQueue([new Response("", { status: 503 })]);
      const watch = new QueueClient(predictor).watch();
      const next = watch.next();
      while (!seen.length) await new Promise((resolve) => setTimeout(resolve, 1));
      setTimeout(() => watch.close(), 20);
      assert.deepEqual(await next, { value: undefined, done: true });
      assert.equal(seen.length, 1);
    },
  },
  {
    id: "D-56",
    title: "put repeats a connection that failed, and not what was answered with 500",
    async run() {
      const again = queueOf(refused, accepted("1"));
      assert.equal((await again.queue.put("x")).index, 1n);
      assert.equal(again.seen.length, 2);
      const once = queueOf(new Response("oops", { status: 500 }));
      await assert.rejects(once.queue.put("x"), { status: 500 });
      assert.equal(once.seen.length, 1);
    },
  },
  {
    id: "D-57",
    title: "lists in JSON are read as the vectors have them, and attributes stay text",
    async run() {
      for (const { id, body, frames } of vectors<Lists>("eas/queue-json").cases) {
        assert.deepEqual(readItems(new TextEncoder().encode(body)).map(shown), frames, id);
      }
      const values = { "stream.lastEntry": "1680769172000123457", "meta.maxPayloadBytes": "8192" };
      const attributes = await queueOf(Response.json(values)).queue.attributes();
      assert.deepEqual(Object.fromEntries(attributes), values);
    },
  },
];
