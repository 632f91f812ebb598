import assert from "node:assert/strict";
import { test } from "node:test";
import { md5 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { unicodeText } from "../support/unicode_text.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const b = "emulator-bucket";

function newCloud(): Emulator {
  return emulator({ clock: fakeClock(), buckets: [b, "other-bucket"] });
}

function textOf(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")), ([, text = ""]) => text);
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${textOf(await response.text(), "Code")}`;
}

function md5Of(text: string): string {
  return btoa(String.fromCharCode(...md5(utf8ToBytes(text))));
}

/** Text that any reader of XML gives back as it was. */
function escaped(text: string): string {
  return Array.from(text, (character) => `&#${character.codePointAt(0)};`).join("");
}

function deleteMany(
  cloud: Emulator,
  body: string,
  headers: Record<string, string> = {},
  query = "",
): Promise<Response> {
  const own = { "content-md5": md5Of(body), ...headers };
  return object(cloud, `POST ${b}/`, { query: `delete${query}`, body, headers: own });
}

const listOf = (keys: readonly string[], quiet = ""): string =>
  `<Delete>${quiet}${keys.map((key) => `<Object><Key>${escaped(key)}</Key></Object>`).join("")}</Delete>`;

async function keysOf(cloud: Emulator): Promise<string[]> {
  const list = await object(cloud, `GET ${b}/`, { query: "list-type=2&encoding-type=url&max-keys=1000" });
  return textOf(await list.text(), "Key").map(decodeURIComponent);
}

test("many objects are deleted at once, also those that are not there, and named", async () => {
  const cloud = newCloud();
  for (const key of ["a", "b&<c>", "d"]) await object(cloud, `PUT ${b}/${key}`, { body: "x" });
  const answer = await deleteMany(cloud, listOf(["a", "b&<c>", "none"]));
  assert.equal(answer.status, 200);
  assert.deepEqual(textOf(await answer.text(), "Key"), ["a", "b&amp;&lt;c&gt;", "none"]);
  assert.deepEqual(await keysOf(cloud), ["d"]);
  const quiet = await deleteMany(cloud, listOf(["d"], "<Quiet>true</Quiet>"));
  assert.deepEqual([quiet.status, await quiet.text()], [200, ""]);
  assert.deepEqual(await keysOf(cloud), []);
});

test("keys of any Unicode text are deleted together", async () => {
  const cloud = newCloud();
  const key = unicodeText({ minLength: 1, maxLength: 20 }).filter((text) =>
    !/^[/\\]|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(text)
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 5 }), async (keys) => {
      for (const key of keys) await object(cloud, `PUT ${b}/${key}`, { body: "x" });
      const answer = await deleteMany(cloud, listOf(keys), {}, "&encoding-type=url");
      assert.deepEqual(textOf(await answer.text(), "Key").map(decodeURIComponent), keys);
      assert.deepEqual(await keysOf(cloud), []);
    }),
    { numRuns: 50 },
  );
});

test("deleting many refuses no or a wrong Content-MD5, too many keys and what is no list", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/a`, { body: "x" });
  const list = listOf(["a"]);
  assert.equal(
    await codeOf(object(cloud, `POST ${b}/`, { query: "delete", body: list })),
    "411 MissingArgument",
  );
  assert.equal(await codeOf(deleteMany(cloud, list, { "content-md5": md5Of("other") })), "400 InvalidDigest");
  const many = Array.from({ length: 1001 }, (_, i) => `k${i}`);
  const wrong = [
    "",
    "text",
    "<Delete>",
    "<Delete></Delete>",
    "<Other><Object><Key>a</Key></Object></Other>",
    listOf(["a"], "<Quiet>maybe</Quiet>"),
    "<Delete><Object></Object></Delete>",
    "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
    listOf(many),
  ];
  for (const body of wrong) {
    assert.equal(await codeOf(deleteMany(cloud, body)), "400 MalformedXML", body.slice(0, 80));
  }
  assert.deepEqual(await keysOf(cloud), ["a"]);
  assert.equal((await deleteMany(cloud, listOf(many.slice(1)))).status, 200);
});

test("a copy has its source's bytes and words, or words of its own, and outlives it", async () => {
  const cloud = newCloud();
  const source = "源/a b+%.txt";
  const headers = { "content-type": "text/x-test", "x-oss-meta-note": "n", "x-oss-tagging": "a=1" };
  await object(cloud, `PUT ${b}/${source}`, { body: "hello", headers });
  const from = { "x-oss-copy-source": `/${b}/${encodeURIComponent(source)}` };
  const copy = await object(cloud, "PUT other-bucket/copy", {
    headers: { ...from, "x-oss-meta-note": "ignored", "content-type": "text/ignored" },
  });
  assert.equal(copy.status, 200);
  assert.deepEqual(textOf(await copy.text(), "ETag"), ["&quot;5D41402ABC4B2A76B9719D911017C592&quot;"]);
  const replaced = await object(cloud, `PUT ${b}/replaced`, {
    headers: {
      ...from,
      "x-oss-metadata-directive": "REPLACE",
      "x-oss-tagging-directive": "Replace",
      "x-oss-meta-other": "o",
      "x-oss-storage-class": "IA",
      "content-type": "text/other",
    },
  });
  assert.equal(replaced.status, 200);
  await object(cloud, `DELETE ${b}/${source}`);
  const one = await object(cloud, "GET other-bucket/copy");
  const words = [
    "content-type",
    "x-oss-meta-note",
    "x-oss-meta-other",
    "x-oss-storage-class",
    "x-oss-tagging-count",
  ];
  assert.equal(await one.text(), "hello");
  assert.deepEqual(words.map((name) => one.headers.get(name)), ["text/x-test", "n", null, "Standard", "1"]);
  const other = await object(cloud, `GET ${b}/replaced`);
  assert.equal(await other.text(), "hello");
  assert.deepEqual(words.map((name) => other.headers.get(name)), ["text/other", null, "o", "IA", null]);
});

test("a copy is refused without its source, under its conditions and over what may not be replaced", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/a`, { body: "hello" });
  const copy = (headers: Record<string, string>): Promise<string> =>
    codeOf(object(cloud, `PUT ${b}/b`, { headers: { "x-oss-copy-source": `/${b}/a`, ...headers } }));
  assert.equal(await copy({ "x-oss-copy-source": `/${b}/none` }), "404 NoSuchKey");
  assert.equal(await copy({ "x-oss-copy-source": "/nowhere/a" }), "404 NoSuchBucket");
  for (const source of ["a", "", `/${b}`, `/${b}/`, `/${b}/%zz`]) {
    assert.equal(await copy({ "x-oss-copy-source": source }), "400 InvalidArgument", source);
  }
  assert.equal(await copy({ "x-oss-metadata-directive": "maybe" }), "400 InvalidArgument");
  const tag = '"5D41402ABC4B2A76B9719D911017C592"';
  assert.equal(await copy({ "x-oss-copy-source-if-match": '"other"' }), "412 PreconditionFailed");
  assert.equal(await copy({ "x-oss-copy-source-if-none-match": tag }), "304 ");
  const [before, at] = ["Sun, 31 Dec 2023 23:59:59 GMT", "Mon, 01 Jan 2024 00:00:00 GMT"];
  assert.equal(await copy({ "x-oss-copy-source-if-unmodified-since": before }), "412 PreconditionFailed");
  assert.equal(await copy({ "x-oss-copy-source-if-modified-since": at }), "304 ");
  assert.equal((await object(cloud, `HEAD ${b}/b`)).status, 404);
  assert.equal(await copy({ "x-oss-copy-source-if-match": tag }), "200 ");
  assert.equal(await copy({ "x-oss-forbid-overwrite": "true" }), "409 FileAlreadyExists");
});

test("a part can be a range of another object, or all of it", async () => {
  const cloud = newCloud();
  const source = new Uint8Array(300_000).map((_, i) => i);
  await object(cloud, `PUT ${b}/source`, { body: source });
  const begun = await object(cloud, `POST ${b}/k`, { query: "uploads" });
  const [id] = textOf(await begun.text(), "UploadId");
  const parts: string[] = [];
  for (const [i, range] of ["bytes=5-150000", undefined].entries()) {
    const answer = await object(cloud, `PUT ${b}/k`, {
      query: `partNumber=${i + 1}&uploadId=${id}`,
      headers: { "x-oss-copy-source": `/${b}/source`, ...(range && { "x-oss-copy-source-range": range }) },
    });
    assert.equal(answer.status, 200);
    const [tag] = textOf(await answer.text(), "ETag");
    parts.push(`<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  }
  const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  assert.equal((await object(cloud, `POST ${b}/k`, { query: `uploadId=${id}`, body })).status, 200);
  const got = new Uint8Array(await (await object(cloud, `GET ${b}/k`)).arrayBuffer());
  assert.deepEqual(got.subarray(0, 149_996), source.subarray(5, 150_001));
  assert.deepEqual(got.subarray(149_996), source);
});

test("tags are kept from the upload on, and read, replaced and deleted", async () => {
  const cloud = newCloud();
  const tagsOf = async (): Promise<string[][]> => {
    const xml = await (await object(cloud, `GET ${b}/k`, { query: "tagging" })).text();
    return [textOf(xml, "Key"), textOf(xml, "Value")];
  };
  await object(cloud, `PUT ${b}/k`, { body: "x", headers: { "x-oss-tagging": "a=1&b%20c=%2F%3D%2B&d" } });
  assert.deepEqual(await tagsOf(), [["a", "b c", "d"], ["1", "/=+", ""]]);
  assert.equal((await object(cloud, `HEAD ${b}/k`)).headers.get("x-oss-tagging-count"), "3");
  const put = (tags: string): Promise<string> =>
    codeOf(
      object(cloud, `PUT ${b}/k`, { query: "tagging", body: `<Tagging><TagSet>${tags}</TagSet></Tagging>` }),
    );
  const tag = (key: string, value = ""): string => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
  assert.equal(await put(tag("x&#32;y", "&#x2B;")), "200 ");
  assert.deepEqual(await tagsOf(), [["x y"], ["+"]]);
  const eleven = Array.from({ length: 11 }, (_, i) => tag(`k${i}`)).join("");
  for (
    const tags of [
      eleven,
      tag(""),
      tag("a") + tag("a"),
      tag("k".repeat(129)),
      tag("k", "v".repeat(257)),
      tag("模"),
      tag("k", "&lt;"),
    ]
  ) {
    assert.equal(await put(tags), "400 InvalidTag");
  }
  assert.equal(await put("<Tag><Key>a</Key></Tag>"), "400 MalformedXML");
  assert.deepEqual(await tagsOf(), [["x y"], ["+"]]);
  assert.equal((await object(cloud, `DELETE ${b}/k`, { query: "tagging" })).status, 204);
  assert.deepEqual(await tagsOf(), [[], []]);
  assert.equal(await codeOf(object(cloud, `GET ${b}/none`, { query: "tagging" })), "404 NoSuchKey");
  const many = Array.from({ length: 11 }, (_, i) => `k${i}=v`).join("&");
  for (const text of [many, "a=1&a=2", "=v"]) {
    const headers = { "x-oss-tagging": text };
    assert.equal(
      await codeOf(object(cloud, `PUT ${b}/other`, { body: "x", headers })),
      "400 InvalidTag",
      text,
    );
  }
});

test("what an upload says comes back with HEAD and in lists, and what makes no sense is refused", async () => {
  const cloud = newCloud();
  const headers = {
    "x-oss-storage-class": "Archive",
    "x-oss-server-side-encryption": "KMS",
    "x-oss-server-side-encryption-key-id": "key",
    "content-disposition": "attachment",
    "content-language": "zh",
    expires: "Thu, 01 Jan 2026 00:00:00 GMT",
  };
  const put = await object(cloud, `PUT ${b}/k`, { body: "x", headers });
  assert.equal(put.headers.get("x-oss-server-side-encryption"), "KMS");
  const head = await object(cloud, `HEAD ${b}/k`);
  for (const [name, value] of Object.entries(headers)) assert.equal(head.headers.get(name), value, name);
  const list = await (await object(cloud, `GET ${b}/`, { query: "list-type=2" })).text();
  assert.deepEqual(textOf(list, "StorageClass"), ["Archive"]);
  const refused = (headers: Record<string, string>): Promise<string> =>
    codeOf(object(cloud, `PUT ${b}/k`, { body: "y", headers }));
  assert.equal(await refused({ "x-oss-storage-class": "Cheap" }), "400 InvalidArgument");
  assert.equal(
    await refused({ "x-oss-server-side-encryption": "ROT13" }),
    "400 InvalidEncryptionAlgorithmError",
  );
  assert.equal((await object(cloud, `HEAD ${b}/k`)).headers.get("etag"), put.headers.get("etag"));
});

test("GetObjectMeta tells length, tag, date and checksum alone", async () => {
  const cloud = newCloud();
  const put = await object(cloud, `PUT ${b}/k`, { body: "hello", headers: { "x-oss-meta-note": "n" } });
  const meta = await object(cloud, `HEAD ${b}/k`, { query: "objectMeta" });
  assert.equal(meta.status, 200);
  assert.equal(meta.headers.get("content-length"), "5");
  for (const name of ["etag", "x-oss-hash-crc64ecma"]) {
    assert.equal(meta.headers.get(name), put.headers.get(name));
  }
  assert.equal(meta.headers.get("x-oss-meta-note"), null);
  assert.equal(meta.headers.get("x-oss-storage-class"), null);
});

test("every answer about an object tells the CRC-64 of the whole of it", async () => {
  const cloud = newCloud();
  const expected = "11051210869376104954"; // of "123456789", the check value 0x995dc9bbdf1939fa
  const put = await object(cloud, `PUT ${b}/k`, { body: "123456789" });
  const get = await object(cloud, `GET ${b}/k`);
  const range = await object(cloud, `GET ${b}/k`, { headers: { range: "bytes=2-4" } });
  const head = await object(cloud, `HEAD ${b}/k`);
  for (const answer of [put, get, range, head]) {
    assert.equal(answer.headers.get("x-oss-hash-crc64ecma"), expected);
  }
});

test("a failed condition names itself, for GET in the document and for HEAD in the header", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/k`, { body: "x" });
  const conditions = [["if-match", '"other"', "If-Match"], [
    "if-unmodified-since",
    "Sun, 31 Dec 2023 23:59:59 GMT",
    "If-Unmodified-Since",
  ]] as const;
  for (const [name, value, shown] of conditions) {
    const get = await object(cloud, `GET ${b}/k`, { headers: { [name]: value } });
    assert.equal(get.status, 412);
    assert.deepEqual(textOf(await get.text(), "Condition"), [shown]);
    const head = await object(cloud, `HEAD ${b}/k`, { headers: { [name]: value } });
    assert.equal(head.status, 412);
    const xml = atob(head.headers.get("x-oss-err") ?? "");
    assert.deepEqual([textOf(xml, "Code"), textOf(xml, "Condition")], [["PreconditionFailed"], [shown]]);
  }
});

test("known refusals tell their number and where to read about it", async () => {
  const missing = await object(newCloud(), `GET ${b}/none`);
  const xml = await missing.text();
  assert.equal(missing.headers.get("x-oss-ec"), "0026-00000001");
  assert.deepEqual(textOf(xml, "RecommendDoc"), [
    "https://api.alibabacloud.com/troubleshoot?q=0026-00000001",
  ]);
});

test("a body that is shorter than announced is not written", async () => {
  const cloud = newCloud();
  const answer = object(cloud, `PUT ${b}/k`, { body: "hello", headers: { "content-length": "6" } });
  assert.equal(await codeOf(answer), "400 IncompleteBody");
  assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);
});
