import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, slowDown, withFaults } from "../../plugins/emulator/faults.ts";
import type { UploadOptions } from "../../plugins/storage/multipart.ts";
import {
  chunked,
  equalBytes,
  type Operation,
  operationOf,
  partSize,
  send,
  someBytes,
  testBucket,
} from "../support/uploads.ts";

const content = someBytes(2 * partSize + 4321);

test("upload() sends fewer parts at once when the server has too much to do", async () => {
  const many = someBytes(40 * partSize);
  const run = async (schedule: (count: number) => Fault | undefined): Promise<number[]> => {
    let underWay = 0;
    const seen: number[] = [];
    const cloud = testBucket((fetch) => {
      const faulty = withFaults(
        fetch,
        (call) => operationOf(call) === "part" ? schedule(seen.length) : undefined,
      );
      return async (url, init) => {
        if (!new URL(url).searchParams.has("partNumber")) return await faulty(url, init);
        seen.push(++underWay);
        try {
          await new Promise((resolve) => setTimeout(resolve)); // others may begin
          cloud.clock.time += 50 / underWay; // parts that are sent together take no longer
          return await faulty(url, init);
        } finally {
          underWay--;
        }
      };
    });
    await send(cloud, many, { concurrency: 8, retries: 50 });
    assert.ok(equalBytes(await cloud.read("key"), many));
    return seen;
  };
  const calm = await run(() => undefined);
  assert.ok(Math.max(...calm) > 4, `${calm}`);
  assert.ok(Math.max(...calm) <= 8, `${calm}`);
  assert.equal(Math.max(...calm.slice(0, 2)), 2); // it begins with two
  const throttled = await run((count) => count > 20 && count < 40 ? slowDown : undefined);
  assert.ok(Math.min(...throttled.slice(30, 40)) <= 1, `${throttled}`);
  assert.ok(Math.max(...throttled.slice(30, 40)) <= 4, `${throttled}`);
});

test("upload() holds no more of a stream than its memory allows, and reads no further", async () => {
  const many = someBytes(30 * partSize);
  for (const memory of [0, 3 * partSize, 5 * partSize]) {
    let read = 0, arrived = 0, most = 0;
    const chunk = 10_000;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (read >= many.length) return controller.close();
        controller.enqueue(many.slice(read, read += chunk));
        most = Math.max(most, read - arrived);
      },
    }, { highWaterMark: 0 });
    const cloud = testBucket((fetch) => async (url, init) => {
      await new Promise((resolve) => setTimeout(resolve, 1)); // time to read ahead
      return await fetch(url, init);
    });
    const onProgress: UploadOptions["onProgress"] = ({ done }) => void (arrived = done);
    await send(cloud, source, { memory, onProgress });
    assert.ok(equalBytes(await cloud.read("key"), many));
    assert.ok(most <= Math.max(memory, partSize) + chunk, `${most} bytes of ${memory}`);
    if (memory) assert.ok(most > 2 * partSize, `${most} bytes`); // several at once, so that the bound was tried
  }
});

const stages: Operation[] = ["begin", "part", "complete"];

for (const kind of ["bytes", "a stream"]) {
  test(`upload() of ${kind} leaves nothing behind wherever it is cancelled`, async () => {
    for (const stage of stages) {
      for (const effect of ["before", "after"] as const) {
        for (let at = 1; at <= (stage === "part" ? 3 : 1); at++) {
          const reason = new Error(`cancelled ${effect} ${stage} ${at}`);
          const controller = new AbortController();
          let count = 0;
          const cloud = testBucket((fetch) => async (url, init) => {
            const call = { method: init.method!, url: new URL(url), headers: new Headers(), count: 0 };
            if (operationOf(call) !== stage || ++count !== at) return await fetch(url, init);
            if (effect === "before") controller.abort(reason);
            init.signal?.throwIfAborted();
            const response = await fetch(url, { ...init, signal: undefined });
            controller.abort(reason);
            init.signal?.throwIfAborted();
            return response;
          });
          const source = kind === "bytes" ? content : chunked(content);
          const { signal } = controller;
          const done = send(cloud, source, { signal });
          await assert.rejects(done, (error) => error === reason, reason.message);
          assert.deepEqual(await cloud.left(), [], reason.message);
        }
      }
    }
  });
}

test("upload() ends when its signal aborts although its source keeps it waiting", async () => {
  const cloud = testBucket();
  const hanging = async function* (): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 2 * partSize + 5);
    await new Promise(() => {});
  };
  const streams = [hanging(), streamOf(hanging())];
  for (const source of streams) {
    const controller = new AbortController();
    const onProgress: UploadOptions["onProgress"] = ({ part }) =>
      part === 2 && controller.abort(new Error("enough"));
    const { signal } = controller;
    await assert.rejects(send(cloud, source, { signal, onProgress }), {
      message: "enough",
    });
  }
  const timeout = send(cloud, hanging(), { timeout: 20 });
  await assert.rejects(timeout, { name: "TimeoutError", message: /^Cannot upload ".*": .* within 20 ms$/ });
  assert.deepEqual(await cloud.left(), []);
  const aborted = AbortSignal.abort(new Error("before"));
  await assert.rejects(send(cloud, content, { signal: aborted }), { message: "before" });
});

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}
