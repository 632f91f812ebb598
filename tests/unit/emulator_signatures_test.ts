import assert from "node:assert/strict";
import { test } from "node:test";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { oss1Signature, oss1StringToSign } from "../../plugins/emulator/verify-oss1.ts";
import { adjustableClock } from "../../plugins/emulator/faults.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const bucket = "emulator-bucket";
const date = "Mon, 01 Jan 2024 00:00:00 GMT";

async function sign(
  cloud: Emulator,
  method: string,
  search: string,
  headers: Record<string, string>,
  when: string,
) {
  const { accessKeyId, accessKeySecret } = await cloud.credentials();
  const request = { method, bucket, key: "a b", search, headers: Object.entries(headers) };
  return { id: accessKeyId, signature: oss1Signature(accessKeySecret, oss1StringToSign(request, when)) };
}

const address = `https://${bucket}.oss-cn-hangzhou.aliyuncs.com/a%20b`;

test("the emulator takes signatures of version 1 in the header", async () => {
  const cloud = emulator({ clock: fakeClock() });
  const headers = { "content-type": "text/plain", "x-oss-date": date, "x-oss-meta-note": "n" };
  const { id, signature } = await sign(cloud, "PUT", "", headers, date);
  const put = (signature: string): Promise<Response> =>
    Promise.resolve(
      cloud.fetch(address, {
        method: "PUT",
        headers: { ...headers, authorization: `OSS ${id}:${signature}` },
        body: "x",
      }),
    );
  assert.equal((await put("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")).status, 403);
  assert.equal((await object(cloud, `HEAD ${bucket}/a b`)).status, 404);
  assert.equal((await put(signature)).status, 200);
  assert.equal((await object(cloud, `HEAD ${bucket}/a b`)).headers.get("x-oss-meta-note"), "n");
});

test("the emulator takes addresses presigned with version 1, until their end", async () => {
  const clock = adjustableClock(fakeClock());
  const cloud = emulator({ clock });
  await object(cloud, `PUT ${bucket}/a b`, { body: "hello" });
  const end = Date.parse(date) / 1000 + 60;
  const { id, signature } = await sign(cloud, "GET", "response-content-type=text%2Fa", {}, String(end));
  const query = `OSSAccessKeyId=${id}&Expires=${end}&Signature=${encodeURIComponent(signature)}`;
  const url = `${address}?response-content-type=text%2Fa&${query}`;
  const got = await cloud.fetch(url, {});
  assert.deepEqual([got.status, await got.text(), got.headers.get("content-type")], [200, "hello", "text/a"]);
  assert.equal((await cloud.fetch(url.replace("text%2Fa", "text%2Fb"), {})).status, 403);
  clock.offset = 61_000;
  const late = await cloud.fetch(url, {});
  assert.equal(late.status, 403);
  assert.match(await late.text(), /<Message>Request has expired\.<.*<ServerTime>2024-01-01T00:01:01/s);
});

test("the emulator refuses a request that is signed in its header and its address", async () => {
  const cloud = emulator({ clock: fakeClock() });
  for (const query of ["OSSAccessKeyId=x&Expires=1&Signature=y", "x-oss-signature=y"]) {
    const answer = await object(cloud, `GET ${bucket}/a b`, { query });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /<Code>InvalidArgument<\/Code>/);
  }
});

test("the emulator finds a bucket under all its names, and its signatures name it under each", async () => {
  const cloud = emulator({ clock: fakeClock(), domains: { "files.example.com": bucket } });
  await object(cloud, `PUT ${bucket}/a b`, { body: "hello" });
  const hosts = [
    "files.example.com",
    `${bucket}.oss-cn-hangzhou.aliyuncs.com`,
    `${bucket}.oss-cn-hangzhou-internal.aliyuncs.com`,
    `${bucket}.oss-accelerate.aliyuncs.com`,
    `${bucket}.oss-accelerate-overseas.aliyuncs.com`,
    `oss-cn-hangzhou.aliyuncs.com/${bucket}`,
    `127.0.0.1:8080/${bucket}`,
    `[::1]:8080/${bucket}`,
  ];
  for (const host of hosts) {
    const fetch: Emulator["fetch"] = (url, init) => cloud.fetch(url.replace(/\/\/[^/]*/, `//${host}`), init);
    const answer = await object({ ...cloud, fetch }, `GET ${bucket}/a b`);
    assert.deepEqual([answer.status, await answer.text()], [200, "hello"], host);
  }
  const other = await cloud.fetch(`https://${bucket}.oss-cn-beijing.aliyuncs.com/a%20b`, {});
  assert.equal(other.status, 404);
});
