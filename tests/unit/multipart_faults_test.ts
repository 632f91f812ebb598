import assert from "node:assert/strict";
import { test } from "node:test";
import { PaiError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import {
  adjustableClock,
  type Fault,
  internalError,
  randomFaults,
  slowDown,
  tokenExpired,
  withFaults,
} from "../../plugins/emulator/faults.ts";
import type { UploadSource } from "../../plugins/storage/multipart.ts";
import { fakeClock } from "../support/fake_clock.ts";
import {
  chunked,
  equalBytes,
  type Operation,
  operationOf,
  partSize,
  send,
  someBytes,
  type TestBucket,
  testBucket,
} from "../support/uploads.ts";

const content = someBytes(2 * partSize + 4321);

/** A bucket in which the first requests of an operation go wrong, one for each fault. */
function failing(operation: Operation, ...faults: (Fault | undefined)[]): TestBucket {
  const left = [...faults];
  return testBucket((fetch) =>
    withFaults(fetch, (call) => operationOf(call) === operation ? left.shift() : undefined)
  );
}

const times = (fault: Fault, count: number): Fault[] => Array<Fault>(count).fill(fault);

const before: Fault = { kind: "drop", when: "before" };
const after: Fault = { kind: "drop", when: "after" };
const refusedAfter: Fault = { ...slowDown, when: "after" } as Fault; // still one that refuses

const curable: Record<string, Fault> = {
  "a dropped connection": before,
  "a connection that drops after the effect": after,
  "SlowDown": slowDown,
  "an error of the server": internalError,
  "an error of the server after the effect": refusedAfter,
  "half a body": { kind: "cut-request", at: { share: 0.5 } },
  "another bit in the body": { kind: "flip-request", at: { share: 0.5 } },
  "an answer that breaks off": { kind: "cut", at: { share: 0.5 } },
  "half an answer": { kind: "end", at: { share: 0.5 } },
};

for (const operation of ["begin", "part", "complete", "put"] as const) {
  for (const [name, fault] of Object.entries(curable)) {
    if (operation !== "part" && /bit/.test(name)) continue; // only contents have a check sum
    test(`upload() gets over ${name} at the operation "${operation}"`, async () => {
      for (const count of [1, 3]) {
        const cloud = failing(operation, ...times(fault, count));
        const bytes = operation === "put" ? content.subarray(0, partSize) : content;
        for (const source of [bytes, chunked(bytes)]) {
          const info = await send(cloud, source);
          assert.equal(info.size, bytes.length);
          assert.ok(equalBytes(await cloud.read("key"), bytes));
          assert.deepEqual(await cloud.left(), []);
        }
      }
    });
  }
}

test("upload() gives up when it goes wrong too often, and leaves nothing behind", async () => {
  for (const operation of ["begin", "part", "complete"] as const) {
    for (const fault of [before, slowDown, internalError]) {
      const cloud = failing(operation, ...times(fault, 100));
      await assert.rejects(send(cloud, content, { retries: 2 }), {
        name: "StorageError",
        code: fault.kind === "refuse" ? fault.code : "NetworkError",
      });
      assert.equal(cloud.requests.filter((request) => request === "POST uploads").length > 0, true);
      assert.deepEqual(await cloud.left(), []);
      assert.equal(await cloud.plain.head("key"), undefined);
    }
  }
});

test("upload() does not try again what was refused for good", async () => {
  const denied: Fault = { kind: "refuse", status: 403, code: "AccessDenied" };
  for (const operation of ["begin", "part", "complete", "put"] as const) {
    const cloud = failing(operation, ...times(denied, 100));
    const bytes = operation === "put" ? content.subarray(0, 9) : content;
    await assert.rejects(send(cloud, bytes, { concurrency: 1 }), {
      code: "AccessDenied",
    });
    assert.deepEqual(await cloud.left(), []);
    const names = { begin: "POST uploads", part: "PUT partNumber", complete: "POST uploadId", put: "PUT" };
    assert.equal(cloud.requests.filter((request) => request === names[operation]).length, 1);
  }
});

test("upload() sends bytes where the server wants to know the length of a part that is a stream", async () => {
  const bodies: string[] = [];
  const picky = (fetch: Fetch): Fetch => (url, init) => {
    if (!new URL(url).searchParams.has("partNumber")) return fetch(url, init);
    const isStream = init.body instanceof ReadableStream;
    bodies.push(isStream ? "stream" : "bytes");
    return withFaults(
      fetch,
      () => isStream ? { kind: "refuse", status: 411, code: "MissingContentLength" } : undefined,
    )(
      url,
      init,
    );
  };
  for (const source of [content, chunked(content)]) {
    const cloud = testBucket(picky);
    await send(cloud, source);
    assert.ok(equalBytes(await cloud.read("key"), content));
  }
  assert.equal(bodies.filter((body) => body === "bytes").length, 6); // three parts of each source
});

test("upload() takes a 200 with an error inside for an error", async () => {
  let answers = 0;
  const broken = (fetch: Fetch): Fetch => async (url, init) => {
    const response = await fetch(url, init);
    if (init.method !== "POST" || !new URL(url).searchParams.has("uploadId")) return response;
    answers++;
    return new Response("<Error><Code>AccessDenied</Code><Message>No.</Message></Error>", { status: 200 });
  };
  const cloud = testBucket(broken);
  await assert.rejects(send(cloud, content), {
    code: "AccessDenied",
    message: /\(No\)/,
  });
  assert.equal(answers, 1);
});

for (const [kind, bytes] of [["short", content.subarray(0, 99)], ["long", content]] as const) {
  test(`upload() deletes a ${kind} object whose CRC-64 is another`, async () => {
    const wrong = testBucket((fetch) =>
      withFaults(fetch, ({ method }) => {
        return method === "PUT" && kind === "long" ? undefined : { kind: "wrong-crc" };
      })
    );
    await assert.rejects(send(wrong, bytes), {
      name: "StorageError",
      code: "CrcMismatch",
      message: /^Cannot upload "oss:.*": the object has the CRC-64 \d+ instead of \d+; it was deleted$/,
    });
    assert.equal(await wrong.plain.head("key"), undefined);
    assert.deepEqual(await wrong.left(), []);
  });

  test(`upload() says when it can't delete a ${kind} object whose CRC-64 is another`, async () => {
    const cloud = testBucket((fetch) =>
      withFaults(fetch, (call) => {
        const operation = operationOf(call);
        if (["complete", "put", "head"].includes(operation)) return { kind: "wrong-crc" };
        return operation === "delete" ? { kind: "refuse", status: 403, code: "AccessDenied" } : undefined;
      })
    );
    await assert.rejects(send(cloud, bytes, { retries: 0 }), {
      code: "CrcMismatch",
      message: /could not be deleted \(AccessDenied\) and must not be used$/,
    });
  });
}

test("upload() sends a part again that arrived with another CRC-64, and fails when it always does", async () => {
  const once = failing("part", { kind: "wrong-crc" });
  await send(once, content);
  assert.ok(equalBytes(await once.read("key"), content));
  const always = failing("part", ...times({ kind: "wrong-crc" }, 100));
  await assert.rejects(send(always, content, { retries: 1 }), {
    code: "CrcMismatch",
    message: /part \d arrived with the CRC-64 \d+ instead of \d+$/,
  });
  assert.deepEqual(await always.left(), []);
});

test("upload() renews credentials that end on the way", async () => {
  const keys = [1, 2].map((number) => ({
    accessKeyId: `STS.${number}`,
    accessKeySecret: `invented-secret-${number}`,
    securityToken: `invented-token-${number}`,
  }));
  for (const source of [content, chunked(content)]) {
    let current = 0;
    const rejected: string[] = [];
    const cloud = testBucket(
      (fetch) => (url, init) => {
        const id = /Credential=([^/]+)/.exec(new Headers(init.headers).get("authorization") ?? "")?.[1];
        const isPart = new URL(url).searchParams.has("partNumber");
        if (isPart && id === "STS.1" && ++parts > 2) ended.add(id); // two parts have come with it
        if (!ended.has(id!)) return fetch(url, init);
        return withFaults(fetch, () => tokenExpired)(url, init);
      },
      { credentials: keys },
      (options) => {
        const used = options?.rejected?.accessKeyId;
        if (used === keys[current]?.accessKeyId) {
          rejected.push(used!);
          current++;
        }
        return Promise.resolve(keys[current]!);
      },
    );
    let parts = 0;
    const ended = new Set<string>();
    await send(cloud, source, { concurrency: 2 });
    assert.ok(equalBytes(await cloud.read("key"), content));
    assert.deepEqual(rejected, ["STS.1"]);
    assert.deepEqual(await cloud.left(), []);
  }
});

test("upload() goes on when the clocks get 20 minutes apart on the way", async () => {
  for (const source of [content, chunked(content)]) {
    const server = adjustableClock(fakeClock());
    let parts = 0;
    const cloud = testBucket(
      (fetch) => (url, init) => {
        if (new URL(url).searchParams.has("partNumber") && ++parts === 2) server.offset = 20 * 60_000;
        return fetch(url, init);
      },
      { clock: server },
    );
    await send(cloud, source);
    assert.ok(parts > 3, "a part was refused and sent again");
    assert.ok(equalBytes(await cloud.read("key"), content));
    assert.deepEqual(await cloud.left(), []);
  }
});

test("upload() fails once when credentials have ended that nobody renews, and says what it leaves", async () => {
  let requests = 0;
  const cloud = testBucket((fetch) => withFaults(fetch, () => ++requests > 3 ? tokenExpired : undefined));
  const [error] = await outcome(send(cloud, content));
  const [left] = await cloud.left();
  assert.ok(error instanceof PaiError);
  assert.equal(error.code, "SecurityTokenExpired");
  assert.ok(
    left && error.message.includes(`the upload "${left.uploadId}" could not be aborted`),
    error.message,
  );
});

test("upload() says which upload it could not abort", async () => {
  const denied: Fault = { kind: "refuse", status: 403, code: "AccessDenied" };
  const cloud = testBucket((fetch) =>
    withFaults(fetch, (call) => ["part", "abort"].includes(operationOf(call)) ? denied : undefined)
  );
  const [error] = await outcome(send(cloud, content));
  const [left] = await cloud.left();
  assert.ok(error instanceof PaiError && error.code === "AccessDenied");
  assert.ok(
    left &&
      error.message.endsWith(`"${left.uploadId}" could not be aborted (AccessDenied): call abortUpload()`),
  );
});

test("upload() says that an upload may have begun when it can't look for it", async () => {
  const denied: Fault = { kind: "refuse", status: 403, code: "AccessDenied" };
  const cloud = testBucket((fetch) =>
    withFaults(fetch, (call) => ({ begin: after, list: denied } as Record<string, Fault>)[operationOf(call)])
  );
  await assert.rejects(send(cloud, content), {
    code: "NetworkError",
    message: /an upload may have begun, and can't be looked for \(AccessDenied\); see listUploads\(\)/,
  });
});

test("upload() takes nobody else's upload for the one whose beginning it did not hear of", async () => {
  const cloud = failing("begin", before, before);
  const begin = { method: "POST", key: "key", query: { uploads: "" } };
  await cloud.plain.request(begin); // long before
  cloud.clock.time += 60_000;
  const used = await (await cloud.plain.request(begin)).text();
  const uploadId = /<UploadId>(.*?)</.exec(used)![1]!;
  await cloud.plain.request({ method: "PUT", key: "key", query: { uploadId, partNumber: "1" }, body: "x" });
  await send(cloud, content);
  assert.ok(equalBytes(await cloud.read("key"), content));
  assert.equal((await cloud.left()).length, 2);
});

async function outcome<T>(work: Promise<T>): Promise<[error: unknown, value?: T]> {
  try {
    return [undefined, await work];
  } catch (error) {
    return [error];
  }
}

/**
 * Uploads under faults of a seed; whether that succeeded is as good as that it failed, if nothing is lost.
 */
async function underFaults(seed: number): Promise<boolean> {
  const bytes = seed % 5 ? content : content.subarray(0, 5000);
  const rate = 0.1 + (seed % 7) / 10;
  const cloud = testBucket((fetch) => withFaults(fetch, randomFaults(seed, { rate, most: 3 })));
  const source: UploadSource = seed % 2 ? chunked(bytes) : bytes;
  const [error, info] = await outcome(send(cloud, source, { retries: 4 }));
  const left = await cloud.left();
  const about = `seed ${seed}: ${error ?? "no error"}`;
  if (!error) {
    assert.equal(info?.size, bytes.length, about);
    assert.ok(equalBytes(await cloud.read("key"), bytes), about);
    assert.deepEqual(left, [], about);
    return true;
  }
  assert.ok(error instanceof PaiError && error.code, about);
  const isTold = left.every(({ uploadId }) => error.message.includes(uploadId));
  assert.ok(isTold || /an upload may have begun/.test(error.message), about);
  if (!await cloud.plain.head("key")) return false;
  assert.ok(equalBytes(await cloud.read("key"), bytes) || /must not be used/.test(error.message), about);
  return false;
}

// A failure names its seed, which can be tried alone: underFaults(123).
for (let first = 1; first <= 500; first += 50) {
  test(`upload() loses nothing under faults of the seeds ${first} to ${first + 49}`, async () => {
    let succeeded = 0;
    for (let seed = first; seed < first + 50; seed++) if (await underFaults(seed)) succeeded++;
    assert.ok(succeeded > 25, `only ${succeeded} of 50 succeeded`); // else nothing was shown
  });
}
