// ali-oss and the SDK's own storage on one emulator, beyond putting and getting: each signs, uploads in parts, copies,
// tags and deletes what the other finds.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { crc64 } from "../../plugins/storage/crc64.ts";
import { abortUpload, listUploads, upload } from "../../plugins/storage/multipart.ts";
import { copy, deleteMany, oss, type OssBucket, presign } from "../../plugins/storage/oss.ts";
import { ossV1 } from "../../plugins/storage/oss-v1.ts";
import { aliOss } from "./ali-oss.ts";
import { assertBytes, noise } from "./bytes.ts";
import { bucket, lasting, startCloud, temporary } from "./cloud.ts";
import { anyKey, oddKeys } from "./keys.ts";

const large = noise(1_000_003);
const partSize = 102_400;

function ourOss(url: string, credentials: Credentials, version: 1 | 4 = 4): OssBucket {
  const client = createClient({ region: "cn-hangzhou", credentials, endpoints: { oss: url, eas: url } });
  return oss(client, version === 1 ? { bucket, signer: ossV1() } : { bucket });
}

async function read(storage: OssBucket, key: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await storage.get(key)).arrayBuffer());
}

for (const version of [1, 4] as const) {
  for (const [what, key] of [["lasting", lasting], ["temporary", temporary]] as const) {
    test(`ali-oss and oss() read each other's odd keys, signature ${version}, ${what} key`, async () => {
      await using cloud = await startCloud();
      const theirs = aliOss(cloud.url, key, { version });
      const ours = ourOss(cloud.url, key, version);
      for (const [i, name] of oddKeys.entries()) {
        await ours.put(name, noise(40, i));
        assertBytes((await theirs.get(name)).content, noise(40, i), name);
        await theirs.put(name, Buffer.from(noise(41, i)));
        assertBytes(await read(ours, name), noise(41, i), name);
      }
      const found = await Array.fromAsync(ours.list({ pageSize: 5 }), (object) => object.key);
      const { deleted = [] } = await theirs.deleteMulti([...oddKeys]);
      assert.deepEqual(found.toSorted(), [...oddKeys].sort());
      assert.equal(deleted.length, oddKeys.length);
      assert.deepEqual(await Array.fromAsync(ours.list()), []);
    });

    test(`ali-oss uploads in parts what oss() reads, signature ${version}, ${what} key`, async () => {
      await using cloud = await startCloud();
      const theirs = aliOss(cloud.url, key, { version });
      const ours = ourOss(cloud.url, key, version);
      await theirs.multipartUpload("theirs", Buffer.from(large), {
        partSize,
        parallel: 3,
        meta: { uid: "7" },
      });
      const head = await ours.head("theirs");
      assert.deepEqual([head?.size, head?.crc64, head?.metadata], [large.length, `${crc64(large)}`, {
        uid: "7",
      }]);
      assertBytes(await read(ours, "theirs"), large);
      await upload(ours, "ours", large, { partSize, metadata: { uid: "8" } });
      assertBytes((await theirs.get("ours")).content, large);
      assert.deepEqual((await theirs.head("ours")).meta, { uid: "8" });
    });
  }
}

test("ali-oss and oss() see and abort each other's uploads in parts", async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [aliOss(cloud.url, lasting), ourOss(cloud.url, lasting)];
  const { uploadId } = await theirs.initMultipartUpload("模型 1");
  await theirs.uploadPart("模型 1", uploadId, 1, Buffer.from(large), 0, partSize);
  const seen = await Array.fromAsync(listUploads(ours), (found) => [found.key, found.uploadId]);
  assert.deepEqual(seen, [["模型 1", uploadId]]);
  await abortUpload(ours, "模型 1", uploadId);
  assert.deepEqual((await theirs.listUploads({ "max-uploads": 10 })).uploads ?? [], []);
});

test("ali-oss and oss() copy and delete each other's objects", async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [aliOss(cloud.url, lasting), ourOss(cloud.url, lasting)];
  for (const [i, name] of oddKeys.entries()) {
    await ours.put(name, noise(10, i), { metadata: { n: `${i}` } });
    await theirs.copy(`their copies/${i}`, name);
    await copy(ours, `our copies/${i}`, { key: name });
    assertBytes(await read(ours, `their copies/${i}`), noise(10, i), name);
    assertBytes((await theirs.get(`our copies/${i}`)).content, noise(10, i), name);
    assert.deepEqual((await theirs.head(`our copies/${i}`)).meta, { n: `${i}` });
  }
  await deleteMany(ours, [...oddKeys]);
  const left = await theirs.listV2({ "max-keys": 1000 });
  assert.equal(left.objects?.length, 2 * oddKeys.length);
});

test("ali-oss and oss() read each other's tags", async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [aliOss(cloud.url, lasting), ourOss(cloud.url, lasting)];
  await ours.put("a", "1", { tags: { stage: "test", "a b": "c+d" } });
  assert.deepEqual((await theirs.getObjectTagging("a")).tag, { stage: "test", "a b": "c+d" });
  await theirs.putObjectTagging("a", { stage: "live" });
  await copy(ours, "b", { key: "a" });
  assert.deepEqual((await theirs.getObjectTagging("b")).tag, { stage: "live" });
  await theirs.deleteObjectTagging("a");
  assert.deepEqual((await theirs.getObjectTagging("a")).tag, {});
});

test("ali-oss signs what oss() sends as oss() does, whatever the key and the metadata", async () => {
  let sent: { url: string; headers: Record<string, string> } | undefined;
  const client = createClient({
    region: "cn-hangzhou",
    credentials: lasting,
    fetch: (url, init) => {
      sent = { url, headers: Object.fromEntries(new Headers(init.headers)) };
      return new Response(null, { headers: { etag: '"0"' } });
    },
  });
  const ours = oss(client, { bucket });
  const theirs = aliOss("http://oss-cn-hangzhou.aliyuncs.com", lasting);
  const metadata = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), fc.string({ unit: "grapheme" }));
  await fc.assert(fc.asyncProperty(anyKey(), metadata, async (key, metadata) => {
    await ours.put(key, "1", { metadata }).catch((error) => assert.fail(error));
    const { authorization, ...headers } = sent!.headers; // the call has been made
    assert.equal(theirs.authorizationV4("PUT", { headers }, bucket, key), authorization);
  }));
});

test("ali-oss presigns as presign() does, whatever the key", async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [aliOss(cloud.url, temporary, { pathStyle: true }), ourOss(cloud.url, temporary)];
  const parts = (url: string): [path: string, query: Record<string, string>] => {
    const { pathname, searchParams } = new URL(url);
    return [decodeURIComponent(pathname), Object.fromEntries(searchParams)];
  };
  await fc.assert(fc.asyncProperty(anyKey(), async (key) => {
    const made = await presign(ours, { key, expires: 300 });
    const theirOwn = await theirs.signatureUrlV4("GET", 300, undefined, key);
    if (parts(made.url)[1]["x-oss-date"] !== parts(theirOwn)[1]["x-oss-date"]) return; // a second has passed
    assert.deepEqual(parts(theirOwn), parts(made.url));
  }));
});
