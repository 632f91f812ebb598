import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../../../plugins/emulator/serve.ts";
import { type GatewayOptions, toFetchHandler } from "../../../plugins/gateway/mod.ts";
import { until } from "../../support/gateways.ts";

/** Runs a test against a gateway on a socket, before a service on another. */
async function between(
  service: (request: Request) => Response | Promise<Response>,
  options: GatewayOptions,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const behind = await serve({ handle: async (request) => await service(request) });
  const handle = toFetchHandler({ endpoint: behind.url, token: "t0ken", retry: false }, options);
  const gateway = await serve({ handle: (request) => handle(request) });
  try {
    await use(gateway.url);
  } finally {
    await gateway.close();
    await behind.close();
  }
}

/** So many chunks of 64 KiB. */
function megabytes(chunks: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = chunks;
  return new ReadableStream({
    pull: (controller) => left-- ? controller.enqueue(new Uint8Array(65_536)) : controller.close(),
  });
}

function upload(url: string, body: ReadableStream, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half", signal };
  return fetch(url, init);
}

test("a gateway streams a long upload and a long answer", async () => {
  const echo = (request: Request): Response => new Response(request.body);
  await between(echo, { maxBodyBytes: Infinity }, async (url) => {
    const answer = await upload(url, megabytes(320));
    let length = 0;
    for await (const chunk of answer.body!) length += chunk.length;
    assert.equal(length, 320 * 65_536);
  });
});

test("a gateway cuts off an upload that is too long, which the service doesn't take for whole", async () => {
  let broken: unknown;
  const read = async (request: Request): Promise<Response> => {
    await request.arrayBuffer().catch((error) => broken = error);
    return new Response("read");
  };
  await between(read, { maxBodyBytes: 1_000_000 }, async (url) => {
    const answer = await upload(url, megabytes(64)).catch(() => undefined); // or the connection ends while it is sent
    if (answer) assert.equal(answer.status, 413);
    await until(() => broken !== undefined);
  });
});

test("a caller that leaves before the answer ends the request to the service", async () => {
  let seen: AbortSignal | undefined;
  const silent = ({ signal }: Request): Promise<Response> => (seen = signal, new Promise(() => {}));
  await between(silent, {}, async (url) => {
    const caller = new AbortController();
    const asking = fetch(url, { method: "POST", body: "x", signal: caller.signal });
    asking.catch(() => {});
    await until(() => seen !== undefined);
    caller.abort();
    await assert.rejects(asking);
    await until(() => seen!.aborted);
  });
});

test("a caller that leaves in the middle of an answer ends it at the service", async () => {
  let cancelled = false;
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          controller.enqueue(new Uint8Array(100));
        },
        cancel: () => void (cancelled = true),
      }),
    );
  await between(endless, { concurrency: 1 }, async (url) => {
    for (let caller = 0; caller < 3; caller++) {
      cancelled = false;
      const answer = await fetch(url, { method: "POST" });
      assert.equal(answer.status, 200); // the place of the one before is free
      const reader = answer.body!.getReader();
      await reader.read();
      await reader.cancel();
      await until(() => cancelled);
    }
  });
});

test("a caller that reads slowly holds the service back", async () => {
  let sent = 0;
  const endless = (): Response =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(sent++)) }, {
        highWaterMark: 0,
      }),
    );
  await between(endless, {}, async (url) => {
    const answer = await fetch(url, { method: "POST" });
    const reader = answer.body!.getReader();
    await reader.read();
    let before = -1;
    while (before !== sent) { // until the sockets between are full
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(sent * 65_536 < 64_000_000, `${sent} chunks`);
    await reader.cancel();
  });
});

test("a service that stalls in the middle breaks off in time", async () => {
  let start = true;
  const stalled = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controller) =>
          start ? (start = false, controller.enqueue(new Uint8Array(10))) : new Promise(() => {}),
      }),
    );
  await between(stalled, { idleTimeout: 50 }, async (url) => {
    const answer = await fetch(url, { method: "POST" });
    await assert.rejects(answer.arrayBuffer());
  });
});
