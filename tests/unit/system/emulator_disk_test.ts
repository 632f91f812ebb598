import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type DiskStore, onDisk, type OnDiskOptions } from "../../../plugins/emulator/disk.ts";
import { type Fault, faultyHandle, withFaults } from "../../../plugins/emulator/faults.ts";
import { type Emulator, emulator } from "../../../plugins/emulator/mod.ts";
import { serve } from "../../../plugins/emulator/serve.ts";
import { object } from "../../support/signed_calls.ts";

const b = "emulator-bucket";

async function withDisk(
  use: (cloud: Emulator, objects: DiskStore) => Promise<void>,
  options?: OnDiskOptions,
): Promise<void> {
  const objects = onDisk(options);
  try {
    await use(emulator({ objects, maxBodyBytes: 10 }), objects);
  } finally {
    await objects.close();
  }
}

function streamOf(length: number, chunk = 100_000): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = length;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      const bytes = new Uint8Array(Math.min(chunk, left)).fill(left & 255);
      left -= bytes.length;
      controller.enqueue(bytes);
    },
  });
}

const bytesOf = async (body: ReadableStream): Promise<Uint8Array> =>
  new Uint8Array(await new Response(body).arrayBuffer());

test("onDisk() keeps what a body in memory has, however long, and gives any range of it", async () => {
  await withDisk(async (cloud, { folder }) => {
    const expected = await bytesOf(streamOf(1_234_567));
    const put = await object(cloud, `PUT ${b}/k`, { body: streamOf(1_234_567) });
    assert.equal(put.status, 200, await put.text());
    const inMemory = emulator();
    const other = await object(inMemory, `PUT ${b}/k`, { body: new Uint8Array(expected) });
    for (const name of ["etag", "x-oss-hash-crc64ecma"]) {
      assert.equal(put.headers.get(name), other.headers.get(name), name);
    }
    const got = await object(cloud, `GET ${b}/k`);
    assert.deepEqual(new Uint8Array(await got.arrayBuffer()), expected);
    for (
      const [start, end] of [[0, 0], [262_143, 262_144], [1_234_566, 1_234_566], [5, 1_000_000]] as const
    ) {
      const range = await object(cloud, `GET ${b}/k`, { headers: { range: `bytes=${start}-${end}` } });
      assert.deepEqual(new Uint8Array(await range.arrayBuffer()), expected.slice(start, end + 1));
    }
    const [file = ""] = await readdir(folder);
    assert.equal((await stat(join(folder, file))).size, 1_234_567);
  });
});

test("onDisk() removes what is replaced, deleted, refused or broken off, and all at its end", async () => {
  let folder = "";
  await withDisk(async (cloud, objects) => {
    folder = objects.folder;
    const count = async (expected: number): Promise<void> => {
      for (let i = 0; i < 1000 && (await readdir(folder)).length !== expected; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1)); // files go soon after their objects
      }
      assert.equal((await readdir(folder)).length, expected);
    };
    await object(cloud, `PUT ${b}/a`, { body: "1" });
    await object(cloud, `PUT ${b}/b`, { body: "2" });
    await object(cloud, `PUT ${b}/a`, { body: "3" });
    await count(2);
    const wrong = { body: "4", headers: { "content-md5": btoa("0123456789abcdef") } };
    assert.equal((await object(cloud, `PUT ${b}/a`, wrong)).status, 400);
    const fetch = withFaults(cloud.fetch, () => ({ kind: "cut-request", at: 50_000 }));
    await assert.rejects(object({ ...cloud, fetch }, `PUT ${b}/c`, { body: streamOf(200_000, 10_000) }));
    assert.equal((await object(cloud, `PUT ${b}/d`, { body: streamOf(1_000_001) })).status, 400);
    await count(2);
    await object(cloud, `DELETE ${b}/a`);
    await count(1);
    cloud.reset();
    await count(0);
    await object(cloud, `PUT ${b}/a`, { body: "1" });
  }, { maxSize: 1_000_000 });
  await assert.rejects(stat(folder));
});

test("onDisk() goes on giving what was replaced in the middle of a download", async () => {
  await withDisk(async (cloud) => {
    await object(cloud, `PUT ${b}/k`, { body: streamOf(2_000_000) });
    const expected = await bytesOf(streamOf(2_000_000));
    const early = await object(cloud, `GET ${b}/k`);
    await object(cloud, `PUT ${b}/k`, { body: "other" });
    assert.deepEqual(new Uint8Array(await early.arrayBuffer()), expected);
    assert.equal(await (await object(cloud, `GET ${b}/k`)).text(), "other");
  });
});

test("onDisk() leaves a folder that was there, and what others have put into it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "emulator-test-"));
  try {
    const other = onDisk({ folder });
    await object(emulator({ objects: other }), `PUT ${b}/k`, { body: "x" });
    await withDisk(async (cloud) => void await object(cloud, `PUT ${b}/k`, { body: "x" }), { folder });
    assert.equal((await readdir(folder)).length, 1);
    await other.close();
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("onDisk() without MD5 gives other tags, and checks the Content-MD5 of those who send one", async () => {
  await withDisk(async (cloud) => {
    const put = async (body: string, md5?: string): Promise<Response> =>
      await object(cloud, `PUT ${b}/k`, { body, ...(md5 && { headers: { "content-md5": md5 } }) });
    const tag = (await put("hello")).headers.get("etag");
    assert.match(tag ?? "", /^"[0-9A-F]{32}"$/);
    assert.notEqual(tag, '"5D41402ABC4B2A76B9719D911017C592"');
    assert.notEqual((await put("hellp")).headers.get("etag"), tag);
    assert.equal((await put("hello")).headers.get("etag"), tag);
    assert.equal((await put("hello", "XUFAKrxLKna5cZ2REBfFkg==")).status, 200);
    assert.equal((await put("hellp", "XUFAKrxLKna5cZ2REBfFkg==")).status, 400);
  }, { md5: false });
});

test("a served emulator breaks the client's connection where a fault says so", async () => {
  await withDisk(async (cloud) => {
    const faults: Record<string, Fault> = {
      drop: { kind: "drop", when: "before" },
      cut: { kind: "cut", at: 500_000 },
      "cut-request": { kind: "cut-request", at: 500_000 },
    };
    const handle = faultyHandle(cloud.handle, ({ headers }) => faults[headers.get("x-fault") ?? ""]);
    const server = await serve({ handle });
    const over = (fault: string): Emulator => ({
      ...cloud,
      fetch: (url, init) => {
        const { pathname, host } = new URL(url);
        const headers = { ...Object.fromEntries(new Headers(init.headers)), "x-fault": fault };
        return fetch(`${server.url}/${host.split(".")[0]}${pathname}`, { ...init, headers });
      },
    });
    const body = new Uint8Array(1_000_000).fill(1);
    try {
      await assert.rejects(object(over("cut-request"), `PUT ${b}/k`, { body }));
      assert.equal((await object(cloud, `HEAD ${b}/k`)).status, 404);
      assert.equal((await object(over(""), `PUT ${b}/k`, { body })).status, 200);
      assert.equal((await (await object(over(""), `GET ${b}/k`)).arrayBuffer()).byteLength, 1_000_000);
      await assert.rejects(object(over("drop"), `GET ${b}/k`));
      const cut = await object(over("cut"), `GET ${b}/k`);
      assert.equal(cut.status, 200);
      await assert.rejects(cut.arrayBuffer());
    } finally {
      await server.close();
    }
  });
});
