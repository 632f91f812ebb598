import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { gunzipSync } from "fflate";
import { createTarDecoder, type TarHeader, unpackTar } from "modern-tar";
import { createClient } from "../../core/client.ts";
import { hex, utf8 } from "../../core/encoding.ts";
import { StorageError } from "../../core/errors.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import { filesUnder } from "../../core/files-under.ts";
import { compareUtf8 } from "../../core/percent.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { oss } from "../../plugins/storage/oss.ts";
import {
  archiveDigest,
  gzip,
  tar,
  tarGz,
  type TarGzOptions,
  type TarProgress,
  uploadArchive,
} from "../../plugins/storage/tar.ts";
import { trees } from "../support/trees.ts";

const bytesOf = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Response(stream).arrayBuffer());
const digestOf = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> =>
  hex(sha256(await bytesOf(stream)));

/** A source of given entries, in the given order. */
function sourceOf(...entries: (Partial<FileEntry> & { path: string })[]): FileSource {
  return {
    label: "./model",
    kind: () => Promise.resolve("directory"),
    digest: () => Promise.resolve(""),
    async *[Symbol.asyncIterator]() {
      for (const entry of entries) yield { size: 0, open: () => new Blob([]).stream(), ...entry };
    },
  };
}

const several = {
  "model.json": '{"trees":[]}',
  ".hidden/.dot": "dot",
  "目录/文件 名.txt": "unicode",
  "e\u0301": "decomposed",
  [`${"long/".repeat(30)}name`]: "long",
  [`${"n".repeat(101)}`]: "one more than a header holds",
  "new\nline": "",
  "a-b": "1",
  "a/b": "2",
  "a.b": "3",
  "weights.bin": new Uint8Array(300_000).map((_, index) => index * index >> 7),
  "😀": "emoji",
  "\uffee": "before the emoji in UTF-8",
};

// Bytes, not a description of them: what this SDK packed once has this digest for ever, on every runtime.
const golden = {
  tar: "4c86422763721ca1be9e41f82a93b7e7b375e4563f2d9b56e0f0c36aa5f84bb8",
  gzip1: "a2c9fdd4c716364c3a2f67faf3782a7eeda83cb2340cf6e554ddbd11c620b5ec",
  gzip6: "ab9254833740afb19e0cc45caa149f8bb41eccdc6dbdf79e7da6f2e8afad198c",
};

test("tar() gives the same bytes everywhere", async () => {
  assert.equal(await digestOf(tar(fromMap(several))), golden.tar);
  assert.equal(await archiveDigest(fromMap(several)), golden.tar);
});

test("tarGz() gives the same bytes everywhere", async () => {
  assert.equal(await digestOf(tarGz(fromMap(several), { level: 1 })), golden.gzip1);
  assert.equal(await digestOf(tarGz(fromMap(several))), golden.gzip6);
  assert.equal(await digestOf(tarGz(fromMap(several), { level: 6 })), golden.gzip6);
});

test("tar() packs what a reader of tar finds", async () => {
  const entries = await unpackTar(await bytesOf(tar(fromMap(several))), { strict: true });
  const files = entries.filter(({ header }) => header.type === "file");
  const names = Object.keys(several).toSorted(compareUtf8);
  assert.deepEqual(files.map(({ header }) => header.name), names);
  for (const { header, data } of files) {
    const content = several[header.name as keyof typeof several]!; // one of the names above
    assert.deepEqual(data, typeof content === "string" ? utf8(content) : content, header.name);
  }
  const all = entries.map(({ header }) => header.name);
  assert.deepEqual(all, all.toSorted(compareUtf8));
  assert.deepEqual(all.filter((name) => name.endsWith("/")).slice(0, 3), [".hidden/", "a/", "long/"]);
  for (const { header } of entries) {
    assert.equal(header.mtime?.getTime(), 0);
    assert.deepEqual([header.uid, header.gid, header.uname, header.gname], [0, 0, "", ""]);
    assert.equal(header.mode, header.type === "directory" ? 0o755 : 0o644);
  }
});

test("tar() packs any tree, cut in any way, into the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(trees(), fc.integer({ min: 10, max: 700 }), async (tree, cut) => {
      const pieces = sourceOf(
        ...Object.entries(tree).toSorted(([a], [b]) => compareUtf8(a, b)).map(([path, content]) => ({
          path,
          size: content.length,
          mode: 0o600,
          open: () => cutUp(content, cut),
        })),
      );
      const whole = await bytesOf(tar(fromMap(tree)));
      assert.deepEqual(await bytesOf(tar(pieces)), whole);
      assert.deepEqual(await bytesOf(tarGz(pieces)), await bytesOf(tarGz(fromMap(tree))));
      const found = (await unpackTar(whole, { strict: true })).filter(({ header }) => header.type === "file");
      assert.deepEqual(Object.fromEntries(found.map(({ header, data }) => [header.name, data])), tree);
    }),
    { numRuns: 25 },
  );
});

function cutUp(content: Uint8Array<ArrayBuffer>, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < content.length) controller.enqueue(content.slice(at, at += size));
      else controller.close();
    },
  });
}

test("gzip() gives the same bytes however its input is cut, and the input back", async () => {
  const input = fc.array(fc.uint8Array({ maxLength: 100_000, size: "max" }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(input, fc.integer({ min: 0, max: 9 }), async (chunks, level) => {
      const whole = new Uint8Array(
        await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).arrayBuffer(),
      );
      const pack = (...parts: Uint8Array[]) =>
        bytesOf(ReadableStream.from(parts).pipeThrough(gzip({ level })));
      const packed = await pack(...chunks);
      assert.deepEqual(await pack(whole), packed);
      assert.deepEqual(gunzipSync(packed), whole);
      assert.deepEqual(
        await bytesOf(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))),
        whole,
      );
    }),
    { numRuns: 10 },
  );
});

test("gzip() refuses a level that is none, at once", () => {
  for (const level of [-1, 10, 1.5, NaN]) assert.throws(() => gzip({ level }), { name: "RangeError" });
});

test("tarGz() takes any compressor", async () => {
  const packed = tarGz(fromMap(several), { compressor: () => new CompressionStream("gzip") });
  const plain = packed.pipeThrough(new DecompressionStream("gzip"));
  assert.equal(await digestOf(plain), golden.tar);
  let input = 0;
  const count: TarGzOptions["compressor"] = () =>
    new TransformStream({ transform: (chunk: Uint8Array) => void (input += chunk.length) });
  assert.equal((await bytesOf(tarGz(fromMap(several), { compressor: count }))).length, 0);
  assert.equal(input, (await bytesOf(tar(fromMap(several)))).length);
});

test("tar() gives files that may be executed the mode 0755, and all others 0644", async () => {
  const modes = async (source: FileSource, options = {}): Promise<unknown[]> =>
    (await unpackTar(await bytesOf(tar(source, options)))).map(({ header }) => header.mode);
  const files = [0o777, 0o100, 0o4755, 0o600, 0, undefined].map((mode, index) => ({
    path: `${index}`,
    mode,
  }));
  assert.deepEqual(await modes(sourceOf(...files)), [0o755, 0o755, 0o755, 0o644, 0o644, 0o644]);
  const executable = ({ path }: FileEntry): boolean => path.endsWith(".sh");
  assert.deepEqual(await modes(fromMap({ "a.sh": "", "b": "" }), { executable }), [0o755, 0o644]);
});

test("tar() packs links and empty folders", async () => {
  const long = `${"t".repeat(120)}/é`;
  const source = sourceOf(
    { path: "a", kind: "link", target: "b/c" },
    { path: "b", kind: "directory" },
    { path: "c/d", kind: "link", target: "../b" },
    { path: "e", kind: "link", target: long },
  );
  const entries = await unpackTar(await bytesOf(tar(source)), { strict: true });
  const short = ({ name, type, linkname }: TarHeader): unknown[] => [name, type, linkname];
  assert.deepEqual(entries.map(({ header }) => short(header)), [
    ["a", "symlink", "b/c"],
    ["b/", "directory", ""],
    ["c/", "directory", ""],
    ["c/d", "symlink", "../b"],
    ["e", "symlink", long],
  ]);
});

let states = 0;
const refused: Record<string, [FileSource, { name: string; code?: string; message: RegExp }]> = {
  "names that differ only in case": [
    fromMap({ "README": "", "readme": "" }),
    { name: "PaiError", code: "CollidingNames", message: /"README" and "readme" are the same file/ },
  ],
  "folders that differ only in case": [
    fromMap({ "A/x": "", "a/y": "" }),
    { name: "PaiError", code: "CollidingNames", message: /"A\/" and "a\/"/ },
  ],
  "names that differ only in how an accent is spelt": [
    sourceOf({ path: "e\u0301" }, { path: "\u00e9" }),
    { name: "PaiError", code: "CollidingNames", message: /same file/ },
  ],
  "a file that is also a folder": [
    sourceOf({ path: "a" }, { path: "a/b" }),
    { name: "PaiError", code: "CollidingNames", message: /"a" and "a\/"/ },
  ],
  "a path that leaves the archive": [
    sourceOf({ path: "a/../../b" }),
    { name: "PaiError", code: "UnusableFile", message: /has a "\.\." segment/ },
  ],
  "a link that leaves the archive": [
    sourceOf({ path: "a", kind: "link", target: "../b" }),
    { name: "PaiError", code: "UnusableFile", message: /leads out of the folder/ },
  ],
  "paths in another order": [sourceOf({ path: "b" }, { path: "a" }), { name: "TypeError", message: /order/ }],
  "one path twice": [sourceOf({ path: "a" }, { path: "a" }), { name: "TypeError", message: /order/ }],
  "a file that has grown": [
    sourceOf({ path: "a", size: 1, open: () => new Blob(["12"]).stream() }),
    { name: "PaiError", code: "FileChanged", message: /size of "a" changed from 1 to 2 bytes$/ },
  ],
  "a file that is written to while it is read": [
    sourceOf({
      path: "a",
      size: 2,
      open: () => new Blob(["12"]).stream(),
      fingerprint: () => Promise.resolve(`${states++}`),
    }),
    { name: "PaiError", code: "FileChanged", message: /"a" was written to while it was read$/ },
  ],
  "a file that has shrunk": [
    sourceOf({ path: "a", size: 3, open: () => new Blob(["12"]).stream() }),
    { name: "PaiError", code: "FileChanged", message: /size of "a" changed from 3 to 2 bytes$/ },
  ],
};
for (const [what, [source, error]] of Object.entries(refused)) {
  test(`tar() refuses ${what}`, async () => {
    for (const pack of [tar, tarGz]) await assert.rejects(drain(pack(source)), error);
  });
}

/** Reads a stream as a caller does who wants its very error; some runtimes wrap that of a body. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<number> {
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.length;
  }
}

test("tar() keeps colliding names on request", async () => {
  const entries = await unpackTar(
    await bytesOf(
      tar(fromMap({ "README": "", "readme": "", "A/x": "", "a/y": "" }), { collidingNames: "keep" }),
    ),
  );
  const names = ["A/", "A/x", "README", "a/", "a/y", "readme"];
  assert.deepEqual(entries.map(({ header }) => header.name), names);
  const both = sourceOf({ path: "a" }, { path: "a/b" });
  await assert.rejects(drain(tar(both, { collidingNames: "keep" })), { code: "CollidingNames" });
});

test("tar() opens nothing before it is read, and reads no further than it must", async () => {
  const opened: string[] = [];
  const large = 4_000_000;
  const files = ["a", "b", "c", "d", "e", "f"].map((path) => ({
    path,
    size: large,
    open: () => {
      opened.push(path);
      return cutUp(new Uint8Array(large), 250_000);
    },
  }));
  const stream = tar(sourceOf(...files));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(opened, []);
  const reader = stream.getReader();
  await reader.read();
  for (let i = 0; i < 100; i++) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.ok(opened.length < 5, `${opened}`); // the packer holds at most 8 MiB
  await reader.cancel();
});

test("tar() sends small files together", async () => {
  const many = fromMap(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${index}`, "x"])));
  const chunks = await Array.fromAsync(tar(many));
  assert.equal(chunks.length, 8); // of 64 KiB each, for 500 headers, 500 blocks and the end
  assert.equal(chunks.reduce((sum, { length }) => sum + length, 0), 500 * 1024 + 1024);
});

test("tar() states sizes that a header has no room for", async () => {
  const open = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) });
  const archive = tar(sourceOf({ path: "a", size: 9_000_000_000, open }));
  const decoder = archive.pipeThrough(createTarDecoder({ strict: true })).getReader();
  const { value } = await decoder.read();
  assert.deepEqual([value?.header.name, value?.header.size], ["a", 9_000_000_000]);
  await decoder.cancel(new Error("enough"));
});

test("tar() closes the file that it reads when its reader leaves", async () => {
  let cancelled: unknown = "not";
  const open = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
      cancel: (reason) => void (cancelled = reason),
    }, { highWaterMark: 0 });
  const reader = tar(sourceOf({ path: "a", size: 1e12, open })).getReader();
  for (let i = 0; i < 5; i++) await reader.read();
  await reader.cancel(new Error("enough"));
  for (let i = 0; i < 100 && cancelled === "not"; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.notEqual(cancelled, "not");
});

test("tar() stops with its signal's reason, also when a file hangs", async () => {
  const controller = new AbortController();
  let cancelled = false;
  const open = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ cancel: () => void (cancelled = true) });
  const reading = drain(tar(sourceOf({ path: "a", size: 1, open }), { signal: controller.signal }));
  const expected = assert.rejects(reading, { message: "enough" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(new Error("enough"));
  await expected;
  assert.equal(cancelled, true);
  await assert.rejects(drain(tar(fromMap({ a: "" }), { signal: controller.signal })), { message: "enough" });
});

test("tar() fails with the error of a file that can't be read", async () => {
  const reason = new Error("the disk is gone");
  const open = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ pull: (controller) => controller.error(reason) });
  await assert.rejects(drain(tar(sourceOf({ path: "a", size: 1, open }))), (error) => error === reason);
});

test("tar() reports files and bytes as they are read", async () => {
  const seen: TarProgress[] = [];
  await drain(
    tar(fromMap({ a: "12", b: "", "c/d": "345" }), { onProgress: (progress) => seen.push(progress) }),
  );
  assert.deepEqual(seen.at(-1), { path: "c/d", files: 3, bytes: 5 });
  assert.deepEqual(seen[0], { path: "a", files: 0, bytes: 2 });
});

test("uploadArchive() sends an archive once, named by its content", async () => {
  const storage = memory();
  const first = await uploadArchive(storage, fromMap(several), { prefix: "models/" });
  assert.equal(first.key, `models/${golden.tar}.tar.gz`);
  assert.equal(first.digest, golden.tar);
  assert.equal(first.uploaded, true);
  const stored = new Uint8Array(await (await storage.get(first.key)).arrayBuffer());
  assert.equal(hex(sha256(stored)), golden.gzip6);
  let sent = 0;
  const put = (
    key: string,
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
  ) => (sent++, storage.put(key, body));
  const second = await uploadArchive(storage, fromMap(several), { prefix: "models/", put });
  assert.deepEqual([second.uploaded, second.key, second.info.size], [false, first.key, stored.length]);
  const third = await uploadArchive(storage, fromMap({ ...several, more: "" }), { prefix: "models/", put });
  assert.equal(third.uploaded, true);
  const plain = await uploadArchive(storage, fromMap(several), { compress: false, put });
  assert.equal(plain.key, `${golden.tar}.tar`);
  assert.equal(sent, 2);
});

test("uploadArchive() sends an archive to OSS that comes back from there as the same files", async () => {
  const bucket = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
  const { key } = await uploadArchive(bucket, fromMap(several), { prefix: "models/" });
  const archive = (await bucket.get(key)).body!.pipeThrough(new DecompressionStream("gzip"));
  assert.equal(await digestOf(archive), golden.tar);
  assert.equal(
    (await uploadArchive(bucket, filesUnder(bucket, "oss://emulator-bucket/models/"))).uploaded,
    true,
  );
  assert.equal((await uploadArchive(bucket, fromMap(several), { prefix: "models/" })).uploaded, false);
});

test("uploadArchive() stores nothing when a file changes between its two readings", async () => {
  const storage = memory();
  for (const second of ["13", "1", "123"]) {
    let opened = 0;
    const changing = sourceOf({
      path: "a",
      size: 2,
      open: () => new Blob([opened++ ? second : "12"]).stream(),
    });
    for (const compress of [true, false]) {
      opened = 0;
      await assert.rejects(uploadArchive(storage, changing, { compress }), { code: "FileChanged" });
    }
  }
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
});

test("uploadArchive() rejects with what the storage says", async () => {
  const no = new StorageError("Cannot put: AccessDenied", { code: "AccessDenied" });
  const put = async (_: string, body: ReadableStream): Promise<never> => {
    await body.cancel();
    throw no;
  };
  await assert.rejects(uploadArchive(memory(), fromMap(several), { put }), (error) => error === no);
});
