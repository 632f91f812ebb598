import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const b = "emulator-bucket";
const least = 100 * 1024;

function newCloud(): Emulator {
  return emulator({ clock: fakeClock() });
}

function textOf(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")), ([, text = ""]) => text);
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${textOf(await response.text(), "Code")}`;
}

async function initiate(cloud: Emulator, key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await object(cloud, `POST ${b}/${key}`, { query: "uploads", headers });
  assert.equal(answer.status, 200);
  return textOf(await answer.text(), "UploadId")[0] ?? "";
}

async function upload(
  cloud: Emulator,
  key: string,
  id: string,
  number: number,
  body: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const answer = await object(cloud, `PUT ${b}/${key}`, {
    query: `partNumber=${number}&uploadId=${id}`,
    body,
  });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("etag") ?? "";
}

function complete(
  cloud: Emulator,
  key: string,
  id: string,
  parts: (readonly [number: number, etag: string])[],
  headers: Record<string, string> = {},
): Promise<Response> {
  const list = parts.map(([number, etag]) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`
  );
  const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
  return object(cloud, `POST ${b}/${key}`, { query: `uploadId=${id}`, body, headers });
}

function bytesOf(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255);
}

test("an upload in parts gives what one upload of the same bytes gives, but for its tag and type", async () => {
  const cloud = newCloud();
  const headers = { "content-type": "text/x-test", "x-oss-meta-note": "n", "x-oss-storage-class": "IA" };
  const pieces = [bytesOf(least, 1), bytesOf(least + 1, 2), bytesOf(3, 3)];
  const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
  await object(cloud, `PUT ${b}/whole`, { body: whole, headers });
  const id = await initiate(cloud, "parts", headers);
  const tags = [];
  for (const number of [3, 1, 2]) {
    tags[number - 1] = [
      number * 2,
      await upload(cloud, "parts", id, number * 2, pieces[number - 1]!),
    ] as const;
  }
  const done = await complete(cloud, "parts", id, tags);
  assert.equal(done.status, 200);
  const xml = await done.text();
  const [one, other] = await Promise.all(["whole", "parts"].map((key) => object(cloud, `HEAD ${b}/${key}`)));
  for (const name of ["content-length", "content-type", "x-oss-hash-crc64ecma", "x-oss-meta-note"]) {
    assert.equal(other?.headers.get(name), one?.headers.get(name), name);
  }
  assert.equal(other?.headers.get("x-oss-storage-class"), "IA");
  assert.equal(other?.headers.get("x-oss-object-type"), "Multipart");
  assert.equal(done.headers.get("x-oss-hash-crc64ecma"), one?.headers.get("x-oss-hash-crc64ecma"));
  assert.match(other?.headers.get("etag") ?? "", /^"[0-9A-F]{32}-3"$/);
  assert.equal(textOf(xml, "ETag")[0]?.replaceAll("&quot;", '"'), other?.headers.get("etag"));
  const got = await object(cloud, `GET ${b}/parts`);
  assert.deepEqual(new Uint8Array(await got.arrayBuffer()), whole);
  assert.equal(await codeOf(complete(cloud, "parts", id, tags)), "404 NoSuchUpload");
});

test("a range of an object in parts reads across their borders", async () => {
  const cloud = newCloud();
  const pieces = [bytesOf(least, 1), bytesOf(least, 2), bytesOf(10, 3)];
  const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const id = await initiate(cloud, "k");
  const tags: [number, string][] = [];
  for (const [i, piece] of pieces.entries()) tags.push([i + 1, await upload(cloud, "k", id, i + 1, piece)]);
  await complete(cloud, "k", id, tags);
  const place = fc.oneof(
    fc.integer({ min: 0, max: whole.length - 1 }),
    fc.constantFrom(0, least - 1, least, 2 * least - 1, 2 * least, whole.length - 1),
  );
  await fc.assert(fc.asyncProperty(place, place, async (one, other) => {
    const [start, end] = [Math.min(one, other), Math.max(one, other)];
    const answer = await object(cloud, `GET ${b}/k`, { headers: { range: `bytes=${start}-${end}` } });
    assert.equal(answer.status, 206);
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), whole.slice(start, end + 1));
  }));
});

test("the tag of an object in parts is the MD5 of the parts' MD5s", async () => {
  const cloud = newCloud();
  const id = await initiate(cloud, "k");
  const tag = await upload(cloud, "k", id, 1, new TextEncoder().encode("hello"));
  assert.equal(tag, '"5D41402ABC4B2A76B9719D911017C592"');
  const done = await complete(cloud, "k", id, [[1, tag]]);
  // printf 5d41402abc4b2a76b9719d911017c592 | xxd -r -p | md5sum
  assert.equal(done.headers.get("etag"), '"62109206880D38A4010A98E11243924A-1"');
});

test("completing refuses parts out of order, unknown, of another tag or too small, and keeps the upload", async () => {
  const cloud = newCloud();
  const id = await initiate(cloud, "k");
  const [one, two] = [
    await upload(cloud, "k", id, 1, bytesOf(least - 1, 1)),
    await upload(cloud, "k", id, 2, bytesOf(1, 2)),
  ];
  const wrong: [parts: [number, string][], code: string][] = [
    [[[2, two], [1, one]], "400 InvalidPartOrder"],
    [[[1, one], [1, one]], "400 InvalidPartOrder"],
    [[[1, one], [3, two]], "400 InvalidPart"],
    [[[1, two]], "400 InvalidPart"],
    [[[1, one], [2, two]], "400 EntityTooSmall"],
    [[], "400 MalformedXML"],
  ];
  for (const [parts, code] of wrong) assert.equal(await codeOf(complete(cloud, "k", id, parts)), code);
  assert.equal(
    await codeOf(object(cloud, `POST ${b}/k`, { query: `uploadId=${id}`, body: "<a>" })),
    "400 MalformedXML",
  );
  assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);
  await upload(cloud, "k", id, 1, bytesOf(least, 1)); // replaces the part that was too small
  const all = { "x-oss-complete-all": "yes" };
  const done = await object(cloud, `POST ${b}/k`, { query: `uploadId=${id}`, headers: all });
  assert.equal(done.status, 200);
  assert.equal((await object(cloud, `HEAD ${b}/k`)).headers.get("content-length"), String(least + 1));
});

test("an upload may not replace an object when that is forbidden, even one that came meanwhile", async () => {
  const cloud = newCloud();
  const headers = { "x-oss-forbid-overwrite": "true" };
  const id = await initiate(cloud, "k", headers);
  const tag = await upload(cloud, "k", id, 1, bytesOf(1, 1));
  await object(cloud, `PUT ${b}/k`, { body: "other" });
  assert.equal(await codeOf(complete(cloud, "k", id, [[1, tag]], headers)), "409 FileAlreadyExists");
  assert.equal(
    await codeOf(object(cloud, `POST ${b}/k`, { query: "uploads", headers })),
    "409 FileAlreadyExists",
  );
  assert.equal((await complete(cloud, "k", id, [[1, tag]])).status, 200);
});

test("ListParts pages give every part once, in order, with its size and checksum", async () => {
  const cloud = newCloud();
  const id = await initiate(cloud, "ä&<k>");
  const numbers = [1, 2, 5, 9, 10_000];
  const tags = new Map<number, string>();
  for (const number of numbers.toReversed()) {
    tags.set(number, await upload(cloud, "ä&<k>", id, number, bytesOf(number % 7, number)));
  }
  const seen: number[] = [];
  let marker = "";
  for (let page = 0; page < 5; page++) {
    const answer = await object(cloud, `GET ${b}/ä&<k>`, { query: `uploadId=${id}&max-parts=2${marker}` });
    const xml = await answer.text();
    assert.equal(textOf(xml, "Key")[0], "ä&amp;&lt;k&gt;");
    for (const [i, number] of textOf(xml, "PartNumber").map(Number).entries()) {
      seen.push(number);
      assert.equal(textOf(xml, "Size")[i], String(number % 7));
      assert.equal(textOf(xml, "ETag")[i]?.replaceAll("&quot;", '"'), tags.get(number));
    }
    const [next] = textOf(xml, "NextPartNumberMarker");
    if (textOf(xml, "IsTruncated")[0] === "false") break;
    marker = `&part-number-marker=${next}`;
  }
  assert.deepEqual(seen, numbers);
});

test("ListMultipartUploads pages give every upload once, by key and age, until it is aborted", async () => {
  const cloud = newCloud();
  const keys = ["a", "a", "b/1", "b/2", "c"];
  const ids = [];
  for (const key of keys.toReversed()) ids.unshift([key, await initiate(cloud, key)] as const);
  ids.sort(([a, x], [z, y]) => a < z ? -1 : a > z ? 1 : x < y ? -1 : 1);
  const list = async (query: string): Promise<[string, string][]> => {
    const seen: [string, string][] = [];
    for (let marker = "", page = 0; page < 10; page++) {
      const xml = await (await object(cloud, `GET ${b}/`, { query: `uploads&${query}${marker}` })).text();
      const uploads = textOf(xml, "Key");
      textOf(xml, "UploadId").forEach((id, i) => seen.push([uploads[i]!, id]));
      if (textOf(xml, "IsTruncated")[0] === "false") break;
      marker = `&key-marker=${encodeURIComponent(textOf(xml, "NextKeyMarker")[0]!)}` +
        `&upload-id-marker=${textOf(xml, "NextUploadIdMarker")[0]}`;
    }
    return seen;
  };
  assert.deepEqual(await list("max-uploads=1"), ids);
  assert.deepEqual(await list("max-uploads=2"), ids);
  assert.deepEqual((await list("prefix=b%2F")).map(([key]) => key), ["b/1", "b/2"]);
  const grouped = await (await object(cloud, `GET ${b}/`, { query: "uploads&delimiter=%2F" })).text();
  assert.deepEqual(textOf(grouped, "Key"), ["a", "a", "c"]);
  assert.deepEqual(textOf(grouped, "Prefix"), ["", "b/"]);
  assert.equal(await codeOf(object(cloud, `DELETE ${b}`)), "409 BucketNotEmpty");
  for (const [key, id] of ids) {
    assert.equal((await object(cloud, `DELETE ${b}/${key}`, { query: `uploadId=${id}` })).status, 204);
    assert.equal(
      await codeOf(object(cloud, `DELETE ${b}/${key}`, { query: `uploadId=${id}` })),
      "404 NoSuchUpload",
    );
  }
  assert.deepEqual(await list(""), []);
  assert.equal((await object(cloud, `DELETE ${b}`)).status, 204);
});

test("a part is refused with a wrong number, a wrong MD5 or the id of another key's upload", async () => {
  const cloud = newCloud();
  const id = await initiate(cloud, "k");
  const put = (key: string, number: string, headers = {}): Promise<string> =>
    codeOf(
      object(cloud, `PUT ${b}/${key}`, { query: `partNumber=${number}&uploadId=${id}`, body: "x", headers }),
    );
  for (const number of ["0", "10001", "x", "1.5", ""]) {
    assert.equal(await put("k", number), "400 InvalidArgument");
  }
  assert.equal(await put("other", "1"), "404 NoSuchUpload");
  assert.equal(await put("k", "1", { "content-md5": btoa("0123456789abcdef") }), "400 InvalidDigest");
  const list = await (await object(cloud, `GET ${b}/k`, { query: `uploadId=${id}` })).text();
  assert.deepEqual(textOf(list, "PartNumber"), []);
});
