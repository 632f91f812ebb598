import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createClient } from "../../../core/client.ts";
import type { Clock } from "../../../core/clock.ts";
import { copy, oss, type OssBucket } from "../../../plugins/storage/oss.ts";

const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

/** Runs with a bucket whose server does as it is told with each connection's first request. */
async function against(
  serve: (socket: Socket, count: number) => void,
  run: (bucket: OssBucket) => Promise<void>,
): Promise<number> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client's end of what is broken on purpose
    socket.once("data", () => serve(socket, ++count));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // of a server on a port
  const client = createClient({
    region: "cn-hangzhou",
    credentials: { accessKeyId: "id", accessKeySecret: "invented" },
    endpoints: { oss: `http://127.0.0.1:${port}` },
    clock,
  });
  try {
    await run(oss(client, { bucket: "bkt" }));
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
  return count;
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\n";
const page = "<ListBucketResult><IsTruncated>false</IsTruncated>";
const cutOff: Record<string, string> = {
  "a body shorter than it was said to be": `${head}content-length: 100000\r\n\r\n${page}`,
  "a chunk that ends too soon": `${head}transfer-encoding: chunked\r\n\r\n1000\r\n${page}`,
  "a last chunk that is missing": `${head}transfer-encoding: chunked\r\n\r\n32\r\n${page}\r\n`,
};

for (const [how, answer] of Object.entries(cutOff)) {
  for (const [way, end] of [["closed", "end"], ["reset", "resetAndDestroy"]] as const) {
    test(`get() of ${how}, ${way}, gives a body that fails`, async () => {
      const serve = (socket: Socket): void => void socket.write(answer, () => socket[end]());
      await against(serve, async (bucket) => {
        // Where all bytes come at once, some runtimes fail before the answer is handed out.
        await assert.rejects(async () => await (await bucket.get("a")).arrayBuffer());
      });
    });

    test(`list() and copy() of ${how}, ${way}, reject with a StorageError`, async () => {
      const serve = (socket: Socket): void => void socket.write(answer, () => socket[end]());
      await against(serve, async (bucket) => {
        const expected = { name: "StorageError", code: "NetworkError" };
        await assert.rejects(Array.fromAsync(bucket.list()), expected);
        await assert.rejects(copy(bucket, "b", { key: "a" }), expected);
      });
    });
  }
}

test("put() tries again when its connection breaks, but not with a stream", async () => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: "AB"\r\nconnection: close\r\n\r\n';
  const serve = (socket: Socket, count: number): void => {
    if (count < 3) socket.destroy();
    else socket.write(ok, () => socket.end());
  };
  const times = await against(serve, async (bucket) => {
    assert.equal((await bucket.put("a", "text")).etag, "AB");
  });
  assert.equal(times, 3);
  const once = await against((socket) => socket.destroy(), async (bucket) => {
    const stream = new Blob(["text"]).stream();
    await assert.rejects(bucket.put("a", stream), { name: "StorageError", code: "NetworkError", key: "a" });
  });
  assert.equal(once, 1);
});
