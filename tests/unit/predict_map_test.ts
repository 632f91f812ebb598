import assert from "node:assert/strict";
import { test } from "node:test";
import { PaiError, PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import { map, type MapOptions, type MapResult, mapRetry } from "../../plugins/predict/map.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { service, status } from "../support/simulated_service.ts";

/** A predictor that waits for nothing but other promises. */
type Fake = Pick<Predictor<number, number>, "predict">;

const doubling: Fake = { predict: (input) => Promise.resolve(2 * input) };

async function all<Item, Output>(
  results: AsyncIterable<MapResult<Item, Output>>,
): Promise<MapResult<Item, Output>[]> {
  const list: MapResult<Item, Output>[] = [];
  for await (const result of results) list.push(result);
  return list;
}

/** A fake whose calls end when they are told to. */
function held(): { fake: Fake; end: Map<number, (error?: unknown) => void>; aborted: number[] } {
  const end = new Map<number, (error?: unknown) => void>();
  const aborted: number[] = [];
  const predict: Fake["predict"] = (input, { signal } = {}) =>
    new Promise((resolve, reject) => {
      end.set(input, (error) => error ? reject(error) : resolve(2 * input));
      signal?.addEventListener("abort", () => {
        aborted.push(input);
        reject(signal.reason);
      });
    });
  return { fake: { predict }, end, aborted };
}

/** Lets all that is about to happen happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await undefined;
    yield item;
  }
}

for (const [what, items] of [["a list", () => [1, 2, 3]], ["a stream", () => stream([1, 2, 3])]] as const) {
  for (const concurrency of [1, 2, 10, "adaptive"] as const) {
    test(`map() predicts each item of ${what} with concurrency ${concurrency}`, async () => {
      const results = await all(map(doubling, items(), { concurrency, key: (item) => `k${item}` }));
      assert.deepEqual(results.sort((a, b) => a.index - b.index), [
        { ok: true, item: 1, index: 0, key: "k1", attempts: 1, output: 2 },
        { ok: true, item: 2, index: 1, key: "k2", attempts: 1, output: 4 },
        { ok: true, item: 3, index: 2, key: "k3", attempts: 1, output: 6 },
      ]);
    });
  }
}

test("map() of no items has no results", async () => {
  assert.deepEqual(await all(map(doubling, [])), []);
  assert.deepEqual(await all(map(doubling, stream([]), { ordered: true })), []);
});

test("map() gives results as they are ready, or in the order of the items when asked", async () => {
  for (const [ordered, expected] of [[false, [2, 1, 0]], [true, [0, 1, 2]]] as const) {
    const { fake, end } = held();
    const results = all(map(fake, [0, 1, 2], { concurrency: 3, ordered }));
    await settled();
    for (const input of [2, 1, 0]) {
      end.get(input)!();
      await settled();
    }
    assert.deepEqual((await results).map(({ index }) => index), expected);
  }
});

test("map() reads and sends nothing before the first result is asked for", async () => {
  let read = 0;
  const items = { [Symbol.iterator]: () => (read++, [1][Symbol.iterator]()) };
  const results = map(doubling, items);
  await settled();
  assert.equal(read, 0);
  await all(results);
  assert.equal(read, 1);
});

for (const [ordered, most] of [[false, 2 * 3], [true, 16 * 3]] as const) {
  test(`map() reads no more than its loop takes when it is ${ordered ? "" : "not "}ordered`, async () => {
    let read = 0;
    const endless = (function* () {
      while (true) yield read++;
    })();
    let taken = 0;
    for await (const { ok } of map(doubling, endless, { concurrency: 3, ordered })) {
      assert.ok(ok);
      await settled();
      assert.ok(read - ++taken <= most, `${read} read and ${taken} taken`);
      if (taken === 100) break;
    }
    assert.equal(taken, 100);
  });
}

test("map() goes on while its loop is busy, up to its room", async () => {
  const simulated = service(() => Promise.resolve());
  const results = map(simulated, Array(100).keys(), { concurrency: 3 });
  await results.next();
  await settled();
  assert.equal(simulated.requests, 7); // one was taken, and six wait
  await results.return();
});

test("map() never has more requests at a time than it was told, retries included", async () => {
  for (const concurrency of [1, 2, 7]) {
    const simulated = service(async () => {
      for (let turn = 0; turn < 20 * Math.random(); turn++) await undefined;
      if (Math.random() < 0.3) throw status(503);
    });
    await all(map(simulated, Array(200).keys(), { concurrency, clock: fakeClock() }));
    assert.equal(simulated.peak, concurrency);
  }
});

test("map() makes what goes wrong with an item its result, and goes on", async () => {
  const errors = [
    new PredictionError("400", { status: 400 }),
    new TypeError("not JSON"),
    new PaiError("x", { code: "NetworkError" }),
  ];
  const fake: Fake = {
    predict: (input) => errors[input] ? Promise.reject(errors[input]) : Promise.resolve(input),
  };
  const results = await all(map(fake, [0, 1, 2, 3], { ordered: true, clock: fakeClock() }));
  assert.deepEqual(results.map((result) => result.ok ? result.output : result.error), [...errors, 3]);
  assert.deepEqual(results.map(({ attempts }) => attempts), [1, 1, 1, 1]);
});

const retried: [what: string, error: unknown, options: MapOptions<number>, attempts: number][] = [
  ["503", status(503), {}, mapRetry.retries + 1],
  ["429", status(429), {}, mapRetry.retries + 1],
  ["450", status(450), {}, mapRetry.retries + 1],
  ["500", status(500), {}, 4],
  ["502 with a policy", status(502), { retry: { ...mapRetry, retries: 2 } }, 3],
  ["503 without retries", status(503), { retry: false }, 1],
  ["504", status(504), {}, 1],
  ["504 of what may run twice", status(504), { idempotent: true }, mapRetry.retries + 1],
  ["404", status(404), {}, 1],
  ["an answer that broke off", new PredictionError("x", { status: 200 }), {}, 1],
  [
    "an answer that broke off of what may run twice",
    new PredictionError("x", { status: 200 }),
    { idempotent: true },
    mapRetry.retries + 1,
  ],
  [
    "an answer that can't be read",
    new PredictionError("x", { status: 200, body: "<html>" }),
    { idempotent: true },
    1,
  ],
];
for (const [what, error, options, attempts] of retried) {
  test(`map() tries ${what} ${attempts} times`, async () => {
    const clock = fakeClock();
    const fake: Fake = { predict: () => Promise.reject(error) };
    const [result] = await all(map(fake, [1], { ...options, clock }));
    assert.deepEqual(result, { ok: false, item: 1, index: 0, key: undefined, attempts, error });
    assert.equal(clock.slept.length, attempts - 1);
    const policy = options.retry || mapRetry;
    clock.slept.forEach((pause, retry) =>
      assert.ok(pause <= Math.min(policy.maxDelay, policy.baseDelay * 2 ** retry))
    );
  });
}

const asked: [how: string, header: (due: number) => string][] = [
  ["in seconds", () => "7"],
  ["by a date", (due) => new Date(due).toUTCString()],
];
for (const [how, header] of asked) {
  test(`map() waits as long as a service asks ${how}, and little longer`, async () => {
    const clock = simulatedClock();
    const due = new Map<number, number>();
    const fake: Fake = {
      async predict(input) {
        await clock.sleep(50);
        const now = Math.floor(clock.now() / 1000) * 1000;
        if (input % 2 && !due.has(input)) {
          due.set(input, now + 7_000);
          throw new PredictionError("x", { status: 429, retryAfter: header(now + 7_000) });
        }
        return clock.now() - (due.get(input) ?? clock.now());
      },
    };
    const late: number[] = [];
    await clock.run((async () => {
      for await (const result of map(fake, Array(200).keys(), { clock })) {
        assert.ok(result.ok);
        if (result.attempts > 1) late.push(result.output);
      }
    })());
    assert.equal(late.length, 100);
    for (const ms of late) assert.ok(ms >= 0 && ms < 1_000 + 50 + mapRetry.baseDelay + 1, `${ms} ms`);
  });
}

test("map() gives up an item at once whose service asks for more than the policy's longest pause", async () => {
  const error = new PredictionError("x", { status: 503, retryAfter: "21" }), clock = fakeClock();
  const [result] = await all(map({ predict: () => Promise.reject(error) }, [1], { clock }));
  assert.deepEqual([result!.ok, result!.attempts, clock.slept], [false, 1, []]);
});

test("map() of a predictor hears what the service asks for", async () => {
  let requests = 0;
  const clock = fakeClock();
  const predictor = new Predictor({
    endpoint: "http://h",
    fetch: () =>
      requests++ ? Response.json(1) : new Response("", { status: 429, headers: { "retry-after": "5" } }),
  });
  const [result] = await all(map(predictor, [1], { clock }));
  assert.ok(result!.ok && requests === 2 && clock.slept[0]! >= 5_000);
});

test("map() gives its calls the caller's options, but for what it does itself", async () => {
  const seen: unknown[] = [];
  const predict: Fake["predict"] = (input, { signal, retry, ...options } = {}) => {
    seen.push([options, retry && retry.statuses, signal instanceof AbortSignal]);
    return Promise.resolve(input);
  };
  await all(map({ predict }, [1], { path: "v1", timeout: 5, headers: { a: "b" }, ordered: true }));
  assert.deepEqual(seen, [[{ path: "v1", timeout: 5, headers: { a: "b" } }, {}, true]]);
});

test("map() leaves out what `resume` has, and tells the places among all items", async () => {
  const answered = new Set(["1", "2"]);
  const later = { has: (key: string) => Promise.resolve(answered.has(key)) };
  for (const resume of [answered, later]) {
    const results = await all(map(doubling, [0, 1, 2, 3], { key: String, resume, ordered: true }));
    assert.deepEqual(results.map(({ index, key }) => [index, key]), [[0, "0"], [3, "3"]]);
  }
});

test("map() ends with the signal's reason at once, and aborts what is on its way", async () => {
  const { fake, aborted } = held();
  const controller = new AbortController();
  const results = all(map(fake, Array(10).keys(), { concurrency: 3, signal: controller.signal }));
  await settled();
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(results, reason);
  assert.deepEqual(aborted, [0, 1, 2]);
});

test("map() sends nothing when its signal is aborted before", async () => {
  const simulated = service(() => Promise.resolve());
  await assert.rejects(all(map(simulated, [1], { signal: AbortSignal.abort(new Error("no")) })), /no/);
  assert.equal(simulated.requests, 0);
});

test("map() ends a pause between attempts when it is aborted", async () => {
  const controller = new AbortController();
  const clock = { now: () => 0, sleep: (_: number, signal?: AbortSignal | null) => hang(signal) };
  const fake: Fake = { predict: () => Promise.reject(status(503)) };
  const results = all(map(fake, [1], { clock, signal: controller.signal }));
  await settled();
  controller.abort(new Error("enough"));
  await assert.rejects(results, /enough/);
});

function hang(signal?: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

test("map() aborts what is on its way when its loop is left, and closes where items come from", async () => {
  const { fake, end, aborted } = held();
  let closed = 0;
  const items = (function* () {
    try {
      for (let item = 0;; item++) yield item;
    } finally {
      closed++;
    }
  })();
  const results = map(fake, items, { concurrency: 3 });
  const first = results.next();
  await settled();
  end.get(1)!();
  assert.equal((await first).value?.index, 1);
  await settled();
  await results.return();
  assert.deepEqual(aborted, [0, 1, 2, 3]);
  assert.equal(closed, 1);
});

test("map() does not wait for an item that never comes when it is aborted", async () => {
  const never = (async function* () {
    yield 1;
    await new Promise(() => {});
  })();
  const controller = new AbortController();
  const results = map(doubling, never, { signal: controller.signal });
  assert.equal((await results.next()).value?.index, 0);
  const next = results.next();
  controller.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
});

test("map() leaves no listener on the caller's signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (
    ...args: unknown[]
  ) => (listeners++, Reflect.apply(addEventListener, signal, args));
  signal.removeEventListener = (...args: unknown[]) => (
    listeners--, Reflect.apply(removeEventListener, signal, args)
  );
  await all(map(doubling, Array(20).keys(), { signal }));
  for await (const { ok } of map(doubling, Array(20).keys(), { signal })) if (ok) break;
  assert.equal(listeners, 0);
});

test("map() throws what its items throw, once those before have their results", async () => {
  const broken = (function* () {
    yield* [1, 2, 3];
    throw new Error("the file is damaged");
  })();
  const taken: number[] = [];
  await assert.rejects(async () => {
    for await (const { item } of map(doubling, broken, { concurrency: 2, ordered: true })) taken.push(item);
  }, /damaged/);
  assert.deepEqual(taken, [1, 2, 3]);
  const key = (): string => {
    throw new Error("no key");
  };
  await assert.rejects(all(map(doubling, [1], { key })), /no key/);
});

test("map() refuses wrong arguments before anything is read", () => {
  for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => map(doubling, [1], { concurrency: wrong }), {
      name: "RangeError",
      message: `Cannot map: "concurrency" is ${wrong}; give an integer from 1`,
    });
    assert.throws(() => map(doubling, [1], { maxConcurrency: wrong }), RangeError);
  }
  assert.throws(() => map(doubling, [1], { resume: new Set(["1"]) }), {
    name: "TypeError",
    message: 'Cannot map: "resume" is given without "key"',
  });
  // @ts-expect-error a number can't be iterated
  assert.throws(() => map(doubling, 5), { name: "TypeError", message: /can't be iterated/ });
});

test("map() of a predictor retries a connection that was refused, and lets the predictor tell", async () => {
  let requests = 0;
  const predictor = new Predictor<number, number>({
    endpoint: "http://h/api/predict/iris",
    fetch: (_, { body }) => {
      if (requests++ === 0) throw new TypeError("x", { cause: { code: "ECONNREFUSED" } });
      return new Response(body);
    },
  });
  const retry = { ...mapRetry, baseDelay: 1 };
  const [result] = await all(map(predictor, [5], { retry }));
  assert.deepEqual(result, { ok: true, item: 5, index: 0, key: undefined, attempts: 1, output: 5 });
  assert.equal(requests, 2);
});
