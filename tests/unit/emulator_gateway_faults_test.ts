import assert from "node:assert/strict";
import { test } from "node:test";
import {
  badGateway,
  type Fault,
  faultyHandle,
  gatewayTimeout,
  noHealthyUpstream,
  queueFull,
  randomFaults,
  requestedFaults,
  requestTimeout,
  serverError,
  storm,
  throttle,
  tooManyRequests,
  withFaults,
} from "../../plugins/emulator/faults.ts";
import { chatProcessor, type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { api } from "../support/signed_calls.ts";

const url = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/llm";
const messages = [{ role: "user", content: "count" }];
const path = "/v1/chat/completions";

/** An emulator with one language model that says ten words, and how often that was asked. */
async function model(): Promise<{ cloud: Emulator; asked: () => number }> {
  let asked = 0;
  const clock = fakeClock();
  const llm = chatProcessor(() => {
    asked++;
    return "one two three four five six seven eight nine ten";
  }, { clock });
  const cloud = emulator({ clock, delays: { create: 0, gateway: 0 }, handlers: { llm } });
  await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "llm", token: "token" } });
  return { cloud, asked: () => asked };
}

function init(headers: Record<string, string> = {}, signal?: AbortSignal): RequestInit {
  const body = JSON.stringify({ messages, stream: true });
  return { method: "POST", body, signal, headers: { authorization: "token", ...headers } };
}

const answers: [name: string, fault: Fault, status: number, text: RegExp][] = [
  ["noHealthyUpstream", noHealthyUpstream, 503, /^no healthy upstream$/],
  ["queueFull", queueFull, 450, /queue/],
  ["requestTimeout", requestTimeout, 408, /too long/],
  ["serverError", serverError, 500, /failed/],
  ["badGateway", badGateway, 502, /^upstream connect error or disconnect\/reset before headers/],
  ["gatewayTimeout", gatewayTimeout, 504, /^upstream request timeout$/],
  ["tooManyRequests()", tooManyRequests(), 429, /too many/],
];

for (const [name, fault, status, text] of answers) {
  for (const when of ["before", "after"] as const) {
    test(`${name} is answered with ${status}, ${when} the service was asked`, async () => {
      const { cloud, asked } = await model();
      const answer = await withFaults(cloud.fetch, () => ({ ...fault, when } as Fault))(url + path, init());
      assert.equal(answer.status, status);
      assert.match(await answer.text(), text);
      assert.equal(answer.headers.get("retry-after"), null);
      assert.equal(asked(), when === "after" ? 1 : 0);
    });
  }
}

test("tooManyRequests() tells when to come again if it is told, requestTimeout closes the connection", async () => {
  const { cloud } = await model();
  const header = async (fault: Fault, name: string): Promise<string | null> =>
    (await withFaults(cloud.fetch, () => fault)(url, {})).headers.get(name);
  assert.equal(await header(tooManyRequests(7), "retry-after"), "7");
  assert.equal(await header(requestTimeout, "connection"), "close");
});

test("storm() hits a number of requests in a row, with its faults in turn", async () => {
  const { cloud } = await model();
  const fetch = withFaults(cloud.fetch, storm([noHealthyUpstream, badGateway], { after: 1, length: 3 }));
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await fetch(url + path, init())).status);
  assert.deepEqual(statuses, [200, 503, 502, 503, 200, 200]);
});

test("throttle() lets so many requests a second pass", async () => {
  const { cloud } = await model();
  const clock = fakeClock();
  const fetch = withFaults(cloud.fetch, throttle(2, { clock, fault: tooManyRequests(1) }));
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) {
    statuses.push((await fetch(url + path, init())).status);
    if (i === 3) clock.time += 1000;
  }
  assert.deepEqual(statuses, [200, 200, 429, 429, 200, 200]);
});

test("randomFaults() takes the faults that it is given, at their rate", () => {
  const schedule = randomFaults(1, { rate: 0.05, most: Infinity, faults: [noHealthyUpstream, badGateway] });
  const seen = Array.from(
    { length: 2000 },
    (_, count) => schedule({ url: new URL(url), method: "POST", headers: new Headers(), count }),
  );
  const faulty = seen.filter((fault) => fault !== undefined);
  assert.ok(faulty.length > 50 && faulty.length < 150, `${faulty.length}`);
  assert.deepEqual(new Set(faulty), new Set([noHealthyUpstream, badGateway]));
});

test("a delay is waited for, unless the signal aborts", async () => {
  const { cloud } = await model();
  const clock = fakeClock();
  const slow = withFaults(cloud.fetch, () => ({ kind: "delay", ms: 700 }), { clock });
  assert.equal((await slow(url + path, init())).status, 200);
  assert.deepEqual(clock.slept, [700]);
  const controller = new AbortController();
  const call = withFaults(cloud.fetch, () => ({ kind: "delay", ms: 60_000 }))(url, {
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await assert.rejects(Promise.resolve(call), /enough/);
});

/** Reads until the body ends, breaks or stalls. */
async function read(response: Response, controller: AbortController): Promise<[Uint8Array, string]> {
  const reader = response.body!.getReader(); // an answer has a body
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const chunk = reader.read().catch((error: Error) => error);
    const late = new Promise<"late">((resolve) => setTimeout(resolve, 20, "late"));
    const first = await Promise.race([chunk, late]);
    if (first === "late") {
      controller.abort(new Error("enough"));
      await chunk;
    }
    if (first === "late" || first instanceof Error || first.done) {
      const how = first === "late" ? "stall" : first instanceof Error ? "cut" : "end";
      return [new Uint8Array(await new Blob(chunks).arrayBuffer()), how];
    }
    chunks.push(first.value.slice());
  }
}

test("an answer that is streamed can be cut, ended or stalled at any byte", async () => {
  const { cloud } = await model();
  const whole = new Uint8Array(await (await cloud.fetch(url + path, init())).arrayBuffer());
  const places = [0, 1, 5, 6, 100, whole.length - 7, whole.length - 1];
  for (const kind of ["cut", "end", "stall"] as const) {
    for (const at of places) {
      const controller = new AbortController();
      const answer = await withFaults(cloud.fetch, () => ({ kind, at }))(
        url + path,
        init({}, controller.signal),
      );
      const [bytes, how] = await read(answer, controller);
      assert.equal(how, kind, `${kind} ${at}`);
      assert.equal(bytes.length, at, `${kind} ${at}`);
    }
  }
});

for (
  const [wish, statuses] of [
    ["503", [503, 503, 503]],
    ["503 first=2", [503, 503, 200]],
    ["429 retry-after=2 first=1", [429, 200, 200]],
    ["delay=1 first=1", [200, 200, 200]],
    ["end=0", [200, 200, 200]],
    ["nonsense", [400, 400, 400]],
    ["cut=x", [400, 400, 400]],
    ["drop=now", [400, 400, 400]],
  ] as const
) {
  test(`a request that asks for the fault "${wish}" gets ${statuses}`, async () => {
    const { cloud } = await model();
    const handle = faultyHandle(cloud.handle, requestedFaults());
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await handle(new Request(url + path, init({ "x-emulator-fault": wish })));
      seen.push(answer.status);
      await answer.body?.cancel();
    }
    assert.deepEqual(seen, statuses);
    assert.equal((await handle(new Request(url + path, init()))).status, 200);
  });
}

test("a request can ask for a dropped connection, a cut answer and a time to come again", async () => {
  const { cloud, asked } = await model();
  const fetch = withFaults(cloud.fetch, requestedFaults());
  const ask = (wish: string): Promise<Response> =>
    Promise.resolve(fetch(url + path, init({ "x-emulator-fault": wish })));
  await assert.rejects(ask("drop=before"), TypeError);
  assert.equal(asked(), 0);
  await assert.rejects(ask("drop=after"), TypeError);
  assert.equal(asked(), 1);
  await assert.rejects((await ask("cut=10")).text(), TypeError);
  assert.equal((await (await ask("end=10")).text()).length, 10);
  assert.equal((await ask("429 retry-after=2")).headers.get("retry-after"), "2");
});
