// The vendor's own client of object storage, unmodified and with signatures of version 4, against the emulator.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import { aliOss, type ListingPage } from "./ali-oss.ts";
import { assertBytes, noise } from "./bytes.ts";
import { bucket, lasting, lateBy, startCloud, temporary } from "./cloud.ts";
import { oddKeys } from "./keys.ts";

for (const pathStyle of [false, true]) {
  test(`ali-oss puts, gets, describes and deletes by odd keys, bucket in the ${pathStyle ? "path" : "host"}`, async () => {
    await using cloud = await startCloud();
    const client = aliOss(cloud.url, lasting, { pathStyle });
    for (const [i, key] of oddKeys.entries()) {
      const body = noise(100 + i, i);
      assert.equal((await client.put(key, Buffer.from(body))).res.status, 200, key);
      const { res, content } = await client.get(key);
      assertBytes(content, body, key);
      const head = await client.head(key);
      assert.equal(head.res.headers["content-length"], String(body.length), key);
      assert.equal(head.res.headers.etag, res.headers.etag, key);
      assert.equal((await client.delete(key)).res.status, 204, key);
      await assert.rejects(client.get(key), { code: "NoSuchKey", status: 404 }, key);
    }
  });
}

test("ali-oss lists, page by page, in both versions", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting);
  const keys = ["a b/1+%.txt", "a b/2'(!)*~.txt", "a b/模型/3", "a b/模型/4", "a b/😀", "other"];
  for (const key of keys) await client.put(key, Buffer.from(key));

  const names = ({ objects = [] }: ListingPage): string[] => objects.map(({ name }) => name);
  for (const version of ["list", "listV2"] as const) {
    const found: string[] = [];
    let from: Record<string, string> = {};
    let page: ListingPage;
    do {
      page = await client[version]({ prefix: "a b/", "max-keys": 2, ...from });
      assert.equal(names(page).length, page.isTruncated ? 2 : 1, version);
      found.push(...names(page));
      const next = String(version === "list" ? page.nextMarker : page.nextContinuationToken);
      from = version === "list" ? { marker: next } : { "continuation-token": next };
    } while (page.isTruncated && found.length < keys.length);
    assert.deepEqual(found, keys.slice(0, 5), version);

    const folded = await client[version]({ prefix: "a b/", delimiter: "/" });
    assert.deepEqual([names(folded), folded.prefixes], [[keys[0], keys[1], keys[4]], ["a b/模型/"]], version);
    assert.deepEqual(names(await client[version]({ prefix: "nothing 模型" })), [], version);
    assert.deepEqual(names(await client[version]({})), keys, version);
  }
  assert.deepEqual(names(await client.listV2({ "start-after": "a b/模型/3" })), keys.slice(3));
  const { objects: [first] = [] } = await client.listV2({ "max-keys": 1 });
  const { headers } = (await client.head("a b/1+%.txt")).res;
  assert.deepEqual([String(first?.size), first?.etag], [headers["content-length"], headers.etag]);
  assert.deepEqual((await client.listBuckets()).buckets.map(({ name }) => name), [bucket]);
});

test("ali-oss gets back the metadata and headers that it put", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting);
  const meta = { uid: 7, note: "two words; a=b, c", "dashed-name": "x" };
  const headers = { "Cache-Control": "max-age=60", "Content-Disposition": "attachment; filename=a.bin" };
  await client.put("a.json", Buffer.from("{}"), {
    mime: "application/x-model; charset=utf-8",
    meta,
    headers,
  });
  const head = await client.head("a.json");
  assert.deepEqual(head.meta, { uid: "7", note: "two words; a=b, c", "dashed-name": "x" });
  for (const { res } of [head, await client.get("a.json")]) {
    assert.equal(res.headers["content-type"], "application/x-model; charset=utf-8");
    assert.equal(res.headers["cache-control"], "max-age=60");
    assert.equal(res.headers["content-disposition"], "attachment; filename=a.bin");
    assert.equal(res.headers["x-oss-meta-uid"], "7");
  }
});

test("ali-oss moves large and empty buffers, and streams of known and unknown length", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting);
  const large = noise(3 * 1024 * 1024 + 17);
  function* chunks(): Generator<Uint8Array> {
    for (let at = 0; at < large.length; at += 65_537) yield large.subarray(at, at + 65_537);
  }
  await client.put("empty", Buffer.alloc(0));
  await client.put("buffer", Buffer.from(large));
  await client.put("chunked", Readable.from(chunks()));
  await client.put("measured", Readable.from(chunks()), { contentLength: large.length });
  const rows = [["empty", noise(0)], ["buffer", large], ["chunked", large], ["measured", large]] as const;
  for (const [key, body] of rows) {
    assertBytes((await client.get(key)).content, body, key);
    const parts = await Array.fromAsync((await client.getStream(key)).stream);
    assertBytes(Buffer.concat(parts), body, key);
  }
});

test("ali-oss gets a part of an object", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting);
  await client.put("digits", Buffer.from("0123456789"));
  const { res, content } = await client.get("digits", { headers: { Range: "bytes=2-4" } });
  assert.deepEqual([res.status, String(content)], [206, "234"]);
  assert.equal(res.headers["content-range"], "bytes 2-4/10");
});

for (const [what, key] of [["lasting", lasting], ["temporary", temporary]] as const) {
  test(`an address that ali-oss presigned with a ${what} key needs no other signature`, async () => {
    await using cloud = await startCloud();
    const client = aliOss(cloud.url, key, { pathStyle: true });
    const headers = { "content-type": "text/plain" };
    for (const name of oddKeys) {
      const address = await client.signatureUrlV4("PUT", 60, { headers }, name);
      const written = await fetch(address, { method: "PUT", headers, body: name });
      assert.deepEqual([written.status, await written.text()], [200, ""], name);
      const read = await fetch(await client.signatureUrlV4("GET", 60, undefined, name));
      assert.deepEqual([read.status, await read.text()], [200, name], name);
    }
  });
}

test("an address that ali-oss presigned is refused when it was changed, and when its time is over", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting, { pathStyle: true });
  await client.put("a", Buffer.from("1"));
  const address = await client.signatureUrlV4("GET", 60, undefined, "a");
  for (const changed of [address.replace("/a?", "/b?"), address.replace("expires=60", "expires=61")]) {
    assert.notEqual(changed, address);
    const answer = await fetch(changed);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  }
  await using later = await startCloud({ clock: lateBy(62_000) });
  const answer = await fetch(address.replace(/:\d+/, `:${new URL(later.url).port}`));
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /<Message>Request has expired\.<\/Message>/);
});

test("ali-oss is let in with temporary credentials", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, temporary);
  await client.put("a b", Buffer.from("1"));
  assert.equal(String((await client.get("a b")).content), "1");
});

const wrongKeys: [what: string, key: Credentials, code: string][] = [
  ["a wrong secret", { ...lasting, accessKeySecret: "wrong" }, "SignatureDoesNotMatch"],
  [
    "a wrong secret beside the right token",
    { ...temporary, accessKeySecret: "wrong" },
    "SignatureDoesNotMatch",
  ],
  ["an unknown key", { ...lasting, accessKeyId: "nobody" }, "InvalidAccessKeyId"],
  ["another token", { ...temporary, securityToken: "other" }, "InvalidSecurityToken"],
  ["a temporary key without its token", { ...temporary, securityToken: undefined }, "InvalidAccessKeyId"],
];
for (const [what, key, code] of wrongKeys) {
  test(`ali-oss is refused with ${what}, whatever it does`, async () => {
    await using cloud = await startCloud();
    const owner = aliOss(cloud.url, lasting);
    await owner.put("kept", Buffer.from("kept"));
    for (const pathStyle of [false, true]) {
      const client = aliOss(cloud.url, key, { pathStyle });
      const calls: [what: string, call: () => Promise<unknown>][] = [
        ["put", () => client.put("kept", Buffer.from("changed"))],
        ["put a stream", () => client.put("kept", Readable.from([noise(1_000_000)]))],
        ["get", () => client.get("kept")],
        ["list", () => client.list({})],
        ["listV2", () => client.listV2({ prefix: "k" })],
        ["delete", () => client.delete("kept")],
      ];
      for (const [action, call] of calls) await assert.rejects(call, { code, status: 403 }, action);
      // The answer to a HEAD request has no body, and ali-oss does not read the header that has its text.
      await assert.rejects(client.head("kept"), { status: 403 });
    }
    assert.equal(String((await owner.get("kept")).content), "kept");
  });
}

test("ali-oss is refused when its clock is more than a quarter of an hour off", async () => {
  for (const minutes of [-16, 16]) {
    await using cloud = await startCloud({ clock: lateBy(minutes * 60_000) });
    const client = aliOss(cloud.url, lasting);
    await assert.rejects(client.put("a", Buffer.from("1")), { code: "RequestTimeTooSkewed", status: 403 });
  }
});

test("ali-oss reads a refusal: its status, code, number, sentence and request id", async () => {
  await using cloud = await startCloud();
  const client = aliOss(cloud.url, lasting);
  await assert.rejects(client.get("模型 missing"), {
    name: "NoSuchKeyError",
    code: "NoSuchKey",
    status: 404,
    ecCode: "0026-00000001",
    message: "The specified key does not exist.",
    requestId: /^[0-9A-F]{24}$/,
  });
  await assert.rejects(client.head("模型 missing"), { code: "NoSuchKey", status: 404 });
  assert.equal((await client.delete("模型 missing")).res.status, 204);
});

test("ali-oss is told that the emulator does not know an operation, once its signature is right", async () => {
  await using cloud = await startCloud();
  const unknown = { code: "NotImplemented", status: 501 };
  const client = aliOss(cloud.url, lasting);
  await assert.rejects(client.getBucketInfo(bucket), unknown);
  await assert.rejects(client.getACL("a"), unknown);
  const wrong = aliOss(cloud.url, { ...lasting, accessKeySecret: "wrong" });
  await assert.rejects(wrong.getBucketInfo(bucket), { code: "SignatureDoesNotMatch" });
});
