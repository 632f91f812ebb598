// What else the vendor's client of object storage does, in both versions of the signature, against a served emulator
// whose objects lie on disk.
import assert from "node:assert/strict";
import { test } from "node:test";
import { onDisk } from "../../plugins/emulator/disk.ts";
import { aliOss, type AliOssClient } from "./ali-oss.ts";
import { assertBytes, noise } from "./bytes.ts";
import { bucket, lasting, startCloud, temporary } from "./cloud.ts";
import { oddKeys } from "./keys.ts";

/** Runs a test with a client of its own, for each version. */
function withClient(
  name: string,
  use: (client: AliOssClient, url: string, version: 1 | 4) => Promise<void>,
): void {
  for (const version of [4, 1] as const) {
    test(`ali-oss with version ${version} ${name}`, async () => {
      await using objects = onDisk();
      await using cloud = await startCloud({ objects });
      await use(aliOss(cloud.url, lasting, { pathStyle: true, version }), cloud.url, version);
    });
  }
}

withClient("puts, gets, describes and deletes by odd keys", async (client) => {
  for (const [i, key] of oddKeys.entries()) {
    const body = noise(100 + i, i);
    await client.put(key, Buffer.from(body), { meta: { note: "n" } });
    assertBytes((await client.get(key)).content, body, key);
    assert.deepEqual((await client.head(key)).meta, { note: "n" }, key);
    const meta = (await client.getObjectMeta(key)).res.headers;
    assert.equal(meta["content-length"], String(body.length), key);
  }
  const { objects = [] } = await client.listV2({ "max-keys": 1000 });
  assert.deepEqual(objects.map(({ name }) => name).sort(), oddKeys.toSorted());
  const { deleted = [] } = await client.deleteMulti(oddKeys.slice(1));
  assert.equal(deleted.length, oddKeys.length - 1);
  await client.deleteMulti([oddKeys[0]!], { quiet: true });
  assert.deepEqual((await client.listV2({})).objects, []);
});

withClient("uploads a file in parts", async (client) => {
  const body = noise(1_234_567);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, body);
    const done = await client.multipartUpload("dir/模型.bin", file, { partSize: 200 * 1024, parallel: 3 });
    assert.match(done.etag, /^"[0-9A-F]{32}-7"$/);
  } finally {
    await Deno.remove(file);
  }
  const { content, res } = await client.get("dir/模型.bin");
  assertBytes(content, body, "parts");
  assert.equal(res.headers["x-oss-object-type"], "Multipart");
  await client.put("whole", Buffer.from(body));
  const whole = (await client.head("whole")).res.headers;
  assert.equal(res.headers["x-oss-hash-crc64ecma"], whole["x-oss-hash-crc64ecma"]);
});

withClient("lists, completes and aborts uploads", async (client) => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, noise(250_000));
    const { uploadId } = await client.initMultipartUpload("a b");
    const { uploadId: other } = await client.initMultipartUpload("c");
    const first = await client.uploadPart("a b", uploadId, 1, file, 0, 150_000);
    const second = await client.uploadPart("a b", uploadId, 2, file, 150_000, 250_000);
    const { parts } = await client.listParts("a b", uploadId, { "max-parts": 1000 });
    assert.deepEqual(parts.map(({ PartNumber, Size }) => [PartNumber, Size]), [["1", "150000"], [
      "2",
      "100000",
    ]]);
    const { uploads } = await client.listUploads({ "max-uploads": 10 });
    assert.deepEqual(uploads.map(({ name, uploadId }) => [name, uploadId]), [["a b", uploadId], [
      "c",
      other,
    ]]);
    const wrong = client.completeMultipartUpload("a b", uploadId, [{ number: 1, etag: second.etag }]);
    await assert.rejects(wrong, { code: "InvalidPart", status: 400 });
    const both = [{ number: 1, etag: first.etag }, { number: 2, etag: second.etag }];
    await client.completeMultipartUpload("a b", uploadId, both);
    assertBytes((await client.get("a b")).content, noise(250_000), "completed");
    await client.abortMultipartUpload("c", other);
    await assert.rejects(client.abortMultipartUpload("c", other), { code: "NoSuchUpload", status: 404 });
    assert.deepEqual((await client.listUploads({ "max-uploads": 10 })).uploads, []);
  } finally {
    await Deno.remove(file);
  }
});

withClient("copies, and tags", async (client) => {
  await client.put("源/a b", Buffer.from("hello"), { meta: { note: "n" } });
  await client.copy("copy", "源/a b");
  assert.equal(String((await client.get("copy")).content), "hello");
  assert.deepEqual((await client.head("copy")).meta, { note: "n" });
  await client.copy("changed", "源/a b", { meta: { other: "o" } });
  assert.deepEqual((await client.head("changed")).meta, { other: "o" });
  await client.putObjectTagging("copy", { "a b": "1", c: "+-=._:/" });
  assert.deepEqual((await client.getObjectTagging("copy")).tag, { "a b": "1", c: "+-=._:/" });
  await client.deleteObjectTagging("copy");
  assert.deepEqual((await client.getObjectTagging("copy")).tag, {});
});

for (const key of [lasting, temporary]) {
  test(`addresses that ali-oss presigned with version 1 need no other signature (${key.accessKeyId})`, async () => {
    await using cloud = await startCloud();
    const client = aliOss(cloud.url, key, { pathStyle: true, version: 1 });
    for (const name of oddKeys.filter((name) => !name.startsWith("?"))) { // which ali-oss doesn't presign
      const type = "text/plain";
      const address = client.signatureUrl(name, { method: "PUT", expires: 60, "Content-Type": type });
      const written = await fetch(address, { method: "PUT", headers: { "content-type": type }, body: name });
      assert.deepEqual([written.status, await written.text()], [200, ""], name);
      const read = await fetch(client.signatureUrl(name, { expires: 60 }));
      assert.deepEqual([read.status, await read.text()], [200, name], name);
      const changed = client.signatureUrl(name, { expires: 60 }).replace(
        /Expires=(\d+)/,
        (_, end) => `Expires=${+end + 1}`,
      );
      assert.equal((await fetch(changed)).status, 403, name);
    }
  });
}

withClient("signs forms that a browser can post", async (client, url, version) => {
  const now = new Date();
  const expiration = new Date(now.getTime() + 60_000).toISOString();
  const conditions: unknown[] = [{ bucket }, ["starts-with", "$key", "up/"], ["content-length-range", 1, 10]];
  const day = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const form = (name: string, body: string): FormData => {
    const fields = new FormData();
    const policy = { expiration, conditions };
    if (version === 1) {
      for (const [field, value] of Object.entries(client.calculatePostSignature(policy))) {
        fields.set(field, value);
      }
    } else {
      fields.set("policy", btoa(JSON.stringify(policy)));
      fields.set("x-oss-signature-version", "OSS4-HMAC-SHA256");
      fields.set(
        "x-oss-credential",
        `${lasting.accessKeyId}/${day.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
      );
      fields.set("x-oss-date", day);
      fields.set("x-oss-signature", client.signPostObjectPolicyV4(policy, now));
    }
    fields.set("key", name);
    fields.set("file", new Blob([body], { type: "text/plain" }), "f.txt");
    return fields;
  };
  const post = async (name: string, body: string): Promise<number> => {
    const answer = await fetch(`${url}/${bucket}/`, { method: "POST", body: form(name, body) });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await post("up/模型", "hello"), 204);
  assert.equal(String((await client.get("up/模型")).content), "hello");
  assert.equal(await post("elsewhere", "hello"), 403);
  assert.equal(await post("up/long", "hello, world"), 400);
});
