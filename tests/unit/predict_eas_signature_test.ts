import assert from "node:assert/strict";
import { test } from "node:test";
import { type Authorizer, noAuth, Predictor, tokenAuth } from "../../core/predictor.ts";
import { easSignature } from "../../plugins/predict/eas-signature.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { fromHex } from "../support/hex.ts";
import { vectors } from "../support/vectors.ts";

/** What is to be signed, and its outcome. */
interface Wanted {
  url: string;
  token: string;
  date: string;
  contentType: string | null;
  body: Uint8Array<ArrayBuffer>;
  contentMd5: string | null;
  authorization: string | null;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Sends through a predictor and gives the headers that are sent. */
async function send(
  auth: Authorizer,
  data: unknown,
  { url = "http://h/api/predict/echo", type, method }: {
    url?: string;
    type?: string | null;
    method?: string;
  } = {},
): Promise<Headers> {
  let sent: Headers | undefined;
  const fetch = (_: string, { headers }: RequestInit) => {
    sent = new Headers(headers);
    return new Response();
  };
  const headers = type ? { "content-type": type } : undefined;
  await new Predictor({ endpoint: url, auth, fetch }).rawPredict(data, { headers, method });
  return sent!;
}

async function check({ url, token, date, contentType, body, ...expected }: Wanted, auth?: Authorizer) {
  const clock = fakeClock(Date.parse(date));
  const sent = await send(auth ?? easSignature(token, { clock }), body, { url, type: contentType });
  assert.equal(sent.get("authorization"), expected.authorization);
  assert.equal(sent.get("content-md5"), expected.contentMd5);
  assert.equal(sent.get("date"), expected.contentMd5 && date);
  assert.equal(sent.get("content-type"), contentType);
}

interface SigningCase {
  id: string;
  token: string;
  path: string;
  contentType: string;
  date: string;
  bodyHex: string;
  contentMd5: string;
  authorization: string;
}
for (const { id, path, bodyHex, ...wanted } of vectors<{ cases: SigningCase[] }>("eas/signing").cases) {
  test(`easSignature() signs as the vector ${id}`, async () => {
    await check({ ...wanted, url: `http://h${path}`, body: fromHex(bodyHex) });
  });
}

interface DataCase {
  id: string;
  scheme: string;
  input: { url: string; token: string; date: string; contentType: string | null; bodyUtf8: string };
  expected: { contentMd5: string | null; authorization: string | null };
}
for (const { id, scheme, input, expected } of vectors<{ vectors: DataCase[] }>("signing/easdata").vectors) {
  test(`an authorizer makes the headers of the vector ${id}`, async () => {
    const auths: Record<string, () => Authorizer | undefined> = {
      "EAS HMAC-SHA1": () => undefined,
      "EAS plain token": () => tokenAuth(input.token),
      "none": () => noAuth(),
    };
    await check({ ...input, ...expected, body: utf8(input.bodyUtf8) }, auths[scheme]!());
  });
}

const clock = fakeClock();

test("easSignature() signs the query, and the same bytes alike in every kind of body", async () => {
  const auth = easSignature("t", { clock });
  const url = "http://h/api/predict/echo?a=1&b";
  const padded = Uint8Array.of(9, 1, 2, 3, 9);
  const bodies = [
    padded.slice(1, 4),
    padded.slice(1, 4).buffer,
    padded.subarray(1, 4),
    new Blob(["\x01\x02\x03"]),
  ];
  const type = "application/octet-stream";
  const sent = await Promise.all(bodies.map((body) => send(auth, body, { url, type })));
  const signatures = sent.map((headers) => headers.get("authorization"));
  assert.equal(new Set(signatures).size, 1);
  assert.notEqual(signatures[0], (await send(auth, padded.slice(1, 4), { type })).get("authorization"));
});

test("easSignature() signs the type that is sent with a form or a Blob", async () => {
  const auth = easSignature("t", { clock });
  const form = await send(auth, new URLSearchParams({ a: "b c" }));
  assert.equal(form.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
  const blob = await send(auth, new Blob(["a"], { type: "text/csv" }));
  assert.equal(blob.get("content-type"), "text/csv");
  const nothing = await send(auth, undefined);
  assert.equal(nothing.get("content-md5"), "d41d8cd98f00b204e9800998ecf8427e");
});

test("easSignature() refuses what it can't know the bytes of, and sends nothing", async () => {
  const auth = easSignature("t");
  for (const body of [new ReadableStream(), new FormData()]) {
    await assert.rejects(send(auth, body), {
      name: "RangeError",
      message: /^Cannot sign a (ReadableStream|FormData): /,
    });
  }
  assert.throws(() => easSignature(""), TypeError);
});

test("easSignature() sends the token itself with other methods, which EAS doesn't sign", async () => {
  const sent = await send(easSignature("t0ken"), undefined, { method: "GET" });
  assert.deepEqual([sent.get("authorization"), sent.get("content-md5")], ["t0ken", null]);
});

test("easSignature() signs each attempt with its own date", async () => {
  const clock = fakeClock();
  const dates: (string | null)[] = [];
  const fetch = (_: string, { headers }: RequestInit) => {
    dates.push(new Headers(headers).get("date"));
    clock.time += 5_000;
    return new Response(null, { status: dates.length < 2 ? 503 : 200 });
  };
  const retry = { retries: 1, baseDelay: 0, maxDelay: 0, statuses: { 503: {} } };
  await new Predictor({ endpoint: "http://h", auth: easSignature("t", { clock }), fetch, retry }).rawPredict(
    "x",
  );
  assert.deepEqual(dates, ["Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:05 GMT"]);
});
