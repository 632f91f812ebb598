import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  adjustableClock,
  type Fault,
  type FaultyCall,
  internalError,
  randomFaults,
  slowDown,
  tokenExpired,
  withFaults,
} from "../../plugins/emulator/faults.ts";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const b = "emulator-bucket";

/** An emulator whose requests from now on meet these faults, one after the other. */
function cloudWith(...faults: (Fault | undefined)[]): { plain: Emulator; faulty: Emulator } {
  const plain = emulator({ clock: fakeClock() });
  return { plain, faulty: { ...plain, fetch: withFaults(plain.fetch, () => faults.shift()) } };
}

async function contentOf(cloud: Emulator, key: string): Promise<string | undefined> {
  const answer = await object(cloud, `GET ${b}/${key}`);
  return answer.status === 200 ? await answer.text() : undefined;
}

test("withFaults() lets through what has no fault, and tells the schedule each request with its number", async () => {
  const plain = emulator({ clock: fakeClock() });
  const seen: string[] = [];
  const fetch = withFaults(plain.fetch, ({ url, method, headers, count }) => {
    seen.push(`${count} ${method} ${url.pathname} ${headers.get("content-type")}`);
    return undefined;
  });
  await object({ ...plain, fetch }, `PUT ${b}/k`, { body: "hello", headers: { "content-type": "text/a" } });
  assert.equal(await contentOf({ ...plain, fetch }, "k"), "hello");
  assert.deepEqual(seen, ["0 PUT /k text/a", "1 GET /k application/octet-stream"]);
});

for (const fault of [slowDown, internalError, tokenExpired]) {
  if (fault.kind !== "refuse") continue;
  for (const when of ["before", "after"] as const) {
    test(`withFaults() answers ${fault.status} ${fault.code} ${when} the effect`, async () => {
      const { plain, faulty } = cloudWith({ ...fault, when }, { ...fault, when });
      const answer = await object(faulty, `PUT ${b}/k`, { body: "hello" });
      assert.equal(answer.status, fault.status);
      assert.match(await answer.text(), new RegExp(`<Code>${fault.code}</Code>.*<RequestId>FA`, "s"));
      assert.equal(await contentOf(plain, "k"), when === "after" ? "hello" : undefined);
      const head = await object(faulty, `HEAD ${b}/k`);
      assert.equal(head.status, fault.status);
      assert.match(atob(head.headers.get("x-oss-err") ?? ""), new RegExp(`<Code>${fault.code}</Code>`));
    });
  }
}

for (const when of ["before", "after"] as const) {
  test(`withFaults() drops the connection ${when} the effect`, async () => {
    const { plain, faulty } = cloudWith({ kind: "drop", when });
    await assert.rejects(object(faulty, `PUT ${b}/k`, { body: "hello" }), { name: "TypeError" });
    assert.equal(await contentOf(plain, "k"), when === "after" ? "hello" : undefined);
  });
}

test("withFaults() drops the connection at any byte of a request's body, and nothing is written", async () => {
  const body = "0123456789";
  for (let at = 0; at <= body.length; at++) {
    const { plain, faulty } = cloudWith({ kind: "cut-request", at });
    await assert.rejects(object(faulty, `PUT ${b}/k`, { body }), { name: "TypeError" });
    assert.equal(await contentOf(plain, "k"), undefined, `at ${at}`);
  }
});

test("withFaults() breaks an answer's body off at any byte", async () => {
  const body = "0123456789";
  for (let at = 0; at <= body.length; at++) {
    const { plain, faulty } = cloudWith({ kind: "cut", at }, { kind: "end", at });
    await object(plain, `PUT ${b}/k`, { body });
    await assert.rejects((await object(faulty, `GET ${b}/k`)).text(), { name: "TypeError" });
    const ended = await object(faulty, `GET ${b}/k`);
    assert.equal(ended.headers.get("content-length"), "10");
    assert.equal(await ended.text(), body.slice(0, at));
  }
});

test("withFaults() changes one bit of a body, there or back, and no checksum", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1 }), fc.nat(), async (bytes, place) => {
    const body = new Uint8Array(bytes);
    const at = place % body.length;
    const { plain, faulty } = cloudWith({ kind: "flip-request", at }, { kind: "flip", at });
    const flipped = body.slice();
    flipped[at]! ^= 1;
    const put = await object(faulty, `PUT ${b}/k`, { body });
    const got = new Uint8Array(await (await object(plain, `GET ${b}/k`)).arrayBuffer());
    assert.deepEqual(got, flipped);
    const back = await object(faulty, `GET ${b}/k`);
    assert.equal(back.headers.get("x-oss-hash-crc64ecma"), put.headers.get("x-oss-hash-crc64ecma"));
    assert.deepEqual(new Uint8Array(await back.arrayBuffer()), body); // the same bit again
  }));
});

test("withFaults() tells a wrong CRC-64, of what is right", async () => {
  const { plain, faulty } = cloudWith({ kind: "wrong-crc" }, { kind: "wrong-crc" });
  const put = await object(faulty, `PUT ${b}/k`, { body: "hello" });
  const right = (await object(plain, `HEAD ${b}/k`)).headers.get("x-oss-hash-crc64ecma");
  assert.ok(right);
  assert.notEqual(put.headers.get("x-oss-hash-crc64ecma"), right);
  const got = await object(faulty, `GET ${b}/k`);
  assert.notEqual(got.headers.get("x-oss-hash-crc64ecma"), right);
  assert.equal(await got.text(), "hello");
});

test("withFaults() stalls an answer's body until the signal aborts", async () => {
  const { plain, faulty } = cloudWith({ kind: "stall", at: { share: 0.5 } });
  await object(plain, `PUT ${b}/k`, { body: "0123456789" });
  const controller = new AbortController();
  const fetch: Emulator["fetch"] = (url, init) => faulty.fetch(url, { ...init, signal: controller.signal });
  const reader = (await object({ ...plain, fetch }, `GET ${b}/k`)).body?.getReader();
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), "01234");
  const stalled = reader?.read();
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(stalled ?? Promise.resolve(), (error) => error === reason);
});

test("adjustableClock() makes the server's time another than the client's", async () => {
  const clock = adjustableClock(fakeClock());
  const plain = emulator({ clock });
  clock.offset = 20 * 60_000;
  const cloud = { ...plain, clock: fakeClock() };
  const answer = await object(cloud, `PUT ${b}/k`, { body: "x" });
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /<Code>RequestTimeTooSkewed<.*<ServerTime>2024-01-01T00:20:00.000Z</s);
  clock.offset = 0;
  assert.equal((await object(cloud, `PUT ${b}/k`, { body: "x" })).status, 200);
});

function call(path: string, method = "PUT"): FaultyCall {
  return { url: new URL(path, "https://host"), method, headers: new Headers(), count: 0 };
}

test("randomFaults() repeats itself, in whatever order requests come and however they are signed", () => {
  const paths = Array.from({ length: 20 }, (_, i) => `/k${i % 7}?partNumber=${i % 3}`);
  const run = (seed: number, order: readonly string[]): Record<string, string[]> => {
    const schedule = randomFaults(seed, { rate: 0.7, most: 3 });
    const outcomes: Record<string, string[]> = {};
    order.forEach((path, i) => {
      const fault = schedule(call(`${path}&x-oss-signature=${i}&x-oss-date=${i}`));
      (outcomes[path] ??= []).push(JSON.stringify(fault) ?? "none");
    });
    return outcomes;
  };
  const different = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const outcome = run(seed, paths);
    assert.deepEqual(run(seed, paths.toReversed()), outcome);
    different.add(JSON.stringify(outcome));
  }
  assert.equal(different.size, 20);
});

test("randomFaults() lets every request through in the end, and keeps to its rate and kinds", () => {
  const schedule = randomFaults(1, { rate: 1, most: 2 });
  const outcomes = Array.from({ length: 5 }, () => schedule(call("/k")) !== undefined);
  assert.deepEqual(outcomes, [true, true, false, false, false]);
  const never = randomFaults(1, { rate: 0 });
  assert.ok(Array.from({ length: 100 }, (_, i) => never(call(`/${i}`))).every((fault) => !fault));
  const some = randomFaults(1, { rate: 0.3, kinds: ["drop", "cut"] });
  const found = Array.from({ length: 1000 }, (_, i) => some(call(`/${i}`))?.kind);
  const share = found.filter(Boolean).length / found.length;
  assert.ok(share > 0.2 && share < 0.4, `${share}`);
  assert.deepEqual(new Set(found), new Set([undefined, "drop", "cut"]));
  assert.throws(() => randomFaults(1, { rate: 2 }), RangeError);
});
