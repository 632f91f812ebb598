import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareUtf8 } from "../../core/percent.ts";
import type { GetOptions, ListOptions, Storage, StorageBody } from "../../core/storage.ts";
import { unicodeText } from "../support/unicode_text.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
const read = async (storage: Storage, key: string): Promise<Uint8Array> =>
  new Uint8Array(await (await storage.get(key)).arrayBuffer());

async function* iterableOf(...chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield* chunks;
}

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function keys(storage: Storage, options?: ListOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of storage.list(options)) found.push(key);
  return found;
}

/** Keys that some client of object storage has mangled. */
const oddKeys = [
  "plain.txt",
  "folder/",
  "a//b",
  "trailing//",
  "with space and  two",
  "100%/50%25",
  "a+b=c&d",
  "what?#frag",
  "~tilde'quote(paren)*star!bang",
  "...three.dots..",
  "..a/.b",
  "%2e%2e/%2F",
  "back\\slash",
  'a<b>&amp;"c"',
  "00123",
  "目录/文件 名.txt",
  "e\u0301 is not \u00e9",
  "\u00e9",
  "😀/🏳️‍🌈",
  "tab\tnewline\nreturn\r",
  "control\u0001\u001f",
  " leading and trailing ",
  "\uffee before the emoji in UTF-8, after it in UTF-16",
  "constructor",
  "__proto__",
  "k".repeat(1023),
];

const key = unicodeText({ minLength: 1, maxLength: 60 }).filter((key) =>
  key.isWellFormed() && !/^[/\\]/.test(key) && !key.split("/").some((part) => part === "." || part === "..")
);

/** What every storage does. `make` returns one without objects. */
export function storageContract(name: string, make: () => Storage | Promise<Storage>): void {
  const it = (behaviour: string, run: (storage: Storage) => Promise<void>): void => {
    test(`${name} ${behaviour}`, async () => run(await make()));
  };
  objects(it);
  conditions(it);
  ranges(it);
  lists(it);
  refusals(it);
}

type It = (behaviour: string, run: (storage: Storage) => Promise<void>) => void;

function objects(it: It): void {
  const content = new TextEncoder().encode("hé😀");
  const bodies: Record<string, () => [StorageBody, Uint8Array, number?]> = {
    "text": () => ["hé😀", content],
    "empty text": () => ["", bytes()],
    "bytes": () => [content, content],
    "a view on part of a buffer": () => [content.subarray(1, 3), content.slice(1, 3)],
    "a buffer": () => [content.slice().buffer, content],
    "a blob": () => [new Blob([content]), content],
    "a stream": () => [streamOf(content.slice(0, 2), bytes(), content.slice(2)), content],
    "a stream of known size": () => [streamOf(content.slice()), content, content.length],
    "an empty stream": () => [streamOf(), bytes(), 0],
    "an async iterable": () => [iterableOf(content.slice(0, 2), bytes(), content.slice(2)), content],
    "an async iterable of known size": () => [iterableOf(content.slice()), content, content.length],
    "an empty async iterable": () => [iterableOf(), bytes()],
  };
  for (const [kind, body] of Object.entries(bodies)) {
    it(`put() writes ${kind} that get() and head() find`, async (storage) => {
      const [given, expected, size] = body();
      const info = await storage.put("folder/object", given, { size });
      assert.equal(info.key, "folder/object");
      assert.equal(info.size, expected.length);
      assert.match(info.etag, /^[0-9A-F]{32}$/);
      assert.deepEqual(await read(storage, "folder/object"), new Uint8Array(expected));
      const head = await storage.head("folder/object");
      assert.equal(head?.size, expected.length);
      assert.equal(head?.etag, info.etag);
      assert.ok(Math.abs(head.lastModified.getTime() - info.lastModified.getTime()) < 60_000);
    });
  }

  it("put() keeps the media type, which is bytes by default", async (storage) => {
    await storage.put("a", "text");
    await storage.put("b", new Blob(["x"], { type: "image/png" }), {
      contentType: "text/plain;charset=UTF-8",
    });
    assert.equal((await storage.get("a")).headers.get("content-type"), "application/octet-stream");
    assert.equal((await storage.head("a"))?.contentType, "application/octet-stream");
    assert.equal((await storage.head("b"))?.contentType, "text/plain;charset=UTF-8");
  });

  it("put() keeps notes and headers of content, which get() and head() give back", async (storage) => {
    await storage.put("plain", "1");
    assert.equal((await storage.head("plain"))?.metadata, undefined);
    const metadata = { "made-by": "训练 job #7", percent: "100%25 ", a: "", "x--1": " \u{1F600}\r\n\u0000" };
    const headers = {
      "Cache-Control": "max-age=60",
      "content-disposition": 'attachment; filename="a b.txt"',
    };
    const info = await storage.put("a", "1", { metadata, headers });
    assert.deepEqual(info.metadata, metadata);
    assert.deepEqual((await storage.head("a"))?.metadata, metadata);
    const got = await storage.get("a");
    assert.equal(got.headers.get("cache-control"), "max-age=60");
    assert.equal(got.headers.get("content-disposition"), 'attachment; filename="a b.txt"');
    await storage.put("a", "2");
    assert.equal((await storage.head("a"))?.metadata, undefined); // a new object has nothing of the old one
  });

  it("put() keeps any notes of well-formed Unicode", async (storage) => {
    const names = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const texts = unicodeText({ maxLength: 60 }).filter((text) => text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, texts, { minKeys: 1, maxKeys: 5 }), async (metadata) => {
        await storage.put("a", "1", { metadata });
        assert.deepEqual({ ...(await storage.head("a"))?.metadata }, { ...metadata });
      }),
      { numRuns: 60 },
    );
  });

  it("put() and head() tell the CRC-64 of what they hold", async (storage) => {
    const { crc64 } = await storage.put("a", "123456789");
    assert.equal(crc64, "11051210869376104954"); // the check value of CRC-64/XZ
    assert.equal((await storage.head("a"))?.crc64, crc64);
  });

  it("put() replaces an object, and does not when ifAbsent is set", async (storage) => {
    await storage.put("a", "one", { ifAbsent: true });
    await storage.put("a", "two");
    await assert.rejects(storage.put("a", "three", { ifAbsent: true }), {
      name: "StorageError",
      code: "FileAlreadyExists",
      status: 409,
      key: "a",
    });
    assert.equal(await (await storage.get("a")).text(), "two");
  });

  it("put() refuses a stream that is not as long as stated, and writes nothing", async (storage) => {
    for (const size of [1, 3]) {
      await assert.rejects(storage.put("a", streamOf(bytes(1, 2)), { size }), { name: "RangeError" });
      assert.equal(await storage.head("a"), undefined);
    }
  });

  it("put() rejects with the error of its stream, and writes nothing", async (storage) => {
    const reason = new Error("the disk is gone");
    const chunks = [bytes(1), bytes()];
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.error(reason);
      },
    });
    await assert.rejects(storage.put("a", broken), (error) => error === reason);
    assert.equal(await storage.head("a"), undefined);
  });

  it("put() rejects with the error of its async iterable, closes it, and writes nothing", async (storage) => {
    const reason = new Error("the disk is gone");
    let closed = 0;
    async function* chunks(fail: boolean): AsyncGenerator<Uint8Array> {
      try {
        yield bytes(1, 2);
        await Promise.resolve();
        if (fail) throw reason;
        yield bytes(3, 4);
      } finally {
        closed++;
      }
    }
    await assert.rejects(storage.put("a", chunks(true)), (error) => error === reason);
    await assert.rejects(storage.put("a", chunks(false), { size: 3 }), { name: "RangeError" });
    assert.equal(closed, 2);
    assert.equal(await storage.head("a"), undefined);
  });

  it("put() writes the same object however its source is cut", async (storage) => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), fc.boolean(), async (pieces, isStream, isKnown) => {
        const whole = new Uint8Array(
          await new Blob(pieces.map((piece) => new Uint8Array(piece))).arrayBuffer(),
        );
        const size = isKnown ? whole.length : undefined;
        const info = await storage.put("a", isStream ? streamOf(...pieces) : iterableOf(...pieces), { size });
        assert.equal(info.size, whole.length);
        assert.equal(info.crc64, (await storage.put("b", whole)).crc64);
        assert.deepEqual(await read(storage, "a"), whole);
      }),
      { numRuns: 40 },
    );
  });

  it("put() does not see what its caller does to the buffer later", async (storage) => {
    const buffer = bytes(1, 2, 3);
    await storage.put("a", buffer);
    buffer.fill(0);
    assert.deepEqual(await read(storage, "a"), bytes(1, 2, 3));
  });

  it("get() refuses a missing key, head() does not find it, delete() doesn't mind", async (storage) => {
    await assert.rejects(storage.get("no/such"), {
      name: "StorageError",
      code: "NoSuchKey",
      status: 404,
      key: "no/such",
      message: /^Cannot get "oss:\/\/[a-z-]+\/no\/such": NoSuchKey \(/,
    });
    assert.equal(await storage.head("no/such"), undefined);
    await storage.delete("no/such");
  });

  it("delete() takes one object away", async (storage) => {
    await storage.put("a", "1");
    await storage.put("a/b", "2");
    await storage.delete("a");
    assert.equal(await storage.head("a"), undefined);
    assert.deepEqual(await keys(storage), ["a/b"]);
  });
}

function conditions(it: It): void {
  it("get() reads what is as expected, and tells what is not", async (storage) => {
    const { etag, lastModified } = await storage.put("a", "1");
    const before = new Date(lastModified.getTime() - 3_600_000);
    const after = new Date(lastModified.getTime() + 3_600_000);
    const accepted: GetOptions[] = [
      { ifMatch: etag },
      { ifMatch: `"${etag}"` },
      { ifNoneMatch: "0123" },
      { ifModifiedSince: before },
      { ifUnmodifiedSince: after },
      { ifMatch: etag, ifNoneMatch: "0123", ifModifiedSince: before, ifUnmodifiedSince: after },
    ];
    for (const options of accepted) assert.equal(await (await storage.get("a", options)).text(), "1");
    const refused: [GetOptions, string, number][] = [
      [{ ifMatch: "0123" }, "PreconditionFailed", 412],
      [{ ifUnmodifiedSince: before }, "PreconditionFailed", 412],
      [{ ifNoneMatch: etag }, "NotModified", 304],
      [{ ifModifiedSince: after }, "NotModified", 304],
    ];
    for (const [options, code, status] of refused) {
      await assert.rejects(storage.get("a", options), { name: "StorageError", code, status, key: "a" });
    }
    await assert.rejects(storage.get("b", { ifMatch: etag }), { code: "NoSuchKey" });
  });

  it("get() refuses what is no condition before any request", async (storage) => {
    await assert.rejects(storage.get("a", { ifMatch: "é" }), { name: "TypeError" });
    await assert.rejects(storage.get("a", { ifNoneMatch: "a\r\nb: c" }), { name: "TypeError" });
    await assert.rejects(storage.get("a", { ifModifiedSince: new Date(NaN) }), { name: "RangeError" });
  });
}

function ranges(it: It): void {
  it("get() reads ranges with both ends included", async (storage) => {
    await storage.put("a", bytes(0, 1, 2, 3, 4));
    for (
      const [start, end, expected] of [
        [0, 0, [0]],
        [1, 3, [1, 2, 3]],
        [3, undefined, [3, 4]],
        [3, 99, [3, 4]],
        [0, 4, [0, 1, 2, 3, 4]],
      ] as const
    ) {
      const response = await storage.get("a", { range: { start, end } });
      assert.equal(response.status, 206);
      assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [...expected]);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${start + expected.length - 1}/5`);
    }
  });

  it("get() refuses a range outside the object", async (storage) => {
    await storage.put("a", bytes(1, 2));
    await assert.rejects(storage.get("a", { range: { start: 2 } }), { code: "InvalidRange", status: 416 });
  });

  it("get() refuses what is no range before any request", async (storage) => {
    for (const range of [{ start: -1 }, { start: 2, end: 1 }, { start: 0.5 }, { start: 0, end: NaN }]) {
      await assert.rejects(storage.get("a", { range }), { name: "RangeError" });
    }
  });
}

function lists(it: It): void {
  const inOrder = ["a", "a-b", "a.txt", "a/", "a/b", "a/c", "b", "b/1", "c", "\uffee", "😀"];

  it("list() yields what put() returned", async (storage) => {
    const put = await storage.put("a/b", "text");
    const found = await Array.fromAsync(storage.list());
    assert.equal(found.length, 1);
    assert.deepEqual([found[0]!.key, found[0]!.size, found[0]!.etag], ["a/b", 4, put.etag]);
    assert.ok(Math.abs(found[0]!.lastModified.getTime() - put.lastModified.getTime()) < 60_000);
  });

  it("list() yields nothing in an empty bucket and below an unused prefix", async (storage) => {
    assert.deepEqual(await keys(storage), []);
    await storage.put("a", "");
    assert.deepEqual(await keys(storage, { prefix: "b" }), []);
  });

  it("list() orders by UTF-8 bytes, in pages that don't show", async (storage) => {
    for (const key of inOrder.toReversed()) await storage.put(key, key);
    assert.deepEqual(await keys(storage), inOrder);
    for (const pageSize of [1, 2, 3, inOrder.length, 1000]) {
      assert.deepEqual(await keys(storage, { pageSize }), inOrder, `pages of ${pageSize}`);
    }
  });

  it("list() narrows by prefix and start", async (storage) => {
    for (const key of inOrder) await storage.put(key, key);
    const cases: [ListOptions, string[]][] = [
      [{ prefix: "" }, inOrder],
      [{ prefix: "a" }, inOrder.slice(0, 6)],
      [{ prefix: "a/", pageSize: 2 }, ["a/", "a/b", "a/c"]],
      [{ startAfter: "b", pageSize: 2 }, ["b/1", "c", "\uffee", "😀"]],
      [{ startAfter: "a/b0" }, inOrder.slice(5)],
      [{ startAfter: "\uffee" }, ["😀"]],
      [{ prefix: "a/", startAfter: "a/b", pageSize: 1 }, ["a/c"]],
      [{ prefix: "a", startAfter: "z" }, []],
    ];
    for (const [options, expected] of cases) {
      assert.deepEqual(await keys(storage, options), expected, JSON.stringify(options));
    }
  });

  it("list() can be left early and started again", async (storage) => {
    for (const key of inOrder) await storage.put(key, key);
    const all = storage.list({ pageSize: 2 });
    for await (const { key } of all) {
      if (key === "a-b") break;
    }
    assert.deepEqual(await keys(storage, { pageSize: 2 }), inOrder);
  });

  it("takes any key literally", async (storage) => {
    for (const key of oddKeys) await storage.put(key, `content of ${key}`);
    assert.deepEqual(await keys(storage, { pageSize: 5 }), oddKeys.toSorted(compareUtf8));
    for (const key of oddKeys) {
      assert.equal(await (await storage.get(key)).text(), `content of ${key}`);
      assert.equal((await storage.head(key))?.key, key);
      assert.deepEqual((await keys(storage, { prefix: key })).slice(0, 1), [key]);
      await storage.delete(key);
    }
    assert.deepEqual(await keys(storage), []);
  });

  it("takes any key of well-formed Unicode", async (storage) => {
    await fc.assert(
      fc.asyncProperty(key, fc.uint8Array({ maxLength: 40 }), async (key, content) => {
        await storage.put(key, new Uint8Array(content));
        assert.deepEqual(await read(storage, key), new Uint8Array(content));
        assert.deepEqual(await keys(storage), [key]);
        await storage.delete(key);
      }),
      { numRuns: 40 },
    );
  });
}

function refusals(it: It): void {
  it("refuses keys that can't be sent as they are", async (storage) => {
    const keys = [
      "",
      "/a",
      "\\a",
      "a/./b",
      "a/../b",
      "..",
      ".",
      "a/..",
      "\ud800",
      "é".repeat(512),
      "k".repeat(1024),
    ];
    for (const key of keys) {
      const expected = { name: "TypeError", message: /^Cannot .*: the key / };
      await assert.rejects(storage.put(key, ""), expected, `put ${key}`);
      await assert.rejects(storage.get(key), expected, `get ${key}`);
      await assert.rejects(storage.head(key), expected, `head ${key}`);
      await assert.rejects(storage.delete(key), expected, `delete ${key}`);
    }
  });

  it("refuses arguments of the wrong kind before any request", async (storage) => {
    const untyped = storage.put.bind(storage) as (
      key: unknown,
      body: unknown,
      options?: object,
    ) => Promise<unknown>; // as from JavaScript
    await assert.rejects(untyped(1, ""), { name: "TypeError" });
    await assert.rejects(untyped("a", 5), {
      name: "TypeError",
      message: /^Cannot (put|upload) "oss:\/\/.*\/a": the (body|source) is no/,
    });
    await assert.rejects(untyped("a", null), { name: "TypeError" });
    await assert.rejects(untyped("a", "", { contentType: "a\nb" }), { name: "TypeError" });
    await assert.rejects(untyped("a", streamOf(), { size: -1 }), { name: "RangeError" });
    for (const metadata of [{ A: "" }, { "a_b": "" }, { "": "" }, { a: "\ud800" }, { a: 1 }]) {
      await assert.rejects(untyped("a", "", { metadata }), { name: "TypeError" }, JSON.stringify(metadata));
    }
    await assert.rejects(untyped("a", "", { metadata: { a: "x".repeat(8192) } }), { name: "RangeError" });
    const names = [
      "authorization",
      "host",
      "x-oss-date",
      "X-OSS-Security-Token",
      "x-oss-meta-a",
      "x-oss-callback",
      "range",
      "content-length",
    ];
    for (const name of names) {
      await assert.rejects(untyped("a", "", { headers: { [name]: "1" } }), { name: "TypeError" }, name);
    }
    for (const value of ["é", "a\nb", " a", 1]) {
      await assert.rejects(untyped("a", "", { headers: { "expires": value } }), { name: "TypeError" });
    }
    const strings = new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    });
    await assert.rejects(untyped("a", strings), { name: "TypeError" });
    assert.equal(await storage.head("a"), undefined);
  });

  it("refuses bad options of list() at once", async (storage) => {
    for (const pageSize of [0, 1001, 1.5, NaN]) {
      assert.throws(() => storage.list({ pageSize }), { name: "RangeError" });
    }
    assert.throws(() => storage.list({ prefix: "\ud800" }), { name: "TypeError" });
    assert.throws(() => storage.list({ startAfter: "\udfff" }), { name: "TypeError" });
    await Promise.resolve();
  });

  it("does nothing once its signal is aborted, and throws the signal's reason", async (storage) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await storage.put("a", "1");
    const thrown = (error: unknown): boolean => error === reason;
    await assert.rejects(storage.put("a", "2", { signal }), thrown);
    await assert.rejects(storage.get("a", { signal }), thrown);
    await assert.rejects(storage.head("a", { signal }), thrown);
    await assert.rejects(storage.delete("a", { signal }), thrown);
    await assert.rejects(keys(storage, { signal }), thrown);
    assert.equal(await (await storage.get("a")).text(), "1");
  });

  it("list() stops when its signal is aborted between two objects", async (storage) => {
    for (const key of ["a", "b", "c"]) await storage.put(key, key);
    const controller = new AbortController();
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { key } of storage.list({ pageSize: 1, signal: controller.signal })) {
        seen.push(key);
        controller.abort(new Error("enough"));
      }
    }, { message: "enough" });
    assert.deepEqual(seen, ["a"]);
  });
}
