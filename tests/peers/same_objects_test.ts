// One emulator between ali-oss and the SDK's own storage: each must find what the other left.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import type { Storage } from "../../core/storage.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { aliOss } from "./ali-oss.ts";
import { assertBytes, noise } from "./bytes.ts";
import { bucket, lasting, startCloud, temporary } from "./cloud.ts";
import { anyKey, oddKeys } from "./keys.ts";

function ourOss(url: string, credentials: Credentials): Storage {
  const endpoints = { oss: url, eas: url };
  return oss(createClient({ region: "cn-hangzhou", credentials, endpoints }), { bucket });
}

async function read(storage: Storage, key: string): Promise<Uint8Array> {
  return new Uint8Array(await (await storage.get(key)).arrayBuffer());
}

const keys: [what: string, key: Credentials][] = [["lasting", lasting], ["temporary", temporary]];
for (const [what, key] of keys) {
  for (const pathStyle of [false, true]) {
    const place = pathStyle ? "path" : "host";
    test(`odd keys mean one object to ali-oss, its bucket in the ${place}, and to oss(), ${what} keys`, async () => {
      await using cloud = await startCloud();
      const theirs = aliOss(cloud.url, key, { pathStyle });
      const ours = ourOss(cloud.url, key);
      for (const [i, name] of oddKeys.entries()) {
        const [first, second] = [noise(300, i), noise(301, i)];
        await ours.put(name, first);
        assertBytes((await theirs.get(name)).content, first, name);
        await theirs.put(name, Buffer.from(second));
        assertBytes(await read(ours, name), second, name);
      }
      const inOrder = oddKeys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const listed = await Array.fromAsync(ours.list({ pageSize: 4 }), ({ key, size }) => [key, size]);
      assert.deepEqual(listed, inOrder.map((name) => [name, 301]));
      const { objects = [] } = await theirs.listV2({ "max-keys": 100 });
      assert.deepEqual(objects.map(({ name, size }) => [name, size]), listed);
      for (const name of oddKeys) await theirs.delete(name);
      assert.deepEqual(await Array.fromAsync(ours.list()), []);
    });
  }
}

test("any key means one object to ali-oss and to oss()", async () => {
  await using cloud = await startCloud();
  const theirs = aliOss(cloud.url, lasting);
  const ours = ourOss(cloud.url, lasting);
  await fc.assert(
    fc.asyncProperty(anyKey(), fc.uint8Array({ maxLength: 100 }), async (key, random) => {
      const body = new Uint8Array(random);
      await theirs.put(key, Buffer.from(body));
      assertBytes(await read(ours, key), body);
      assert.deepEqual(await Array.fromAsync(ours.list({ prefix: key }), (object) => object.key), [key]);
      await ours.delete(key);
      await assert.rejects(theirs.get(key), { code: "NoSuchKey" });
      await ours.put(key, body);
      assertBytes((await theirs.get(key)).content, body);
      await theirs.delete(key);
      assert.equal(await ours.head(key), undefined);
    }),
  );
});

test("ali-oss and oss() describe an object alike", async () => {
  await using cloud = await startCloud();
  const theirs = aliOss(cloud.url, lasting);
  const ours = ourOss(cloud.url, lasting);
  await theirs.put("theirs.txt", Buffer.from("text"), { mime: "text/plain; charset=utf-8" });
  await ours.put("ours.txt", "text", { contentType: "text/plain; charset=utf-8" });
  for (const key of ["theirs.txt", "ours.txt"]) {
    const { headers } = (await theirs.head(key)).res;
    assert.equal(headers["content-type"], "text/plain; charset=utf-8", key);
    assert.deepEqual(await ours.head(key), {
      key,
      size: Number(headers["content-length"]),
      etag: String(headers.etag).replaceAll('"', ""),
      lastModified: new Date(String(headers["last-modified"])),
      contentType: headers["content-type"],
      crc64: headers["x-oss-hash-crc64ecma"],
      storageClass: headers["x-oss-storage-class"],
      metadata: undefined,
    });
  }
});

test("ali-oss reads megabytes that oss() streamed, and oss() those of ali-oss", async () => {
  await using cloud = await startCloud();
  const theirs = aliOss(cloud.url, lasting);
  const ours = ourOss(cloud.url, lasting);
  const large = noise(3 * 1024 * 1024 + 17);
  await ours.put("unmeasured", new Blob([large]).stream());
  await ours.put("measured", new Blob([large]).stream(), { size: large.length });
  await theirs.put("theirs", Buffer.from(large));
  for (const key of ["unmeasured", "measured"]) assertBytes((await theirs.get(key)).content, large, key);
  assertBytes(await read(ours, "theirs"), large);
});
