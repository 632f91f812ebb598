// What a service does wrong, to everything that calls it: the right error in bounded time and requests, nothing left open.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Predictor } from "../../../core/predictor.ts";
import { faultyService } from "../../support/faulty_service.ts";
import { surfaces } from "../../support/surfaces.ts";
import { sleep, watchedSignal } from "../../support/watched_signal.ts";

const service = await faultyService();
after(() => service[Symbol.asyncDispose]());

/** What an error tells that can be told from others. */
function told(error: { name: string; code?: string; status?: number; message: string }): string {
  const { name, code, status, message } = error;
  return [name, code, status, message].filter((part) => part !== undefined).join(" ");
}

const faults: {
  act: Parameters<typeof service.at>[0];
  what: string;
  /** How long what waits shall wait, in milliseconds. */
  ms: number;
  /** Most requests of one call; a batch has two of them. */
  requests: number;
  error: RegExp;
  /** Where it is another one, and why. */
  others: Record<string, RegExp | undefined>;
}[] = [
  {
    act: "silent",
    what: "a service that says nothing",
    ms: 150,
    requests: 1,
    error: /^TimeoutError .*\b150 ms/,
    others: { "a queue's watch()": /^QueueError Disconnected/, "a gateway": /\b504\b/ },
  },
  {
    act: "stalled",
    what: "an answer that stalls",
    ms: 150,
    requests: 1,
    error: /^TimeoutError .*\b150 ms/,
    // a watch takes silence for an empty queue and connects again: see queue_watch_test.ts
    others: { "a queue's watch()": undefined, "a gateway": /"code":"Timeout"|\b504\b/ },
  },
  {
    act: "dropped",
    what: "a connection that breaks in the middle of an answer",
    ms: 20_000,
    requests: 1,
    error: /^(PredictionError|StreamError StreamBroken) /,
    others: {
      "rawPredict()": /^\w*Error /, // the runtime's own, from reading the body
      "a queue's get()": /^QueueError InvalidAnswer/,
      "the wait for a task": /^QueueError InvalidAnswer/,
      "a queue's watch()": /^QueueError Disconnected/,
      "a gateway": /"code":"BadGateway"/,
    },
  },
  {
    act: "storm",
    what: "a storm of 503",
    ms: 20_000,
    requests: 3,
    error: /^PredictionError 503 .*no healthy upstream/,
    others: {
      "a queue's watch()": /^QueueError Disconnected/,
      "openai()": /\b503\b/, // an answer, for its own client to read
      "a gateway": /\b503\b/,
    },
  },
];

for (const { act, what, ms, requests, error, others } of faults) {
  for (const [surface, run] of Object.entries(surfaces)) {
    const wanted = surface in others ? others[surface] : error;
    if (!wanted) continue;
    test(`${surface} ends with the right error before ${what}, in bounded time and requests`, async () => {
      const start = performance.now();
      const { signal, listeners } = watchedSignal();
      const failure = await run(new Predictor({ endpoint: service.at(act) }), { signal, ms })
        .then(() => assert.fail("it did not fail"), (error) => error);
      assert.match(told(failure), wanted);
      assert.ok(performance.now() - start < 5_000, "it took long");
      const most = requests * (surface === "map()" ? 2 : 1);
      assert.ok(service.requests <= most, `${service.requests} requests`);
      for (let turn = 0; turn < 300 && service.openRequests; turn++) await sleep(10);
      assert.equal(service.openRequests, 0);
      assert.equal(listeners(), 0);
    });
  }
}
