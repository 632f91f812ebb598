import assert from "node:assert/strict";
import { json, PredictionError } from "../../../../core/predictor.ts";
import { predictRetry, withRetry } from "../../../../core/retry.ts";
import { tensor } from "../../../../core/tensors.ts";
import { compressed, deflate, gzip } from "../../../../plugins/predict/compression.ts";
import { easSignature } from "../../../../plugins/predict/eas-signature.ts";
import { explain } from "../../../../plugins/predict/explain.ts";
import { tensorflow } from "../../../../plugins/serializers/tensorflow.ts";
import { verifyEas } from "../../../../plugins/emulator/verify-eas.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import type { ReferenceCase } from "../cases.ts";
import { type Answer, answering, quickly, says } from "./service.ts";

const upstream = says(503, "no healthy upstream");
const html = "<html><h1>Bad Gateway</h1></html>";

/** Pauses between attempts, as the policy for predictions has them, and how the last attempt ended. */
async function pauses(answers: readonly Answer[]): Promise<{ slept: readonly number[]; status: number }> {
  const clock = fakeClock();
  const { fetch } = answering(answers);
  const { status } = await withRetry(fetch, predictRetry, { clock })("http://h", { method: "POST" });
  return { slept: clock.slept, status };
}

/** The error with which a prediction fails. */
async function failure(answer: Answer, options: Parameters<typeof answering>[1] = {}, input: unknown = 1) {
  const { predictor, got } = answering([answer], options);
  const error = await predictor.predict(input).catch((error) => error);
  assert.ok(error instanceof PredictionError);
  return { error, attempts: got.length };
}

/** A tensor for a service of the processor `tensorflow`. */
const tensors = { x: tensor(Float32Array.of(1), [1]) };

async function inflated(format: "gzip" | "deflate", body: Uint8Array<ArrayBuffer>): Promise<string> {
  return await new Response(new Blob([body]).stream().pipeThrough(new DecompressionStream(format))).text();
}

/** 20 to 31: HTTP. */
export const http: ReferenceCase[] = [
  {
    id: "D-20",
    title: "503 twice and then 200 is a success after two waits",
    async run() {
      const { predictor, got } = answering([upstream, upstream, says(200, '"ok"')]);
      assert.equal(await predictor.predict(1), "ok");
      assert.equal(got.length, 3);
      const { slept, status } = await pauses([upstream, upstream, says(200)]);
      assert.deepEqual([slept.length, status], [2, 200]);
    },
  },
  {
    id: "D-21",
    title: "401 is one attempt and an error with status and text, which is cut where it is long",
    async run() {
      const { error, attempts } = await failure(says(401, `bad token${" ".repeat(100_000)}`));
      assert.equal(attempts, 1);
      assert.deepEqual([error.status, error.retryable, error.body.length], [401, false, 65_536]);
      assert.match(error.message, /status is 401 \(token missing or wrong\): bad token/);
      assert.ok(error.message.length < 400);
    },
  },
  {
    id: "D-22",
    title: "450 for ever is a bounded number of attempts, and an error that says that the queue is full",
    async run() {
      const { error, attempts } = await failure(says(450));
      assert.deepEqual([attempts, error.status, error.retryable], [3, 450, true]);
      assert.match(error.message, /queue full/);
      assert.match(explain(error)!.meaning, /queue of an instance is full/);
    },
  },
  {
    id: "D-23",
    title: "after 429 with Retry-After: 1 a second goes by",
    async run() {
      const { slept, status } = await pauses([says(429, "", { "retry-after": "1" }), says(200)]);
      assert.deepEqual([slept, status], [[1000], 200]);
    },
  },
  {
    id: "D-24",
    title: "408 is not tried again, and its error names keepalive",
    async run() {
      const { error, attempts } = await failure(says(408));
      assert.equal(attempts, 1);
      assert.match(error.message, /metadata\.rpc\.keepalive/);
    },
  },
  {
    id: "D-25",
    title: "a page with 502 is an error of HTTP that nobody tries to decode",
    async run() {
      let decoded = 0;
      const serializer = { ...json(), deserialize: () => decoded++ };
      const options = { serializer, retry: false } as const;
      const { error } = await failure(says(502, html, { "content-type": "text/html" }), options);
      assert.deepEqual([error.status, error.body, decoded, error.cause], [502, html, 0, undefined]);
    },
  },
  {
    id: "D-26",
    title: "a page with 200 is an error of decoding that keeps how it begins",
    async run() {
      const answer = says(200, html, { "content-type": "text/html" });
      const { error, attempts } = await failure(answer, { serializer: tensorflow() as never }, tensors);
      assert.deepEqual([error.status, error.body, attempts], [200, html, 1]);
      assert.match(error.message, /can't read text\/html\): <html>/);
      assert.ok(error.cause instanceof Error);
    },
  },
  {
    id: "D-27",
    title: "an abort in a pause ends the call at once, and nothing more is sent",
    async run() {
      const controller = new AbortController(), reason = new Error("enough");
      const { predictor, got } = answering([says(429, "", { "retry-after": "15" })]);
      setTimeout(() => controller.abort(reason), 10);
      const start = performance.now();
      await assert.rejects(predictor.predict(1, { signal: controller.signal }), (error) => error === reason);
      assert.ok(performance.now() - start < 5_000);
      assert.equal(got.length, 1);
    },
  },
  {
    id: "D-28",
    title:
      "headers of a call beat the predictor's, but never Authorization, and the caller's object stays as it is",
    async run() {
      const { predictor, got } = answering([says(200)], { token: "t", headers: { "x-a": "1", "x-b": "1" } });
      const headers = { "X-A": "2", Authorization: "mine" }, before = { ...headers };
      await predictor.rawPredict("x", { headers });
      const sent = ["x-a", "x-b", "authorization"].map((name) => got[0]!.headers.get(name));
      assert.deepEqual(sent, ["2", "1", "t"]);
      assert.deepEqual(headers, before);
      await predictor.rawPredict("x", { auth: ({ headers }) => headers.set("authorization", "asked for") });
      assert.equal(got[1]!.headers.get("authorization"), "asked for");
    },
  },
  {
    id: "D-29",
    title: "gzip makes the body gzip, says so in no header, and the MD5 is that of what is sent",
    async run() {
      const serializer = compressed(json(), gzip());
      const { predictor, got } = answering([says(200, "1")], { serializer, auth: easSignature("t") });
      await predictor.predict([1, 2]);
      const [request] = got as [typeof got[0]];
      assert.equal(await inflated("gzip", request.body), "[1,2]");
      assert.equal(request.headers.get("content-encoding"), null);
      assert.equal(verifyEas({ ...request, method: "POST", resource: "/api/predict/s" }, ["t"]), undefined);
    },
  },
  {
    id: "D-30",
    title: "zlib makes a body that begins with 0x78",
    async run() {
      const { predictor, got } = answering([says(200, "1")], { serializer: compressed(json(), deflate()) });
      await predictor.predict([1, 2]);
      assert.equal(got[0]!.body[0], 0x78);
      assert.equal(await inflated("deflate", got[0]!.body), "[1,2]");
    },
  },
  {
    id: "D-31",
    title: "a redirect is not followed, and its error names the host alone",
    async run() {
      const location = "https://user:secret@elsewhere.example/path?token=secret";
      const { error, attempts } = await failure(says(302, "", { location }), { retry: quickly });
      assert.deepEqual([attempts, error.status], [1, 302]);
      assert.match(error.message, /302 \(elsewhere\.example\)$/);
    },
  },
];
