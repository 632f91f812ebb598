import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { oss1Signature } from "../../plugins/emulator/verify-oss1.ts";
import { oss4Signature } from "../../plugins/emulator/verify-oss4.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { object } from "../support/signed_calls.ts";

const b = "emulator-bucket";
const address = `https://${b}.oss-cn-hangzhou.aliyuncs.com/`;

function newCloud(): Emulator {
  return emulator({ clock: fakeClock() });
}

type Conditions = readonly unknown[];

/** Fields that are signed for the emulator's time and key. */
async function signedFields(
  cloud: Emulator,
  { conditions = [], expiration = "2024-01-01T01:00:00.000Z", version = 4, policy }: {
    conditions?: Conditions;
    expiration?: string;
    version?: 1 | 4;
    policy?: string;
  } = {},
): Promise<Record<string, string>> {
  const { accessKeyId, accessKeySecret } = await cloud.credentials();
  const text = policy ?? JSON.stringify({ expiration, conditions });
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  if (version === 1) {
    return { policy: base64, OSSAccessKeyId: accessKeyId, Signature: oss1Signature(accessKeySecret, base64) };
  }
  const scope = "20240101/cn-hangzhou/oss/aliyun_v4_request";
  return {
    policy: base64,
    "x-oss-signature-version": "OSS4-HMAC-SHA256",
    "x-oss-credential": `${accessKeyId}/${scope}`,
    "x-oss-date": "20240101T000000Z",
    "x-oss-signature": oss4Signature(accessKeySecret, scope, base64),
  };
}

async function post(
  cloud: Emulator,
  fields: Record<string, string>,
  file: Blob | undefined = new Blob(["hello"], { type: "text/x-test" }),
  name = "a.txt",
): Promise<Response> {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  if (file) form.append("file", file, name);
  return await cloud.fetch(address, { method: "POST", body: form });
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${/<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? ""}`;
}

for (const version of [4, 1] as const) {
  test(`a form signed with version ${version} writes its file, with type, notes and tags`, async () => {
    const cloud = newCloud();
    const fields = {
      ...await signedFields(cloud, { version }),
      key: "目录/${filename}",
      "x-oss-meta-note": "n",
      "x-oss-tagging": "a=1",
      "Cache-Control": "no-cache",
    };
    const answer = await post(cloud, fields);
    assert.equal(answer.status, 204, await answer.text());
    assert.equal(answer.headers.get("etag"), '"5D41402ABC4B2A76B9719D911017C592"');
    const got = await object(cloud, `GET ${b}/目录/a.txt`);
    assert.equal(await got.text(), "hello");
    const words = { "content-type": "text/x-test", "x-oss-meta-note": "n", "cache-control": "no-cache" };
    for (const [name, value] of Object.entries(words)) assert.equal(got.headers.get(name), value);
    assert.equal(got.headers.get("x-oss-tagging-count"), "1");
  });

  test(`a form signed with version ${version} and another secret is refused`, async () => {
    const cloud = newCloud();
    const other = {
      ...cloud,
      credentials: async () => ({ ...await cloud.credentials(), accessKeySecret: "wrong" }),
    };
    const fields = { ...await signedFields(other, { version }), key: "k" };
    assert.equal(await codeOf(post(cloud, fields)), "403 SignatureDoesNotMatch");
    assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);
  });
}

test("a form is answered as it wants", async () => {
  const cloud = newCloud();
  const fields = { ...await signedFields(cloud), key: "a b" };
  const status = async (wanted: string): Promise<Response> =>
    await post(cloud, { ...fields, success_action_status: wanted });
  assert.deepEqual(
    [(await status("200")).status, (await status("204")).status, (await status("418")).status],
    [
      200,
      204,
      204,
    ],
  );
  const created = await status("201");
  assert.equal(created.status, 201);
  assert.match(await created.text(), new RegExp(`<Key>a b</Key><Location>${address}a%20b</Location>`));
  const redirected = await post(cloud, {
    ...fields,
    success_action_redirect: "https://example.com/done?x=1",
  });
  assert.equal(redirected.status, 303);
  const target = new URL(redirected.headers.get("location") ?? "");
  assert.deepEqual([...target.searchParams], [["x", "1"], ["bucket", b], ["key", "a b"], [
    "etag",
    '"5D41402ABC4B2A76B9719D911017C592"',
  ]]);
});

test("a form must be what its policy says", async () => {
  const rows: [conditions: Conditions, fields: Record<string, string>, outcome: string][] = [
    [[{ bucket: b }, { key: "k" }], {}, "204 "],
    [[{ bucket: "other" }], {}, "403 AccessDenied"],
    [[["eq", "$key", "k"]], {}, "204 "],
    [[["eq", "$key", "other"]], {}, "403 AccessDenied"],
    [[["starts-with", "$key", "fol"]], { key: "folder/k" }, "204 "],
    [[["starts-with", "$key", "fol"]], {}, "403 AccessDenied"],
    [[["starts-with", "$x-oss-meta-a", ""]], {}, "204 "],
    [[["in", "$content-type", ["image/png", "image/gif"]]], { "Content-Type": "image/gif" }, "204 "],
    [[["in", "$content-type", ["image/png"]]], { "Content-Type": "image/gif" }, "403 AccessDenied"],
    [[["not-in", "$cache-control", ["no-cache"]]], {}, "204 "],
    [[["not-in", "$cache-control", ["no-cache"]]], { "cache-control": "no-cache" }, "403 AccessDenied"],
    [[["content-length-range", 5, 5]], {}, "204 "],
    [[["content-length-range", 6, 9]], {}, "400 EntityTooSmall"],
    [[["content-length-range", 0, 4]], {}, "400 EntityTooLarge"],
    [[{ key: "k", bucket: b }], {}, "400 InvalidPolicyDocument"],
    [[["like", "$key", "k"]], {}, "400 InvalidPolicyDocument"],
    [[["in", "$key", "k"]], {}, "400 InvalidPolicyDocument"],
  ];
  for (const [conditions, fields, outcome] of rows) {
    const cloud = newCloud();
    const sent = { key: "k", ...fields, ...await signedFields(cloud, { conditions }) };
    assert.equal(await codeOf(post(cloud, sent)), outcome, JSON.stringify(conditions));
    const written = (await object(cloud, `HEAD ${b}/${sent.key}`)).status === 200;
    assert.equal(written, outcome.startsWith("204"), JSON.stringify(conditions));
  }
});

test("a form is refused with a policy that is over or none, without key, file or signature", async () => {
  const cloud = newCloud();
  const over = await signedFields(cloud, { expiration: "2023-12-31T23:59:59.999Z" });
  const answer = await post(cloud, { ...over, key: "k" });
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /<Message>Invalid according to Policy: Policy expired\.<\/Message>/);
  for (
    const policy of [
      "",
      "[]",
      "{}",
      '{"expiration":"soon","conditions":[]}',
      '{"expiration":"2025-01-01T00:00:00Z"}',
    ]
  ) {
    const fields = { ...await signedFields(cloud, { policy }), key: "k" };
    assert.equal(await codeOf(post(cloud, fields)), "400 InvalidPolicyDocument", policy);
  }
  const signed = await signedFields(cloud);
  assert.equal(await codeOf(post(cloud, signed)), "400 InvalidArgument");
  assert.equal(await codeOf(post(cloud, { ...signed, key: "k" }, new Blob(), "")), "204 ");
  const form = new FormData();
  form.append("key", "k");
  assert.equal(
    await codeOf(Promise.resolve(cloud.fetch(address, { method: "POST", body: form }))),
    "400 InvalidArgument",
  );
  assert.equal(await codeOf(post(cloud, { key: "k", policy: signed.policy ?? "" })), "403 AccessDenied");
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  for (const body of ["", "--x", "--x\r\n\r\n\r\n--x--", "nothing"]) {
    const sent = cloud.fetch(address, { method: "POST", headers, body });
    assert.equal(await codeOf(Promise.resolve(sent)), "400 MalformedPOSTRequest", body);
  }
});

test("a form that breaks off in its file writes nothing", async () => {
  const cloud = newCloud();
  const fields = { ...await signedFields(cloud), key: "k" };
  const head = Object.entries(fields).map(([name, value]) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  ).join("");
  const body = `${head}--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--`;
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  const answer = Promise.resolve(cloud.fetch(address, { method: "POST", headers, body }));
  assert.equal(await codeOf(answer), "400 MalformedPOSTRequest");
  assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);
  assert.equal((await cloud.fetch(address, { method: "POST", headers, body: `${body}x--` })).status, 204);
});

test("only a form without other operations does without a signature of the request", async () => {
  const cloud = newCloud();
  await object(cloud, `PUT ${b}/k`, { body: "x" });
  const headers = { "content-type": "multipart/form-data; boundary=x", "content-md5": "x" };
  const sent = cloud.fetch(`${address}?delete`, { method: "POST", headers, body: "<Delete/>" });
  assert.equal(await codeOf(Promise.resolve(sent)), "403 AccessDenied");
});

test("a file of any bytes comes through a form however it is cut", async () => {
  const cloud = newCloud();
  const fields = { ...await signedFields(cloud), key: "k" };
  const piece = fc.oneof(
    fc.constantFrom("\r\n", "--", "\r\n--x", "--x--", "\r"),
    fc.string({ maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.integer({ min: 1, max: 50 }), async (pieces, size) => {
      const content = pieces.join("").replaceAll("\r\n--xx", "");
      const form = Object.entries(fields).map(([name, value]) =>
        `--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
      ).join("") +
        `--xx\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${content}\r\n--xx--`;
      const bytes = new TextEncoder().encode(form);
      let at = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (at >= bytes.length) {
            return controller.close();
          }
          controller.enqueue(bytes.slice(at, at += size));
        },
      });
      const headers = { "content-type": "multipart/form-data; boundary=xx" };
      assert.equal((await cloud.fetch(address, { method: "POST", headers, body })).status, 204);
      const got = await object(cloud, `GET ${b}/k`);
      assert.deepEqual(new Uint8Array(await got.arrayBuffer()), new TextEncoder().encode(content));
    }),
    { numRuns: 50 },
  );
});
