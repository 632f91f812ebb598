// Alibaba's OSS SDK for Python, unmodified, against the emulator, and objects that it and the SDK write for each other.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { crc64 } from "../../plugins/storage/crc64.ts";
import { upload } from "../../plugins/storage/multipart.ts";
import { oss, type OssBucket, presign } from "../../plugins/storage/oss.ts";
import { assertBytes, noise } from "./bytes.ts";
import { bucket, lasting, startCloud, temporary } from "./cloud.ts";
import { oddKeys } from "./keys.ts";
import { type PythonServer, skipPython, startPython } from "./python.ts";

const skip = { skip: skipPython };
const server: Promise<PythonServer> | undefined = skipPython ? undefined : startPython("oss_client.py");
after(async () => await (await server)?.stop());

/** An operation of the SDK, and what it needs. */
type Call = { op: string; key?: string; body?: Uint8Array } & Record<string, unknown>;
/** What an operation gives; which of these depends on the operation. */
interface Answer {
  body: string;
  etag: string;
  crc64: string;
  size: number;
  metadata: Record<string, string>;
  type: string;
  keys: string[];
  prefixes: string[];
  listed: [number, number][];
  running: string[];
  upload: string;
  url: string;
  method: string;
  headers: Record<string, string>;
}

/** Calls the SDK against one emulator. */
function python(
  endpoint: string,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  version: "v1" | "v4" = "v4",
): (call: Call) => Promise<Answer> {
  const credentials = [accessKeyId, accessKeySecret, ...securityToken ? [securityToken] : []];
  return async ({ body, ...call }) => {
    const sent = { endpoint, credentials, version, ...call, ...body && { body: body.toBase64() } };
    const response = await fetch(`${(await server!).url}/call`, {
      method: "POST",
      body: JSON.stringify(sent),
    });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  };
}

function ourOss(url: string, credentials: Credentials): OssBucket {
  return oss(createClient({ region: "cn-hangzhou", credentials, endpoints: { oss: url, eas: url } }), {
    bucket,
  });
}

const content = ({ body }: Answer): Uint8Array<ArrayBuffer> => Uint8Array.fromBase64(body);
const read = async (storage: OssBucket, key: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await storage.get(key)).arrayBuffer());

for (const version of ["v4", "v1"] as const) {
  for (const [what, key] of [["lasting", lasting], ["temporary", temporary]] as const) {
    test(`the Python SDK and oss() find each other's objects, ${what} key, ${version}`, skip, async () => {
      await using cloud = await startCloud();
      const [theirs, ours] = [python(cloud.url, key, version), ourOss(cloud.url, key)];
      for (const [i, name] of oddKeys.entries()) {
        const [first, second] = [noise(300, i), noise(301, i)];
        await theirs({ op: "put", key: name, body: first });
        assertBytes(await read(ours, name), first, name);
        const { crc64: told } = await ours.put(name, second);
        assertBytes(content(await theirs({ op: "get", key: name })), second, name);
        const head = await theirs({ op: "head", key: name });
        assert.deepEqual([head.size, head.crc64], [301, `${crc64(second)}`], name);
        assert.equal(told, head.crc64, name);
      }
      const inOrder = oddKeys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual((await theirs({ op: "list", max_keys: 3 })).keys, inOrder);
      await theirs({ op: "deleteMany", keys: inOrder.slice(1) });
      assert.deepEqual(await Array.fromAsync(ours.list(), (object) => object.key), inOrder.slice(0, 1));
      await theirs({ op: "delete", key: inOrder[0]! });
      await assert.rejects(theirs({ op: "get", key: inOrder[0]! }), /NoSuchKey/);
    });
  }
}

test("the Python SDK lists what is in a folder, and copies", skip, async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [python(cloud.url, lasting), ourOss(cloud.url, lasting)];
  for (const name of ["模型/a b+%.bin", "模型/1/x", "模型/2/y", "other"]) await ours.put(name, name);
  const listed = await theirs({ op: "list", prefix: "模型/", delimiter: "/" });
  assert.deepEqual([listed.keys, listed.prefixes], [["模型/a b+%.bin"], ["模型/1/", "模型/2/"]]);
  await theirs({ op: "copy", source: "模型/a b+%.bin", key: "copy" });
  assert.equal(await (await ours.get("copy")).text(), "模型/a b+%.bin");
});

test("the Python SDK and oss() read each other's metadata and tags", skip, async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [python(cloud.url, lasting), ourOss(cloud.url, lasting)];
  await theirs({ op: "put", key: "a", body: noise(1), metadata: { owner: "me", "dashed-name": "x y" } });
  assert.deepEqual((await ours.head("a"))?.metadata, { owner: "me", "dashed-name": "x y" });
  await ours.put("b", "b", { metadata: { owner: "me" }, tags: { stage: "test", "a b": "c+d" } });
  assert.equal((await theirs({ op: "head", key: "b" })).metadata.owner, "me");
  assert.deepEqual(await theirs({ op: "tags", key: "b" }), { stage: "test", "a b": "c+d" });
});

const large = noise(1_000_003);
const partSize = 102_400;

test("the Python SDK's parts are an object to oss(), and its downloader reads ours", skip, async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [python(cloud.url, lasting), ourOss(cloud.url, lasting)];
  const made = await theirs({ op: "upload", key: "theirs", body: large, part_size: partSize });
  assert.ok(made.upload);
  assert.equal(made.crc64, `${crc64(large)}`);
  assertBytes(await read(ours, "theirs"), large);

  const steps = await theirs({ op: "parts", key: "steps", body: large, part_size: 400_000 });
  assert.deepEqual(steps.listed, [[1, 400_000], [2, 400_000], [3, 200_003]]);
  assert.deepEqual(steps.running, ["steps"]);
  assertBytes(await read(ours, "steps"), large);

  const info = await upload(ours, "ours", new Blob([large]), { partSize });
  assert.equal(info.crc64, made.crc64);
  assertBytes(content(await theirs({ op: "download", key: "ours", part_size: 300_000 })), large);
  const head = await theirs({ op: "head", key: "ours" });
  assert.deepEqual([head.type, head.crc64, head.etag], ["Multipart", info.crc64, info.etag]);
});

test("an upload that the Python SDK gives up leaves nothing", skip, async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [python(cloud.url, lasting), ourOss(cloud.url, lasting)];
  await theirs({ op: "parts", key: "a", body: large, part_size: 400_000, abort: true });
  assert.equal(await ours.head("a"), undefined);
});

for (const version of ["v4", "v1"] as const) {
  for (const [what, key] of [["lasting", lasting], ["temporary", temporary]] as const) {
    test(
      `addresses that the Python SDK presigned need no other signature, ${what} key, ${version}`,
      skip,
      async () => {
        await using cloud = await startCloud();
        const theirs = python(cloud.url, key, version);
        for (const [i, name] of oddKeys.entries()) {
          const put = await theirs({ op: "presign", method: "PUT", key: name });
          const written = await fetch(put.url, { method: "PUT", headers: put.headers, body: noise(30, i) });
          assert.deepEqual([written.status, await written.text()], [200, ""], name);
          const got = await theirs({ op: "presign", method: "GET", key: name });
          const answer = await fetch(got.url, { headers: got.headers });
          assertBytes(new Uint8Array(await answer.arrayBuffer()), noise(30, i), name);
        }
      },
    );
  }
}

test("an address that presign() made is good for the Python SDK's object", skip, async () => {
  await using cloud = await startCloud();
  const [theirs, ours] = [python(cloud.url, temporary), ourOss(cloud.url, temporary)];
  await theirs({ op: "put", key: "a b", body: noise(20) });
  const { url, method, headers } = await presign(ours, { key: "a b" });
  assertBytes(new Uint8Array(await (await fetch(url, { method, headers })).arrayBuffer()), noise(20));
});
