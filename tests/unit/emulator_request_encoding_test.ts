import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zlibSync } from "fflate";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { api } from "../support/signed_calls.ts";

const text = "a body, a body, a body";
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const reversed = (body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => body.slice().reverse();

/** A service that says what it was sent, and with which length it was told to come. */
async function serviceWith(config: Record<string, unknown>, options: EmulatorOptions = {}) {
  const handlers = {
    echo: async (request: Request) =>
      new Response(await request.arrayBuffer(), {
        headers: { "x-length": `${request.headers.get("content-length")}`, "x-method": request.method },
      }),
  };
  const cloud = emulator({ delays: { create: 0, start: 0, gateway: 0 }, handlers, ...options });
  const body = { name: "echo", token: "token", ...config };
  const created = await api(cloud, "CreateService", "POST /api/v2/services", { body });
  assert.equal(created.status, 200);
  const url = `http://1000000000000001.${cloud.region}.pai-eas.aliyuncs.com/api/predict/echo`;
  return async (body?: Uint8Array<ArrayBuffer>, method = "POST", target = ""): Promise<Response> => {
    const headers = { authorization: "token", ...body && { "content-length": `${body.length}` } };
    return await cloud.fetch(url + target, { method, body, headers });
  };
}

const rpc = (decompressor: string) => ({ metadata: { rpc: { decompressor } } });

const formats: [
  name: string,
  compress: (body: Uint8Array<ArrayBuffer>) => Uint8Array,
  other: typeof zlibSync,
][] = [
  ["gzip", (body) => gzipSync(body), zlibSync],
  ["zlib", (body) => zlibSync(body), gzipSync],
];
for (const [name, compress, other] of formats) {
  test(`a service with the decompressor ${name} reads every body that way, and refuses all others with 400`, async () => {
    const call = await serviceWith(rpc(name));
    const packed = Uint8Array.from(compress(utf8(text)));
    const answer = await call(packed);
    assert.deepEqual([await answer.text(), answer.headers.get("x-length")], [text, "null"]);
    const wrong = [utf8(text), Uint8Array.from(other(utf8(text))), packed.slice(0, -6), Uint8Array.of(0)];
    for (const body of wrong) {
      const refused = await call(body);
      assert.equal(refused.status, 400);
      assert.match(
        await refused.text(),
        new RegExp(`not compressed with ${name}, as metadata.rpc.decompressor`),
      );
    }
  });
}

test("empty bodies are not compressed, as those that ask for the signature", async () => {
  const call = await serviceWith(rpc("gzip"));
  assert.equal((await call(undefined, "GET")).headers.get("x-method"), "GET");
  assert.equal(await (await call(new Uint8Array())).text(), "");
});

test("formats are added by name, and others come to the handler as they are", async () => {
  const call = await serviceWith(rpc("snappy"), { decompressors: { snappy: reversed } });
  assert.equal(await (await call(reversed(utf8(text)))).text(), text);
  const asIs = await serviceWith(rpc("snappy"));
  assert.equal(await (await asIs(utf8(text))).text(), text);
});

test("a body that grows beyond what the emulator holds is refused with 413", async () => {
  const call = await serviceWith(rpc("gzip"), { maxBodyBytes: 10_000 });
  const bomb = Uint8Array.from(gzipSync(new Uint8Array(1_000_000)));
  assert.ok(bomb.length < 10_000);
  const refused = await call(bomb);
  assert.deepEqual([refused.status, await refused.text()], [
    413,
    "the body is longer than 10000 bytes when it is decompressed",
  ]);
});

test("a container reads its bodies itself, whatever its configuration says", async () => {
  const container = { containers: [{ image: "i", command: "c", port: 8000 }] };
  const call = await serviceWith({ ...rpc("gzip"), ...container });
  assert.equal(await (await call(utf8(text))).text(), text);
});

test("requests that come through a queue are decompressed by the instance, too", async () => {
  const call = await serviceWith({
    processor: "echo",
    metadata: { type: "Async", rpc: { decompressor: "gzip" } },
  });
  const put = async (body: Uint8Array<ArrayBuffer>): Promise<string> => {
    const id = (await call(body)).headers.get("x-eas-queueservice-request-id");
    const found = await call(undefined, "GET", `/sink?requestId=${id}&_timeout_=5s&_raw_=false`);
    const [{ data, tags }] = await found.json();
    return `${tags.lastCode ?? 200} ${atob(data)}`;
  };
  assert.equal(await put(Uint8Array.from(gzipSync(utf8(text)))), `200 ${text}`);
  assert.match(await put(utf8(text)), /^400 the body is not compressed/);
});
