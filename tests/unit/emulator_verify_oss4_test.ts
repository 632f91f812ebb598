import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import { verifyOss4 } from "../../plugins/emulator/verify-oss4.ts";
import type { WireRequest } from "../../plugins/emulator/wire-text.ts";
import { changeEachByte, changeHeader, type HeaderLine } from "../support/one_byte.ts";
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
    credentials: Credentials;
    date: string;
    expires?: number;
    query: Record<string, string | null>;
    headers: Record<string, string>;
    additionalHeaders: string[];
    urlStyle?: string;
  };
  expected: {
    signature: string;
    authorization?: string;
    stringToSign?: string;
    canonicalRequest?: string;
    url?: string;
    wire?: { path: string; headers: Record<string, string> };
  };
}

const all = [
  ...vectors<{ vectors: Vector[] }>("signing/oss4").vectors,
  ...vectors<{ vectors: Vector[] }>("signing/anchors").vectors.filter(({ scheme }) =>
    scheme === "OSS4-HMAC-SHA256"
  ),
];

/** The request as it travels: from the recorded wire where there is one, else built from the input. */
function requestOf({ kind, input, expected }: Vector): WireRequest {
  const { method, bucket, key, credentials, additionalHeaders } = input;
  const scope = `${credentials.accessKeyId}/${
    input.date.slice(0, 8)
  }/${input.region}/${input.product}/aliyun_v4_request`;
  const query: [string, string | null][] = Object.entries(input.query).filter(([name]) => name !== "");
  const headers: HeaderLine[] = Object.entries({ ...input.headers, ...expected.wire?.headers })
    .filter(([name]) => name !== "authorization");
  if (kind === "header") {
    const additional = additionalHeaders.length ? `,AdditionalHeaders=${additionalHeaders.join(";")}` : "";
    const authorization = expected.authorization ??
      `OSS4-HMAC-SHA256 Credential=${scope}${additional},Signature=${expected.signature}`;
    headers.push(["authorization", authorization]);
  } else {
    query.push(
      ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
      ["x-oss-credential", scope],
      ["x-oss-date", input.date],
      ["x-oss-expires", String(input.expires)],
      ["x-oss-signature", expected.signature],
    );
    if (credentials.securityToken) query.push(["x-oss-security-token", credentials.securityToken]);
    if (additionalHeaders.length) query.push(["x-oss-additional-headers", additionalHeaders.join(";")]);
  }
  const search = query.map(([name, value]) =>
    encodeURIComponent(name) + (value === null ? "" : `=${encodeURIComponent(value)}`)
  ).join("&");
  // A header API of the official client drops a leading slash before it signs.
  const wirePath = expected.wire && decodeURIComponent(expected.wire.path.replace(/\?.*/, "")).slice(1);
  const wireKey = input.urlStyle === "path" ? wirePath?.slice(`${bucket}/`.length) : wirePath;
  return { method, bucket: bucket ?? "", key: wireKey ?? key ?? "", search, headers };
}

function timeOf(date: string): number {
  return Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
}

function verify({ input }: Vector, request: WireRequest): ReturnType<typeof verifyOss4> {
  const { credentials } = input;
  return verifyOss4(
    request,
    (id) => id === credentials.accessKeyId ? credentials : undefined,
    timeOf(input.date),
  );
}

test("there are vectors to check", () => {
  assert.ok(all.some(({ kind }) => kind === "header"));
});

for (const vector of all) {
  const request = requestOf(vector);
  const lines = [...request.headers];
  const { input: { credentials, additionalHeaders }, expected: { signature } } = vector;

  test(`verifyOss4() accepts ${vector.id}`, () => {
    assert.deepEqual(verify(vector, request), { ok: true, accessKeyId: credentials.accessKeyId });
  });

  test(`verifyOss4() names the vendor's string to sign for ${vector.id}`, () => {
    const forged = signature.replace(/./, (digit) => digit === "a" ? "b" : "a");
    const headers = lines.map(([name, value]) => [name, value.replace(signature, forged)] as const);
    const verdict = verify(vector, {
      ...request,
      headers,
      search: request.search.replace(signature, forged),
    });
    assert.ok(!verdict.ok);
    assert.equal(verdict.code, "SignatureDoesNotMatch");
    const { stringToSign = verdict.details?.StringToSign, canonicalRequest } = vector.expected;
    assert.equal(verdict.details?.StringToSign, stringToSign);
    if (!credentials.securityToken && canonicalRequest !== undefined) {
      assert.equal(verdict.details?.CanonicalRequest, canonicalRequest);
    }
  });

  test(`verifyOss4() refuses ${vector.id} with one byte changed`, () => {
    const isSigned = (name: string): boolean =>
      /^(content-type|content-md5|x-oss-.*)$/.test(name) || additionalHeaders.includes(name);
    const changed: WireRequest[] = [
      ...changeEachByte(request.method).map((method) => ({ ...request, method })),
      ...changeEachByte(request.bucket).map((bucket) => ({ ...request, bucket })),
      ...changeEachByte(request.key).map((key) => ({ ...request, key })),
      ...changeEachByte(request.search).map((search) => ({ ...request, search })),
      ...lines.filter(([name]) => isSigned(name)).flatMap((line) => changeHeader(lines, line))
        .map((headers) => ({ ...request, headers })),
      ...changeEachByte(signature).map((forged) => ({
        ...request,
        headers: lines.map(([name, value]) => [name, value.replace(signature, forged)] as const),
        search: request.search.replace(signature, forged),
      })),
    ];
    assert.ok(changed.length > 64);
    for (const forged of changed) {
      if (verify(vector, forged).ok) assert.fail(`accepted ${JSON.stringify(forged)}`);
    }
  });
}

function sampleOf(kind: Vector["kind"]): Vector {
  const sample = all.find((vector) => vector.kind === kind);
  assert.ok(sample);
  return sample;
}

function refusalOf(
  vector: Vector,
  key: Credentials | undefined,
  now: number,
  region?: string,
): string {
  const verdict = verifyOss4(requestOf(vector), () => key, now, region);
  return verdict.ok ? "ok" : `${verdict.status} ${verdict.code}`;
}

test("verifyOss4() refuses a key it does not know, another region and a missing signature", () => {
  const sample = sampleOf("header");
  const { credentials, date, region } = sample.input;
  assert.equal(refusalOf(sample, undefined, timeOf(date)), "403 InvalidAccessKeyId");
  assert.equal(refusalOf(sample, credentials, timeOf(date), region), "ok");
  assert.equal(refusalOf(sample, credentials, timeOf(date), "cn-elsewhere"), "400 InvalidArgument");
  const anonymous = verify(sample, { ...requestOf(sample), headers: [] });
  assert.equal(!anonymous.ok && anonymous.code, "AccessDenied");
});

test("verifyOss4() refuses a date more than 15 minutes away and tells its own time", () => {
  const sample = sampleOf("header");
  const { credentials, date } = sample.input;
  const quarter = 15 * 60_000;
  assert.equal(refusalOf(sample, credentials, timeOf(date) + quarter), "ok");
  assert.equal(refusalOf(sample, credentials, timeOf(date) - quarter - 1), "403 RequestTimeTooSkewed");
  const now = timeOf(date) + quarter + 1;
  const verdict = verifyOss4(requestOf(sample), () => credentials, now);
  assert.ok(!verdict.ok);
  assert.equal(verdict.code, "RequestTimeTooSkewed");
  assert.equal(verdict.details?.ServerTime, new Date(now).toISOString());
});

test("verifyOss4() refuses a presigned address after its end", () => {
  const sample = sampleOf("presign");
  const { credentials, date, expires = 0 } = sample.input;
  const end = timeOf(date) + expires * 1000;
  assert.equal(refusalOf(sample, credentials, end), "ok");
  assert.equal(refusalOf(sample, credentials, end + 1), "403 AccessDenied");
});

test("verifyOss4() refuses a token that is missing, wrong or expired", () => {
  const plain = sampleOf("header");
  const now = timeOf(plain.input.date);
  const temporary = { ...plain.input.credentials, securityToken: "token" };
  assert.equal(refusalOf(plain, temporary, now), "403 InvalidAccessKeyId");
  const withToken = all.find(({ kind, input }) => kind === "header" && input.credentials.securityToken);
  assert.ok(withToken);
  const { credentials, date } = withToken.input;
  const wrong = { ...credentials, securityToken: "another" };
  assert.equal(refusalOf(withToken, wrong, timeOf(date)), "403 InvalidSecurityToken");
  const expired = { ...credentials, expiration: new Date(timeOf(date)) };
  assert.equal(refusalOf(withToken, expired, timeOf(date)), "403 SecurityTokenExpired");
});

test("verifyOss4() reads the parts of the header in any order and with blanks, each once", () => {
  const sample = all.find(({ kind, input }) => kind === "header" && input.additionalHeaders.length > 0);
  assert.ok(sample);
  const request = requestOf(sample);
  const parts = (new Map(request.headers).get("authorization") ?? "").replace("OSS4-HMAC-SHA256 ", "").split(
    ",",
  );
  assert.equal(parts.length, 3);
  const verdict = (text: string): boolean => {
    const headers = [...request.headers].map(([name, value]) =>
      name === "authorization" ? [name, `OSS4-HMAC-SHA256 ${text}`] as const : [name, value] as const
    );
    return verify(sample, { ...request, headers }).ok;
  };
  assert.ok(verdict(parts.join(", "))); // as Alibaba's Python client sends it
  assert.ok(verdict(parts.toReversed().join(",")));
  const [first = ""] = parts;
  for (const wrong of [parts.slice(1), [...parts, first], [...parts, "Other=1"], [...parts, ""]]) {
    assert.ok(!verdict(wrong.join(",")), wrong.join(","));
  }
});
