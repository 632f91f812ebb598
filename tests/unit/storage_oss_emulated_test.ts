import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import {
  copy,
  deleteMany,
  deleteTags,
  getTags,
  oss,
  type OssBucket,
  type OssOptions,
  presign,
  putTags,
  verifyCrc64,
} from "../../plugins/storage/oss.ts";
import { ossV1 } from "../../plugins/storage/oss-v1.ts";
import { postPolicy } from "../../plugins/storage/post-policy.ts";
import { storageContract } from "../contracts/storage.ts";
import { unicodeText } from "../support/unicode_text.ts";

const bucket = "test-bucket";
type Cloud = ReturnType<typeof emulator>;

function place(
  options: Partial<OssOptions> = {},
  more: EmulatorOptions = {},
): { cloud: Cloud; storage: OssBucket } {
  const cloud = emulator({ buckets: [bucket, "other-bucket"], ...more });
  return { cloud, storage: oss(createClient({ ...cloud }), { bucket, ...options }) };
}

storageContract("oss() by version 1", () => place({ signer: ossV1() }).storage);
storageContract("oss() that verifies", () => place({ verify: verifyCrc64 }).storage);
storageContract(
  "oss() with the bucket in the path",
  () => place({ endpoint: "http://127.0.0.1:9000" }).storage,
);

const keys = unicodeText({ minLength: 1, maxLength: 40 }).filter((key) =>
  key.isWellFormed() && !/^[/\\]/.test(key) && !key.split("/").some((part) => part === "." || part === "..")
);
const notes = fc.dictionary(
  fc.stringMatching(/^[a-z0-9-]{1,12}$/),
  unicodeText({ maxLength: 30 }).filter((text) => text.isWellFormed()),
  { minKeys: 1, maxKeys: 4 },
);
const tagText = fc.stringMatching(/^[A-Za-z0-9 +\-=._:/]{1,20}$/).filter((text) => text.trim() === text);

for (const [version, signer] of [["4", undefined], ["1", ossV1()]] as const) {
  test(`copy() by version ${version} takes any key and any notes along`, async () => {
    const { storage, cloud } = place({ signer });
    const other = oss(createClient({ ...cloud }), { bucket: "other-bucket", signer });
    await fc.assert(
      fc.asyncProperty(keys, keys, notes, notes, async (from, to, metadata, others) => {
        await storage.put(from, "text", { metadata, contentType: "text/plain" });
        const made = await copy(other, to, { bucket, key: from });
        const head = await other.head(to);
        assert.deepEqual([head?.etag, head?.contentType], [made.etag, "text/plain"]);
        assert.deepEqual({ ...head?.metadata }, { ...metadata });
        await copy(other, to, { key: to }, { metadata: others });
        assert.deepEqual({ ...(await other.head(to))?.metadata }, { ...others });
        assert.equal(await (await other.get(to)).text(), "text");
      }),
      { numRuns: 25 },
    );
  });

  test(`deleteMany() by version ${version} deletes any keys`, async () => {
    const { storage } = place({ signer });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(keys, { minLength: 1, maxLength: 8 }), async (all) => {
        for (const key of ["stays", ...all]) await storage.put(key, "");
        const result = await deleteMany(storage, all.filter((key) => key !== "stays"));
        assert.deepEqual(result, { deleted: all.filter((key) => key !== "stays").length, failed: [] });
        assert.deepEqual((await Array.fromAsync(storage.list())).map(({ key }) => key), ["stays"]);
      }),
      { numRuns: 25 },
    );
  });
}

test("copy() binds its source, and replaces nothing that it should not", async () => {
  const { storage } = place();
  const { etag, lastModified } = await storage.put("a", "1");
  await copy(storage, "b", { key: "a" }, {
    ifMatch: etag,
    ifNoneMatch: "0",
    ifUnmodifiedSince: lastModified,
  });
  const refused = [
    [{ ifMatch: "0123" }, "PreconditionFailed"],
    [{ ifNoneMatch: etag }, "NotModified"],
    [{ ifAbsent: true }, "FileAlreadyExists"],
  ] as const;
  for (const [options, code] of refused) {
    await assert.rejects(copy(storage, "b", { key: "a" }, options), { name: "StorageError", code, key: "b" });
  }
  await assert.rejects(copy(storage, "b", { key: "none" }), { code: "NoSuchKey" });
});

test("tags go with an object, are replaced together, and are taken away", async () => {
  const { storage } = place();
  const tags = fc.dictionary(tagText, tagText, { maxKeys: 5, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(tags, tags, async (first, second) => {
      await storage.put("a", "1", { tags: first });
      assert.deepEqual(await getTags(storage, "a"), { ...first });
      await putTags(storage, "a", second);
      assert.deepEqual(await getTags(storage, "a"), { ...second });
      await copy(storage, "b", { key: "a" });
      assert.deepEqual(await getTags(storage, "b"), { ...second });
      await copy(storage, "b", { key: "a" }, { tags: first });
      assert.deepEqual(await getTags(storage, "b"), { ...first });
      await deleteTags(storage, "a");
      assert.deepEqual(await getTags(storage, "a"), {});
    }),
    { numRuns: 25 },
  );
  await assert.rejects(getTags(storage, "none"), { name: "StorageError", code: "NoSuchKey", key: "none" });
});

test("put() says how an object is kept, and head() and list() tell", async () => {
  const { storage } = place();
  const headers = { "x-oss-server-side-encryption": "AES256", "content-encoding": "identity" };
  await storage.put("a", "1", { storageClass: "IA", headers });
  await storage.put("b", "1");
  assert.equal((await storage.head("a"))?.storageClass, "IA");
  assert.equal((await storage.head("b"))?.storageClass, "Standard");
  assert.deepEqual((await Array.fromAsync(storage.list())).map(({ storageClass }) => storageClass), [
    "IA",
    "Standard",
  ]);
  const { headers: got } = await storage.get("a");
  assert.equal(got.get("content-encoding"), "identity");
  assert.equal(got.get("x-oss-server-side-encryption"), "AES256");
  await assert.rejects(storage.put("a", "1", { storageClass: "Cheap" }), { name: "StorageError", key: "a" });
});

test("put() sends a hash of the caller's, which OSS compares", async () => {
  const { storage } = place();
  await storage.put("a", "hello", { headers: { "content-md5": "XUFAKrxLKna5cZ2REBfFkg==" } });
  await assert.rejects(
    storage.put("a", "hullo", { headers: { "content-md5": "XUFAKrxLKna5cZ2REBfFkg==" } }),
    {
      name: "StorageError",
      code: "InvalidDigest",
      key: "a",
    },
  );
  assert.equal(await (await storage.get("a")).text(), "hello");
});

for (const [version, signer] of [[4, undefined], [1, ossV1()]] as const) {
  test(`presign() by version ${version} lets others write and read any key`, async () => {
    const { storage, cloud } = place({ signer });
    await fc.assert(
      fc.asyncProperty(keys, async (key) => {
        const { url, method, headers } = await presign(storage, { key, method: "PUT" });
        assert.equal((await cloud.fetch(url, { method, headers, body: "text" })).status, 200);
        const query = { "response-content-type": "text/x-own" };
        const answer = await cloud.fetch((await presign(storage, { key, query })).url, {});
        assert.equal(answer.headers.get("content-type"), "text/x-own");
        assert.equal(await answer.text(), "text");
      }),
      { numRuns: 20 },
    );
  });

  test(`postPolicy() by version ${version} lets a form in, and only one that keeps to it`, async () => {
    for (const securityToken of [undefined, "a+b/c=="]) {
      const credentials = { accessKeyId: "id", accessKeySecret: "invented", securityToken };
      const { storage, cloud } = place({ signer }, { credentials });
      const { url, fields } = await postPolicy(storage, {
        keyPrefix: "收件箱/",
        maxSize: 5,
        fields: { "x-oss-object-acl": "private" },
        version,
      });
      const send = async (changes: Record<string, string> = {}, content = "hello"): Promise<number> => {
        const form = new FormData();
        for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
        form.append("file", new Blob([content]), "a b.txt");
        return (await cloud.fetch(url, { method: "POST", body: form })).status;
      };
      assert.equal(await send(), 204);
      assert.equal(await (await storage.get("收件箱/a b.txt")).text(), "hello");
      assert.equal(await send({ key: "other" }), 403);
      assert.equal(await send({ "x-oss-object-acl": "public-read" }), 403);
      assert.equal(await send({}, "hello!"), 400);
      assert.equal(await send({ policy: btoa("{}") }), 403);
    }
  });
}
