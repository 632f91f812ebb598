import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import {
  acs3CanonicalRequest,
  type Acs3Request,
  acs3Signature,
  acs3StringToSign,
  verifyAcs3,
} from "../../plugins/emulator/verify-acs3.ts";
import { changeEachByte, changeHeader } from "../support/one_byte.ts";
import { vectors } from "../support/vectors.ts";

interface Signed {
  method: string;
  pathname: string;
  query: Record<string, string>;
  headers?: Record<string, string>;
  headerList?: [string, string][];
  payloadHash: string;
}

interface Vector {
  id: string;
  scheme: string;
  signed: Signed;
  input?: { credentials: Credentials };
  credentials?: Credentials;
  expected: { canonicalRequest?: string; stringToSign?: string; signature: string; authorization?: string };
}

const signedVectors = [
  ...vectors<{ vectors: Vector[] }>("signing/acs3").vectors,
  ...vectors<{ vectors: Vector[] }>("signing/anchors").vectors,
].filter(({ scheme }) => scheme === "ACS3-HMAC-SHA256");

function keyOf({ input, credentials }: Vector): Credentials {
  const key = input?.credentials ?? credentials;
  assert.ok(key);
  return key;
}

/** The vector's request, with the header that its signature makes. */
function requestOf(vector: Vector): Acs3Request {
  const { method, pathname, query, payloadHash, headers, headerList } = vector.signed;
  const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  const lines = headerList ?? Object.entries(headers ?? {});
  const names = [...new Set(lines.map(([name]) => name.toLowerCase()))].filter(isSigned).sort().join(";");
  const authorization = vector.expected.authorization ??
    `ACS3-HMAC-SHA256 Credential=${
      keyOf(vector).accessKeyId
    },SignedHeaders=${names},Signature=${vector.expected.signature}`;
  return { method, pathname, search, payloadHash, headers: [...lines, ["authorization", authorization]] };
}

function isSigned(name: string): boolean {
  return name === "host" || name === "content-type" || name.startsWith("x-acs-");
}

function verify(vector: Vector, request: Acs3Request): ReturnType<typeof verifyAcs3> {
  const key = keyOf(vector);
  const now = Date.parse(vector.signed.headers?.["x-acs-date"] ?? "");
  return verifyAcs3(request, (id) => id === key.accessKeyId ? key : undefined, now);
}

test("there are vectors to check", () => assert.ok(signedVectors.length > 0));

for (const vector of signedVectors) {
  const request = requestOf(vector);
  const signedHeaders =
    /SignedHeaders=([^,]+)/.exec(new Map(request.headers).get("authorization") ?? "")?.[1] ?? "";

  test(`acs3Signature() equals the vendor's for ${vector.id}, stage by stage`, () => {
    const canonicalRequest = acs3CanonicalRequest(request, signedHeaders);
    const { expected } = vector;
    if (expected.canonicalRequest !== undefined) assert.equal(canonicalRequest, expected.canonicalRequest);
    const stringToSign = acs3StringToSign(canonicalRequest);
    if (expected.stringToSign !== undefined) assert.equal(stringToSign, expected.stringToSign);
    assert.equal(acs3Signature(keyOf(vector).accessKeySecret, stringToSign), expected.signature);
  });

  // One published signature is over a request that lacks what every real one has, so it can't be accepted.
  const isComplete = vector.signed.headers?.["x-acs-date"] !== undefined;
  test(`verifyAcs3() ${isComplete ? "accepts" : "refuses as incomplete"} ${vector.id}`, () => {
    const verdict = verify(vector, request);
    if (isComplete) assert.deepEqual(verdict, { ok: true, accessKeyId: keyOf(vector).accessKeyId });
    else assert.equal(!verdict.ok && verdict.code, "IncompleteSignature");
  });

  test(`verifyAcs3() refuses ${vector.id} with one byte changed`, () => {
    const lines = [...request.headers];
    const changed: Acs3Request[] = [
      ...changeEachByte(request.method).map((method) => ({ ...request, method })),
      ...changeEachByte(request.pathname).map((pathname) => ({ ...request, pathname })),
      ...changeEachByte(request.search).map((search) => ({ ...request, search })),
      ...changeEachByte(request.payloadHash).map((payloadHash) => ({ ...request, payloadHash })),
      ...lines.filter(([name]) => isSigned(name.toLowerCase())).flatMap((line) => changeHeader(lines, line))
        .map((headers) => ({ ...request, headers })),
      ...changeEachByte(vector.expected.signature).map((signature) => ({
        ...request,
        headers: lines.map(([name, value]) =>
          [name, value.replace(vector.expected.signature, signature)] as const
        ),
      })),
    ];
    assert.ok(changed.length > 100);
    for (const forged of changed) {
      if (verify(vector, forged).ok) assert.fail(`accepted ${JSON.stringify(forged)}`);
    }
    if (isComplete) return;
    for (const forged of changed.filter(({ headers }) => headers === request.headers)) { // the stages tell as well
      const canonicalRequest = canonical(forged, signedHeaders);
      assert.notEqual(
        acs3Signature(keyOf(vector).accessKeySecret, canonicalRequest),
        vector.expected.signature,
      );
    }
  });
}

function canonical(request: Acs3Request, signedHeaders: string): string {
  return acs3StringToSign(acs3CanonicalRequest(request, signedHeaders));
}

const [sample] = signedVectors;
assert.ok(sample);
const sampleKey = keyOf(sample);
const sampleTime = Date.parse(sample.signed.headers?.["x-acs-date"] ?? "");
const request = requestOf(sample);

function codeOf(
  key: Credentials | undefined,
  now = sampleTime,
  changed: Acs3Request = request,
): string {
  const verdict = verifyAcs3(changed, () => key, now);
  return verdict.ok ? "ok" : verdict.code;
}

/** A request signed anew after a change of its headers. */
function signAnew(extra: [string, string][]): Acs3Request {
  const lines = [...request.headers].filter(([name]) => name !== "authorization").concat(extra);
  const signedHeaders = lines.map(([name]) => name).filter(isSigned).sort().join(";");
  const signature = acs3Signature(
    sampleKey.accessKeySecret,
    canonical({ ...request, headers: lines }, signedHeaders),
  );
  const authorization =
    `ACS3-HMAC-SHA256 Credential=${sampleKey.accessKeyId},SignedHeaders=${signedHeaders},` +
    `Signature=${signature}`;
  return { ...request, headers: [...lines, ["authorization", authorization]] };
}

test("verifyAcs3() refuses a key it does not know, and a wrong secret with the string it signed", () => {
  assert.equal(codeOf(undefined), "InvalidAccessKeyId.NotFound");
  const verdict = verifyAcs3(request, () => ({ ...sampleKey, accessKeySecret: "wrong" }), sampleTime);
  assert.ok(!verdict.ok);
  assert.equal(verdict.code, "SignatureDoesNotMatch");
  assert.ok(verdict.message.includes(`server string to sign is:${sample.expected.stringToSign}`));
});

test("verifyAcs3() refuses a date more than 15 minutes away", () => {
  const minutes = 60_000;
  assert.equal(codeOf(sampleKey, sampleTime + 15 * minutes), "ok");
  assert.equal(codeOf(sampleKey, sampleTime - 15 * minutes), "ok");
  assert.equal(codeOf(sampleKey, sampleTime + 15 * minutes + 1), "InvalidTimeStamp.Expired");
  assert.equal(codeOf(sampleKey, sampleTime - 15 * minutes - 1), "InvalidTimeStamp.Expired");
});

test("verifyAcs3() refuses a token that is missing, wrong or expired", () => {
  const temporary = { ...sampleKey, securityToken: "right-token" };
  const withToken = signAnew([["x-acs-security-token", "right-token"]]);
  assert.equal(codeOf(temporary), "MissingSecurityToken");
  assert.equal(codeOf(temporary, sampleTime, withToken), "ok");
  assert.equal(codeOf(sampleKey, sampleTime, withToken), "InvalidSecurityToken.MismatchWithAccessKey");
  const wrong = signAnew([["x-acs-security-token", "wrong-token"]]);
  assert.equal(codeOf(temporary, sampleTime, wrong), "InvalidSecurityToken.MismatchWithAccessKey");
  const expired = { ...temporary, expiration: new Date(sampleTime) };
  assert.equal(codeOf(expired, sampleTime, withToken), "InvalidSecurityToken.Expired");
});

test("verifyAcs3() hides the token in the string it shows", () => {
  const withToken = signAnew([["x-acs-security-token", "right-token"]]);
  const verdict = verifyAcs3(
    withToken,
    () => ({ ...sampleKey, accessKeySecret: "wrong", securityToken: "right-token" }),
    sampleTime,
  );
  assert.ok(!verdict.ok && verdict.code === "SignatureDoesNotMatch");
  assert.ok(!verdict.message.includes("right-token"));
});

test("verifyAcs3() refuses a request without signature, or one that left a header unsigned", () => {
  const lines = [...request.headers];
  const without = (name: string): Acs3Request => ({
    ...request,
    headers: lines.filter(([other]) => other !== name),
  });
  assert.equal(codeOf(sampleKey, sampleTime, without("authorization")), "MissingAccessKeyId");
  assert.equal(codeOf(sampleKey, sampleTime, without("x-acs-signature-nonce")), "IncompleteSignature");
  const unsigned: Acs3Request = { ...request, headers: [...lines, ["x-acs-later", "1"]] };
  assert.equal(codeOf(sampleKey, sampleTime, unsigned), "IncompleteSignature");
});
