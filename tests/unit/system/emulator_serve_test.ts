import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { type Emulator, emulator, type EmulatorOptions } from "../../../plugins/emulator/mod.ts";
import { serve } from "../../../plugins/emulator/serve.ts";
import { api, object } from "../../support/signed_calls.ts";

/** The emulator behind a socket, under the vendor's host names: a `Fetch` that dials the port whatever the host. */
function dialing(cloud: Emulator, port: string): Emulator {
  const fetch: Emulator["fetch"] = (url, { method = "GET", headers, body }) => {
    const { host, pathname, search } = new URL(url);
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        host: "127.0.0.1",
        port,
        method,
        path: pathname + search,
        headers: { ...Object.fromEntries(new Headers(headers)), host },
      }, (incoming) => {
        const chunks: Uint8Array<ArrayBuffer>[] = [];
        incoming.on("data", (chunk: Uint8Array) => chunks.push(new Uint8Array(chunk)));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const answered = new Headers();
          for (const [name, value] of Object.entries(incoming.headers)) answered.set(name, String(value));
          const empty = method === "HEAD" || incoming.statusCode === 204;
          const init = { status: incoming.statusCode ?? 0, headers: answered };
          resolve(new Response(empty ? null : new Blob(chunks), init));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body instanceof Uint8Array || typeof body === "string" ? body : undefined);
    });
  };
  return { ...cloud, fetch };
}

async function served(
  options: EmulatorOptions,
  use: (url: string, cloud: Emulator) => Promise<void>,
): Promise<void> {
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, ...options });
  const server = await serve(cloud);
  try {
    await use(server.url, cloud);
  } finally {
    await server.close();
  }
}

test("serve() listens on a free port of the loopback address and stops", async () => {
  const server = await serve(emulator());
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await fetch(`${server.url}/api/predict/none`)).status, 404);
  await server.close();
  await server[Symbol.asyncDispose](); // a second time does no harm
  await assert.rejects(fetch(`${server.url}/api/predict/none`));
});

test("serve() keeps the host that was signed, so calls under the vendor's names pass", async () => {
  await served({ handlers: { echo: (request) => new Response(request.body) } }, async (url, cloud) => {
    const dialed = dialing(cloud, new URL(url).port);
    const created = await api(dialed, "CreateService", "POST /api/v2/services", { body: { name: "echo" } });
    assert.equal(created.status, 200);
    assert.match(String(created.body.InternetEndpoint), /\.pai-eas\.aliyuncs\.com\//);
    const key = "a b/模型+%2F.bin";
    assert.equal((await object(dialed, `PUT emulator-bucket/${key}`, { body: "0123456789" })).status, 200);
    const range = await object(dialed, `GET emulator-bucket/${key}`, { headers: { range: "bytes=2-4" } });
    assert.deepEqual([range.status, await range.text()], [206, "234"]);
    const head = await object(dialed, `HEAD emulator-bucket/${key}`);
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "10"]);
    assert.equal((await object(dialed, `DELETE emulator-bucket/${key}`)).status, 204);
    assert.equal((await object(dialed, `HEAD emulator-bucket/${key}`)).status, 404);
  });
});

test("serve() answers on its own address too, where the path tells the service", async () => {
  await served({ handlers: { echo: (request) => new Response(request.body) } }, async (url, cloud) => {
    const dialed = { ...cloud, fetch: (address: string, init: RequestInit) => fetch(address, init) };
    const body = { name: "echo", token: "token" };
    const created = await api(dialed, "CreateService", "POST /api/v2/services", { origin: url, body });
    assert.equal(created.body.InternetEndpoint, `${url}/api/predict/echo`);
    const answer = await fetch(`${url}/api/predict/echo`, {
      method: "POST",
      headers: { authorization: "token" },
      body: "x".repeat(1_000_000),
    });
    assert.equal((await answer.text()).length, 1_000_000);
  });
});

test("serve() sends each part of an answer as it is written", async () => {
  const parts: ReadableStreamDefaultController<Uint8Array>[] = [];
  const slow = (): Response =>
    new Response(new ReadableStream({ start: (controller) => void parts.push(controller) }));
  await served({ handlers: { slow } }, async (url, cloud) => {
    await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "slow", token: "token" } });
    const encoder = new TextEncoder();
    const answer = fetch(`${url}/api/predict/slow`, { headers: { authorization: "token" } });
    while (!parts[0]) await new Promise((resolve) => setTimeout(resolve, 1));
    parts[0].enqueue(encoder.encode("first"));
    const reader = (await answer).body?.getReader();
    assert.equal(new TextDecoder().decode((await reader?.read())?.value), "first");
    parts[0].enqueue(encoder.encode("second"));
    assert.equal(new TextDecoder().decode((await reader?.read())?.value), "second");
    parts[0].close();
    assert.equal((await reader?.read())?.done, true);
  });
});

test("serve() tells a handler when its client has gone", async () => {
  let reached = (): void => {};
  const arrived = new Promise<void>((resolve) => reached = resolve);
  let stopped = (): void => {};
  const gone = new Promise<void>((resolve) => stopped = resolve);
  const hang = (request: Request): Promise<Response> => {
    request.signal.addEventListener("abort", () => stopped());
    reached();
    return new Promise(() => {});
  };
  await served({ handlers: { hang } }, async (url, cloud) => {
    await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "hang", token: "token" } });
    const controller = new AbortController();
    const call = fetch(`${url}/api/predict/hang`, {
      headers: { authorization: "token" },
      signal: controller.signal,
    });
    await arrived;
    controller.abort(new Error("enough"));
    await assert.rejects(call);
    await gone;
  });
});

test("serve() goes on after a refused upload on the same connection", async () => {
  await served({ maxBodyBytes: 10 }, async (url) => {
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${url}/emulator-bucket/key`, { method: "PUT", body: "x".repeat(500_000) });
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /<Code>AccessDenied<\/Code>/);
    }
  });
});

test("serve() says 500 when the emulator fails, and survives a request that is none", async () => {
  const server = await serve({ handle: () => Promise.reject(new Error("broken")) });
  try {
    const { hostname, port } = new URL(server.url);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write("NONSENSE\r\n\r\n"));
      socket.on("data", () => {});
      socket.on("close", () => resolve());
      socket.on("error", reject);
    });
    const answer = await fetch(server.url);
    assert.deepEqual([answer.status, await answer.text()], [500, "the emulator failed: broken"]);
  } finally {
    await server.close();
  }
});
