import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { utf8 } from "../../core/encoding.ts";
import { filesUnder } from "../../core/files-under.ts";
import type { FileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { Storage } from "../../core/storage.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";
import { archiveDigest } from "../../plugins/storage/tar.ts";
import { trees } from "../support/trees.ts";

async function bucketWith(objects: Record<string, string | Uint8Array<ArrayBuffer>>): Promise<Storage> {
  const storage = memory({ bucket: "bkt" });
  for (const [key, content] of Object.entries(objects)) await storage.put(key, content);
  return storage;
}

async function read(source: FileSource): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { path, size, open } of source) {
    files[path] = await new Response(open()).text();
    assert.equal(size, utf8(files[path]!).length);
  }
  return files;
}

const objects = {
  "models/a/": "",
  "models/a/empty": "",
  "models/a/weights.bin": "0123456789",
  "models/a/sub/é 文件": "unicode",
  "models/ab/other": "not below models/a",
  "models/a.txt": "beside",
  "top": "1",
};

test("filesUnder() yields the objects below a folder, whether its address ends with a slash or not", async () => {
  const storage = await bucketWith(objects);
  for (const uri of ["oss://bkt/models/a/", "oss://bkt/models/a"] as const) {
    const source = filesUnder(storage, uri);
    assert.equal(source.label, uri);
    assert.equal(source.directory, undefined);
    assert.equal(await source.kind(), "directory");
    const files = { "empty": "", "weights.bin": "0123456789", "sub/é 文件": "unicode" };
    assert.deepEqual(await read(source), files);
    assert.equal(await source.digest(), await fromMap(files).digest());
  }
});

test("filesUnder() takes one object by its own name", async () => {
  const storage = await bucketWith(objects);
  const cases: [OssUri, string][] = [["oss://bkt/models/a/weights.bin", "weights.bin"], [
    "oss://bkt/top",
    "top",
  ]];
  for (const [uri, name] of cases) {
    const source = filesUnder(storage, uri);
    assert.equal(await source.kind(), "file");
    assert.deepEqual(Object.keys(await read(source)), [name]);
  }
});

test("filesUnder() takes a whole bucket, in order, whichever way it is written", async () => {
  const storage = await bucketWith(objects);
  for (const uri of ["oss://bkt/", "oss://bkt", "oss://bkt.oss-cn-hangzhou.aliyuncs.com/"] as const) {
    const paths = (await Array.fromAsync(filesUnder(storage, uri))).map(({ path }) => path);
    const all = [
      "models/a.txt",
      "models/a/empty",
      "models/a/sub/é 文件",
      "models/a/weights.bin",
      "models/ab/other",
      "top",
    ];
    assert.deepEqual(paths, all);
  }
});

test("open() asks for a part, and for nothing before it is read", async () => {
  const storage = await bucketWith(objects);
  let gets = 0;
  const counting: Storage = {
    bucket: "bkt",
    put: storage.put.bind(storage),
    get: (...args) => (gets++, storage.get(...args)),
    head: storage.head.bind(storage),
    list: storage.list.bind(storage),
    delete: storage.delete.bind(storage),
  };
  for await (const { path, open } of filesUnder(counting, "oss://bkt/models/a/")) {
    const stream = open();
    assert.equal(gets, 0);
    await stream.cancel();
    if (path !== "weights.bin") continue;
    assert.equal(await new Response(open({ start: 3, end: 5 })).text(), "345");
    assert.equal(await new Response(open({ start: 8 })).text(), "89");
    assert.equal(await new Response(open()).text(), "0123456789");
  }
  assert.equal(gets, 3);
});

test("filesUnder() rejects when there is nothing", async () => {
  const storage = await bucketWith({ "a/": "", "ab": "1" });
  for (const uri of ["oss://bkt/a/", "oss://bkt/a", "oss://bkt/none/"] as const) {
    const expected = {
      name: "StorageError",
      code: "NoSuchKey",
      message: `Cannot read "${uri}": there are no files`,
    };
    await assert.rejects(read(filesUnder(storage, uri)), expected);
    await assert.rejects(filesUnder(storage, uri).digest(), expected);
  }
});

test("filesUnder() refuses another bucket and what is no address, at once", async () => {
  const storage = await bucketWith({});
  assert.throws(() => filesUnder(storage, "oss://other/a/"), {
    name: "TypeError",
    message: 'Cannot read "oss://other/a/": the storage is that of the bucket "bkt"',
  });
  assert.throws(() => filesUnder(storage, "./a" as OssUri), TypeError); // as from JavaScript
});

for (
  const [key, problem] of Object.entries({
    "x/a//b": /has an empty segment/,
    "x/a\\b": /has a backslash/,
    "x//": /is absolute/,
    "x/\0": /has a NUL/,
  })
) {
  test(`filesUnder() refuses the key ${JSON.stringify(key)}, which can't be a path`, async () => {
    const storage = await bucketWith({ [key]: "1" });
    await assert.rejects(read(filesUnder(storage, "oss://bkt/x/")), {
      name: "PaiError",
      code: "UnusableFile",
      message: problem,
    });
  });
}

test("filesUnder() refuses keys with dots, which other clients can write", async () => {
  const storage = await bucketWith({ "x/ok": "1" });
  for (const key of ["x/../../etc/passwd", "x/./a", "x/.."]) {
    const list = async function* () {
      yield { key, size: 1, etag: "", lastModified: new Date(0) };
    };
    const odd: Storage = Object.assign(Object.create(storage), { bucket: "bkt", list });
    await assert.rejects(read(filesUnder(odd, "oss://bkt/x/")), {
      code: "UnusableFile",
      message: /segment$/,
    });
  }
});

test("filesUnder() refuses a file that is also a folder", async () => {
  const storage = await bucketWith({ "x/a": "1", "x/a-b": "2", "x/a/b/c": "3" });
  await assert.rejects(read(filesUnder(storage, "oss://bkt/x/")), {
    code: "UnusableFile",
    message: /the key "x\/a\/b\/c" is below "a", which is a file$/,
  });
});

test("open() notices an object that was replaced, also by one of the same size", async () => {
  const storage = await bucketWith({ "x/a": "1", "x/b": "2" });
  const source = filesUnder(storage, "oss://bkt/x/");
  const entries = await Array.fromAsync(source);
  await storage.put("x/a", "3");
  await storage.put("x/b", "longer");
  for (const { path, open } of entries) {
    const message = `Cannot read "oss://bkt/x/": "${path}" was replaced since it was listed`;
    const expected = { name: "PaiError", code: "FileChanged", message };
    await assert.rejects(open().getReader().read(), expected);
    await assert.rejects(open({ start: 0, end: 0 }).getReader().read(), expected);
  }
  assert.deepEqual(await read(source), { a: "3", b: "longer" });
  const again = await Array.fromAsync(source);
  assert.notEqual(await again[0]!.fingerprint!(), await entries[0]!.fingerprint!());
  assert.equal(await again[0]!.fingerprint!(), await (await Array.fromAsync(source))[0]!.fingerprint!());
});

test("filesUnder() passes its signal on", async () => {
  const storage = await bucketWith({ "x/a": "1" });
  const controller = new AbortController();
  const source = filesUnder(storage, "oss://bkt/x/", { signal: controller.signal });
  const [entry] = await Array.fromAsync(source);
  controller.abort(new Error("enough"));
  await assert.rejects(entry!.open().getReader().read(), { message: "enough" });
  await assert.rejects(read(source), { message: "enough" });
});

test("any tree is the same files and the same archive from a bucket as from memory", async () => {
  await fc.assert(
    fc.asyncProperty(trees({ maxKeys: 4 }), async (tree) => {
      const keys = Object.entries(tree).map(([path, content]) => [`any/${path}`, content]);
      const source = filesUnder(await bucketWith(Object.fromEntries(keys)), "oss://bkt/any/");
      assert.equal(await source.digest(), await fromMap(tree).digest());
      assert.equal(await archiveDigest(source), await archiveDigest(fromMap(tree)));
    }),
    { numRuns: 25 },
  );
});
