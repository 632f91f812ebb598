import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PaiError } from "../../core/errors.ts";
import { Predictor, type PredictorOptions } from "../../core/predictor.ts";
import { direct, type DirectOptions } from "../../plugins/predict/direct.ts";
import { readList } from "../../plugins/predict/direct/discovery.ts";
import { RoundRobin } from "../../plugins/predict/direct/round-robin.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { vectors } from "../support/vectors.ts";

interface Turns {
  id: string;
  endpoints: [address: string, weight: number][];
  picks: (string | null)[];
}
for (const { id, endpoints, picks } of vectors<{ cases: Turns[] }>("eas/wrr").cases) {
  test(`RoundRobin takes the turns of the vector ${id}`, () => {
    const turns = new RoundRobin(endpoints.map(([address, weight]) => ({ address, weight })));
    assert.deepEqual(picks.map(() => turns.next()?.address ?? null), picks);
  });
}

test("RoundRobin gives each item its share of a cycle", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), (weights) => {
      const turns = new RoundRobin(weights.map((weight, id) => ({ id, weight })));
      const counts = weights.map(() => 0);
      for (let turn = turns.cycle; turn > 0; turn--) counts[turns.next()!.id]!++;
      const [first, share] = [counts[0]!, weights[0]!];
      assert.deepEqual(counts, weights.map((weight) => weight * first / share));
    }),
  );
});

test("RoundRobin doesn't count down from a large weight to a small one", () => {
  const turns = new RoundRobin([{ weight: 1 }, { weight: 2 ** 50 }]);
  for (let turn = 0; turn < 100; turn++) assert.equal(turns.next()!.weight, 2 ** 50);
});

test("readList() leaves out what can't be called or shall not be", () => {
  const good = { app: "svc", ip: "172.16.0.5", port: 50000, weight: 100 };
  const items = [
    ...[good, null, 1, {}, { ...good, weight: 0 }, { ...good, weight: -1 }, { ...good, weight: "x" }],
    ...[{ ...good, port: undefined }, { ...good, port: "80" }, { ...good, ip: "evil.example/x?" }, {
      ip: "a",
      port: 1,
    }],
    { ...good, ip: "fe80::1" },
  ];
  assert.deepEqual(readList({ correlative: ["svc"], endpoints: { items } }), [
    { address: "172.16.0.5:50000", weight: 100 },
    { address: "[fe80::1]:50000", weight: 100 },
  ]);
  for (const answer of [null, 1, "x", [], {}, { endpoints: null }, { endpoints: { items: {} } }]) {
    assert.deepEqual(readList(answer), []);
  }
});

type Answer = () => Response | Promise<Response>;
const refuse: Answer = () =>
  Promise.reject(Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } }));
const reset: Answer = () =>
  Promise.reject(Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } }));

/** A VPC whose instances and discovery do what a test wants, with the requests that they got. */
function vpc(options: DirectOptions = {}, predictorOptions: Partial<PredictorOptions> = {}) {
  const state = {
    clock: fakeClock(),
    list: ["a", "b"],
    discovery: (): Response | Promise<Response> => state.items(...state.list),
    items: (...ips: string[]): Response =>
      Response.json({ endpoints: { items: ips.map((ip) => ({ ip, port: 1, weight: 100 })) } }),
    instances: {} as Record<string, Answer>,
    asked: [] as string[],
    called: [] as string[],
  };
  const fetch = async (url: string) => {
    const { host, pathname, search } = new URL(url);
    if (pathname.includes("/upstreams/")) {
      state.asked.push(host + pathname + search);
      return await state.discovery();
    }
    state.called.push(host.replace(/:1$/, "") + pathname.replace("/api/predict/svc", "") + search);
    return await (state.instances[state.called.at(-1)![0]!] ?? (() => Response.json(true)))();
  };
  const retry = { retries: 2, baseDelay: 0, maxDelay: 0, statuses: { 502: {}, 503: {} } };
  const predictor = new Predictor({
    endpoint: "http://1.vpc.cn-hangzhou.pai-eas.aliyuncs.com",
    serviceName: "svc",
    token: "t0ken",
    retry,
    fetch: direct(fetch, { clock: state.clock, ...options }),
    ...predictorOptions,
  });
  return { state, predictor };
}

const documented =
  "1.vpc.cn-hangzhou.pai-eas.aliyuncs.com/exported/apis/eas.alibaba-inc.k8s.io/v1/upstreams/svc";

test("direct() calls the instances in turns, at their addresses, with path and query", async () => {
  const { state, predictor } = vpc();
  await predictor.predict(1);
  await predictor.rawPredict(1, { path: "v1/x?a=1" });
  await predictor.predict(1);
  assert.deepEqual(state.asked, [documented]);
  assert.deepEqual(state.called, ["a", "b/v1/x?a=1", "a"]);
});

test("direct() sends what it is given: method, headers and body", async () => {
  const seen: RequestInit[] = [];
  const fetch = direct((url, init) => {
    if (url.includes("upstreams")) {
      return Response.json({ endpoints: { items: [{ ip: "a", port: 1, weight: 1 }] } });
    }
    seen.push(init);
    return new Response();
  });
  const init = { method: "POST", headers: { authorization: "t" }, body: "x" };
  await fetch("http://h/api/predict/svc", init);
  assert.equal(seen[0], init);
});

test("direct() asks where it is told, and for the addresses inside of EAS", async () => {
  const { state, predictor } = vpc({
    discovery: "http://pai-eas-vpc.cn-hangzhou.aliyuncs.com",
    internal: true,
  });
  await predictor.predict(1);
  assert.deepEqual(state.asked, [
    "pai-eas-vpc.cn-hangzhou.aliyuncs.com/exported/apis/eas.alibaba-inc.k8s.io/v1/upstreams/svc?internal=true",
  ]);
});

test("direct() takes the other path of discovery when the first is not there, and remembers it", async () => {
  const { state, predictor } = vpc();
  const { items } = state;
  state.discovery = () =>
    state.asked.at(-1)!.includes("/exported/") ? new Response("", { status: 404 }) : items("a");
  await predictor.predict(1);
  state.clock.time += 60_000;
  await predictor.predict(1);
  assert.deepEqual(state.asked.map((path) => path.split("/")[1]), ["exported", "api", "api"]);
});

test("direct() asks once for any number of calls", async () => {
  const { state, predictor } = vpc();
  await Promise.all(Array.from({ length: 50 }, () => predictor.predict(1)));
  assert.equal(state.asked.length, 1);
  for (const age of [5_000, 60_000]) {
    state.clock.time += age;
    state.asked.length = 0;
    await Promise.all(Array.from({ length: 50 }, () => predictor.predict(1)));
    assert.equal(state.asked.length, 1, `after ${age} ms`);
  }
});

test("direct() doesn't wait for a new list while the old one is not very old", async () => {
  const { state, predictor } = vpc();
  await predictor.predict(1);
  state.clock.time += 5_000;
  state.discovery = () => new Promise(() => {});
  await predictor.predict(1);
  assert.deepEqual([state.asked.length, state.called], [2, ["a", "b"]]);
});

const bad: [what: string, answer: Answer][] = [
  ["an empty list", () => Response.json({ endpoints: { items: [] } })],
  [
    "a list of zero weights",
    () => Response.json({ endpoints: { items: [{ ip: "c", port: 1, weight: 0 }] } }),
  ],
  ["what is no list", () => new Response("<html>")],
  ["503", () => new Response("", { status: 503 })],
  ["no answer", refuse],
];
for (const [what, answer] of bad) {
  test(`direct() keeps its list when discovery gives ${what}, and asks no more often`, async () => {
    const { state, predictor } = vpc();
    await predictor.predict(1);
    state.discovery = answer;
    for (let call = 0; call < 10; call++) {
      state.clock.time += 60_000;
      await predictor.predict(1);
      await predictor.predict(1);
    }
    assert.deepEqual([state.asked.length, new Set(state.called)], [11, new Set(["a", "b"])]);
  });
}

test("direct() fails at once when no instance is known, and says so", async () => {
  const { state, predictor } = vpc();
  state.discovery = () => new Response("", { status: 404 });
  const check = (error: unknown) => {
    assert.ok(error instanceof PaiError && error.code === "NoInstances", String(error));
    assert.match(error.message, /^Cannot call "svc" directly: no instance is known; /);
    assert.match(String(error.cause), /Cannot discover "svc": .* doesn't know it/);
    return true;
  };
  await assert.rejects(predictor.predict(1), check);
  await assert.rejects(predictor.predict(1), check); // within a second it isn't asked again
  assert.deepEqual([state.asked.length, state.called], [2, []]);
  state.clock.time += 1_000;
  state.discovery = () => state.items("a");
  assert.equal(await predictor.predict(1), true);
});

test("direct() goes on to another instance when one refuses, and leaves that one alone", async () => {
  const { state, predictor } = vpc();
  state.instances.a = refuse;
  for (let call = 0; call < 3; call++) assert.equal(await predictor.predict(1), true);
  assert.deepEqual(state.called, ["a", "b", "b", "b"]);
  delete state.instances.a;
  state.clock.time += 5_000;
  for (let call = 0; call < 2; call++) await predictor.predict(1);
  assert.deepEqual(new Set(state.called.slice(4)), new Set(["a", "b"]));
});

test("direct() leaves an instance alone for twice as long each time, up to a minute", async () => {
  const { state, predictor } = vpc();
  state.instances.a = refuse;
  const start = state.clock.time;
  const tries: number[] = [];
  for (let second = 0; second < 200; second++) {
    const before = state.called.filter((name) => name === "a").length;
    for (let call = 0; call < 3; call++) await predictor.predict(1);
    if (state.called.filter((name) => name === "a").length > before) {
      tries.push((state.clock.time - start) / 1000);
    }
    state.clock.time += 1_000;
  }
  assert.deepEqual(tries.map((time, i) => time - (tries[i - 1] ?? 0)), [0, 5, 10, 20, 40, 60, 60]);
});

test("direct() retries 502 and 503 with another instance, as the predictor's policy says", async () => {
  for (const status of [502, 503]) {
    const { state, predictor } = vpc();
    state.instances.a = () => new Response("no healthy upstream", { status });
    assert.equal(await predictor.predict(1), true);
    assert.deepEqual(state.called, ["a", "b"]);
  }
});

test("direct() repeats a broken connection only as the predictor does, and with another instance", async () => {
  const once = vpc();
  once.state.instances.a = reset;
  await assert.rejects(once.predictor.predict(1), { code: "NetworkError" });
  assert.deepEqual(once.state.called, ["a"]);
  const { state, predictor } = vpc();
  state.instances.a = reset;
  assert.equal(await predictor.predict(1, { idempotent: true }), true);
  assert.deepEqual(state.called, ["a", "b"]);
});

test("direct() asks all that failed when all have, and tells whom it tried", async () => {
  const { state, predictor } = vpc({}, { retry: false });
  state.instances = { a: refuse, b: refuse };
  await assert.rejects(predictor.predict(1), (error) => {
    assert.ok(error instanceof PaiError && error.code === "NetworkError");
    assert.match(String(error.cause), /no instance can be connected to, of 2 that were tried: a:1, b:1/);
    return true;
  });
  delete state.instances.b;
  assert.equal(await predictor.predict(1), true);
});

test("direct() sends a stream to one instance only", async () => {
  const { state, predictor } = vpc();
  state.instances = { a: refuse };
  await assert.rejects(predictor.rawPredict(new ReadableStream()), { code: "NetworkError" });
  assert.deepEqual(state.called, ["a"]);
});

test("direct() doesn't blame an instance for the caller's abort", async () => {
  const { state, predictor } = vpc();
  const controller = new AbortController();
  state.instances.a = () => {
    controller.abort(new Error("enough"));
    return reset();
  };
  await assert.rejects(predictor.predict(1, { signal: controller.signal }), /enough/);
  delete state.instances.a;
  await predictor.predict(1);
  await predictor.predict(1);
  assert.deepEqual(state.called, ["a", "b", "a"]);
});

test("direct() takes over instances that come, and forgets those that go", async () => {
  const { state, predictor } = vpc();
  await predictor.predict(1);
  state.list = ["c"];
  state.clock.time += 60_000;
  await predictor.predict(1);
  await predictor.predict(1);
  assert.deepEqual(state.called, ["a", "c", "c"]);
});

test("direct() refuses an address that is no service of EAS", async () => {
  const fetch = direct(() => new Response());
  await assert.rejects(async () => await fetch("http://h/other", {}), RangeError);
});
