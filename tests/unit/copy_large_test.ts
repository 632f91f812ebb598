import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import type { Fetch } from "../../core/fetch.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { type FaultSchedule, withFaults } from "../../plugins/emulator/faults.ts";
import { copyLarge, listUploads } from "../../plugins/storage/multipart.ts";
import { getTags, oss, type OssBucket } from "../../plugins/storage/oss.ts";

const partSize = 100 * 1024;
const content = Uint8Array.from({ length: 3.5 * partSize }, (_, index) => index * 7919 >> 3);

/** Two buckets of one emulator, and what is asked of it. */
function place(
  schedule: FaultSchedule = () => undefined,
): { storage: OssBucket; other: OssBucket; calls: string[] } {
  const cloud = emulator({ buckets: ["bucket", "other-bucket"] });
  const calls: string[] = [];
  const fetch = withFaults(cloud.fetch, (call) => {
    calls.push(`${call.method} ${call.url.search}`);
    return schedule(call);
  });
  const client = createClient({
    ...cloud,
    fetch,
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
  });
  return {
    storage: oss(client, { bucket: "bucket" }),
    other: oss(client, { bucket: "other-bucket" }),
    calls,
  };
}

const read = async (bucket: OssBucket, key: string): Promise<Uint8Array> =>
  new Uint8Array(await (await bucket.get(key)).arrayBuffer());

test("copyLarge() copies part by part, with what describes the object", async () => {
  const { storage, other, calls } = place();
  const headers = { "cache-control": "no-store", "content-disposition": "inline" };
  const described = { contentType: "text/x-own", metadata: { a: "é 😀" }, headers };
  const put = await storage.put("目录/a b+c", content, { ...described, tags: { a: "b" } });
  const progress: number[] = [];
  const made = await copyLarge(other, "copy", { bucket: storage, key: "目录/a b+c" }, {
    partSize,
    concurrency: 2,
    tags: { c: "d" },
    onProgress: ({ done, total }) => progress.push(done / total),
  });
  assert.deepEqual([made.key, made.size, made.crc64], ["copy", content.length, put.crc64]);
  assert.deepEqual(await read(other, "copy"), content);
  const head = await other.head("copy");
  assert.deepEqual([head?.contentType, head?.metadata, head?.etag], ["text/x-own", { a: "é 😀" }, made.etag]);
  assert.equal((await other.get("copy")).headers.get("cache-control"), "no-store");
  assert.deepEqual(await getTags(other, "copy"), { c: "d" });
  assert.equal(progress.length, 4);
  assert.equal(progress.at(-1), 1);
  assert.equal(calls.filter((call) => /^PUT .*partNumber=/.test(call)).length, 4);
  assert.deepEqual(await Array.fromAsync(listUploads(other)), []);
});

test("copyLarge() replaces what describes the object when a part of it is given", async () => {
  const { storage } = place();
  await storage.put("a", content, { contentType: "text/x-own", metadata: { a: "1" } });
  await copyLarge(storage, "b", { key: "a" }, { partSize, metadata: { b: "2" } });
  const head = await storage.head("b");
  assert.deepEqual([head?.contentType, head?.metadata], ["application/octet-stream", { b: "2" }]);
});

test("copyLarge() copies an empty object, and refuses a missing one", async () => {
  const { storage, other } = place();
  await storage.put("empty", "", { metadata: { a: "1" } });
  await copyLarge(other, "copy", { bucket: storage, key: "empty" });
  assert.deepEqual([(await other.head("copy"))?.size, (await other.head("copy"))?.metadata], [0, { a: "1" }]);
  await assert.rejects(copyLarge(other, "b", { key: "none" }), { name: "StorageError", code: "NoSuchKey" });
});

test("copyLarge() ends when its source changes, and leaves no parts behind", async () => {
  const cloud = emulator({ buckets: ["bucket"] });
  const writer = oss(createClient({ ...cloud }), { bucket: "bucket" });
  const fetch: Fetch = async (url, init) => {
    if (new URL(url).searchParams.get("partNumber") === "3") await writer.put("a", "another");
    return await cloud.fetch(url, init);
  };
  const storage = oss(createClient({ ...cloud, fetch }), { bucket: "bucket" });
  await storage.put("a", content);
  await assert.rejects(copyLarge(storage, "b", { key: "a" }, { partSize }), {
    name: "StorageError",
    code: "PreconditionFailed",
  });
  assert.equal(await storage.head("b"), undefined);
  assert.deepEqual(await Array.fromAsync(listUploads(storage)), []);
});

test("copyLarge() retries what may be, and after a failure or an abort leaves no parts behind", async () => {
  let faults = 3;
  const { storage } = place(({ url }) =>
    url.searchParams.has("partNumber") && faults-- > 0 ? { kind: "drop", when: "after" } : undefined
  );
  await storage.put("a", content);
  await copyLarge(storage, "b", { key: "a" }, { partSize });
  assert.deepEqual(await read(storage, "b"), content);

  faults = Infinity;
  await assert.rejects(copyLarge(storage, "c", { key: "a" }, { partSize }), { code: "NetworkError" });
  faults = 0;
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = copyLarge(storage, "c", { key: "a" }, {
    partSize,
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await assert.rejects(aborted, (error) => error === reason);
  assert.equal(await storage.head("c"), undefined);
  assert.deepEqual(await Array.fromAsync(listUploads(storage)), []);
});

test("copyLarge() asks the copy itself when the answer tells another CRC-64 than the source's", async () => {
  const { storage } = place(({ method, url }) =>
    method === "POST" && url.searchParams.has("uploadId") ? { kind: "wrong-crc" } : undefined
  );
  await storage.put("a", content);
  const made = await copyLarge(storage, "b", { key: "a" }, { partSize });
  assert.deepEqual(await read(storage, "b"), content);
  assert.equal(made.size, content.length);
});

test("copyLarge() refuses wrong arguments before any request", async () => {
  const { storage, calls } = place();
  for (const options of [{ partSize: 1 }, { partSize: 1.5e6 + 0.5 }, { concurrency: 0 }]) {
    await assert.rejects(copyLarge(storage, "b", { key: "a" }, options), { name: "RangeError" });
  }
  await assert.rejects(copyLarge(storage, "/b", { key: "a" }), { name: "TypeError" });
  await assert.rejects(copyLarge(storage, "b", { key: "" }), { name: "TypeError" });
  await assert.rejects(copyLarge(storage, "b", { key: "a" }, { headers: { host: "x" } }), {
    name: "TypeError",
  });
  assert.deepEqual(calls, []);
});
