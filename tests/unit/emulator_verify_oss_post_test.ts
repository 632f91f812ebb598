import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import { verifyOssPost } from "../../plugins/emulator/verify-oss-post.ts";
import { changeEachByte } from "../support/one_byte.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  input: { credentials: Credentials; region: string; epochMs: number; date: string };
  expected: { policyBase64: string; signatureV4: string; signatureV1: string };
}

const all = vectors<{ vectors: Vector[] }>("signing/osspost").vectors;

function fieldsOf({ input, expected }: Vector, version: 1 | 4): Map<string, string> {
  const { credentials: { accessKeyId }, date, region } = input;
  const policy: [string, string] = ["policy", expected.policyBase64];
  if (version === 1) {
    return new Map([policy, ["ossaccesskeyid", accessKeyId], ["signature", expected.signatureV1]]);
  }
  return new Map([
    policy,
    ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
    ["x-oss-credential", `${accessKeyId}/${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`],
    ["x-oss-date", date],
    ["x-oss-signature", expected.signatureV4],
  ]);
}

function verify(
  { input: { credentials, epochMs } }: Vector,
  fields: ReadonlyMap<string, string>,
  { now = epochMs, key = credentials, region }: { now?: number; key?: Credentials; region?: string } = {},
): string {
  const verdict = verifyOssPost(
    fields,
    (id) => id === credentials.accessKeyId ? key : undefined,
    now,
    region,
  );
  return verdict.ok ? verdict.accessKeyId : `${verdict.status} ${verdict.code}`;
}

test("there are vectors to check", () => assert.ok(all.length > 0));

for (const vector of all) {
  const { credentials, region, epochMs } = vector.input;
  for (const version of [4, 1] as const) {
    const fields = fieldsOf(vector, version);
    const name = `${vector.id} of version ${version}`;

    test(`verifyOssPost() accepts ${name}`, () => {
      assert.equal(verify(vector, fields, { region }), credentials.accessKeyId);
    });

    test(`verifyOssPost() refuses ${name} with one byte changed`, () => {
      let count = 0;
      for (const [field, value] of fields) {
        // The signature covers the day alone; a policy covers the time of day with a condition of its own.
        const covered = field === "x-oss-date" ? value.slice(0, 8) : value;
        for (const changed of changeEachByte(covered)) {
          const forged = new Map(fields).set(field, changed + value.slice(covered.length));
          assert.notEqual(verify(vector, forged), credentials.accessKeyId, `${field}: ${changed}`);
          count++;
        }
      }
      assert.ok(count > 100);
    });

    test(`verifyOssPost() refuses ${name} without a field, and a token that is missing, wrong or expired`, () => {
      for (const field of fields.keys()) {
        const less = new Map(fields);
        less.delete(field);
        assert.match(verify(vector, less), /^40[03] /, field);
      }
      const temporary = { ...credentials, securityToken: "token" };
      assert.equal(verify(vector, fields, { key: temporary }), "403 InvalidAccessKeyId");
      const sent = new Map(fields).set("x-oss-security-token", "token");
      assert.equal(verify(vector, sent, { key: temporary }), credentials.accessKeyId);
      assert.equal(verify(vector, sent), "403 InvalidSecurityToken");
      const over = { ...temporary, expiration: new Date(epochMs) };
      assert.equal(verify(vector, sent, { key: over }), "403 SecurityTokenExpired");
    });
  }

  test(`verifyOssPost() refuses ${vector.id} for another region, too early and a week later`, () => {
    const fields = fieldsOf(vector, 4);
    const week = 7 * 24 * 3600_000;
    assert.equal(verify(vector, fields, { region: "cn-elsewhere" }), "400 InvalidArgument");
    assert.equal(verify(vector, fields, { now: epochMs + week }), credentials.accessKeyId);
    assert.equal(verify(vector, fields, { now: epochMs + week + 1 }), "403 AccessDenied");
    assert.equal(verify(vector, fields, { now: epochMs - 15 * 60_000 }), credentials.accessKeyId);
    assert.equal(verify(vector, fields, { now: epochMs - 15 * 60_000 - 1 }), "403 AccessDenied");
  });
}
