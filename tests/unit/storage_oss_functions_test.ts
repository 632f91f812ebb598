import assert from "node:assert/strict";
import { test } from "node:test";
import { md5 } from "@noble/hashes/legacy.js";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import { base64 } from "../../core/encoding.ts";
import { compareUtf8 } from "../../core/percent.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import {
  copy,
  deleteMany,
  deleteTags,
  type FolderEntry,
  getTags,
  listFolder,
  type ListFolderOptions,
  oss,
  type OssBucket,
  putTags,
} from "../../plugins/storage/oss.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { recorded } from "../support/recorded_oss.ts";

const bucket = "test-bucket";

function emulated(): OssBucket {
  return oss(createClient({ ...emulator({ buckets: [bucket] }) }), { bucket });
}

const nameOf = (entry: FolderEntry): string => entry.key ?? entry.prefix;
async function names(storage: OssBucket, prefix: string, options?: ListFolderOptions): Promise<string[]> {
  return (await Array.fromAsync(listFolder(storage, prefix, options))).map(nameOf);
}

test("listFolder() yields what lies directly in a folder, in order, in pages that don't show", async () => {
  const storage = emulated();
  for (const key of ["a", "a/", "a/b", "a/c/d", "a/c/e", "a/ç/f g", "a/z", "b/c"]) {
    await storage.put(key, key);
  }
  for (const pageSize of [1, 2, 3, 1000]) {
    assert.deepEqual(await names(storage, "", { pageSize }), ["a", "a/", "b/"]);
    assert.deepEqual(await names(storage, "a/", { pageSize }), ["a/", "a/b", "a/c/", "a/z", "a/ç/"]);
    assert.deepEqual(await names(storage, "a/c", { pageSize }), ["a/c/"]);
  }
  assert.deepEqual(await names(storage, "a/", { startAfter: "a/c0" }), ["a/z", "a/ç/"]);
  assert.deepEqual(await names(storage, "a/", { delimiter: "c" }), ["a/", "a/b", "a/c", "a/z", "a/ç/f g"]);
  assert.deepEqual(await names(storage, "x/"), []);
  const [folder, object] = await Array.fromAsync(listFolder(storage, "a/", { startAfter: "a/b" }));
  assert.deepEqual(folder, { prefix: "a/c/" });
  assert.deepEqual([object?.key, (object as { size: number }).size], ["a/z", 3]);
});

test("listFolder() finds exactly what a walk over all keys finds", async () => {
  const part = unicodeText({ minLength: 1, maxLength: 3 })
    .filter((text) => text.isWellFormed() && !/[/\\]/.test(text) && !/^\.{1,2}$/.test(text));
  const keys = fc.uniqueArray(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
    {
      maxLength: 12,
    },
  );
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 4 }), async (keys, pageSize) => {
      const storage = emulated();
      for (const key of keys) await storage.put(key, "");
      const walk = async (prefix: string): Promise<string[]> => {
        const found: string[] = [];
        for (const name of await names(storage, prefix, { pageSize })) {
          found.push(...name.endsWith("/") ? await walk(name) : [name]);
        }
        return found;
      };
      assert.deepEqual((await walk("")).sort(compareUtf8), keys.toSorted(compareUtf8));
    }),
    { numRuns: 25 },
  );
});

test("listFolder() refuses bad options at once, and stops when its signal is aborted", async () => {
  const storage = emulated();
  assert.throws(() => listFolder(storage, "\ud800"), { name: "TypeError" });
  assert.throws(() => listFolder(storage, "", { delimiter: "" }), { name: "TypeError" });
  assert.throws(() => listFolder(storage, "", { pageSize: 0 }), { name: "RangeError" });
  const reason = new Error("enough");
  await assert.rejects(
    names(storage, "", { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
});

const copied = (): Response =>
  new Response(
    '<CopyObjectResult><ETag>"AB"</ETag><LastModified>2026-04-09T01:02:03.000Z</LastModified></CopyObjectResult>',
  );

test("copy() names its source, and by default keeps what describes it", async () => {
  const { storage, sent } = recorded(copied);
  const made = await copy(storage, "b/c", { key: "目录/a b+c%.txt" });
  assert.deepEqual(made, { key: "b/c", etag: "AB", lastModified: new Date("2026-04-09T01:02:03Z") });
  await copy(storage, "b", { bucket: "other", key: "a", versionId: "v+1" }, {
    storageClass: "IA",
    ifAbsent: true,
  });
  const own = sent.map(({ url, init, headers }) => [
    init.method,
    url,
    ...[...headers].filter(([name]) =>
      !/^(authorization|x-oss-(date|content-sha256|security-token))$/.test(name)
    ),
  ]);
  assert.deepEqual(own, [
    ["PUT", "https://bkt.oss-cn-hangzhou.aliyuncs.com/b/c", [
      "x-oss-copy-source",
      "/bkt/%E7%9B%AE%E5%BD%95%2Fa%20b%2Bc%25.txt",
    ]],
    [
      "PUT",
      "https://bkt.oss-cn-hangzhou.aliyuncs.com/b",
      ["x-oss-copy-source", "/other/a?versionId=v%2B1"],
      ["x-oss-forbid-overwrite", "true"],
      ["x-oss-storage-class", "IA"],
    ],
  ]);
});

test("copy() replaces all that describes the object when a part of it is given, and binds the source", async () => {
  const { storage, sent } = recorded(copied);
  const since = new Date("2026-04-09T01:02:03Z");
  await copy(storage, "b", { key: "a" }, {
    metadata: { a: "é" },
    tags: { "a b": "c&d" },
    ifMatch: "AB",
    ifNoneMatch: "CD",
    ifModifiedSince: since,
    ifUnmodifiedSince: since,
  });
  const { headers } = sent[0]!;
  const expected = {
    "content-type": "application/octet-stream",
    "x-oss-metadata-directive": "REPLACE",
    "x-oss-meta-a": "%C3%A9",
    "x-oss-tagging": "a%20b=c%26d",
    "x-oss-tagging-directive": "Replace",
    "x-oss-copy-source-if-match": '"AB"',
    "x-oss-copy-source-if-none-match": '"CD"',
    "x-oss-copy-source-if-modified-since": "Thu, 09 Apr 2026 01:02:03 GMT",
    "x-oss-copy-source-if-unmodified-since": "Thu, 09 Apr 2026 01:02:03 GMT",
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name);
});

test("copy() refuses what can't be a source or a target before any request", async () => {
  const { storage } = recorded(() => assert.fail("nothing is sent"));
  for (const key of ["", "/a", "a/../b"]) {
    await assert.rejects(copy(storage, key, { key: "a" }), { name: "TypeError" });
    await assert.rejects(copy(storage, "b", { key }), { name: "TypeError" });
  }
  await assert.rejects(copy(storage, "b", { bucket: "B", key: "a" }), { name: "TypeError" });
  await assert.rejects(copy(storage, "b", { key: "a" }, { headers: { host: "x" } }), { name: "TypeError" });
});

/** Answers as OSS does, except for keys that begin with `keep`. */
async function deleting({ init }: { init: RequestInit }): Promise<Response> {
  const keys = [...(await new Response(init.body).text()).matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key]) =>
    key!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
  );
  const done = keys.filter((key) => !key.startsWith("keep"))
    .map((key) => `<Deleted><Key>${encodeURIComponent(key)}</Key></Deleted>`);
  const error = "<Error><Key>keep-1</Key><Code>AccessDenied</Code></Error>";
  return new Response(
    `<DeleteResult><EncodingType>url</EncodingType>${done.join("")}${error}</DeleteResult>`,
  );
}

test("deleteMany() sends a thousand keys at once, with their hash, and tells which were not deleted", async () => {
  const { storage, sent } = recorded(deleting);
  const progress: number[] = [];
  async function* keys(): AsyncGenerator<string> {
    for (let i = 0; i < 2500; i++) yield `k&<${i}>`;
    await Promise.resolve();
    yield* ["keep-1", "keep-2", "k&<0>"];
  }
  const result = await deleteMany(storage, keys(), { onProgress: (done) => progress.push(done) });
  assert.deepEqual(result, {
    deleted: 2501,
    failed: [{ key: "keep-1", code: "AccessDenied" }, { key: "keep-2", code: undefined }],
  });
  assert.deepEqual(progress, [1000, 2000, 2503]);
  for (const { url, init, headers } of sent) {
    assert.equal(init.method, "POST");
    assert.match(url, /\/\?delete&encoding-type=url$/);
    const body = new Uint8Array(await new Response(init.body).arrayBuffer());
    assert.equal(headers.get("content-md5"), base64(md5(body)));
  }
});

test("deleteMany() deletes keys that XML can't write one by one, and nothing when there are none", async () => {
  const { storage, sent } = recorded((call) =>
    call.init.method === "DELETE" ? new Response(null, { status: 204 }) : deleting(call)
  );
  assert.deepEqual(await deleteMany(storage, []), { deleted: 0, failed: [] });
  assert.equal(sent.length, 0);
  assert.deepEqual(await deleteMany(storage, ["a\u0001", "b\r\n", "c\uffff"]), { deleted: 3, failed: [] });
  assert.deepEqual(sent.map(({ init }) => init.method), ["DELETE", "DELETE", "POST"]);
  assert.match(new TextDecoder().decode(sent[2]!.init.body as Uint8Array), /<Key>b&#13;\n<\/Key>/);
});

test("deleteMany() refuses a key that can't be one, and stops when its signal is aborted", async () => {
  const { storage, sent } = recorded(deleting);
  await assert.rejects(deleteMany(storage, ["a", "/b"]), { name: "TypeError" });
  const reason = new Error("enough");
  await assert.rejects(
    deleteMany(storage, ["a"], { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  assert.equal(sent.length, 0);
});

test("tags are written and read as XML, and a missing set is an empty one", async () => {
  let stored = "";
  const { storage, sent } = recorded(async ({ init }) => {
    if (init.method === "PUT") stored = await new Response(init.body).text();
    if (init.method === "DELETE") stored = "<Tagging><TagSet/></Tagging>";
    return new Response(init.method === "GET" ? stored : null);
  });
  const tags = { "a b": "c&<d>", empty: "", "项目": "鸢尾花" };
  await putTags(storage, "a", tags);
  assert.deepEqual(await getTags(storage, "a"), tags);
  await deleteTags(storage, "a");
  assert.deepEqual(await getTags(storage, "a"), {});
  assert.ok(sent.every(({ url }) => url.endsWith("/a?tagging")));
  await assert.rejects(putTags(storage, "a", { a: "\u0001" }), { name: "TypeError" });
  await assert.rejects(getTags(recorded(() => new Response("<x>")).storage, "a"), {
    code: "InvalidResponse",
  });
});
