import assert from "node:assert/strict";
import { test } from "node:test";
import {
  additionalHeaders,
  canonicalQuery,
  canonicalRequest,
  credentialScope,
  oss4Date,
  type Oss4Request,
  type Oss4Scope,
  ossV4,
  presignOss4,
  rememberSigningKey,
  signature,
  signingKey,
  signOss4,
  stringToSign,
} from "../../plugins/storage/oss/signature-v4.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  scheme: string;
  kind: "header" | "presign";
  input: {
    method: string;
    bucket: string | null;
    key: string | null;
    region: string;
    product: string;
    credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
    date: string;
    expires?: number;
    query: Record<string, string | null>;
    headers: Record<string, string>;
    additionalHeaders: string[];
  };
  expected: {
    canonicalRequest?: string;
    canonicalQuery?: string;
    stringToSign?: string;
    signature: string;
    authorization?: string;
  };
}

const oss4 = vectors<{ vectors: Vector[] }>("signing/oss4").vectors;
const anchors = vectors<{ vectors: Vector[] }>("signing/anchors").vectors
  .filter(({ scheme }) => scheme === "OSS4-HMAC-SHA256");

test("there are vectors to check", () => {
  assert.ok(oss4.some((vector) => vector.kind === "header"));
});

/** The request as the canonical stages take it; a presigned one carries the signature's own parameters in its query. */
function stages({ kind, input }: Vector): { request: Oss4Request; scope: Oss4Scope } {
  const { method, bucket, key, date, region, product, credentials, headers, expires } = input;
  const additional = additionalHeaders(input.additionalHeaders, headers);
  const scope = { date, region, product };
  const query = kind === "header" ? input.query : {
    ...input.query,
    "x-oss-signature-version": "OSS4-HMAC-SHA256",
    "x-oss-credential": `${credentials.accessKeyId}/${credentialScope(scope)}`,
    "x-oss-date": date,
    "x-oss-expires": `${expires}`,
    "x-oss-security-token": credentials.securityToken,
    "x-oss-additional-headers": additional.join(";"),
  };
  if (kind === "presign") {
    for (const name of ["x-oss-security-token", "x-oss-additional-headers"] as const) {
      if (!query[name]) delete query[name];
    }
  }
  return {
    request: {
      method,
      bucket: bucket ?? undefined,
      key: key ?? undefined,
      query,
      headers,
      additionalHeaders: additional,
    },
    scope,
  };
}

for (const vector of [...oss4, ...anchors]) {
  const { id, kind, input, expected } = vector;
  const { request, scope } = stages(vector);

  test(`canonicalRequest() gives the official text for ${id}`, () => {
    if (expected.canonicalRequest) assert.equal(canonicalRequest(request), expected.canonicalRequest);
    if (expected.canonicalQuery) assert.equal(canonicalQuery(request.query!), expected.canonicalQuery);
  });

  test(`stringToSign() and signature() give the official ones for ${id}`, () => {
    const text = stringToSign(canonicalRequest(request), scope);
    if (expected.stringToSign) assert.equal(text, expected.stringToSign);
    assert.equal(signature(signingKey(input.credentials.accessKeySecret, scope), text), expected.signature);
  });

  if (kind === "presign") {
    test(`presignOss4() gives the official query for ${id}`, () => {
      const { credentials, expires } = input;
      const query = presignOss4({ ...request, query: input.query }, credentials, scope, expires!);
      assert.equal(query["x-oss-signature"], expected.signature);
      const { "x-oss-signature": _, ...signed } = query;
      if (expected.canonicalQuery) assert.equal(canonicalQuery(signed), expected.canonicalQuery);
    });
  } else {
    test(`signOss4() gives the official headers for ${id}`, () => {
      const added = ["x-oss-date", "x-oss-content-sha256", "x-oss-security-token"];
      const headers = Object.fromEntries(
        Object.entries(input.headers).filter(([name]) => !added.includes(name)),
      );
      const { headers: sent, signed: text } = signOss4(
        { ...request, headers },
        input.credentials,
        scope,
        rememberSigningKey(),
      );
      const { authorization, ...signed } = sent;
      if (expected.stringToSign) assert.equal(text, expected.stringToSign);
      assert.deepEqual(signed, input.headers);
      if (expected.authorization) assert.equal(authorization, expected.authorization);
      assert.ok(authorization?.endsWith(`Signature=${expected.signature}`));
    });
  }
}

test("canonicalRequest() is one about all buckets when there is none", () => {
  assert.match(canonicalRequest({ method: "GET", headers: {} }), /^GET\n\/\n\n\n\nUNSIGNED-PAYLOAD$/);
});

test("canonicalQuery() leaves out what is undefined and keeps names without a value", () => {
  assert.equal(canonicalQuery({ b: "", a: undefined, c: null, "a b": "x/y" }), "a%20b=x%2Fy&b&c");
});

test("additionalHeaders() sorts, and leaves out what is signed anyway", () => {
  const headers = { range: "", "x-oss-a": "", "content-type": "", "content-md5": "", host: "" };
  const names = ["range", "host", "x-oss-a", "range", "content-type", "content-md5"];
  assert.deepEqual(additionalHeaders(names, headers), ["host", "range"]);
});

test("additionalHeaders() refuses one that is missing, and so does what ossV4() makes", () => {
  const credentials = { accessKeyId: "id", accessKeySecret: "secret" };
  const request = { method: "GET", headers: {} };
  const place = { time: 0, region: "cn-hangzhou" };
  const expected = { name: "TypeError", message: /"range"/ };
  assert.throws(() => additionalHeaders(["range"], {}), expected);
  const { sign, presign } = ossV4({ additionalHeaders: ["range"] });
  assert.throws(() => sign(request, credentials, place), expected);
  assert.throws(() => presign(request, credentials, place, 60), expected);
});

test("oss4Date() writes UTC without milliseconds", () => {
  assert.equal(oss4Date(1_775_696_523_999), "20260409T010203Z");
});

test("rememberSigningKey() derives anew for another secret, day, region or product", () => {
  const derive = rememberSigningKey();
  const scope = { date: "20260409T010203Z", region: "cn-hangzhou" };
  const first = derive("secret", scope);
  assert.equal(derive("secret", { ...scope, date: "20260409T235959Z" }), first); // the same value, not an equal one
  for (
    const [secret, other] of [
      ["other", scope],
      ["secret", { ...scope, date: "20260410T010203Z" }],
      ["secret", { ...scope, region: "cn-beijing" }],
      ["secret", { ...scope, product: "oss-cloudbox" }],
    ] as const
  ) {
    assert.deepEqual(derive(secret, other), signingKey(secret, other));
    assert.notDeepEqual(derive(secret, other), first);
  }
});
