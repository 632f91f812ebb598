import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageError } from "../../core/errors.ts";
import { parseOssUri } from "../../core/oss-uri.ts";
import type { OssOptions } from "../../plugins/storage/oss.ts";
import { errorXml, inventedCredentials, recorded, signedAt } from "../support/recorded_oss.ts";
import { vectors } from "../support/vectors.ts";

const ok = (): Response => new Response(null, { headers: { etag: '"AB"' } });
const refused = (status: number, xml: string, headers: Record<string, string> = {}): Response =>
  new Response(xml, { status, headers });

// Address and region, by what was asked for.
const places: [string, Partial<OssOptions>, { endpoint?: string; region?: string }, string, string][] = [
  ["the client's endpoint", {}, {}, "https://bkt.oss-cn-hangzhou.aliyuncs.com/a%20b", "cn-hangzhou"],
  [
    "an internal endpoint",
    {},
    { endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com" },
    "https://bkt.oss-cn-hangzhou-internal.aliyuncs.com/a%20b",
    "cn-hangzhou",
  ],
  [
    "an endpoint without scheme",
    { endpoint: "oss-cn-beijing.aliyuncs.com" },
    {},
    "https://bkt.oss-cn-beijing.aliyuncs.com/a%20b",
    "cn-beijing",
  ],
  [
    "another region's internal endpoint",
    { endpoint: "http://oss-ap-southeast-1-internal.aliyuncs.com/" },
    {},
    "http://bkt.oss-ap-southeast-1-internal.aliyuncs.com/a%20b",
    "ap-southeast-1",
  ],
  [
    "another region",
    { region: "cn-beijing" },
    {},
    "https://bkt.oss-cn-beijing.aliyuncs.com/a%20b",
    "cn-beijing",
  ],
  [
    "another region from inside a VPC",
    { region: "cn-beijing" },
    { endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com" },
    "https://bkt.oss-cn-beijing.aliyuncs.com/a%20b",
    "cn-beijing",
  ],
  [
    "the accelerated endpoint",
    { endpoint: "oss-accelerate.aliyuncs.com" },
    {},
    "https://bkt.oss-accelerate.aliyuncs.com/a%20b",
    "cn-hangzhou",
  ],
  [
    "an endpoint of one's own",
    { endpoint: "https://oss.example.com:8443", region: "cn-beijing" },
    {},
    "https://bkt.oss.example.com:8443/a%20b",
    "cn-beijing",
  ],
  [
    "an IP address",
    {},
    { endpoint: "http://127.0.0.1:1234" },
    "http://127.0.0.1:1234/bkt/a%20b",
    "cn-hangzhou",
  ],
  ["an IPv6 address", { endpoint: "http://[::1]:9" }, {}, "http://[::1]:9/bkt/a%20b", "cn-hangzhou"],
  [
    "a domain that is bound to the bucket",
    { endpoint: "https://static.example.com", addressing: "cname", region: "cn-beijing" },
    {},
    "https://static.example.com/a%20b",
    "cn-beijing",
  ],
  [
    "the bucket in the path, when told so",
    { addressing: "path" },
    {},
    "https://oss-cn-hangzhou.aliyuncs.com/bkt/a%20b",
    "cn-hangzhou",
  ],
  [
    "the bucket in the host, when told so",
    { addressing: "virtual", endpoint: "http://bucket-proxy:80" },
    {},
    "http://bkt.bucket-proxy/a%20b",
    "cn-hangzhou",
  ],
  [
    "the overseas accelerated endpoint with a region of its own",
    { endpoint: "oss-accelerate-overseas.aliyuncs.com", region: "ap-southeast-1" },
    { region: "cn-hangzhou" },
    "https://bkt.oss-accelerate-overseas.aliyuncs.com/a%20b",
    "ap-southeast-1",
  ],
  [
    "what an address says",
    parseOssUri("oss://bkt.oss-cn-beijing-internal.aliyuncs.com"),
    {},
    "https://bkt.oss-cn-beijing-internal.aliyuncs.com/a%20b",
    "cn-beijing",
  ],
  [
    "what an address says in its query",
    parseOssUri("oss://bkt/?endpoint=oss-cn-shanghai.aliyuncs.com"),
    {},
    "https://bkt.oss-cn-shanghai.aliyuncs.com/a%20b",
    "cn-shanghai",
  ],
  [
    "a machine by its name",
    { endpoint: "http://emulator:9000" },
    {},
    "http://emulator:9000/bkt/a%20b",
    "cn-hangzhou",
  ],
  ["localhost", { endpoint: "http://localhost:9" }, {}, "http://localhost:9/bkt/a%20b", "cn-hangzhou"],
];
for (const [name, options, client, url, region] of places) {
  test(`oss() addresses ${name}`, async () => {
    const { storage, sent } = recorded(ok, options, client);
    await storage.delete("a b");
    assert.equal(sent[0]!.url, url);
    assert.match(
      sent[0]!.headers.get("authorization")!,
      new RegExp(`/20260409/${region}/oss/aliyun_v4_request,`),
    );
  });
}

test("oss() refuses what is no bucket, endpoint, region or time-out", () => {
  const wrong: Partial<OssOptions>[] = [
    { bucket: "" },
    { bucket: "Upper" },
    { bucket: "b/../c" },
    { bucket: "oss://bkt/" },
    { endpoint: "" },
    { endpoint: "ftp://x.y" },
    { endpoint: "https://x.y/path" },
    { endpoint: "https://x.y?q" },
    { endpoint: "not a host" },
    { region: "oss-cn-hangzhou" },
    { region: "cn hangzhou" },
    { region: "" },
  ];
  for (const options of wrong) {
    assert.throws(
      () => recorded(ok, options),
      { name: "TypeError", message: /^Cannot use "/ },
      JSON.stringify(options),
    );
  }
  const secret = { endpoint: "https://user:hidden@x.y" };
  assert.throws(
    () => recorded(ok, secret),
    (error: Error) => error instanceof TypeError && !error.message.includes("hidden"),
  );
  for (const timeout of [0, -1, NaN]) assert.throws(() => recorded(ok, { timeout }), { name: "RangeError" });
});

test("oss() sends signed requests that follow no redirect", async () => {
  const { storage, sent } = recorded(ok);
  const info = await storage.put("a", "text", { contentType: "text/plain", ifAbsent: true });
  assert.deepEqual(info, {
    key: "a",
    size: 4,
    etag: "AB",
    lastModified: new Date(signedAt),
    contentType: "text/plain",
    metadata: undefined,
    crc64: undefined,
  });
  const { init, headers } = sent[0]!;
  assert.equal(init.method, "PUT");
  assert.equal(init.redirect, "manual");
  assert.ok(init.body instanceof Uint8Array); // fetch would add a content type of its own to a string
  const { authorization, ...others } = Object.fromEntries(headers);
  assert.match(authorization!, /^OSS4-HMAC-SHA256 Credential=invented-id\/20260409\//);
  assert.deepEqual(others, {
    "content-type": "text/plain",
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": "20260409T010203Z",
    "x-oss-forbid-overwrite": "true",
    "x-oss-security-token": "invented-token",
  });
});

test("put() sends a stream once, with its length where that is known", async () => {
  const { storage, sent, pauses } = recorded(async ({ init }) => {
    await new Response(init.body).arrayBuffer();
    return refused(503, "");
  });
  const stream = (): ReadableStream<Uint8Array> => new Blob(["text"]).stream();
  await assert.rejects(storage.put("a", stream(), { size: 4 }), { status: 503 });
  await assert.rejects(storage.put("a", stream()), { status: 503 });
  assert.deepEqual(sent.map(({ init, headers }) => [init.duplex, headers.get("content-length")]), [[
    "half",
    "4",
  ], ["half", null]]);
  assert.deepEqual(pauses, []);
});

test("put() tells the time that the server tells", async () => {
  const { storage } = recorded(() =>
    new Response(null, { headers: { date: "Thu, 09 Apr 2026 05:06:07 GMT" } })
  );
  assert.equal((await storage.put("a", "")).lastModified.toISOString(), "2026-04-09T05:06:07.000Z");
});

test("oss() signs every attempt anew and stops when one succeeds", async () => {
  const { storage, sent, pauses } = recorded((_, count) => {
    if (count === 1) throw new TypeError("connection reset");
    return count === 2 ? refused(503, errorXml("ServiceUnavailable")) : ok();
  });
  await storage.put("a", "1");
  assert.equal(sent.length, 3);
  assert.equal(pauses.length, 2);
  for (const { headers } of sent) assert.ok(headers.has("authorization"));
});

test("put() with ifAbsent is not sent again when the first one may have been stored", async () => {
  const { storage, sent } = recorded(() => refused(500, errorXml("InternalError")));
  await assert.rejects(storage.put("a", "1", { ifAbsent: true }), { code: "InternalError", status: 500 });
  assert.equal(sent.length, 1);
});

test("oss() says which server did not answer, and why", async () => {
  const cause = new TypeError("no route to host, Signature=abcdef");
  const { storage } = recorded(() => {
    throw cause;
  });
  await assert.rejects(storage.get("a"), (error: StorageError) => {
    assert.ok(error instanceof StorageError);
    assert.equal(error.code, "NetworkError");
    assert.equal(error.cause, cause);
    assert.match(
      error.message,
      /^Cannot get "oss:\/\/bkt\/a": no answer from https:\/\/bkt.oss-cn-hangzhou.aliyuncs.com \(no route/,
    );
    assert.doesNotMatch(error.message, /abcdef/);
    return true;
  });
});

test("oss() gives up when its time is over", async () => {
  const { storage } = recorded(
    ({ init }) =>
      new Promise((_, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason))),
    { timeout: 5 },
  );
  await assert.rejects(storage.head("a"), {
    name: "TimeoutError",
    message: /^Cannot describe "oss:\/\/bkt\/a": .*5 ms/,
  });
});

test("oss() stops waiting when its signal is aborted, and lets go of a body that is being read", async () => {
  const reason = new Error("enough");
  const waiting = new AbortController();
  const { storage: silent } = recorded(({ init }) => {
    setTimeout(() => waiting.abort(reason));
    return new Promise((_, reject) =>
      init.signal!.addEventListener("abort", () => reject(init.signal!.reason))
    );
  });
  await assert.rejects(silent.get("a", { signal: waiting.signal }), (error) => error === reason);

  const reading = new AbortController();
  const { storage, sent } = recorded(() => new Response("text"));
  await storage.get("a", { signal: reading.signal });
  assert.equal(sent[0]!.init.signal!.aborted, false); // the wait is over, the call's own signal is not
  reading.abort(reason);
  assert.equal(sent[0]!.init.signal!.reason, reason);
});

const hints: [string, string, RegExp][] = [
  ["NoSuchBucket", "", /; check the bucket's name/],
  ["InvalidAccessKeyId", "", /; the access key is disabled/],
  ["SecurityTokenExpired", "", /; the temporary credentials have expired/],
  ["SecondLevelDomainForbidden", "", /; OSS wants the bucket in the host name/],
  ["SignatureDoesNotMatch", "", /; check the access key secret/],
  [
    "SignatureDoesNotMatch",
    "<StringToSign>another</StringToSign>",
    /; the request was changed on its way, or `region: "cn-hangzhou"`/,
  ],
  [
    "AccessDenied",
    "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>",
    /; the bucket is at `endpoint: "oss-cn-beijing/,
  ],
  [
    "RequestTimeTooSkewed",
    "<RequestTime>20260409T010203Z</RequestTime><ServerTime>1970-01-01T00:00:00Z</ServerTime>",
    /; this machine's clock says 20260409T010203Z, the server's 1970-01-01T00:00:00Z; set the clock$/,
  ],
];
for (const [code, details, hint] of hints) {
  test(`oss() says how to mend ${code}${details && ` with ${details}`}`, async () => {
    const { storage, sent } = recorded(() =>
      refused(403, errorXml(code, details), { "x-oss-request-id": "ID" })
    );
    await assert.rejects(storage.put("k", ""), (error: StorageError) => {
      assert.equal(
        error.message.slice(0, 27 + 2 * code.length),
        `Cannot put "oss://bkt/k": ${code} (Said ${code})`.slice(0, 27 + 2 * code.length),
      );
      assert.match(error.message, hint);
      assert.deepEqual([error.code, error.status, error.requestId, error.key], [code, 403, "ID", "k"]);
      return true;
    });
    assert.equal(sent.length, 1); // nothing that a second try would change, and no clock is set to 1970
  });
}

test("an error never shows a secret", async () => {
  const echo = `<StringToSign>x</StringToSign>`;
  const said = `<Error><Code>SignatureDoesNotMatch</Code><Message>${
    Object.values(inventedCredentials).join(" ")
  } x-oss-security-token:invented-token</Message>${echo}</Error>`;
  const { storage } = recorded(() => refused(403, said));
  await assert.rejects(storage.get("a"), (error: Error) => {
    assert.doesNotMatch(
      `${error.message} ${JSON.stringify(error)} ${error.stack}`,
      /invented-(secret|token)/,
    );
    return true;
  });
});

const heads: [string, Record<string, string>, number, string | undefined][] = [
  ["nothing but its status", {}, 404, "NoSuchKey"],
  ["the object's fine code", { "x-oss-ec": "0026-00000001" }, 404, "NoSuchKey"],
  ["the bucket's fine code", { "x-oss-ec": "0015-00000101" }, 404, "NoSuchBucket"],
  ["an unknown fine code", { "x-oss-ec": "0000-00000000" }, 404, undefined],
  ["the object's error", { "x-oss-err": btoa(errorXml("NoSuchKey")) }, 404, "NoSuchKey"],
  ["the bucket's error", { "x-oss-err": btoa(errorXml("NoSuchBucket")) }, 404, "NoSuchBucket"],
  ["a garbled error", { "x-oss-err": "%%%" }, 404, "NoSuchKey"],
  ["a refusal", {}, 403, undefined],
];
for (const [name, headers, status, code] of heads) {
  test(`head() reads ${name}`, async () => {
    const { storage } = recorded(() => new Response(null, { status, headers }));
    if (code === "NoSuchKey") assert.equal(await storage.head("a"), undefined);
    else await assert.rejects(storage.head("a"), { name: "StorageError", code, status });
  });
}

const odd = [
  "",
  "<html><body>Bad gateway</body></html>",
  "{}",
  "\u0000\uffff",
  "<Error>",
  "<Error/>",
  "x".repeat(200_000),
];
for (const body of odd) {
  test(`an error body of ${JSON.stringify(body.slice(0, 40))} still makes a StorageError`, async () => {
    const { storage } = recorded(() => refused(418, body));
    await assert.rejects(storage.get("a"), {
      name: "StorageError",
      status: 418,
      code: undefined,
      message: 'Cannot get "oss://bkt/a": the server answered 418',
    });
  });
}

test("a redirect is an error that names what to check", async () => {
  const { storage, sent } = recorded(() =>
    new Response(null, { status: 307, headers: { location: "https://elsewhere.example" } })
  );
  await assert.rejects(storage.get("a"), {
    status: 307,
    message: /follow no redirect; check `region` and `endpoint`$/,
  });
  assert.equal(sent.length, 1);
});

test("a connection that breaks inside an error body still tells its status", async () => {
  const broken = (): ReadableStream<Uint8Array> =>
    new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
  const { storage } = recorded(() => new Response(broken(), { status: 403 }));
  await assert.rejects(storage.get("a"), { name: "StorageError", status: 403 });
});

test("list() fetches pages only as they are needed", async () => {
  const page = (key: string, more: boolean): string =>
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated><NextContinuationToken>t%2B+1</NextContinuationToken>
    <Contents><Key>${key}</Key><Size>1</Size><LastModified>2026-04-09T01:02:03.000Z</LastModified></Contents></ListBucketResult>`;
  const { storage, sent } = recorded((_, count) => new Response(page(`k${count}`, count < 3)));
  const pages = storage.list({ prefix: "p/é", startAfter: "p/a", pageSize: 1 });
  assert.equal(sent.length, 0);
  for await (const { key } of pages) {
    if (key === "k2") break;
  }
  assert.deepEqual(sent.map(({ url }) => url.split("?")[1]), [
    "encoding-type=url&list-type=2&max-keys=1&prefix=p%2F%C3%A9&start-after=p%2Fa",
    "continuation-token=t%2B%2B1&encoding-type=url&list-type=2&max-keys=1&prefix=p%2F%C3%A9",
  ]);
});

interface ErrorVector {
  id: string;
  family: string;
  input: { responses: { status: number; headers: Record<string, string>; body: string }[] };
  expected: { error: { code?: string; status: number; requestId: string } };
}

for (const { id, family, input, expected } of vectors<{ vectors: ErrorVector[] }>("signing/errors").vectors) {
  if (family !== "oss") continue; // those of the control plane are in client_test.ts
  test(`the answer ${id} gives the error that the official client gives`, async () => {
    const { status, headers, body } = input.responses[0]!;
    const { storage } = recorded(() => new Response(body || null, { status, headers }));
    const { code } = expected.error;
    if (id.startsWith("oss-head") && code === "NoSuchKey") assert.equal(await storage.head("x"), undefined);
    else {
      const call = id.startsWith("oss-head") ? storage.head("x") : storage.get("x");
      await assert.rejects(call, { code, status, requestId: "HDR-OSS" });
    }
  });
}
