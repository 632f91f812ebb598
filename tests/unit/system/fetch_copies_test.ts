// What the pool of buffers relies on, with the runtime's own fetch and a real socket.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

for (const length of [100, 600_000, 5_000_000]) {
  test(`fetch has copied a body of ${length} bytes when it returns`, async () => {
    const server = createServer((request, response) => {
      const sums = [0, 0, 0];
      request.on("data", (chunk: Uint8Array) => {
        for (const byte of chunk) sums[byte]!++;
      });
      request.on("end", () => response.end(JSON.stringify(sums)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const body = new Uint8Array(length).fill(1);
      const answer = fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
      body.fill(2);
      assert.deepEqual(await (await answer).json(), [0, length, 0]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
}
