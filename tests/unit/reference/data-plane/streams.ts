import assert from "node:assert/strict";
import { stream, StreamError } from "../../../../plugins/predict/stream.ts";
import { fromHex } from "../../../support/hex.ts";
import { readAll, streaming } from "../../../support/streaming.ts";
import { vectors } from "../../../support/vectors.ts";
import type { ReferenceCase } from "../cases.ts";
import { answering, says } from "./service.ts";

interface Events {
  cases: { id: string; chunksHex: string[]; events: { data: string; event?: string; id?: string }[] }[];
}

/** 61 to 66: streams. */
export const streams: ReferenceCase[] = [
  {
    id: "D-61",
    title: "events are those of the vectors, byte by byte",
    async run() {
      for (const { id, chunksHex, events } of vectors<Events>("eas/sse").cases) {
        const bytes = Array.from(fromHex(chunksHex.join("")), (byte) => Uint8Array.of(byte));
        const { items } = await readAll(await stream(streaming(bytes).predictor, {}));
        const wanted = events.filter(({ data }) => data !== "[DONE]"); // the vectors list raw events
        assert.deepEqual(JSON.parse(JSON.stringify(items)), wanted, id);
      }
    },
  },
  {
    id: "D-62",
    title: "[DONE] ends the loop, and the body is cancelled",
    async run() {
      const service = streaming(["data: 1\n\ndata: [DONE]\n\n", "stall"]);
      const answer = await stream(service.predictor, {});
      assert.deepEqual((await readAll(answer)).items, [{ data: "1", event: undefined, id: undefined }]);
      assert.deepEqual([answer.completed, service.cancelled.length], [true, 1]);
    },
  },
  {
    id: "D-63",
    title: "an object with an error in the stream is thrown with its message",
    async run() {
      const failed = '{"error":{"message":"out of memory","code":500}}';
      const { predictor } = streaming([`data: 1\n\ndata: ${failed}\n\n`, "stall"]);
      const { items, error } = await readAll(await stream(predictor, {}));
      assert.equal(items.length, 1);
      assert.ok(error instanceof StreamError);
      assert.match(error.message, /out of memory/);
      assert.deepEqual([error.status, error.received, error.body], [500, 1, failed]);
    },
  },
  {
    id: "D-64",
    title: "a stream that ends without [DONE] ends the loop, and is not completed",
    async run() {
      const answer = await stream(streaming(["data: 1\n\n", "data: cut"]).predictor, {});
      const { items, error } = await readAll(answer);
      assert.deepEqual([items.length, error, answer.completed], [1, undefined, false]);
    },
  },
  {
    id: "D-65", // system/predict_stream_test.ts has the same with sockets
    title: "leaving the loop ends the request for the service",
    async run() {
      const service = streaming(["data: 1\n\n", "stall"]);
      for await (const { data } of await stream(service.predictor, {})) if (data) break;
      assert.equal(service.cancelled.length, 1);
    },
  },
  {
    id: "D-66",
    title: "503 before the first byte is tried again, and nothing after it",
    async run() {
      const events = { "content-type": "text/event-stream" };
      const late = answering([says(503, "no healthy upstream"), says(200, "data: 1\n\n", events)]);
      assert.equal((await readAll(await stream(late.predictor, {}))).items.length, 1);
      assert.equal(late.got.length, 2);
      const broken = streaming(["data: 1\n\n", new TypeError("connection reset")]);
      const { items, error } = await readAll(await stream(broken.predictor, {}));
      assert.deepEqual([items.length, broken.requests.length], [1, 1]);
      assert.ok(error instanceof StreamError && error.code === "StreamBroken");
      const first = streaming([new TypeError("connection reset")]);
      await assert.rejects(stream(first.predictor, {}), StreamError);
      assert.equal(first.requests.length, 1); // the answer had begun
    },
  },
];
