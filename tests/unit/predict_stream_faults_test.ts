// What goes wrong in the middle of a stream, who may stop it when, and what is left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../core/errors.ts";
import { stream, StreamError } from "../../plugins/predict/stream.ts";
import { countedSignal, readAll, type Step, streaming } from "../support/streaming.ts";

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const two: Step[] = [event(1), event(2)];

const failures: [what: string, step: Step, code: string, message: string][] = [
  ["a broken connection", new TypeError("reset"), "StreamBroken", "the connection broke"],
  [
    "an error of OpenAI's form",
    event({ error: { message: "CUDA error", code: "oom" } }),
    "oom",
    "the service failed: CUDA error",
  ],
  [
    "an error with a status for a code",
    event({ error: { message: "too long", type: "BadRequestError", param: null, code: 400 } }),
    "BadRequestError",
    "the service failed: too long",
  ],
  [
    "an error that is text",
    event({ error: "model crashed" }),
    "StreamError",
    "the service failed: model crashed",
  ],
  ["an event of the kind error", "event: error\ndata: sorry\n\n", "StreamError", "the service failed: sorry"],
  ["what is no JSON", "data: {\n\n", "InvalidEvent", "an event is not JSON"],
  [
    "an event that is too long",
    `data: ${"x".repeat(200)}`,
    "EventTooLong",
    "an event is longer than 100 characters",
  ],
];
for (const [what, step, code, message] of failures) {
  test(`stream() throws ${what} in the middle, after the items that came before`, async () => {
    const service = streaming([...two, step, "stall"]);
    const answer = await stream(service.predictor, {}, { as: "json", maxEventLength: 100 });
    const { items, error } = await readAll(answer);
    assert.deepEqual(items, [1, 2]);
    assert.ok(error instanceof StreamError, `${error}`);
    assert.deepEqual([error.name, error.code, error.received], ["StreamError", code, 2]);
    assert.equal(error.message, `Cannot stream from "poet" after 2 items: ${message}`);
    assert.equal(answer.completed, false);
    assert.equal(service.cancelled.length, step instanceof Error ? 0 : 1); // no connection is left
  });

  test(`stream() itself throws ${what} when nothing came before`, async () => {
    const service = streaming([step, "stall"]);
    await assert.rejects(
      stream(service.predictor, {}, { as: "json", maxEventLength: 100 }),
      (error) => error instanceof StreamError && error.code === code && error.received === 0,
    );
    assert.equal(service.cancelled.length, step instanceof Error ? 0 : 1);
  });
}

test("stream() throws an error in the same chunk as items after them", async () => {
  const { predictor } = streaming([event("a") + event({ error: { message: "no" } })]);
  const { items, error } = await readAll(await stream(predictor, {}, { as: "json" }));
  assert.deepEqual(items, ["a"]);
  assert.ok(error instanceof StreamError);
});

for (
  const value of [{ error: 0.25 }, { error: null, result: 1 }, { result: { error: {} } }, {
    error: "e",
    id: 7,
  }]
) {
  test(`stream() takes ${JSON.stringify(value)} for what the model says`, async () => {
    const { predictor } = streaming([event(value)]);
    assert.deepEqual(await readAll(await stream(predictor, {}, { as: "json" })), { items: [value] });
  });
}

test("stream() gives an error's status and whether another try may help", async () => {
  for (
    const [code, status, retryable] of [[400, 400, false], [429, 429, true], [503, 503, true], [
      "x",
      undefined,
      true,
    ]]
  ) {
    const { predictor } = streaming([event({ error: { message: "no", code } })]);
    await assert.rejects(stream(predictor, {}), { status, retryable });
  }
});

test("stream() keeps secrets that a service repeats out of its errors", async () => {
  const { predictor } = streaming([event({ error: { message: "bad header Authorization: Bearer s3cret" } })]);
  await assert.rejects(
    stream(predictor, {}),
    (error) => error instanceof StreamError && !`${error.message}${error.body}`.includes("s3cret"),
  );
});

test("stream() reads no further than its reader", async () => {
  const service = streaming(Array.from({ length: 1000 }, (_, i) => event(i)));
  const items = (await stream(service.predictor, {}, { as: "json" }))[Symbol.asyncIterator]();
  assert.equal(service.asked, 1);
  for (const n of [1, 2, 3]) {
    await items.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(service.asked, n);
  }
  await items.return();
  assert.equal(service.cancelled.length, 1);
});

test("leaving the loop cancels the request and leaves no listener; so does an error in it", async () => {
  for (const leave of ["break", "throw"]) {
    const service = streaming([...two, "stall"]), { controller, listeners } = countedSignal();
    const answer = await stream(service.predictor, {}, { signal: controller.signal });
    assert.equal(listeners(), 1);
    await assert.rejects(async () => {
      for await (const _ of answer) {
        if (leave === "break") break;
        throw new Error("enough");
      }
      throw new Error("enough");
    }, /enough/);
    assert.deepEqual([service.cancelled.length, listeners(), answer.completed], [1, 0, false], leave);
  }
});

test("an answer that was read to its end leaves no listener and cancels nothing", async () => {
  const service = streaming(two), { controller, listeners } = countedSignal();
  await readAll(await stream(service.predictor, {}, { signal: controller.signal }));
  assert.deepEqual([service.cancelled.length, listeners()], [0, 0]);
});

test("[DONE] ends the stream though the connection stays open", async () => {
  const service = streaming([...two, "data: [DONE]\n\n", "stall"]);
  const answer = await stream(service.predictor, {});
  assert.equal((await readAll(answer)).items.length, 2);
  assert.deepEqual([answer.completed, service.cancelled.length], [true, 1]);
});

test("`await using` cancels an answer that nobody reads", async () => {
  const service = streaming([...two, "stall"]);
  {
    await using answer = await stream(service.predictor, {});
    assert.equal(answer.received, 0);
  }
  assert.equal(service.cancelled.length, 1);
});

test("cancel() ends a loop that waits", async () => {
  const service = streaming([...two, "stall"]);
  const answer = await stream(service.predictor, {});
  const reading = readAll(answer);
  setTimeout(() => answer.cancel("enough"), 5);
  assert.equal((await reading).items.length, 2);
  assert.deepEqual([answer.completed, service.cancelled], [false, ["enough"]]);
});

const enough = new Error("enough");
const stages: [stage: string, steps: Step[], read: number][] = [
  ["before the first item", ["stall"], 0],
  ["between items", [...two, "stall"], 2],
];
for (const [stage, steps, read] of stages) {
  test(`a signal stops a stream ${stage} with its own reason`, async () => {
    const service = streaming(steps), { controller, listeners } = countedSignal();
    let items = 0;
    const running = (async () => {
      for await (const _ of await stream(service.predictor, {}, { signal: controller.signal })) items++;
    })();
    setTimeout(() => controller.abort(enough), 5);
    await assert.rejects(running, enough);
    assert.deepEqual([items, service.cancelled, listeners()], [read, [enough], 0]);
  });
}

test("a signal stops a stream before it is sent, and before it is answered", async () => {
  const service = streaming(two);
  await assert.rejects(stream(service.predictor, {}, { signal: AbortSignal.abort(enough) }), enough);
  assert.equal(service.requests.length, 0);

  const { predictor } = streaming([], { fetch: () => new Promise(() => {}) });
  const { controller, listeners } = countedSignal();
  setTimeout(() => controller.abort(enough), 5);
  await assert.rejects(stream(predictor, {}, { signal: controller.signal }), enough);
  assert.equal(listeners(), 0);
});

test("a signal stops the pause before a retry, and nothing more is sent", async () => {
  let requests = 0;
  const fetch = () => (requests++, new Response("busy", { status: 429, headers: { "retry-after": "10" } }));
  const { controller } = countedSignal();
  setTimeout(() => controller.abort(enough), 5);
  await assert.rejects(stream(streaming([], { fetch }).predictor, {}, { signal: controller.signal }), enough);
  assert.equal(requests, 1);
});

const late: [clock: string, steps: Step[], options: object, code: string][] = [
  ["idleTimeout before the first item", ["stall"], { idleTimeout: 5 }, "IdleTimeout"],
  ["idleTimeout in the middle", [...two, "stall"], { idleTimeout: 5 }, "IdleTimeout"],
  ["timeout of the whole", [...two, "stall"], { timeout: 50 }, "TotalTimeout"],
];
for (const [clock, steps, options, code] of late) {
  test(`stream() ends a stalled answer by ${clock}`, async () => {
    const service = streaming(steps), { controller, listeners } = countedSignal();
    await assert.rejects(
      async () =>
        await readAll(await stream(service.predictor, {}, { ...options, signal: controller.signal }))
          .then(({ error }) => Promise.reject(error)),
      (error) =>
        error instanceof TimeoutError && error.code === code && /(within 50|for 5) ms/.test(error.message),
    );
    assert.deepEqual([service.cancelled.length, listeners()], [1, 0]);
  });
}

test("stream() ends a request that is not answered by headersTimeout", async () => {
  const { predictor } = streaming([], { fetch: () => new Promise(() => {}) });
  await assert.rejects(
    stream(predictor, {}, { headersTimeout: 5 }),
    (error) =>
      error instanceof TimeoutError && error.code === "HeadersTimeout" &&
      error.message.startsWith('Cannot stream from "poet": the service did not begin to answer within 5 ms'),
  );
});

test("a reader that takes its time is no idle service: its clock stands meanwhile", async () => {
  const { predictor } = streaming(two);
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Set<unknown>();
  let timers = 0;
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    const timer = set(() => (pending.delete(timer), run()), ms);
    if (ms <= 20) timers += pending.add(timer).size;
    return timer;
  }) as typeof set;
  globalThis.clearTimeout = (timer) => (pending.delete(timer), clear(timer));
  try {
    for await (const _ of await stream(predictor, {}, { idleTimeout: 20 })) {
      for (const timer of pending) {
        const { hasRef } = timer as { hasRef?(): boolean }; // runtimes whose timers are numbers have no such processes
        assert.notEqual(hasRef?.call(timer), true, "a timer holds the process");
      }
      await new Promise((resolve) => set(resolve, 60));
      assert.equal(pending.size, 0, "a timer goes on while nothing is waited for");
    }
    assert.ok(timers > 0);
    assert.equal(pending.size, 0);
  } finally {
    globalThis.setTimeout = set;
    globalThis.clearTimeout = clear;
  }
});

test("a reader that takes longer than the timeout of the whole is told so", async () => {
  const answer = await stream(streaming(two).predictor, {}, { timeout: 20 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  const { items, error } = await readAll(answer);
  assert.equal(items.length, 1); // which had come in time
  assert.ok(error instanceof TimeoutError && error.code === "TotalTimeout");
});

test("stream() refuses times that are none before it sends anything", async () => {
  const service = streaming(two);
  for (const name of ["timeout", "headersTimeout", "idleTimeout"]) {
    for (const ms of [0, -1, NaN]) {
      await assert.rejects(stream(service.predictor, {}, { [name]: ms }), RangeError);
    }
  }
  assert.equal(service.requests.length, 0);
});

test("stream() refuses options that mean nothing before it sends anything", async () => {
  const service = streaming(two);
  for (const options of [{ framing: "toString" }, { as: "xml" }]) {
    await assert.rejects(stream(service.predictor, {}, options as object), TypeError);
  }
  for (const maxEventLength of [0, NaN]) {
    await assert.rejects(stream(service.predictor, {}, { maxEventLength }), RangeError);
  }
  assert.equal(service.requests.length, 0);
});

test("a stream that is stopped or cancelled yields no more of what has come", async () => {
  for (const how of ["stopped", "cancelled"]) {
    const { predictor } = streaming([event(1) + event(2) + event(3), "stall"]);
    const controller = new AbortController();
    const answer = await stream(predictor, {}, { as: "json", signal: controller.signal });
    const items: unknown[] = [];
    const reading = (async () => {
      for await (const item of answer) {
        items.push(item);
        if (how === "stopped") controller.abort(enough);
        else await answer.cancel();
      }
    })();
    await (how === "stopped" ? assert.rejects(reading, enough) : reading);
    assert.deepEqual([items, answer.completed], [[1], false], how);
  }
});

test("stream() can be read once", async () => {
  const answer = await stream(streaming(two).predictor, {});
  await readAll(answer);
  assert.throws(() => answer[Symbol.asyncIterator](), TypeError);
  assert.throws(() => answer.toResponse(), TypeError);
});
