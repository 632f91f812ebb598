import assert from "node:assert/strict";
import { Predictor } from "../../../core/predictor.ts";
import { eas, InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { AsyncPredictionError, AsyncPredictor } from "../../../plugins/queue/mod.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { fakeEas } from "../../support/fake_eas.ts";
import { scriptedQueue, type SeenCall } from "../../support/queues.ts";
import type { ReferenceCase } from "./cases.ts";

const accepted = (): Response =>
  new Response("1680769172000123457", {
    headers: { "X-Eas-Queueservice-Request-Id": "rid-1" },
  });
const nothing = (): Response => new Response(null, { status: 204 });

/** An answer of the sink in JSON, as the reference asks for it. */
function found(data: string, lastCode?: string): Response {
  const tags = { requestId: "rid-1", ...lastCode && { lastCode } };
  return Response.json([{ index: 1, tags, data: btoa(data) }]);
}

/** Predicts by a script, on a clock whose pauses take no time. */
function predicting(answers: Parameters<typeof scriptedQueue>[0]): {
  result: (options?: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>;
  polls: () => SeenCall[];
  slept: number[];
} {
  const { predictor, seen } = scriptedQueue([accepted, ...answers]);
  const clock = fakeClock();
  const asked = new AsyncPredictor(predictor, { clock }).predict({ x: 1 });
  return {
    result: async (options) => await (await asked).result(options),
    polls: () => seen.filter(({ method }) => method === "GET"),
    slept: clock.slept as number[],
  };
}

/** T-42, T-58: asynchronous services. */
export const queue: ReferenceCase[] = [
  {
    id: "T-42",
    title:
      "an asynchronous service has its type, a container also a proxy path, and new AsyncPredictor(service) calls it",
    async run() {
      const container = { containers: [{ image: "i", command: "c", port: 8000 }] };
      for (
        const [config, rpc] of [[container, { proxy_path: "/" }], [{ processor: "pmml" }, undefined]] as const
      ) {
        const cloud = fakeEas();
        const inferenceSpec = new InferenceSpec(structuredClone(config) as Record<string, unknown>);
        const service = await new Model({ modelData: "oss://b/m/m.pmml", inferenceSpec }).deploy(
          eas(cloud.client),
          {
            serviceName: "svc",
            serviceType: "Async",
          },
        );
        const { type, rpc: sent } = cloud.body().metadata as Record<string, unknown>;
        assert.deepEqual([type, sent], ["Async", rpc]);
        const predictor = new AsyncPredictor(service);
        assert.deepEqual([predictor.input.name, predictor.sink.name], ["iris", "iris/sink"]); // the fake's address
      }
    },
  },
  {
    id: "T-58",
    title:
      "a result is found by its request id with polls that the queue holds, and pauses only where it doesn't",
    async run() {
      const good = predicting([nothing, nothing, found('{"r":1}'), new Response("OK")]);
      assert.deepEqual(await good.result(), { r: 1 });
      assert.deepEqual(good.slept, [500, 1000]); // the reference sleeps 5 s after each
      for (const { target } of good.polls()) {
        assert.match(target, /^\/sink\?requestId=rid-1&.*_timeout_=5s&_raw_=false/);
      }

      await assert.rejects(predicting([found("oops", "500"), new Response("OK")]).result(), (error) => {
        assert.ok(error instanceof AsyncPredictionError);
        assert.deepEqual([error.status, error.body, error.requestId], [500, "oops", "rid-1"]);
        return true;
      });

      const empty = predicting([Response.json([]), found("2"), new Response("OK")]);
      assert.equal(await empty.result(), 2);
      assert.equal(empty.polls().length, 2);

      const anonymous = new Predictor({ endpoint: "http://h/api/predict/q", fetch: () => new Response("1") });
      await assert.rejects(new AsyncPredictor(anonymous).predict(1), { code: "NoRequestId", index: 1n });

      const held = predicting([() => new Promise<Response>(() => {})]);
      await assert.rejects(held.result({ timeout: 20 }), (error: Error) => {
        assert.match(
          error.message,
          /^Cannot get the result of request "rid-1" from queue "jobs\/sink": .* 20 ms/,
        );
        assert.deepEqual([error.name, (error as { requestId?: string }).requestId], [
          "TimeoutError",
          "rid-1",
        ]);
        return true;
      });

      const signal = AbortSignal.timeout(20);
      await assert.rejects(held.result({ signal }), (error) => error === signal.reason);
    },
  },
];
