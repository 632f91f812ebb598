import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import type { Clock } from "../../core/clock.ts";
import { StorageError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import type { Storage } from "../../core/storage.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { getVerified } from "../../plugins/storage/verified.ts";
import { withBodyFaults } from "../support/broken_bodies.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { patientClock } from "../support/patient_clock.ts";

const bucket = "test-bucket";

/** A bucket, and the same one behind a `Fetch` that does something to requests. */
function buckets(change: (fetch: Fetch) => Fetch): { storage: Storage; changed: Storage } {
  const cloud = emulator({ buckets: [bucket] });
  const changed = createClient({ ...cloud, fetch: change(cloud.fetch), clock: fakeClock(Date.now()) });
  return { storage: oss(createClient({ ...cloud }), { bucket }), changed: oss(changed, { bucket }) };
}

const read = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

/** Bytes that differ from their neighbours, so that a gap or a repetition shows. */
const bytesOf = (size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));

// The next byte takes too long as soon as other work has had its turn.
const hasty = (): Clock => ({
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve, reject) => {
      setTimeout(() => signal?.aborted ? reject(signal.reason) : resolve(), 0);
    }),
});

const fault = fc.record({ kind: fc.constantFrom("break", "end"), at: fc.nat(70_000) }, {
  noNullPrototype: true,
});

test("getVerified() gives what was stored, wherever connections break", async () => {
  const cases = fc.asyncProperty(fc.nat(70_000), fc.array(fault, { maxLength: 5 }), async (size, faults) => {
    const { storage, changed } = buckets((fetch) => withBodyFaults(fetch, faults));
    const content = bytesOf(size);
    await storage.put("k", content, { contentType: "text/plain" });
    const response = await getVerified(changed, "k", { clock: patientClock() });
    assert.equal(response.headers.get("content-type"), "text/plain");
    assert.equal(response.headers.get("content-length"), `${size}`);
    assert.deepEqual(await read(response), content);
  });
  await fc.assert(cases, { numRuns: 50, examples: [[0, []], [1, []], [1, [{ kind: "end", at: 0 }]]] });
});

test("getVerified() pauses after a break, and at no other time", async () => {
  const { storage, changed } = buckets((fetch) =>
    withBodyFaults(fetch, [undefined, { kind: "break", at: 5 }])
  );
  await storage.put("k", bytesOf(10));
  for (const pauses of [0, 1, 0]) {
    const clock = fakeClock(), pausing: number[] = [];
    const sleep: Clock["sleep"] = (ms, signal) => {
      if (ms === 30_000) return new Promise(() => {});
      pausing.push(ms);
      return clock.sleep(ms, signal);
    };
    await read(await getVerified(changed, "k", { clock: { now: () => 0, sleep } }));
    assert.equal(pausing.length, pauses);
  }
});

test("getVerified() goes on at the byte where a body stalled", async () => {
  const ranges: (string | null)[] = [];
  const { storage, changed } = buckets((fetch) => {
    const stalling = withBodyFaults(fetch, [{ kind: "stall", at: 700 }, { kind: "stall", at: 0 }]);
    return (url, init) => {
      ranges.push(new Headers(init.headers).get("range"));
      return stalling(url, init);
    };
  });
  await storage.put("k", bytesOf(1000));
  assert.deepEqual(await read(await getVerified(changed, "k", { clock: hasty() })), bytesOf(1000));
  assert.deepEqual(ranges, [null, "bytes=700-999", "bytes=700-999"]);
});

test("getVerified() waits as long as it is told, forever too", async () => {
  let answers = 0;
  const { storage, changed } = buckets((fetch) => async (url, init) => {
    const response = await fetch(url, init);
    if (init.method !== "GET") return response;
    answers++;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) { // later than a timer that overflowed would ring
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
        controller.enqueue(bytes);
        controller.close();
      },
    }, { highWaterMark: 0 });
    return new Response(body, { headers: response.headers });
  });
  await storage.put("k", bytesOf(100));
  for (const idleTimeout of [Infinity, 1e12]) {
    assert.deepEqual(await read(await getVerified(changed, "k", { idleTimeout })), bytesOf(100));
  }
  assert.equal(answers, 2);
});

test("getVerified() withholds the end of an object with a byte that is not what was stored", async () => {
  const cases = fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), fc.nat(), async (size, at) => {
    const { storage, changed } = buckets((fetch) => withBodyFaults(fetch, [{ kind: "flip", at }]));
    await storage.put("k", bytesOf(size));
    const response = await getVerified(changed, "k");
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of response.body!) seen += chunk.length;
    };
    await assert.rejects(reading, { name: "StorageError", code: "CrcMismatch", key: "k" });
    assert.ok(seen < size);
  });
  await fc.assert(cases, { numRuns: 30 });
});

test("getVerified() never mixes an object with the one that replaces it", async () => {
  for (const size of [1000, 2000]) {
    const { storage, changed } = buckets((fetch) => withBodyFaults(fetch, [{ kind: "break", at: 10 }]));
    await storage.put("k", bytesOf(1000));
    const response = await getVerified(changed, "k", { clock: patientClock() });
    await storage.put("k", bytesOf(size).reverse());
    await assert.rejects(read(response), { name: "StorageError", code: "ObjectChanged" });
  }
});

test("getVerified() trusts no storage to keep conditions", async () => {
  const storage = memory();
  await storage.put("k", "0123456789");
  const forgetful: Storage = {
    ...storage,
    bucket: storage.bucket,
    get: async (key, { range } = {}) => {
      const response = await storage.get(key, { range });
      if (range) return response;
      await storage.put("k", "9876543210");
      return new Response("01234", { headers: response.headers }); // ends early
    },
  };
  await assert.rejects((await getVerified(forgetful, "k", { clock: patientClock() })).text(), {
    code: "ObjectChanged",
  });
});

test("getVerified() gives up when connections break too often", async () => {
  const faults = Array.from({ length: 3 }, () => ({ kind: "break", at: 0 }) as const);
  const { storage, changed } = buckets((fetch) => withBodyFaults(fetch, faults));
  await storage.put("k", bytesOf(10));
  const response = await getVerified(changed, "k", { retries: 2, clock: patientClock() });
  await assert.rejects(read(response), {
    name: "StorageError",
    code: "NetworkError",
    message:
      'Cannot get "oss://test-bucket/k": it broke 3 times at byte 0 (the connection broke: TypeError: the socket was closed)',
  });
});

test("getVerified() waits out a storage that refuses for a while", async () => {
  const codes = ["SlowDown", "InternalError", "SecurityTokenExpired"];
  const { storage, changed } = buckets((fetch) => {
    const breaking = withBodyFaults(fetch, [{ kind: "break", at: 10 }]);
    return (url, init) => {
      const code = new Headers(init.headers).has("range") ? codes.shift() : undefined;
      const status = code?.startsWith("Security") ? 403 : 503;
      return code ? new Response(`<Error><Code>${code}</Code></Error>`, { status }) : breaking(url, init);
    };
  });
  await storage.put("k", bytesOf(100));
  assert.deepEqual(await read(await getVerified(changed, "k", { clock: patientClock() })), bytesOf(100));
  assert.deepEqual(codes, []);
});

test("getVerified() passes on what lasts", async () => {
  const { storage, changed } = buckets((fetch) => {
    const breaking = withBodyFaults(fetch, [{ kind: "break", at: 10 }]);
    return (url, init) =>
      new Headers(init.headers).has("range")
        ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 })
        : breaking(url, init);
  });
  await assert.rejects(getVerified(changed, "none"), { name: "StorageError", code: "NoSuchKey" });
  await storage.put("k", bytesOf(100));
  await assert.rejects(read(await getVerified(changed, "k", { clock: patientClock() })), {
    code: "AccessDenied",
  });
});

test("getVerified() is cancelled by its reader and by the signal, also while nothing comes", async () => {
  for (const by of ["reader", "signal"]) {
    let cancelled = 0;
    const { storage, changed } = buckets((fetch) => async (url, init) => {
      const response = await fetch(url, init);
      if (init.method !== "GET") return response;
      const body = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => void cancelled++,
      });
      return new Response(body, { headers: response.headers });
    });
    await storage.put("k", bytesOf(100));
    const controller = new AbortController();
    const response = await getVerified(changed, "k", { signal: controller.signal, clock: patientClock() });
    const reader = response.body!.getReader(), reading = reader.read();
    if (by === "signal") {
      controller.abort(new Error("enough"));
      await assert.rejects(reading, { message: "enough" });
    } else {
      await reader.cancel("enough");
      assert.equal((await reading).done, true);
    }
    assert.equal(cancelled, 1);
  }
});

test("getVerified() gives bytes as they are stored, whatever their content encoding", async () => {
  const { storage } = buckets((fetch) => fetch);
  await storage.put("k", "not really gzip", { headers: { "content-encoding": "gzip" } });
  const response = await getVerified(storage, "k");
  assert.equal(response.headers.get("content-encoding"), null);
  assert.equal(await response.text(), "not really gzip");
});

test("getVerified() refuses numbers that can't be, before any request", async () => {
  const storage = memory();
  for (const options of [{ idleTimeout: 0 }, { idleTimeout: NaN }, { retries: -1 }, { retries: NaN }]) {
    await assert.rejects(getVerified(storage, "none", options), RangeError);
  }
  await assert.rejects(getVerified(storage, "none"), StorageError);
});
