import assert from "node:assert/strict";
import { test } from "node:test";
import { encodePolicy, signPolicy1, signPolicy4 } from "../../plugins/storage/oss/policy.ts";
import { postPolicy, type PostPolicyOptions } from "../../plugins/storage/post-policy.ts";
import { inventedCredentials, recorded, signedAt } from "../support/recorded_oss.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  input: {
    policy: string | { expiration: string; conditions: unknown[] };
    credentials: { accessKeyId: string; accessKeySecret: string };
    region: string;
    date: string;
  };
  expected: { policyBase64: string; signatureV4: string; signatureV1: string };
}

for (const { id, input, expected } of vectors<{ vectors: Vector[] }>("signing/osspost").vectors) {
  test(`a policy is encoded and signed as the official client does it: ${id}`, () => {
    const encoded = encodePolicy(input.policy);
    assert.equal(encoded, expected.policyBase64);
    const { accessKeySecret } = input.credentials;
    const { date, region } = input;
    assert.equal(signPolicy4(accessKeySecret, encoded, { date, region }), expected.signatureV4);
    assert.equal(signPolicy1(accessKeySecret, encoded), expected.signatureV1);
  });
}

const never = (): Response => assert.fail("nothing is sent");
const { storage } = recorded(never);

/** A policy as OSS reads it. */
function read(encoded: string): { expiration: string; conditions: unknown[] } {
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

test("postPolicy() makes a form for one key, bound to what it says", async () => {
  const { url, fields, expiration } = await postPolicy(storage, {
    key: "目录/a b.txt",
    maxSize: 1024,
    fields: { "content-type": "text/plain" },
    conditions: [["in", "$x-oss-object-acl", ["private"]]],
    expires: 60,
  });
  assert.equal(url, "https://bkt.oss-cn-hangzhou.aliyuncs.com/");
  assert.equal(expiration.getTime(), signedAt + 60_000);
  const { policy, "x-oss-signature": signature, ...others } = fields;
  const signing = {
    "x-oss-signature-version": "OSS4-HMAC-SHA256",
    "x-oss-credential": "invented-id/20260409/cn-hangzhou/oss/aliyun_v4_request",
    "x-oss-date": "20260409T010203Z",
    "x-oss-security-token": "invented-token",
  };
  assert.deepEqual(others, { key: "目录/a b.txt", "content-type": "text/plain", ...signing });
  assert.deepEqual(read(policy!), {
    expiration: "2026-04-09T01:03:03.000Z",
    conditions: [
      { bucket: "bkt" },
      ["eq", "$key", "目录/a b.txt"],
      ["content-length-range", 0, 1024],
      { "content-type": "text/plain" },
      ...Object.entries(signing).map(([name, value]) => ({ [name]: value })),
      ["in", "$x-oss-object-acl", ["private"]],
    ],
  });
  const scope = { date: "20260409T010203Z", region: "cn-hangzhou" };
  assert.equal(signature, signPolicy4("invented-secret", policy!, scope));
});

test("postPolicy() signs by version 1 for keys that begin so", async () => {
  const { fields } = await postPolicy(storage, { keyPrefix: "in/", version: 1 });
  const { policy, Signature, ...others } = fields;
  assert.deepEqual(others, {
    key: "in/${filename}",
    OSSAccessKeyId: "invented-id",
    "x-oss-security-token": "invented-token",
  });
  assert.deepEqual(read(policy!).conditions, [{ bucket: "bkt" }, ["starts-with", "$key", "in/"]]);
  assert.equal(Signature, signPolicy1("invented-secret", policy!));
});

test("postPolicy() makes no form that outlives its credentials", async () => {
  const ending = (after: number): typeof storage =>
    recorded(never, {}, {
      credentials: () => Promise.resolve({ ...inventedCredentials, expiration: new Date(signedAt + after) }),
    }).storage;
  const { expiration, fields } = await postPolicy(ending(30_500), { key: "a" });
  assert.equal(expiration.getTime(), signedAt + 30_000);
  assert.equal(read(fields.policy!).expiration, expiration.toISOString());
  await assert.rejects(postPolicy(ending(999), { key: "a" }), {
    name: "StorageError",
    code: "SecurityTokenExpired",
  });
});

test("postPolicy() refuses what can't be a form", async () => {
  const wrong: [PostPolicyOptions, string][] = [
    [{}, "TypeError"],
    [{ key: "a", keyPrefix: "b" }, "TypeError"],
    [{ key: "a/../b" }, "TypeError"],
    [{ keyPrefix: "/a" }, "TypeError"],
    [{ key: "a", expires: 0 }, "RangeError"],
    [{ key: "a", expires: 604801 }, "RangeError"],
    [{ key: "a", expires: 1.5 }, "RangeError"],
    [{ key: "a", maxSize: -1 }, "RangeError"],
  ];
  for (const [options, name] of wrong) {
    await assert.rejects(postPolicy(storage, options), { name, message: /^Cannot sign a form for "oss:/ });
  }
});
