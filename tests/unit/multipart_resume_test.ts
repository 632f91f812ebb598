import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  upload,
  type UploadCheckpoint,
  type UploadFile,
  type UploadSource,
} from "../../plugins/storage/multipart.ts";
import { chunked, equalBytes, partSize, someBytes, type TestBucket, testBucket } from "../support/uploads.ts";

const parts = 5;
const content = someBytes((parts - 1) * partSize + 4321);
const other = content.map((byte, index) => index === 10 ? byte ^ 1 : byte);

/** Uploads until as many parts are there, then stops as a process does that is killed: without a word. */
async function killedAfter(
  { bucket }: TestBucket,
  source: UploadSource,
  arrived: number,
  options: { size?: number } = {},
): Promise<UploadCheckpoint> {
  let kept: string | undefined;
  const death = new AbortController();
  const onCheckpoint = (checkpoint: UploadCheckpoint): void => {
    if (death.signal.aborted) return;
    kept = JSON.stringify(checkpoint);
    if (checkpoint.parts.length === arrived) death.abort(new Error("killed"));
  };
  const { signal } = death;
  await assert.rejects(upload(bucket, "key", source, { partSize, ...options, signal, onCheckpoint }), {
    message: "killed",
  });
  return JSON.parse(kept!);
}

/** A file that counts how much of it is read. */
function file(bytes: Uint8Array<ArrayBuffer>, fingerprint?: string): UploadFile & { bytesRead: number } {
  const source = {
    size: bytes.length,
    bytesRead: 0,
    open({ start = 0, end = bytes.length - 1 } = {}) {
      source.bytesRead += end + 1 - start;
      return chunked(bytes.slice(start, end + 1));
    },
    ...(fingerprint && { fingerprint: () => fingerprint }),
  };
  return source;
}

const sources: Record<string, (bytes: Uint8Array<ArrayBuffer>) => [UploadSource, size?: number]> = {
  "bytes": (bytes) => [bytes],
  "a blob": (bytes) => [new Blob([bytes])],
  "a file": (bytes) => [file(bytes)],
  "a file with a fingerprint": (bytes) => [file(bytes, `${bytes[10]}`)],
  "a stream": (bytes) => [chunked(bytes)],
  "a stream of known length": (bytes) => [chunked(bytes), bytes.length],
};

for (const [kind, open] of Object.entries(sources)) {
  for (let arrived = 0; arrived <= parts; arrived++) {
    test(`upload() of ${kind} goes on after it was killed with ${arrived} of ${parts} parts`, async () => {
      const cloud = testBucket();
      const [source, size] = open(content);
      const checkpoint = await killedAfter(cloud, source, arrived, { size });
      assert.equal((await cloud.left()).length, 1);
      cloud.requests.length = 0;
      const [again] = open(content);
      const info = await upload(cloud.bucket, "key", again, { partSize: 5e6, size, checkpoint });
      assert.equal(info.size, content.length);
      assert.ok(equalBytes(await cloud.read("key"), content));
      assert.deepEqual(await cloud.left(), []);
      const sent = cloud.requests.filter((request) => request === "PUT partNumber").length;
      assert.equal(sent, parts - checkpoint.parts.length);
    });
  }

  test(`upload() refuses to go on with ${kind} that has changed`, async () => {
    const cloud = testBucket();
    const [source, size] = open(content);
    const checkpoint = await killedAfter(cloud, source, 3, { size });
    const refused = { name: "PaiError", code: "FileChanged" };
    const firstPart = { ...checkpoint, parts: checkpoint.parts.filter(({ number }) => number === 1) };
    for (const bytes of [other, content.subarray(0, 50)]) {
      const [changed, newSize] = open(bytes);
      await assert.rejects(
        upload(cloud.bucket, "key", changed, { size: newSize, checkpoint: firstPart }),
        refused,
      );
    }
    assert.equal((await cloud.left()).length, 1); // the file may be put back
    assert.equal(await cloud.plain.head("key"), undefined);
  });
}

test("upload() is killed and goes on any number of times", async () => {
  const stops = fc.array(fc.integer({ min: 0, max: parts }), { maxLength: 6 }).map((stops) => stops.sort());
  await fc.assert(
    fc.asyncProperty(stops, fc.boolean(), async (stops, isStream) => {
      const cloud = testBucket();
      let checkpoint: UploadCheckpoint | undefined;
      for (const stop of [...stops, Infinity]) {
        const death = new AbortController();
        const { signal } = death;
        const onCheckpoint = (state: UploadCheckpoint): void => {
          if (signal.aborted) return;
          checkpoint = JSON.parse(JSON.stringify(state));
          if (state.parts.length >= stop) death.abort(new Error("killed"));
        };
        const source = isStream ? chunked(content) : content;
        const done = upload(cloud.bucket, "key", source, { partSize, checkpoint, onCheckpoint, signal });
        if (stop < Infinity) await assert.rejects(done, { message: "killed" });
        else await done;
      }
      assert.ok(equalBytes(await cloud.read("key"), content));
      assert.deepEqual(await cloud.left(), []);
    }),
    { numRuns: 25 },
  );
});

test("upload() does not read parts again that are there, when the fingerprint is the same", async () => {
  const cloud = testBucket();
  const checkpoint = await killedAfter(cloud, file(content, "1"), 3);
  const there = checkpoint.parts.reduce((sum, { size }) => sum + size, 0);
  const [known, unknown] = [file(content, "1"), file(content)];
  await upload(cloud.bucket, "key", known, { checkpoint });
  assert.equal(known.bytesRead, content.length - there);
  const second = await killedAfter(cloud, file(content), 3);
  await upload(cloud.bucket, "key", unknown, { checkpoint: second });
  assert.equal(unknown.bytesRead, content.length);
});

test("upload() sends parts again that the server doesn't have as the checkpoint says", async () => {
  const cloud = testBucket();
  const checkpoint = await killedAfter(cloud, content, 3);
  const [first] = checkpoint.parts;
  const replace = { method: "PUT", key: "key", query: { partNumber: "1", uploadId: checkpoint.uploadId } };
  await cloud.plain.request({ ...replace, body: someBytes(first!.size, 7) });
  await upload(cloud.bucket, "key", content, { checkpoint });
  assert.ok(equalBytes(await cloud.read("key"), content));
});

test("upload() begins anew when the upload of its checkpoint is gone", async () => {
  const cloud = testBucket();
  const checkpoint = await killedAfter(cloud, content, 3);
  await cloud.plain.request({ method: "DELETE", key: "key", query: { uploadId: checkpoint.uploadId } });
  cloud.requests.length = 0;
  await upload(cloud.bucket, "key", content, { checkpoint });
  assert.equal(cloud.requests.filter((request) => request === "PUT partNumber").length, parts);
  assert.ok(equalBytes(await cloud.read("key"), content));
});

test("upload() finds that it was complete when its process was killed", async () => {
  const cloud = testBucket();
  let checkpoint: UploadCheckpoint | undefined;
  const onCheckpoint = (state: UploadCheckpoint): void => void (checkpoint = state);
  const info = await upload(cloud.bucket, "key", file(content, "1"), {
    partSize,
    onCheckpoint,
    ifAbsent: true,
  });
  cloud.requests.length = 0;
  const again = await upload(cloud.bucket, "key", file(content, "1"), { checkpoint, ifAbsent: true });
  assert.deepEqual([again.etag, again.crc64], [info.etag, info.crc64]);
  assert.deepEqual(cloud.requests, ["GET uploadId", "HEAD"]);
});

test("upload() does not complete a file that changed while it was read", async () => {
  const short = testBucket();
  let version = 0;
  const unsteady: UploadFile = { ...file(content.subarray(0, 99)), fingerprint: () => `${version++}` };
  await assert.rejects(upload(short.bucket, "key", unsteady, { partSize }), { code: "FileChanged" });
  assert.equal(await short.plain.head("key"), undefined);
  for (const keeps of [false, true]) {
    const cloud = testBucket();
    let state = 0;
    const source: UploadFile = { ...file(content), fingerprint: () => `${state++}` };
    const options = { partSize, ...(keeps && { onCheckpoint: () => {} }) };
    await assert.rejects(upload(cloud.bucket, "key", source, options), {
      name: "PaiError",
      code: "FileChanged",
    });
    assert.equal((await cloud.left()).length, keeps ? 1 : 0);
    assert.equal(await cloud.plain.head("key"), undefined);
  }
});

test("upload() refuses a file that is longer or shorter than it says, or knows no offsets", async () => {
  const cloud = testBucket();
  const ways: UploadFile["open"][] = [
    () => chunked(content), // every time from the beginning
    ({ start, end = 0 } = { start: 0 }) => chunked(content.slice(start, end)),
    ({ start, end = 0 } = { start: 0 }) => chunked(content.slice(start, end + 2)),
  ];
  for (const open of ways) {
    for (const size of [content.length, 100]) {
      await assert.rejects(upload(cloud.bucket, "key", { size, open }, { partSize }), {
        code: "FileChanged",
      });
    }
  }
  assert.deepEqual(await cloud.left(), []);
  assert.equal(await cloud.plain.head("key"), undefined);
});

test("upload() refuses checkpoints that are none, or another object's", async () => {
  const cloud = testBucket();
  const checkpoint = await killedAfter(cloud, content, 3);
  const [part] = checkpoint.parts;
  const wrong: unknown[] = [
    5,
    "text",
    {},
    { ...checkpoint, version: 2 },
    { ...checkpoint, key: "other" },
    { ...checkpoint, bucket: "other" },
    { ...checkpoint, uploadId: 5 },
    { ...checkpoint, parts: undefined },
    { ...checkpoint, parts: [{ ...part, crc64: "x" }] },
    { ...checkpoint, parts: [null] },
  ];
  cloud.requests.length = 0;
  for (const value of wrong) {
    // As from JavaScript.
    await assert.rejects(
      upload(cloud.bucket, "key", content, { partSize, checkpoint: value as UploadCheckpoint }),
      {
        name: "TypeError",
        message: /checkpoint/,
      },
    );
  }
  assert.deepEqual(cloud.requests, []);
});

test("upload() hands checkpoints over one at a time, and fails when one can't be kept", async () => {
  const cloud = testBucket();
  let under = 0;
  let last = 0;
  const onCheckpoint = async ({ parts }: UploadCheckpoint): Promise<void> => {
    assert.equal(under++, 0);
    await new Promise((resolve) => setTimeout(resolve, 1));
    under--;
    last = parts.length;
  };
  await upload(cloud.bucket, "key", content, { partSize, onCheckpoint });
  assert.equal(last, parts); // the newest is kept before the parts are put together
  const failure = new Error("disk full");
  await assert.rejects(
    upload(cloud.bucket, "key", content, { partSize, onCheckpoint: () => Promise.reject(failure) }),
    (error) => error === failure,
  );
});
