import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, createClient } from "../../core/client.ts";
import type { Clock } from "../../core/clock.ts";
import { parseOssUri } from "../../core/oss-uri.ts";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { storageContract } from "../contracts/storage.ts";

const bucket = "test-bucket";

function clientOf(
  options: EmulatorOptions = {},
  change: Partial<Parameters<typeof createClient>[0]> = {},
): Client {
  return createClient({ ...emulator({ buckets: [bucket], ...options }), ...change });
}

storageContract("oss()", () => oss(clientOf(), { bucket }));

test("oss() works with temporary credentials, and not without their token", async () => {
  const credentials = {
    accessKeyId: "STS.id",
    accessKeySecret: "invented-secret",
    securityToken: "invented+token/=",
  };
  const storage = oss(clientOf({ credentials }), { bucket });
  await storage.put("a", "1");
  assert.equal(await (await storage.get("a")).text(), "1");

  const { securityToken: _, ...incomplete } = credentials;
  const refused = oss(clientOf({ credentials }, { credentials: () => Promise.resolve(incomplete) }), {
    bucket,
  });
  await assert.rejects(refused.put("a", "1"), {
    code: "InvalidAccessKeyId",
    message: /without its security token/,
  });
});

test("oss() says that the secret is wrong when the server signed the same text", async () => {
  const wrong = { accessKeyId: "emulatorAccessKeyId", accessKeySecret: "a-wrong-secret" };
  const storage = oss(clientOf({}, { credentials: () => Promise.resolve(wrong) }), { bucket });
  const calls = [
    () => storage.put("a", "1"),
    () => storage.head("a"),
    () => storage.get("a"),
    () => storage.delete("a"),
  ];
  for (const call of calls) {
    await assert.rejects(call, {
      name: "StorageError",
      code: "SignatureDoesNotMatch",
      status: 403,
      message: /; check the access key secret$/,
    });
  }
});

test("oss() tells a missing bucket from a missing object", async () => {
  const storage = oss(clientOf(), { bucket: "other-bucket" });
  const list = (): Promise<unknown> => Array.fromAsync(storage.list());
  for (const call of [() => storage.head("a"), () => storage.get("a"), () => storage.put("a", ""), list]) {
    await assert.rejects(call, { code: "NoSuchBucket", status: 404, message: /region.*endpoint/ });
  }
});

test("oss() learns how far its clock is off", async () => {
  const now = Date.UTC(2026, 3, 9);
  const at = (time: number): Clock => ({ now: () => time, sleep: () => Promise.resolve() });
  for (const offset of [-40 * 86_400_000, -3_600_000, 3_600_000, 26 * 3_600_000]) {
    const cloud = emulator({ buckets: [bucket], clock: at(now) });
    let requests = 0;
    const client = createClient({
      ...cloud,
      clock: at(now + offset),
      fetch: (url, init) => {
        requests++;
        return cloud.fetch(url, init);
      },
    });
    const storage = oss(client, { bucket });
    assert.equal(await storage.head("a"), undefined);
    assert.equal(requests, 2);
    await storage.put("a", new Blob(["text"]).stream()); // signed right at once: a stream can't be sent twice
    assert.equal(requests, 3);
    assert.equal(await (await storage.get("a")).text(), "text");
  }
});

test("oss() does not send a stream again when its clock was off", async () => {
  const cloud = emulator({ buckets: [bucket] });
  const late: Clock = { now: () => Date.now() - 3_600_000, sleep: () => Promise.resolve() };
  const storage = oss(createClient({ ...cloud, clock: late }), { bucket });
  const stream = (): ReadableStream<Uint8Array> => new Blob(["text"]).stream();
  await assert.rejects(storage.put("a", stream()), {
    code: "RequestTimeTooSkewed",
    message: /clock says 20.*the server's 20/,
  });
  assert.equal((await storage.put("a", stream())).size, 4);
});

test("oss() signs for the region that its endpoint names", async () => {
  const client = clientOf({ region: "cn-beijing" }, { region: "cn-hangzhou" });
  const storage = oss(client, { bucket, endpoint: "oss-cn-beijing.aliyuncs.com" });
  assert.equal((await storage.put("a", "1")).size, 1);
});

test("oss() keeps inside the VPC when its client does, and not where it is told otherwise", async () => {
  const { fetch, ...cloud } = emulator({ buckets: [bucket] });
  const hosts: string[] = [];
  const client = createClient({
    ...cloud,
    network: "vpc",
    fetch: (url, init) => {
      hosts.push(new URL(url).host);
      return fetch(url, init);
    },
  });
  await oss(client, { bucket }).put("a", "1");
  await oss(client, { ...parseOssUri(`oss://${bucket}.oss-cn-hangzhou.aliyuncs.com`) }).put("a", "1");
  assert.deepEqual(hosts, [
    `${bucket}.oss-cn-hangzhou-internal.aliyuncs.com`,
    `${bucket}.oss-cn-hangzhou.aliyuncs.com`,
  ]);
});
