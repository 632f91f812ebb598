import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../core/clock.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { storageContract } from "../contracts/storage.ts";

storageContract("memory()", () => memory());

test("memory() names its bucket", () => {
  assert.equal(memory().bucket, "memory");
  assert.equal(memory({ bucket: "models" }).bucket, "models");
});

test("memory() gives the etag and the time that OSS would", async () => {
  const clock: Clock = { now: () => 1_775_696_523_987, sleep: () => Promise.resolve() };
  const storage = memory({ clock });
  const info = await storage.put("a", "hello");
  assert.equal(info.etag, "5D41402ABC4B2A76B9719D911017C592"); // MD5 of "hello"
  assert.equal(info.lastModified.toISOString(), "2026-04-09T01:02:03.000Z");
  const { headers } = await storage.get("a");
  assert.equal(headers.get("last-modified"), "Thu, 09 Apr 2026 01:02:03 GMT");
  assert.equal(headers.get("etag"), '"5D41402ABC4B2A76B9719D911017C592"');
  assert.equal(headers.get("content-length"), "5");
});

test("memory() keeps objects of one storage from another", async () => {
  const one = memory(), other = memory();
  await one.put("a", "1");
  assert.equal(await other.head("a"), undefined);
});

test("memory() put() ends with the signal's reason when its stream hangs, and cancels the stream", async () => {
  const controller = new AbortController();
  let cancelled: unknown;
  const stream = new ReadableStream<Uint8Array>({ cancel: (reason) => void (cancelled = reason) });
  const storage = memory();
  const writing = storage.put("a", stream, { signal: controller.signal });
  const reason = new Error("enough");
  await Promise.resolve();
  controller.abort(reason);
  await assert.rejects(writing, (error) => error === reason);
  assert.equal(cancelled, reason);
  assert.equal(await storage.head("a"), undefined);
});
