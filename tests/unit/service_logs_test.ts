import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Client } from "../../core/client.ts";
import { ApiError, PaiError } from "../../core/errors.ts";
import type { LogLine, LogOptions } from "../../core/service.ts";
import { logs, type Service } from "../../plugins/deploy/mod.ts";
import { emulatedServices } from "../support/emulated_services.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";
import { fakeEas } from "../support/fake_eas.ts";

/** A line of a log: when it was printed, and how much later it can be read. */
interface Printed {
  at: number;
  lag?: number;
  text: string;
}

interface FakeLog {
  client: Client;
  clock: FakeClock;
  /** Queries of all requests. */
  queries: Readonly<Record<string, unknown>>[];
}

/** A control plane that knows a log only, and tells it as the vendor documents: pages of lines from some second on. */
function fakeLog(printed: readonly Printed[], fail: (request: number) => unknown = () => undefined): FakeLog {
  const clock = fakeClock();
  const start = clock.now();
  const queries: FakeLog["queries"] = [];
  const answer = (query: Readonly<Record<string, unknown>> = {}): unknown => {
    queries.push(query);
    const error = fail(queries.length);
    if (error) throw error;
    const { StartTime, EndTime, Keyword = "", PageNum, PageSize } = query;
    const second = (time: unknown, otherwise: number): number =>
      time ? Date.parse(`${String(time).replace(" ", "T")}Z`) : otherwise;
    const lines = printed
      .filter(({ at, lag = 0 }) => start + at + lag <= clock.now())
      .filter(({ at }) => start + at >= second(StartTime, 0) && start + at < second(EndTime, Infinity) + 1000)
      .filter(({ text }) => text.includes(String(Keyword)))
      .toSorted((a, b) => a.at - b.at);
    const [page, size] = [Number(PageNum), Number(PageSize)];
    return {
      Logs: lines.slice((page - 1) * size, page * size).map(({ text }) => text),
      TotalCount: lines.length,
      TotalPageNum: Math.ceil(lines.length / size),
    };
  };
  const call = async <T>(
    _: string,
    options: { query?: Readonly<Record<string, unknown>>; signal?: AbortSignal } = {},
  ) => {
    options.signal?.throwIfAborted();
    await Promise.resolve();
    return answer(options.query) as T; // as loose as the real answers
  };
  return { client: { ...fakeEas().client, clock, call }, clock, queries };
}

const texts = async (lines: AsyncIterable<LogLine>): Promise<string[]> =>
  (await Array.fromAsync(lines)).map(({ text }) => text);

const numbered = (count: number): Printed[] =>
  Array.from({ length: count }, (_, i) => ({ at: -count + i, text: `line ${i}` }));

test("logs reads all pages, as far as they are read", async () => {
  const { client, queries } = fakeLog(numbered(1_234));
  const service = { client, name: "iris" };
  assert.deepEqual(await texts(logs(service)), numbered(1_234).map(({ text }) => text));
  assert.equal(queries.length, 3);
  for await (const { text } of logs(service)) if (text === "line 10") break;
  assert.equal(queries.length, 4);
});

for (const tail of [0, 1, 3, 234, 235, 734, 800, 1_234, 5_000]) {
  test(`logs with a tail of ${tail} reads from the end, and no more than needed`, async () => {
    const { client, queries } = fakeLog(numbered(1_234));
    const read = await texts(logs({ client, name: "iris" }, { tail }));
    assert.deepEqual(read, numbered(1_234).map(({ text }) => text).slice(tail === 0 ? 1_234 : -tail));
    assert.ok(queries.length <= 1 + Math.ceil((tail + 266) / 500), `${queries.length} requests`);
  });
}

test("logs of a service that printed nothing is empty", async () => {
  for (const options of [{}, { tail: 5 }]) {
    assert.deepEqual(await texts(logs({ client: fakeLog([]).client, name: "iris" }, options)), []);
  }
});

test("logs asks as the API wants it, and tells times of which the zone is known", async () => {
  const { client, queries } = fakeLog([
    { at: 0, text: "2024-01-01T00:00:00.123456789Z hello" },
    { at: 1, text: "[2024-01-01 08:00:01+08:00] hello" },
    { at: 2, text: "2024-01-01 00:00:02 hello, who knows where" },
  ]);
  const options: LogOptions = {
    since: new Date(Date.UTC(2024, 0, 1)),
    until: new Date(Date.UTC(2024, 0, 1, 1, 2, 3, 456)),
    instance: "iris-1",
    container: "worker0",
    keyword: "hello",
    previous: true,
  };
  const clock = client.clock as FakeClock;
  clock.time += 10;
  const lines = await Array.fromAsync(logs({ client, name: "iris" }, options));
  assert.deepEqual(queries, [{
    StartTime: "2024-01-01 00:00:00",
    EndTime: "2024-01-01 01:02:03",
    InstanceName: "iris-1",
    ContainerName: "worker0",
    Keyword: "hello",
    Previous: true,
    PageNum: 1,
    PageSize: 500,
  }]);
  assert.deepEqual(lines.map(({ time }) => time?.toISOString()), [
    "2024-01-01T00:00:00.123Z",
    "2024-01-01T00:00:01.000Z",
    undefined,
  ]);
  assert.ok(lines.every(({ instance }) => instance === "iris-1"));
});

/** Follows until a number of milliseconds have passed on the clock. */
async function follow(log: FakeLog, duration: number, options: LogOptions = {}): Promise<string[]> {
  const controller = new AbortController();
  const { clock } = log;
  const end = clock.now() + duration;
  const { sleep } = clock;
  clock.sleep = async function (ms, signal) {
    await sleep.call(this, ms, signal);
    if (this.time >= end) controller.abort(new Error("enough"));
  };
  return await texts(
    logs({ client: log.client, name: "iris" }, { ...options, follow: true, signal: controller.signal }),
  );
}

test("logs with follow goes on with what comes, and ends quietly when it is aborted", async () => {
  const log = fakeLog([...numbered(3), { at: 2_500, text: "later" }, { at: 40_000, text: "much later" }]);
  assert.deepEqual(await follow(log, 60_000), ["line 0", "line 1", "line 2", "later", "much later"]);
  const early = new AbortController();
  early.abort(new Error("never"));
  const options = { follow: true, signal: early.signal };
  assert.deepEqual(await texts(logs({ client: log.client, name: "iris" }, options)), []);
});

test("logs with follow and a tail begins with the last lines", async () => {
  for (
    const [tail, first] of [[0, []], [2, ["line 1", "line 2"]], [9, ["line 0", "line 1", "line 2"]]] as const
  ) {
    const log = fakeLog([...numbered(3), { at: 2_500, text: "later" }]);
    assert.deepEqual(await follow(log, 10_000, { tail }), [...first, "later"]);
  }
});

test("logs with follow asks less often while nothing comes, and often again when something does", async () => {
  const log = fakeLog([{ at: 100_000, text: "x" }]);
  await follow(log, 130_000);
  const { slept } = log.clock;
  assert.deepEqual(slept.slice(0, 8), [1000, 1500, 2250, 3375, 5062.5, 7593.75, 10_000, 10_000]);
  assert.ok(slept.indexOf(1000, 1) > 8);
  assert.ok(log.queries.length < 40);
});

test("logs with follow tells each line once, in order, also if it looks like others, comes late, or comes in thousands", async () => {
  const line = fc.record({
    at: fc.integer({ min: -100_000, max: 300_000 }),
    lag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 })),
    text: fc.constantFrom("OK", "health check: 200", "error"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), async (lines) => {
      const end = 300_000 + 40_000;
      const read = await follow(fakeLog(lines), end);
      const expected = lines.map(({ text }) => text).sort();
      assert.deepEqual(read.sort(), expected);
    }),
    { numRuns: 60 },
  );
  const many = Array.from({ length: 4_000 }, (_, i) => ({ at: 10_000 + i * 20, text: `line ${i % 900}` }));
  assert.deepEqual(await follow(fakeLog(many), 120_000), many.map(({ text }) => text));
});

test("logs with follow keeps the window short that it asks for again", async () => {
  const log = fakeLog(Array.from({ length: 600 }, (_, i) => ({ at: i * 1000, text: "tick" })));
  assert.equal((await follow(log, 600_000)).length, 600);
  const last = Date.parse(`${String(log.queries.at(-1)?.StartTime).replace(" ", "T")}Z`);
  assert.ok(log.clock.now() - last < 90_000);
});

test("logs with follow outlives a few failures in a row, with pauses, but neither many nor a refusal", async () => {
  const lost = new PaiError("Cannot call: no answer", { code: "NetworkError" });
  const outlived = fakeLog(
    [{ at: 30_000, text: "later" }],
    (request) => request > 1 && request < 7 ? lost : undefined,
  );
  assert.deepEqual(await follow(outlived, 60_000), ["later"]);
  assert.equal(outlived.clock.slept.length > 5, true);
  await assert.rejects(follow(fakeLog([], (request) => request > 1 ? lost : undefined), 600_000), lost);
  const gone = new ApiError("Cannot call: none", { action: "DescribeServiceLog", status: 404 });
  const refused = fakeLog([], (request) => request > 3 ? gone : undefined);
  await assert.rejects(follow(refused, 600_000), gone);
  assert.equal(refused.queries.length, 4);
});

test("Service.logs reads the log of a service in the emulator, and follows it", async () => {
  const { deploy, clock } = emulatedServices();
  const service: Service = await deploy("iris");
  const printed = await texts(service.logs());
  assert.ok(printed.some((text) => text.includes("processor pmml loads oss://emulator-bucket/m.pmml")));
  assert.deepEqual(await texts(service.logs({ tail: 1 })), printed.slice(-1));
  assert.deepEqual(await texts(service.logs({ keyword: "no such word" })), []);
  const controller = new AbortController();
  const followed: string[] = [];
  const end = clock.now() + 120_000;
  for await (const { text } of service.logs({ follow: true, tail: 0, signal: controller.signal })) {
    followed.push(text);
    if (clock.now() >= end) controller.abort();
  }
  assert.ok(followed.length >= 3 && followed.every((text) => text.includes("health check")));
  assert.equal(new Set(followed).size, followed.length);
});
