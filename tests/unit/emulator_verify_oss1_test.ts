import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import { oss1Signature, oss1StringToSign, verifyOss1 } from "../../plugins/emulator/verify-oss1.ts";
import type { WireRequest } from "../../plugins/emulator/wire-text.ts";
import { changeEachByte, changeHeader, type HeaderLine } from "../support/one_byte.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  kind: "header" | "presign";
  input: {
    method: string;
    bucket: string | null;
    key: string | null;
    urlStyle: string;
    credentials: Credentials;
    epochMs: number;
    expiresAt?: string;
    subResources: Record<string, string | null>;
    unsignedQuery?: Record<string, string | null>;
    headers: Record<string, string>;
  };
  expected: {
    stringToSign: string;
    signature: string;
    url?: string;
    wire?: { path: string; headers: Record<string, string> };
  };
}

const all = vectors<{ vectors: Vector[] }>("signing/oss1").vectors;

/** The request as the official client sent it, or as it says that it is to be sent. */
function requestOf({ input, expected: { url, wire } }: Vector): WireRequest {
  const { method, bucket, urlStyle } = input;
  const [path = "", search = ""] = (wire?.path ?? url?.replace(/^https:\/\/[^/]*/, "") ?? "").split("?");
  const inside = urlStyle === "path" ? path.slice(`/${bucket}`.length) : path;
  const headers = Object.entries({ ...input.headers, ...wire?.headers });
  return { method, bucket: bucket ?? "", key: decodeURIComponent(inside.slice(1)), search, headers };
}

function verify(
  { input: { credentials, epochMs } }: Vector,
  request: WireRequest,
  now = epochMs,
  key: Credentials | undefined = credentials,
): ReturnType<typeof verifyOss1> {
  return verifyOss1(request, (id) => id === credentials.accessKeyId ? key : undefined, now);
}

test("there are vectors of both kinds", () => {
  assert.deepEqual(new Set(all.map(({ kind }) => kind)), new Set(["header", "presign"]));
});

for (const vector of all) {
  const request = requestOf(vector);
  const lines = [...request.headers];
  const { input: { credentials, subResources, key }, expected: { signature, stringToSign } } = vector;
  const inQuery = encodeURIComponent(signature);

  test(`verifyOss1() accepts ${vector.id}`, () => {
    assert.equal(request.key, key ?? "");
    assert.deepEqual(verify(vector, request), { ok: true, accessKeyId: credentials.accessKeyId });
  });

  test(`verifyOss1() names the vendor's string to sign for ${vector.id}`, () => {
    const wrong = { ...credentials, accessKeySecret: "wrong" };
    const verdict = verify(vector, request, undefined, wrong);
    assert.ok(!verdict.ok);
    assert.equal(verdict.code, "SignatureDoesNotMatch");
    assert.equal(verdict.details?.StringToSign, stringToSign);
    assert.equal(verdict.details?.SignatureProvided, signature);
  });

  test(`verifyOss1() refuses ${vector.id} with one byte changed`, () => {
    const isSigned = (name: string): boolean =>
      /^(content-type|content-md5|x-oss-.*|authorization)$/.test(name);
    // Of the query only what is signed: the rest may say anything.
    const pairs = request.search.split("&").filter((pair) => pair !== "");
    const signedPairs = pairs.filter((pair) => {
      const name = decodeURIComponent(pair.split("=")[0] ?? "");
      return Object.hasOwn(subResources, name) ||
        ["OSSAccessKeyId", "Expires", "Signature", "security-token"].includes(name);
    });
    assert.ok(vector.kind === "header" || signedPairs.length >= 3);
    const changed: WireRequest[] = [
      ...changeEachByte(request.method).map((method) => ({ ...request, method })),
      ...changeEachByte(request.bucket).map((bucket) => ({ ...request, bucket })),
      ...changeEachByte(request.key).map((key) => ({ ...request, key })),
      ...signedPairs.flatMap((pair) =>
        changeEachByte(pair).map((other) => ({
          ...request,
          search: pairs.with(pairs.indexOf(pair), other).join("&"),
        }))
      ),
      ...lines.filter(([name]) => isSigned(name)).flatMap((line: HeaderLine) => changeHeader(lines, line))
        .map((headers) => ({ ...request, headers })),
      ...changeEachByte(signature).map((forged) => ({
        ...request,
        headers: lines.map(([name, value]) => [name, value.replace(signature, forged)] as const),
        search: request.search.replace(inQuery, encodeURIComponent(forged)),
      })),
    ];
    assert.ok(changed.length > 40);
    for (const forged of changed) {
      if (verify(vector, forged).ok) assert.fail(`accepted ${JSON.stringify(forged)}`);
    }
  });
}

function sampleOf(kind: Vector["kind"]): Vector {
  const sample = all.find((vector) => vector.kind === kind && !vector.input.credentials.securityToken);
  assert.ok(sample);
  return sample;
}

function codeOf(verdict: ReturnType<typeof verifyOss1>): string {
  return verdict.ok ? "ok" : `${verdict.status} ${verdict.code}`;
}

test("verifyOss1() refuses a date more than 15 minutes away, and tells its own time", () => {
  const sample = sampleOf("header");
  const { epochMs } = sample.input;
  const quarter = 15 * 60_000;
  assert.equal(codeOf(verify(sample, requestOf(sample), epochMs + quarter)), "ok");
  assert.equal(
    codeOf(verify(sample, requestOf(sample), epochMs - quarter - 1000)),
    "403 RequestTimeTooSkewed",
  );
  const verdict = verify(sample, requestOf(sample), epochMs + quarter + 1000);
  assert.ok(!verdict.ok);
  assert.equal(verdict.details?.ServerTime, new Date(epochMs + quarter + 1000).toISOString());
});

test("verifyOss1() refuses a presigned address after its end", () => {
  const sample = sampleOf("presign");
  const end = Number(sample.input.expiresAt) * 1000;
  assert.equal(codeOf(verify(sample, requestOf(sample), end)), "ok");
  assert.equal(codeOf(verify(sample, requestOf(sample), end + 1)), "403 AccessDenied");
});

/** A request with a token: a vector of its own where there is one, else one that is signed here. */
function withToken(kind: Vector["kind"]): [vector: Vector, request: WireRequest] {
  const found = all.find((vector) => vector.kind === kind && vector.input.credentials.securityToken);
  if (found) return [found, requestOf(found)];
  const plain = sampleOf(kind);
  const credentials = { ...plain.input.credentials, securityToken: "token" };
  const request = requestOf(plain);
  const lines = [...request.headers].filter(([name]) => name !== "authorization");
  const headers: HeaderLine[] = [...lines, ["x-oss-security-token", "token"]];
  const date = plain.input.headers["x-oss-date"] ?? "";
  const signature = oss1Signature(
    credentials.accessKeySecret,
    oss1StringToSign({ ...request, headers }, date),
  );
  headers.push(["authorization", `OSS ${credentials.accessKeyId}:${signature}`]);
  return [{ ...plain, input: { ...plain.input, credentials } }, { ...request, headers }];
}

test("verifyOss1() refuses a key it does not know, and a token that is missing, wrong or expired", () => {
  for (const kind of ["header", "presign"] as const) {
    const plain = sampleOf(kind);
    const { credentials, epochMs } = plain.input;
    assert.equal(codeOf(verifyOss1(requestOf(plain), () => undefined, epochMs)), "403 InvalidAccessKeyId");
    const temporary = { ...credentials, securityToken: "token" };
    assert.equal(codeOf(verify(plain, requestOf(plain), epochMs, temporary)), "403 InvalidAccessKeyId");
    const [vector, request] = withToken(kind);
    const { credentials: own, epochMs: then } = vector.input;
    assert.equal(codeOf(verify(vector, request, then)), "ok");
    const other = { ...own, securityToken: "another" };
    assert.equal(codeOf(verify(vector, request, then, other)), "403 InvalidSecurityToken");
    const over = { ...own, expiration: new Date(then) };
    assert.equal(codeOf(verify(vector, request, then, over)), "403 SecurityTokenExpired");
  }
});

test("verifyOss1() refuses what has no date or no readable signature", () => {
  const sample = sampleOf("header");
  const request = requestOf(sample);
  const without = [...request.headers].filter(([name]) => name !== "x-oss-date" && name !== "date");
  assert.equal(codeOf(verify(sample, { ...request, headers: without })), "403 AccessDenied");
  const garbled = [...request.headers].map(([name, value]) =>
    name === "authorization" ? [name, "OSS nothing"] as const : [name, value] as const
  );
  assert.equal(codeOf(verify(sample, { ...request, headers: garbled })), "400 InvalidArgument");
  assert.equal(codeOf(verify(sample, { ...request, headers: [] })), "403 AccessDenied");
  const presigned = sampleOf("presign");
  const search = requestOf(presigned).search.replace(/Expires=\d+/, "Expires=soon");
  assert.equal(codeOf(verify(presigned, { ...requestOf(presigned), search })), "403 AccessDenied");
});
