import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { listKeys } from "../../plugins/emulator/oss-list.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const b = "emulator-bucket";

function newCloud(maxBodyBytes?: number): Emulator {
  return emulator({ clock: fakeClock(), ...(maxBodyBytes && { maxBodyBytes }) });
}

function textOf(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")), ([, text = ""]) => text);
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${textOf(await response.text(), "Code")}`;
}

test("an object comes back with its bytes, its headers and the MD5 as its tag", async () => {
  const cloud = newCloud();
  const headers = { "content-type": "text/x-test", "x-oss-meta-note": "n", "cache-control": "no-cache" };
  const put = await object(cloud, `PUT ${b}/dir/hello.txt`, { body: "hello", headers });
  assert.equal(put.status, 200);
  assert.equal(put.headers.get("etag"), '"5D41402ABC4B2A76B9719D911017C592"');
  assert.match(put.headers.get("x-oss-request-id") ?? "", /^[0-9A-F]{24}$/);
  const get = await object(cloud, `GET ${b}/dir/hello.txt`);
  assert.equal(await get.text(), "hello");
  const head = await object(cloud, `HEAD ${b}/dir/hello.txt`);
  assert.equal(await head.text(), "");
  for (const answer of [get, head]) {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-length"), "5");
    assert.equal(answer.headers.get("last-modified"), "Mon, 01 Jan 2024 00:00:00 GMT");
    assert.equal(answer.headers.get("etag"), put.headers.get("etag"));
    for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers.get(name), value);
  }
});

test("a key of any Unicode text survives the way there and back", async () => {
  const cloud = newCloud();
  // Addresses can't carry these as segments, and no key may begin so.
  const segment = unicodeText({ minLength: 1, maxLength: 20 }).filter((text) =>
    !/^(\.|%2e){1,2}$/i.test(text)
  );
  const keys = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"))
    .filter((key) => !/^[/\\]|(^|\/)\.{1,2}(\/|$)/.test(key));
  await fc.assert(fc.asyncProperty(keys, fc.uint8Array(), async (key, bytes) => {
    const body = Uint8Array.from(bytes);
    assert.equal((await object(cloud, `PUT ${b}/${key}`, { body })).status, 200);
    const answer = await object(cloud, `GET ${b}/${key}`);
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), body);
    const list = await object(cloud, `GET ${b}/`, { query: "list-type=2&encoding-type=url&max-keys=1000" });
    assert.ok(textOf(await list.text(), "Key").map(decodeURIComponent).includes(key));
  }));
});

test("what is not there has the vendor's error document, or its Base64 in answer to HEAD", async () => {
  const cloud = newCloud();
  const missing = await object(cloud, `GET ${b}/<&>`);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get("content-type"), "application/xml");
  const xml = await missing.text();
  assert.deepEqual(["Code", "Key", "EC", "HostId"].flatMap((name) => textOf(xml, name)), [
    "NoSuchKey",
    "&lt;&amp;&gt;",
    "0026-00000001",
    `${b}.oss-cn-hangzhou.aliyuncs.com`,
  ]);
  assert.deepEqual(textOf(xml, "RequestId"), [missing.headers.get("x-oss-request-id")]);
  const head = await object(cloud, `HEAD ${b}/none`);
  assert.equal(head.status, 404);
  assert.deepEqual(textOf(atob(head.headers.get("x-oss-err") ?? ""), "Code"), ["NoSuchKey"]);
  assert.equal(await codeOf(object(cloud, "GET nowhere/key")), "404 NoSuchBucket");
  assert.equal(await codeOf(object(cloud, "PUT nowhere/key", { body: "x" })), "404 NoSuchBucket");
  assert.equal((await object(cloud, `DELETE ${b}/none`)).status, 204);
});

test("a range is sent as the vendor does it, and as HTTP prescribes when asked", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/ten`, { body: "0123456789" });
  const get = async (range: string, behavior?: string): Promise<string> => {
    const headers = { range, ...(behavior && { "x-oss-range-behavior": behavior }) };
    const answer = await object(cloud, `GET ${b}/ten`, { headers });
    const text = await answer.text();
    return `${answer.status} ${answer.headers.get("content-range") ?? "-"} ${
      answer.status === 416 ? textOf(text, "Code") : text
    }`;
  };
  assert.equal(await get("bytes=2-4"), "206 bytes 2-4/10 234");
  assert.equal(await get("bytes=7-"), "206 bytes 7-9/10 789");
  assert.equal(await get("bytes=-3"), "206 bytes 7-9/10 789");
  for (
    const range of ["bytes=5-20", "bytes=10-12", "bytes=10-", "bytes=4-2", "byte=1-2", "bytes=-11", "bytes=-"]
  ) {
    assert.equal(await get(range), "200 - 0123456789", range);
  }
  assert.equal(await get("bytes=5-20", "standard"), "206 bytes 5-9/10 56789");
  assert.equal(await get("bytes=-11", "standard"), "206 bytes 0-9/10 0123456789");
  assert.equal(await get("bytes=4-2", "standard"), "200 - 0123456789");
  assert.equal(await get("bytes=10-12", "standard"), "416 - InvalidRange");
});

test("an object is sent only under the caller's conditions", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/k`, { body: "hello" });
  const [tag, at, before] = [
    '"5D41402ABC4B2A76B9719D911017C592"',
    "Mon, 01 Jan 2024 00:00:00 GMT",
    "Sun, 31 Dec 2023 23:59:59 GMT",
  ];
  const conditions: [header: string, value: string, status: number][] = [
    ["if-match", tag, 200],
    ["if-match", `"other", ${tag}`, 200],
    ["if-match", "*", 200],
    ["if-match", '"other"', 412],
    ["if-none-match", tag, 304],
    ["if-none-match", '"other"', 200],
    ["if-modified-since", at, 304],
    ["if-modified-since", before, 200],
    ["if-unmodified-since", at, 200],
    ["if-unmodified-since", before, 412],
  ];
  for (const [header, value, status] of conditions) {
    assert.equal(
      (await object(cloud, `GET ${b}/k`, { headers: { [header]: value } })).status,
      status,
      header,
    );
  }
});

test("an upload is refused when it may not overwrite, is damaged or is too long", async () => {
  const cloud = newCloud(100);
  const once = { body: "x", headers: { "x-oss-forbid-overwrite": "true" } };
  assert.equal((await object(cloud, `PUT ${b}/once`, once)).status, 200);
  assert.equal(await codeOf(object(cloud, `PUT ${b}/once`, once)), "409 FileAlreadyExists");
  const damaged = { body: "x", headers: { "content-md5": btoa("0123456789abcdef") } };
  assert.equal(await codeOf(object(cloud, `PUT ${b}/damaged`, damaged)), "400 InvalidDigest");
  assert.equal((await object(cloud, `PUT ${b}/full`, { body: "x".repeat(100) })).status, 200);
  assert.equal(await codeOf(object(cloud, `PUT ${b}/over`, { body: "x".repeat(101) })), "400 EntityTooLarge");
  assert.equal(await codeOf(object(cloud, `PUT ${b}//x`, { body: "x" })), "400 InvalidObjectName");
  assert.equal(
    await codeOf(object(cloud, `PUT ${b}/${"x".repeat(1024)}`, { body: "x" })),
    "400 InvalidObjectName",
  );
});

test("a request with a wrong secret is refused with the string that was signed", async () => {
  const answer = await object(newCloud(), `PUT ${b}/x`, { body: "x", accessKeySecret: "wrong" });
  assert.equal(answer.status, 403);
  const xml = await answer.text();
  assert.deepEqual(textOf(xml, "Code"), ["SignatureDoesNotMatch"]);
  assert.match(
    textOf(xml, "StringToSign")[0] ?? "",
    /^OSS4-HMAC-SHA256\n20240101T000000Z\n20240101\/cn-hangzhou\/oss\//,
  );
});

test("buckets are made and deleted, and operations it does not know are refused", async () => {
  const cloud = newCloud();
  assert.equal((await object(cloud, "PUT new-bucket")).status, 200);
  assert.equal((await object(cloud, "PUT new-bucket/x", { body: "x" })).status, 200);
  assert.deepEqual(textOf(await (await object(cloud, "GET ")).text(), "Name"), [b, "new-bucket"]);
  assert.equal(await codeOf(object(cloud, "DELETE new-bucket")), "409 BucketNotEmpty");
  assert.equal((await object(cloud, "DELETE new-bucket/x")).status, 204);
  assert.equal((await object(cloud, "DELETE new-bucket")).status, 204);
  assert.equal(await codeOf(object(cloud, "GET new-bucket")), "404 NoSuchBucket");
  assert.equal(await codeOf(object(cloud, "PUT bad-")), "400 InvalidBucketName");
  assert.equal(await codeOf(object(cloud, `PUT ${b}/x`, { query: "acl" })), "501 NotImplemented");
  assert.equal(await codeOf(object(cloud, `POST ${b}/x`, { query: "append" })), "501 NotImplemented");
  assert.equal(await codeOf(object(cloud, `POST ${b}/x`)), "405 MethodNotAllowed");
});

for (const version of ["list-type=2&", ""]) {
  test(`a listing (${version || "version 1"}) gives every key once, in order, page by page`, async () => {
    const cloud = newCloud();
    const names = ["a", "a/1", "a/2", "b&<c>", "b/x/y", "é", "￿", "😀"];
    for (const name of names.toReversed()) await object(cloud, `PUT ${b}/${name}`, { body: name });
    const seen: string[] = [];
    let from = "";
    for (let page = 0; page < 10; page++) {
      const list = await object(cloud, `GET ${b}/`, {
        query: `${version}max-keys=3&encoding-type=url${from}`,
      });
      const xml = await list.text();
      seen.push(...textOf(xml, "Key").map(decodeURIComponent));
      const [next] = version ? textOf(xml, "NextContinuationToken") : textOf(xml, "NextMarker");
      assert.equal(textOf(xml, "IsTruncated")[0], String(next !== undefined));
      if (next === undefined) break;
      from = version ? `&continuation-token=${encodeURIComponent(next)}` : `&marker=${next}`;
    }
    assert.deepEqual(seen, names);
  });
}

test("a listing refuses a page size outside 1 to 1000 and a token that is not its own", async () => {
  const cloud = newCloud();
  for (const query of ["max-keys=0", "max-keys=1001", "max-keys=x", "list-type=2&continuation-token=%25"]) {
    assert.equal(await codeOf(object(cloud, `GET ${b}/`, { query })), "400 InvalidArgument", query);
  }
});

test("a host of another region is refused in the format of storage", async () => {
  const answer = await newCloud().fetch(`https://${b}.oss-cn-beijing.aliyuncs.com/x`, {});
  const xml = await answer.text();
  assert.equal(answer.status, 404);
  assert.deepEqual(textOf(xml, "Code"), ["UnknownHost"]);
  assert.match(xml, /does not know the host emulator-bucket\.oss-cn-beijing\.aliyuncs\.com/);
});

test("listKeys() pages give what one page of everything gives", () => {
  const keys = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom("a", "b", "/", "\u{ffff}", "\u{1f600}"), maxLength: 6 }),
  );
  const prefixes = fc.constantFrom("", "a", "a/", "/");
  fc.assert(
    fc.property(
      keys,
      prefixes,
      fc.constantFrom("", "/"),
      fc.integer({ min: 1, max: 4 }),
      (all, prefix, delimiter, maxKeys) => {
        const whole = listKeys(all, { prefix, delimiter, after: "", maxKeys: 1000 });
        const paged: { keys: string[]; commonPrefixes: string[] } = { keys: [], commonPrefixes: [] };
        for (let after: string | undefined = ""; after !== undefined;) {
          const page = listKeys(all, { prefix, delimiter, after, maxKeys });
          assert.ok(page.keys.length + page.commonPrefixes.length <= maxKeys);
          paged.keys.push(...page.keys);
          paged.commonPrefixes.push(...page.commonPrefixes);
          after = page.next;
        }
        assert.deepEqual(paged, { keys: whole.keys, commonPrefixes: whole.commonPrefixes });
        const shown = new Set([...whole.keys, ...whole.commonPrefixes]);
        const expected = all.filter((key) => key !== "" && key.startsWith(prefix)).map((key) => {
          const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
          return end < 0 ? key : key.slice(0, end + 1);
        });
        assert.deepEqual(shown, new Set(expected));
      },
    ),
  );
});

test("an aborted upload writes nothing and stops its source; an aborted download fails", async () => {
  const cloud = newCloud();
  const controller = new AbortController();
  const reason = new Error("enough");
  const fetch: Emulator["fetch"] = (url, init) => cloud.fetch(url, { ...init, signal: controller.signal });
  let cancelled: unknown;
  let chunks = 0;
  const body = new ReadableStream({
    pull(source) {
      source.enqueue(new Uint8Array(1000));
      if (++chunks === 3) controller.abort(reason);
    },
    cancel: (why) => void (cancelled = why),
  }, { highWaterMark: 0 });
  await assert.rejects(object({ ...cloud, fetch }, `PUT ${b}/k`, { body }), (error) => error === reason);
  assert.equal(cancelled, reason);
  assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);

  await object(cloud, `PUT ${b}/k`, { body: new Uint8Array(1_000_000) });
  const late = new AbortController();
  const reading: Emulator["fetch"] = (url, init) => cloud.fetch(url, { ...init, signal: late.signal });
  const reader = (await object({ ...cloud, fetch: reading }, `GET ${b}/k`)).body?.getReader();
  assert.ok(((await reader?.read())?.value?.length ?? 0) > 0);
  late.abort(reason);
  await assert.rejects(reader?.read() ?? Promise.resolve(), (error) => error === reason);
});

test("a listing folds by a delimiter, begins after a key, tells owners when asked and encodes all names", async () => {
  const cloud = newCloud();
  for (const name of ["a b/1", "a b/2", "a b/c+/3", "a b/c+/4", "d"]) {
    await object(cloud, `PUT ${b}/${name}`, { body: name });
  }
  const list = async (query: string): Promise<(name: string) => string[]> => {
    const xml = await (await object(cloud, `GET ${b}/`, { query: `list-type=2&${query}` })).text();
    return (name) => textOf(xml, name);
  };
  const folded = await list("prefix=a%20b%2F&delimiter=%2F&encoding-type=url");
  assert.deepEqual(folded("Key"), ["a%20b%2F1", "a%20b%2F2"]);
  assert.deepEqual(folded("Prefix"), ["a%20b%2F", "a%20b%2Fc%2B%2F"]); // the asked one first
  assert.deepEqual([folded("Delimiter"), folded("EncodingType"), folded("KeyCount")], [["%2F"], ["url"], [
    "3",
  ]]);
  assert.deepEqual(folded("ID"), []);
  const later = await list("start-after=a%20b%2F2&fetch-owner=true&max-keys=2");
  assert.deepEqual(later("Key"), ["a b/c+/3", "a b/c+/4"]);
  assert.equal(later("ID").length, 2);
  const [token = ""] = later("NextContinuationToken");
  const last = await list(`start-after=a&continuation-token=${encodeURIComponent(token)}`); // which goes by the token
  assert.deepEqual([last("Key"), last("IsTruncated")], [["d"], ["false"]]);
});
