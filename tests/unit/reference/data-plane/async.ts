import assert from "node:assert/strict";
import { TimeoutError } from "../../../../core/errors.ts";
import type { Handler } from "../../../../plugins/emulator/mod.ts";
import { AsyncPredictionError, AsyncPredictor } from "../../../../plugins/queue/mod.ts";
import { emulatedQueue } from "../../../support/queues.ts";
import type { ReferenceCase } from "../cases.ts";

const config = {
  containers: [{ image: "i", command: "c", port: 8000 }],
  metadata: { type: "Async", instance: 1, rpc: { worker_threads: 8 } },
};

/** A client of an asynchronous service whose model is a function. */
async function serviceOf(jobs: Handler): Promise<AsyncPredictor> {
  const { predictor } = await emulatedQueue(config, { handlers: { jobs } });
  return new AsyncPredictor(predictor);
}

/** A model that answers an input when it is told. */
function told(): { model: Handler; answer(input: number): Promise<void> } {
  const waiting = new Map<number, (response: Response) => void>();
  return {
    model: async (request) => {
      const input = Number(await request.text());
      return await new Promise((resolve) => waiting.set(input, resolve));
    },
    async answer(input) {
      while (!waiting.has(input)) await new Promise((resolve) => setTimeout(resolve, 1));
      waiting.get(input)!(Response.json({ of: input }));
    },
  };
}

/** 58 to 60: predictions through queues. */
export const asynchronous: ReferenceCase[] = [
  {
    id: "D-58",
    title: "what the model refuses with 400 is an error with its status and decoded text",
    async run() {
      const service = await serviceOf(() => new Response("not a number: 一", { status: 400 }));
      const task = await service.predict(1);
      await assert.rejects(task.result(), (error) => {
        assert.ok(error instanceof AsyncPredictionError);
        const { status, body, requestId } = error;
        assert.deepEqual([status, body, requestId], [400, "not a number: 一", task.requestId]);
        return true;
      });
    },
  },
  {
    id: "D-59",
    title: "results that come in the opposite order go to their own tasks",
    async run() {
      const { model, answer } = told();
      const service = await serviceOf(model);
      const [first, second] = [await service.predict(1), await service.predict(2)];
      const results = [first.result(), second.result()];
      await answer(2);
      assert.deepEqual(await results[1], { of: 2 });
      await answer(1);
      assert.deepEqual(await results[0], { of: 1 });
    },
  },
  {
    id: "D-60",
    title: "a deadline that passes is a TimeoutError with the request id, by which the task goes on later",
    async run() {
      const { model, answer } = told();
      const service = await serviceOf(model);
      const task = await service.predict(7);
      await assert.rejects(
        task.result({ timeout: 20 }),
        (error) => error instanceof TimeoutError && error.requestId === task.requestId,
      );
      await answer(7);
      assert.deepEqual(await service.task(task.requestId).result(), { of: 7 });
    },
  },
];
