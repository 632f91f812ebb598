import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { oss, type OssBucket, presign, type PresignOptions } from "../../plugins/storage/oss.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { inventedCredentials, recorded, signedAt } from "../support/recorded_oss.ts";

const bucket = "test-bucket";
const keys = unicodeText({ minLength: 1, maxLength: 40 }).filter((key) =>
  key.isWellFormed() && !/^[/\\]/.test(key) && !key.split("/").some((part) => part === "." || part === "..")
);

/** An emulator, and a bucket of it. */
function place(
  credentials?: Credentials,
): { storage: OssBucket; send: typeof cloud.fetch; clock: typeof clock } {
  const clock = fakeClock();
  const cloud = emulator({ buckets: [bucket], clock, credentials });
  return { storage: oss(createClient({ ...cloud }), { bucket }), send: cloud.fetch, clock };
}

const temporary = { accessKeyId: "STS.id", accessKeySecret: "invented", securityToken: "a+b/c==" };
for (const [kind, credentials] of [["lasting", undefined], ["temporary", temporary]] as const) {
  test(`presign() with ${kind} credentials lets others write, read and delete any key`, async () => {
    const { storage, send } = place(credentials);
    await fc.assert(
      fc.asyncProperty(keys, async (key) => {
        const run = async (options: PresignOptions, body?: string): Promise<Response> => {
          const { url, method, headers } = await presign(storage, { key, ...options });
          return await send(url, { method, headers, body });
        };
        assert.equal((await run({ method: "PUT" }, "text")).status, 200);
        assert.equal((await storage.head(key))?.contentType, "application/octet-stream");
        const got = await run({ query: { "response-content-type": "text/x-é&?" } });
        assert.equal(await got.text(), "text");
        assert.equal((await run({ method: "head" })).status, 200);
        assert.equal((await run({ method: "DELETE" })).status, 204);
        assert.equal(await storage.head(key), undefined);
      }),
      { numRuns: 30 },
    );
  });
}

test("presign() tells what must be sent, and OSS refuses what is sent otherwise", async () => {
  const { storage, send } = place();
  const options = { key: "a", method: "PUT", headers: { "Content-Type": "text/plain", "x-oss-meta-a": "1" } };
  const { url, method, headers } = await presign(storage, options);
  assert.deepEqual(headers, { "content-type": "text/plain", "x-oss-meta-a": "1" });
  const others = [
    {},
    { ...headers, "content-type": "text/html" },
    { ...headers, "x-oss-meta-a": "2" },
    { ...headers, "x-oss-meta-b": "2" },
  ];
  for (const other of others) {
    const answer = await send(url, { method, headers: other, body: "x" });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /SignatureDoesNotMatch/);
  }
  assert.equal((await send(url, { method: "DELETE", headers })).status, 403);
  assert.equal((await send(url, { method, headers, body: "x" })).status, 200);
  assert.deepEqual((await storage.head("a"))?.metadata, { a: "1" });
});

test("presign() overrides headers of the answer", async () => {
  const { storage, send } = place();
  await storage.put("a", "text");
  const disposition = 'attachment; filename="a b.txt"';
  const query = { "response-content-disposition": disposition, "response-cache-control": "no-store" };
  const { url, headers } = await presign(storage, { key: "a", query });
  const answer = await send(url, { headers });
  assert.equal(answer.headers.get("content-disposition"), disposition);
  assert.equal(answer.headers.get("cache-control"), "no-store");
});

test("presign() is about the bucket when there is no key", async () => {
  const { storage, send } = place();
  await storage.put("p/a", "text");
  const { url } = await presign(storage, { query: { "list-type": "2", prefix: "p/" } });
  assert.match(await (await send(url, {})).text(), /<Key>p\/a<\/Key>/);
});

test("presign() makes addresses that end when they say", async () => {
  const { storage, send, clock } = place();
  await storage.put("a", "text");
  const { url, expiration } = await presign(storage, { key: "a", expires: 60 });
  assert.equal(expiration.getTime(), clock.time + 60_000);
  clock.time = expiration.getTime() - 1;
  assert.equal((await send(url, {})).status, 200);
  clock.time = expiration.getTime() + 1001;
  assert.equal((await send(url, {})).status, 403);
  assert.equal(
    (await presign(storage, { key: "a" })).expiration.getTime(),
    Math.floor(clock.time / 1000) * 1000 + 900_000,
  );
});

test("presign() makes no address that outlives its credentials", async () => {
  const ending = (after: number): OssBucket =>
    recorded(() => assert.fail("nothing is sent"), {}, {
      credentials: () => Promise.resolve({ ...inventedCredentials, expiration: new Date(signedAt + after) }),
    }).storage;
  const { url, expiration } = await presign(ending(100_500), { key: "a", expires: 3600 });
  assert.equal(new URL(url).searchParams.get("x-oss-expires"), "100");
  assert.equal(expiration.getTime(), signedAt + 100_000);
  const longer = await presign(ending(100_500), { key: "a", expires: 50 });
  assert.equal(new URL(longer.url).searchParams.get("x-oss-expires"), "50");
  await assert.rejects(presign(ending(0), { key: "a" }), {
    name: "StorageError",
    code: "SecurityTokenExpired",
    message: 'Cannot presign "oss://bkt/a": the temporary credentials have expired',
  });
});

test("presign() signs by the clock of the server once that is known", async () => {
  const server = fakeClock();
  const cloud = emulator({ buckets: [bucket], clock: server });
  const client = createClient({ ...cloud, clock: fakeClock(server.time - 3_600_000) });
  const storage = oss(client, { bucket });
  await storage.put("a", "text");
  assert.equal((await cloud.fetch((await presign(storage, { key: "a" })).url, {})).status, 200);
});

test("presign() refuses what can't be sent or is too long", async () => {
  const { storage } = recorded(() => assert.fail("nothing is sent"));
  for (const expires of [0, -1, 1.5, NaN, Infinity, 604_801]) {
    await assert.rejects(presign(storage, { key: "a", expires }), { name: "RangeError" }, `${expires}`);
  }
  await presign(storage, { key: "a", expires: 604_800 });
  for (const key of ["", "/a", "a/../b", "\ud800"]) {
    await assert.rejects(presign(storage, { key }), { name: "TypeError", message: /^Cannot presign "oss:/ });
  }
  for (const value of ["é", "a\nb", " a"]) {
    await assert.rejects(presign(storage, { key: "a", headers: { "x-oss-meta-a": value } }), {
      name: "TypeError",
    });
  }
  const reason = new Error("enough");
  await assert.rejects(
    presign(storage, { key: "a", signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
});
