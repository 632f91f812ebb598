import assert from "node:assert/strict";
import { test } from "node:test";
import type { OssAddressing, OssSigner } from "../../plugins/storage/oss.ts";
import { ossV4, presign } from "../../plugins/storage/oss.ts";
import { ossV1 } from "../../plugins/storage/oss-v1.ts";
import { recorded } from "../support/recorded_oss.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  scheme: string;
  kind: "header" | "presign";
  input: {
    method: string;
    bucket: string | null;
    key: string | null;
    region?: string;
    product?: string;
    endpoint?: string;
    urlStyle?: OssAddressing;
    credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
    epochMs?: number;
    date?: string;
    expires?: number;
    expiresAt?: string;
    query?: Record<string, string | null>;
    subResources?: Record<string, string | null>;
    unsignedQuery?: Record<string, string | null> | null;
    headers: Record<string, string>;
    additionalHeaders?: string[];
  };
  expected: {
    signature: string;
    authorization?: string;
    url?: string;
    wire?: { scheme: string; method: string; path: string; headers: Record<string, string> };
  };
}

const all = [
  ...vectors<{ vectors: Vector[] }>("signing/oss4").vectors,
  ...vectors<{ vectors: Vector[] }>("signing/oss1").vectors,
  ...vectors<{ vectors: Vector[] }>("signing/anchors").vectors.filter(({ scheme }) =>
    scheme.startsWith("OSS")
  ),
];
// A bucket has no way to ask for the account's buckets; the signature's stages are tested with these, too.
const withBucket = all.filter(({ input }) => input.bucket !== null);

test("there are vectors of each kind, and few that a bucket can't ask for", () => {
  for (const scheme of ["OSS4-HMAC-SHA256", "OSS-HMAC-SHA1"]) {
    for (const kind of ["header", "presign"]) {
      assert.ok(withBucket.filter((vector) => vector.scheme === scheme && vector.kind === kind).length >= 7);
    }
  }
  assert.ok(all.length - withBucket.length <= 3);
});

// What the signer adds, or the platform sends by itself.
const added = ["x-oss-date", "x-oss-content-sha256", "x-oss-security-token", "content-length"];

for (const { id, scheme, kind, input, expected } of withBucket) {
  test(`oss() puts ${id} on the wire as the official client does`, async () => {
    const { method, key, credentials, additionalHeaders, product, expires, expiresAt } = input;
    const signer: OssSigner = scheme === "OSS-HMAC-SHA1" ? ossV1() : ossV4({ product, additionalHeaders });
    const end = expires ?? 600;
    const time = input.epochMs ??
      (expiresAt
        ? Number(expiresAt) * 1000 - end * 1000
        : timeOf(input.date ?? input.headers["x-oss-date"]!));
    const { storage, sent } = recorded(() => new Response(), {
      bucket: input.bucket!, // those without are left out
      region: input.region,
      endpoint: input.endpoint,
      addressing: input.urlStyle,
      signer,
    }, { credentials: () => Promise.resolve(credentials), time });
    const query = Object.fromEntries(
      Object.entries({ ...input.query, ...input.subResources, ...input.unsignedQuery })
        .filter(([name]) => name !== "security-token")
        .map(([name, value]) => [name, value ?? ""]),
    );
    const headers = Object.fromEntries(
      Object.entries(input.headers).filter(([name]) => !added.includes(name)),
    );
    if (key?.startsWith("/")) { // the official client signs what OSS does not allow
      await assert.rejects(presign(storage, { key }), { name: "TypeError" });
      return;
    }
    const what = { method, key: key ?? undefined, query, headers };
    if (kind === "header") {
      await storage.request(what);
      const [{ url, init, headers: wire }] = sent as [typeof sent[0] & object];
      const { host, ...signed } = expected.wire?.headers ?? {};
      if (expected.wire) {
        assert.deepEqual(readUrl(url), readUrl(`${expected.wire.scheme}://${host}${expected.wire.path}`));
        assert.equal(init.method, expected.wire.method);
      }
      delete signed["content-length"];
      wire.delete("host"); // fetch's to set
      if (expected.wire) assert.deepEqual(Object.fromEntries(wire), signed);
      assert.ok(wire.get("authorization")!.endsWith(expected.signature));
    } else {
      const seconds = expiresAt ? Number(expiresAt) - Math.floor(time / 1000) : end;
      const given = await presign(storage, { ...what, expires: seconds });
      if (expected.url) assert.deepEqual(readUrl(given.url), readUrl(expected.url));
      const { query } = readUrl(given.url);
      const signature = query.find(([name]) => /^(x-oss-s|S)ignature$/.test(name));
      assert.equal(signature?.[1], expected.signature);
      assert.deepEqual(given.headers, headers);
      assert.equal(given.method, method);
      assert.equal(given.expiration.getTime(), Math.floor(time / 1000) * 1000 + seconds * 1000);
    }
  });
}

/** An address as its server reads it: each part decoded once, parameters in no order. */
function readUrl(text: string): { origin: string; path: string[]; query: [string, string][] } {
  const { origin, pathname, search } = new URL(text);
  const query = search.slice(1).split("&").filter(Boolean).map((pair): [string, string] => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
  return {
    origin,
    path: pathname.split("/").map(decodeURIComponent),
    query: query.sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** `20260409T010203Z`, or as HTTP writes it. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
