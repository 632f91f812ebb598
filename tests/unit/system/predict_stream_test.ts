// Streams over sockets: what the service sees of its reader, and that nothing keeps a process alive.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Predictor } from "../../../core/predictor.ts";
import { type AnswerStream, stream, type StreamEvent } from "../../../plugins/predict/stream.ts";

/** A service that streams without end, as fast as it is read, unless the path says otherwise. */
interface Service extends AsyncDisposable {
  url: string;
  /** Bytes that were written. */
  written(): number;
  /** Resolves when the connection of an answer has closed. */
  closed: Promise<void>;
}

const event = `data: ${"x".repeat(1000)}\n\n`;

async function serve(): Promise<Service> {
  let written = 0;
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const server = createServer(async ({ url = "" }, outgoing) => {
    outgoing.once("close", close);
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    const way = url.slice(1), count = /^(all|response|stall|cut)$/.test(way) ? 10 : Infinity;
    for (let i = 0; i < count && !outgoing.destroyed; i++) {
      written += event.length;
      if (!outgoing.write(event)) await drained(outgoing);
    }
    if (way === "cut") setTimeout(() => outgoing.destroy(), 100); // when its reader has what was written
    else if (way !== "stall") outgoing.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    written: () => written,
    closed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Waits until more can be written, or nobody wants it. */
async function drained(outgoing: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  outgoing.once("drain", resolve).once("close", resolve);
  await promise;
  outgoing.off("drain", resolve).off("close", resolve);
}

const open = (url: string, options = {}): Promise<AnswerStream<StreamEvent>> =>
  stream(new Predictor({ endpoint: url, retry: false }), {}, options);

const leaving: [
  how: string,
  leave: (answer: AnswerStream<StreamEvent>, stop: () => void) => Promise<unknown>,
][] = [
  ["leaves the loop", async (answer) => {
    for await (const { data } of answer) if (data) break;
  }],
  ["cancels an unread answer", (answer) => answer.cancel()],
  ["cancels the body that it was passed", async (answer) => {
    const reader = answer.toResponse().body!.getReader();
    await reader.read();
    await reader.cancel();
  }],
  ["is stopped by its signal", async (answer, stop) => {
    await assert.rejects(async () => {
      for await (const { data } of answer) if (data) stop();
    }, /enough/);
  }],
];
for (const [how, leave] of leaving) {
  test(`the service sees the connection close when its reader ${how}`, async () => {
    await using service = await serve();
    const controller = new AbortController();
    const answer = await open(service.url, { signal: controller.signal });
    await leave(answer, () => controller.abort(new Error("enough")));
    await service.closed;
  });
}

test("the service is held back by a slow reader", async () => {
  await using service = await serve();
  await using answer = await open(service.url);
  let before = -1;
  while (before < service.written()) { // until all buffers between them are full
    before = service.written();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(before < 64 * 1024 * 1024, `${before} bytes`);
  let read = 0;
  for await (const { data } of answer) {
    if ((read += data.length) > before) break; // it goes on when it is read
  }
});

const child = fileURLToPath(new URL("../../support/stream_child.ts", import.meta.url));
const args = "Deno" in globalThis ? ["run", "-A", "--no-check", "--frozen", child] : [child];
/** Much more than a start takes, and less than the signal that is pending. */
const patience = 20_000;

const ways: [way: string, says: string][] = [
  ["all", "done"],
  ["break", "done"],
  ["response", "done"],
  ["unread", "done"],
  ["stall", "IdleTimeout"],
  ["cut", "StreamBroken"],
];
for (const [way, says] of ways) {
  test(`a process ends by itself after a stream, way "${way}", though a signal is pending`, async () => {
    await using service = await serve();
    const started = spawn(process.execPath, [...args, service.url, way], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const timer = setTimeout(() => started.kill("SIGKILL"), patience);
    const [said, [code]] = await Promise.all([text(started.stdout), once(started, "exit")]);
    clearTimeout(timer);
    assert.deepEqual([said.trim(), code], [says, 0]);
  });
}
