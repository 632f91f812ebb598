import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromMap } from "../../plugins/storage/map.ts";
import { crc64 } from "../../plugins/storage/crc64.ts";
import {
  abortUpload,
  listUploads,
  upload,
  type UploadFile,
  uploadOnce,
  type UploadProgress,
  type UploadSource,
} from "../../plugins/storage/multipart.ts";
import { partLength, planParts } from "../../plugins/storage/multipart/plan.ts";
import { chunked, equalBytes, partSize, someBytes, testBucket } from "../support/uploads.ts";

const content = someBytes(3 * partSize + 777);

async function* iterable(bytes: Uint8Array<ArrayBuffer>, length = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length);
}

const sources: Record<string, (bytes: Uint8Array<ArrayBuffer>) => [UploadSource, size?: number]> = {
  "bytes": (bytes) => [bytes],
  "a view on part of a buffer": (bytes) => {
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 4);
    return [larger.subarray(4, 4 + bytes.length)];
  },
  "a buffer": (bytes) => [bytes.slice().buffer],
  "a blob": (bytes) => [new Blob([bytes.slice(0, 5), bytes.slice(5)])],
  "a stream of unknown length": (bytes) => [chunked(bytes)],
  "a stream of known length": (bytes) => [chunked(bytes), bytes.length],
  "an async iterable": (bytes) => [iterable(bytes)],
  "an async iterable of known length": (bytes) => [iterable(bytes), bytes.length],
  "a file that can be opened anywhere": (bytes) => [{
    size: bytes.length,
    open: (range) => chunked(range ? bytes.slice(range.start, (range.end ?? bytes.length) + 1) : bytes),
  }],
  "a file that can be read anywhere": (bytes) => [readable(bytes)],
};

/** A file whose stream is not to be used for parts. */
function readable(bytes: Uint8Array<ArrayBuffer>): UploadFile {
  return {
    size: bytes.length,
    open: () => chunked(bytes),
    read(into, start) {
      const part = bytes.subarray(start, start + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
  };
}

for (const [kind, open] of Object.entries(sources)) {
  test(`upload() sends ${kind} of any length`, async () => {
    const { bucket, read, left } = testBucket();
    const lengths = [0, 1, partSize - 1, partSize, partSize + 1, 2 * partSize, content.length];
    for (const length of lengths) {
      const bytes = content.slice(0, length);
      const [source, size] = open(bytes);
      const info = await upload(bucket, "folder/Ключ %+", source, { partSize, size });
      assert.equal(info.key, "folder/Ключ %+");
      assert.equal(info.size, length);
      assert.equal(info.crc64, `${crc64(bytes)}`);
      assert.ok(equalBytes(await read(info.key), bytes), `${length} bytes`);
      const head = await bucket.head(info.key);
      assert.deepEqual([head?.etag, head?.size], [info.etag, length]);
    }
    assert.deepEqual(await left(), []);
  });
}

test("upload() takes text and the files of a source", async () => {
  const { bucket, read } = testBucket();
  await upload(bucket, "text", "hé😀");
  assert.equal(new TextDecoder().decode(await read("text")), "hé😀");
  for await (const file of fromMap({ "model.bin": content })) {
    await upload(bucket, file.path, file, { partSize });
    assert.ok(equalBytes(await read(file.path), content));
  }
});

test("upload() gives one object however a stream is chunked", async () => {
  const { bucket, read } = testBucket();
  const lengths = fc.array(fc.integer({ min: 0, max: 250_000 }), { minLength: 1, maxLength: 5 })
    .filter((lengths) => lengths.some((length) => length > 2000));
  await fc.assert(
    fc.asyncProperty(lengths, fc.boolean(), async (lengths, isKnown) => {
      const size = isKnown ? content.length : undefined;
      await upload(bucket, "key", chunked(content, lengths), { partSize, size });
      assert.ok(equalBytes(await read("key"), content));
    }),
    { numRuns: 30 },
  );
});

test("upload() sends what is short in one request, and the rest in parts", async () => {
  const { bucket, requests } = testBucket();
  await upload(bucket, "short", content.subarray(0, partSize), { partSize });
  assert.deepEqual(requests.splice(0), ["PUT"]);
  await upload(bucket, "long", content, { partSize });
  const parts = Array<string>(4).fill("PUT partNumber");
  assert.deepEqual(requests, ["POST uploads", ...parts, "POST uploadId"]);
});

for (const [kind, bytes] of [["short", content.subarray(0, 99)], ["long", content]] as const) {
  test(`upload() describes a ${kind} object as put() does`, async () => {
    const { bucket } = testBucket();
    const options = {
      contentType: "text/plain",
      metadata: { "trained-by": "Zoë" },
      headers: { "cache-control": "no-cache" },
      storageClass: "IA",
      tags: { team: "a b" },
    };
    const info = await upload(bucket, "key", bytes, { partSize, ...options });
    assert.equal(info.contentType, "text/plain");
    const head = await bucket.head("key");
    assert.deepEqual(
      [head?.contentType, { ...head?.metadata }, head?.storageClass],
      ["text/plain", { "trained-by": "Zoë" }, "IA"],
    );
    assert.equal((await bucket.get("key")).headers.get("cache-control"), "no-cache");
  });

  test(`upload() replaces no ${kind} object when ifAbsent is set`, async () => {
    const { bucket, left, read } = testBucket();
    await upload(bucket, "new", bytes, { partSize, ifAbsent: true });
    await bucket.put("old", "text");
    const refused = { name: "StorageError", code: "FileAlreadyExists", status: 409 };
    await assert.rejects(upload(bucket, "old", bytes, { partSize, ifAbsent: true }), refused);
    assert.equal((await read("old")).length, 4);
    assert.deepEqual(await left(), []);
  });
}

test("upload() reports each part", async () => {
  const { bucket } = testBucket();
  for (const size of [content.length, undefined]) {
    const seen: UploadProgress[] = [];
    await upload(bucket, "key", chunked(content), {
      partSize,
      size,
      onProgress: (progress) => seen.push(progress),
    });
    assert.deepEqual(seen.map(({ part }) => part).sort(), [1, 2, 3, 4]);
    assert.deepEqual(seen.map(({ total }) => total), Array(4).fill(size));
    assert.ok(seen.every(({ done }, index) => index === 0 || done > seen[index - 1]!.done));
    assert.equal(seen.at(-1)?.done, content.length);
  }
});

test("upload() refuses arguments that can't be, before any request", async () => {
  const { bucket, requests } = testBucket();
  const wrong: [unknown, object, RegExp][] = [
    [5, {}, /TypeError: Cannot upload "oss:.*": the source is no string/],
    [null, {}, /TypeError/],
    [{ size: 5 }, {}, /TypeError/],
    [{ size: -1, open: () => chunked(content) }, {}, /RangeError.*-1/],
    [content, { partSize: partSize - 1 }, /RangeError.*partSize/],
    [content, { partSize: 5 * 1024 ** 3 + 1 }, /RangeError.*partSize/],
    [content, { size: 5 }, /RangeError.*`size` is 5/],
    [chunked(content), { size: 1.5 }, /RangeError.*1\.5/],
    [content, { concurrency: 0 }, /RangeError.*concurrency/],
    [content, { retries: -1 }, /RangeError.*retries/],
    [content, { memory: NaN }, /RangeError.*memory/],
    [content, { timeout: 0 }, /RangeError.*timeout/],
    [content, { metadata: { "A b": "" } }, /TypeError.*metadata/],
    [{ size: 49 * 1024 ** 4, open: () => chunked(content) }, {}, /RangeError.*48\.8 TB/],
  ];
  for (const [source, options, message] of wrong) {
    // As from JavaScript.
    await assert.rejects(upload(bucket, "key", source as UploadSource, options), message);
  }
  await assert.rejects(upload(bucket, "a/../b", content), {
    name: "TypeError",
    message: /^Cannot upload .*: the key /,
  });
  assert.deepEqual(requests, []);
});

test("upload() refuses streams that are not as long as stated, or yield something else", async () => {
  const { bucket, left } = testBucket();
  for (const length of [50, partSize, 2 * partSize + 50]) {
    const bytes = content.subarray(0, length);
    const short = { name: "RangeError", message: new RegExp(`ended after ${length} of ${length + 1} bytes`) };
    await assert.rejects(upload(bucket, "key", chunked(bytes), { partSize, size: length + 1 }), short);
    const long = { name: "RangeError", message: /more than the/ };
    await assert.rejects(upload(bucket, "key", chunked(bytes), { partSize, size: length - 1 }), long);
  }
  const texts = (async function* () {
    yield content.subarray(0, 2 * partSize);
    yield "text";
  })() as AsyncIterable<Uint8Array>; // as from JavaScript
  await assert.rejects(upload(bucket, "key", texts, { partSize }), {
    name: "TypeError",
    message: /no Uint8Arrays/,
  });
  assert.deepEqual(await left(), []);
  assert.equal(await bucket.head("key"), undefined);
});

test("upload() passes on what a source fails with, and leaves nothing behind", async () => {
  const { bucket, left } = testBucket();
  const failure = new Error("the disk is gone");
  for (const after of [0, 10, partSize, 2 * partSize + 5]) {
    const failing = async function* (from = 0, to = content.length): AsyncGenerator<Uint8Array> {
      if (from < after) yield content.slice(from, Math.min(after, to));
      if (to > after) throw failure;
    };
    const file = {
      size: content.length,
      open: ({ start = 0, end = content.length - 1 } = {}) => streamFrom(failing(start, end + 1)),
    };
    for (const source of [failing(), streamFrom(failing()), file]) {
      await assert.rejects(upload(bucket, "key", source, { partSize }), (error) => error === failure);
    }
  }
  assert.deepEqual(await left(), []);
  assert.equal(await bucket.head("key"), undefined);
});

function streamFrom(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

test("upload() lets go of a stream when it fails", async () => {
  const { bucket } = testBucket(() => () => Promise.resolve(new Response(null, { status: 403 })));
  let cancelled = 0;
  const endless = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(content.slice()),
      cancel: () => void cancelled++,
    });
  await assert.rejects(upload(bucket, "key", endless(), { partSize }), { status: 403 });
  assert.equal(cancelled, 1);
});

test("listUploads() lists what is under way, page by page, and abortUpload() ends it", async () => {
  const { plain, left } = testBucket();
  const keys = ["a", "a", "a b+%", "目录/文件", "😀"];
  for (const key of keys) {
    await (await plain.request({ method: "POST", key, query: { uploads: "" } })).body?.cancel();
  }
  const all = await left();
  assert.deepEqual(all.map(({ key }) => key), keys);
  assert.ok(all.every(({ initiated }) => !Number.isNaN(initiated.getTime())));
  for (const pageSize of [1, 2, 5]) {
    assert.deepEqual(await Array.fromAsync(listUploads(plain, { pageSize })), all);
  }
  assert.deepEqual((await Array.fromAsync(listUploads(plain, { prefix: "a " }))).map(({ key }) => key), [
    "a b+%",
  ]);
  for (const { key, uploadId } of all) await abortUpload(plain, key, uploadId);
  await abortUpload(plain, "a", all[0]!.uploadId); // it is gone: that is what was wanted
  assert.deepEqual(await left(), []);
  assert.throws(() => listUploads(plain, { pageSize: 0 }), { name: "RangeError" });
});

test("planParts() and partLength() cut any length into parts that OSS takes", () => {
  const mib = 1024 * 1024, gib = 1024 * mib;
  const size = fc.oneof(fc.integer({ min: 0, max: 100 * gib }), fc.integer({ min: 0, max: 48 * 1024 * gib }));
  const least = fc.integer({ min: partSize, max: 64 * mib });
  fc.assert(fc.property(size, least, (size, least) => {
    const plan = planParts("Cannot upload", size, least);
    assert.ok(plan.partSize >= least && plan.partSize <= 5 * gib);
    const count = Math.max(1, Math.ceil(size / plan.partSize));
    assert.ok(count <= 10_000);
    const last = partLength("Cannot upload", plan, count);
    assert.equal((count - 1) * plan.partSize + last, size);
  }));
});

test("partLength() lets parts of an unknown length grow, and says when there are too many", () => {
  const plan = planParts("Cannot upload", undefined, 4 * 1024 * 1024);
  const lengths = Array.from({ length: 10_000 }, (_, index) => partLength("Cannot upload", plan, index + 1));
  assert.equal(lengths[0], plan.partSize);
  assert.ok(lengths.every((length, index) => length >= (lengths[index - 1] ?? 0)));
  assert.equal(lengths.at(-1), 5 * plan.partSize);
  assert.throws(() => partLength("Cannot upload", plan, 10_001), {
    name: "RangeError",
    message: /state its `size`/,
  });
});

test("uploadOnce() does not upload what is there", async () => {
  const { bucket, requests } = testBucket();
  const key = "models/0123456789abcdef0123456789abcdef.tar";
  let opened = 0;
  const open = (): ReadableStream<Uint8Array> => {
    opened++;
    return chunked(content);
  };
  const first = await uploadOnce(bucket, key, open, { partSize });
  assert.deepEqual([first.uploaded, first.info.size], [true, content.length]);
  requests.length = 0;
  for (const source of [open, content, new Blob([content]), chunked(content)]) {
    const again = await uploadOnce(bucket, key, source, { partSize });
    assert.deepEqual([again.uploaded, again.info.etag], [false, first.info.etag]);
  }
  assert.deepEqual(requests, Array(4).fill("HEAD"));
  assert.equal(opened, 1);
});

test("uploadOnce() replaces what has another size or content", async () => {
  const { bucket, read } = testBucket();
  const key = "0123456789ABCDEF0123456789ABCDEF";
  const other = content.map((byte, index) => index === 5 ? byte ^ 1 : byte);
  for (const wrong of [content.subarray(1), other]) {
    await bucket.put(key, wrong);
    assert.equal((await uploadOnce(bucket, key, content, { partSize })).uploaded, true);
    assert.ok(equalBytes(await read(key), content));
    await bucket.put(key, wrong);
    const known = { partSize, size: content.length, crc64: `${crc64(content)}` };
    assert.equal((await uploadOnce(bucket, key, () => chunked(content), known)).uploaded, true);
  }
  await assert.rejects(uploadOnce(bucket, "model.tar", content), {
    name: "TypeError",
    message: /holds no digest/,
  });
});
