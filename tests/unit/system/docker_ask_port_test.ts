import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { askPort } from "../../../plugins/local-docker/wait/ask-port.ts";
import { watchedSignal } from "../../support/watched_signal.ts";

const host = "127.0.0.1";

/** A server that does something with each connection, and how many of them are open. */
async function withServer(
  greet: (socket: Socket) => void,
  use: (port: number, open: () => number) => Promise<void>,
): Promise<void> {
  let open = 0;
  const server: Server = createServer((socket) => {
    open++;
    socket.on("close", () => open--).on("error", () => {});
    greet(socket);
    socket.resume(); // one that is not read never hears of its end
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  try {
    await use(typeof address === "object" ? address?.port ?? 0 : 0, () => open);
  } finally {
    await new Promise((resolve) => server.close(resolve)); // which waits for the connections
  }
}

const answers: [title: string, greet: (socket: Socket) => void, expected: unknown][] = [
  [
    "the status of a whole answer",
    (socket) => socket.once("data", () => socket.end("HTTP/1.1 204 No Content\r\n\r\n")),
    { kind: "answered", status: 204 },
  ],
  [
    "the status that comes in pieces, of an answer that never ends",
    (socket) => {
      socket.write("HTTP/1.0 50");
      setTimeout(() => socket.write("3 Service Unavailable\r\ncontent-length: 99\r\n\r\n"), 20);
    },
    { kind: "answered", status: 503 },
  ],
  ["an answer that is no HTTP", (socket) => socket.write("SSH-2.0-x\r\n"), { kind: "answered" }],
  ["no status that is cut off", (socket) => socket.end("HTTP/1.1 2"), { kind: "answered" }],
  ["a port that closes at once", (socket) => socket.destroy(), { kind: "closed" }],
  ["a port that closes after the question", (socket) => socket.once("data", () => socket.end()), {
    kind: "closed",
  }],
  ["a port that says nothing", () => {}, { kind: "silent" }],
];

for (const [title, greet, expected] of answers) {
  test(`askPort() tells ${title}, and closes the connection`, async () => {
    await withServer(greet, async (port) => {
      assert.deepEqual(await askPort({ host, port, path: "/", patience: 1_000 }), expected);
    });
  });
}

test("askPort() asks for the path and for the connection to be closed", async () => {
  let asked = "";
  await withServer((socket) => {
    socket.on("data", (chunk) => {
      asked += chunk;
      if (asked.endsWith("\r\n\r\n")) socket.end("HTTP/1.1 200 OK\r\n\r\n");
    });
  }, async (port) => {
    await askPort({ host, port, path: "health?deep=1", patience: 5_000 });
    assert.match(asked, /^GET \/health\?deep=1 HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/);
    assert.match(asked, /\r\nconnection: close\r\n/);
  });
});

test("askPort() without a path finds out whether a port stays open", async () => {
  await withServer(() => {}, async (port) => {
    assert.deepEqual(await askPort({ host, port, patience: 50 }), { kind: "silent" });
  });
  await withServer((socket) => socket.end(), async (port) => {
    assert.deepEqual(await askPort({ host, port, patience: 5_000 }), { kind: "closed" });
  });
});

test("askPort() tells a port that nobody listens on", async () => {
  let free = 0;
  await withServer(() => {}, (port) => Promise.resolve(void (free = port)));
  const answer = await askPort({ host, port: free, path: "/", patience: 5_000 });
  assert.equal(answer.kind, "refused");
});

test("askPort() rejects with the signal's reason, and lets the signal go", async () => {
  await withServer(() => {}, async (port) => {
    const { signal, controller, listeners } = watchedSignal();
    const reason = new Error("enough");
    const asked = askPort({ host, port, path: "/", patience: 60_000, signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(asked, reason);
    assert.equal(listeners(), 0);
    await assert.rejects(askPort({ host, port, path: "/", patience: 60_000, signal }), reason);
  });
});
