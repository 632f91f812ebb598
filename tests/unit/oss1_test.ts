import assert from "node:assert/strict";
import { test } from "node:test";
import type { OssSigningRequest } from "../../plugins/storage/oss/signer.ts";
import {
  canonicalizedOssHeaders,
  canonicalizedResource,
  presignOss1,
  signature,
  signOss1,
  stringToSign,
} from "../../plugins/storage/oss/signature-v1.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  scheme: string;
  kind: "header" | "presign";
  input: {
    method: string;
    bucket: string | null;
    key: string | null;
    credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
    date?: string;
    expiresAt?: string;
    subResources: Record<string, string | null>;
    unsignedQuery?: Record<string, string | null> | null;
    headers: Record<string, string>;
  };
  expected: {
    canonicalResource?: string;
    stringToSign?: string;
    signature: string;
    authorization?: string;
  };
}

const oss1 = vectors<{ vectors: Vector[] }>("signing/oss1").vectors;
const anchors = vectors<{ vectors: Vector[] }>("signing/anchors").vectors
  .filter(({ scheme }) => scheme === "OSS-HMAC-SHA1");

test("there are vectors of version 1 from two clients", () => {
  assert.ok(oss1.length >= 19);
  assert.ok(anchors.length >= 6);
});

for (const { id, kind, input, expected } of [...oss1, ...anchors]) {
  const { method, bucket, key, credentials, headers } = input;
  const request: OssSigningRequest = {
    method,
    bucket: bucket ?? undefined,
    key: key ?? undefined,
    query: { ...input.subResources, ...input.unsignedQuery },
    headers,
  };
  const date = input.expiresAt ?? input.date ?? headers["x-oss-date"]!;

  test(`the stages of version 1 give the official texts for ${id}`, () => {
    if (expected.canonicalResource) assert.equal(canonicalizedResource(request), expected.canonicalResource);
    const text = stringToSign(request, date);
    if (expected.stringToSign) assert.equal(text, expected.stringToSign);
    assert.equal(signature(credentials.accessKeySecret, text), expected.signature);
  });

  if (kind === "header") {
    test(`signOss1() gives the official headers for ${id}`, () => {
      const { "x-oss-date": _, ...given } = headers;
      const { headers: sent, signed } = signOss1(
        { ...request, headers: given },
        credentials,
        Date.parse(date),
      );
      const { authorization, ...others } = sent;
      assert.deepEqual(others, headers);
      assert.equal(authorization, `OSS ${credentials.accessKeyId}:${expected.signature}`);
      if (expected.stringToSign) assert.equal(signed, expected.stringToSign);
    });
  } else {
    test(`presignOss1() gives the official query for ${id}`, () => {
      const { "security-token": _, ...query } = request.query!;
      assert.deepEqual(presignOss1({ ...request, query }, credentials, Number(date)), {
        ...request.query,
        OSSAccessKeyId: credentials.accessKeyId,
        Expires: date,
        Signature: expected.signature,
      });
    });
  }
}

test("canonicalizedOssHeaders() sorts and trims OSS's own headers, and leaves out the rest", () => {
  const headers = { "x-oss-b": " 1  2 ", "content-type": "text/plain", "x-oss-a": "", date: "today" };
  assert.equal(canonicalizedOssHeaders(headers), "x-oss-a:\nx-oss-b:1  2\n");
});

test("canonicalizedResource() takes what version 1 signs of a query, and nothing else", () => {
  const query = {
    prefix: "a",
    "x-oss-process": "b=c",
    acl: null,
    uploads: "",
    marker: "",
    tagging: undefined,
  };
  assert.equal(
    canonicalizedResource({ bucket: "bkt", key: "k?ä", query }),
    "/bkt/k?ä?acl&uploads&x-oss-process=b=c",
  );
  assert.equal(canonicalizedResource({ query: { prefix: "a" } }), "/");
});

test("signOss1() signs the token of temporary credentials", () => {
  const credentials = { accessKeyId: "id", accessKeySecret: "secret", securityToken: "token" };
  const { headers, signed } = signOss1({ method: "GET", bucket: "bkt", headers: {} }, credentials, 0);
  assert.equal(headers["x-oss-security-token"], "token");
  assert.equal(
    signed,
    "GET\n\n\nThu, 01 Jan 1970 00:00:00 GMT\nx-oss-date:Thu, 01 Jan 1970 00:00:00 GMT\nx-oss-security-token:token\n/bkt/",
  );
});
