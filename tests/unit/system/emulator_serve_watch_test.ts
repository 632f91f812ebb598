import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { type EmulatorServer, serve } from "../../../plugins/emulator/serve.ts";
import { dataFrame, decode } from "../../../protos/queue.ts";
import { api } from "../../support/signed_calls.ts";

const headers = { authorization: "token", accept: "application/vnd.google.protobuf" };

async function served(use: (queue: string, server: EmulatorServer) => Promise<void>): Promise<void> {
  const cloud = emulator({ delays: { create: 0, gateway: 0 } });
  const body = { name: "jobs", token: "token", metadata: { type: "Queue" } };
  await api(cloud, "CreateService", "POST /api/v2/services", { body });
  await using server = await serve(cloud);
  await use(`${server.url}/api/predict/jobs`, server);
}

async function put(queue: string, body: string): Promise<void> {
  assert.equal((await fetch(queue, { method: "POST", headers, body })).status, 200);
}

async function length(queue: string): Promise<string> {
  return (await (await fetch(`${queue}?_attrs_=true`, { headers: { authorization: "token" } })).json())[
    "stream.length"
  ];
}

/** A client of WebSocket that sends what it is told, byte by byte. */
class RawClient {
  readonly socket: Socket;
  #bytes = new Uint8Array();
  #isOver = false;
  #wake = (): void => {};

  constructor(url: string, authorization: string, key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") {
    const { hostname, port, pathname, search } = new URL(url);
    this.socket = connect(Number(port), hostname, () => {
      this.socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${key}Authorization: ${authorization}\r\n\r\n`,
      );
    });
    this.socket.on("data", (data: Uint8Array) => {
      const all = new Uint8Array(this.#bytes.length + data.length);
      all.set(this.#bytes);
      all.set(data, this.#bytes.length);
      this.#bytes = all;
      this.#wake();
    });
    this.socket.on("end", () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Takes so many bytes. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#bytes.length < count && !this.#isOver) await new Promise<void>((wake) => this.#wake = wake);
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  /** Takes the head of the answer. */
  async head(): Promise<string> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      const [byte] = await this.take(1);
      if (byte === undefined) break;
      head += String.fromCharCode(byte);
    }
    return head;
  }

  /** Takes a short frame. */
  async frame(): Promise<[opcode: number, payload: Uint8Array<ArrayBuffer>]> {
    const [first = 0, size = 0] = await this.take(2);
    return [first, await this.take(size)];
  }
}

function textOf(payload: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder().decode(decode(dataFrame, payload).data as Uint8Array<ArrayBuffer>); // reading gives bytes
}

test("serve() sends the items of a watched queue as WebSocket messages, and answers pings", async () => {
  await served(async (queue) => {
    await put(queue, "a");
    const client = new RawClient(`${queue}?_watch_=true&_window_=5&_auto_commit_=true`, "token");
    assert.match(
      await client.head(),
      /^HTTP\/1\.1 101 .*\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n$/,
    );
    const [first, payload] = await client.frame();
    assert.deepEqual([first, textOf(payload)], [0x82, "a"]);
    client.socket.write(Uint8Array.of(0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    const [pong, said] = await client.frame();
    assert.deepEqual([pong, new TextDecoder().decode(said)], [0x8a, "hi"]);
    await put(queue, "b");
    assert.equal(textOf((await client.frame())[1]), "b");
    client.socket.write(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8));
    assert.deepEqual(await client.frame(), [0x88, Uint8Array.of(0x03, 0xe8)]);
    client.socket.destroy();
  });
});

test("serve() gives back what a WebSocket client left uncommitted", async () => {
  await served(async (queue) => {
    await put(queue, "a");
    const watch = `${queue}?_watch_=true&_window_=5`;
    const client = new RawClient(watch, "token");
    await client.head();
    assert.equal(textOf((await client.frame())[1]), "a");
    client.socket.destroy();
    const other = new RawClient(watch, "token");
    await other.head();
    assert.equal(textOf((await other.frame())[1]), "a");
    assert.equal(await length(queue), "1");
    other.socket.destroy();
  });
});

for (
  const [what, query, token, key, status] of [
    ["a wrong token", "?_watch_=true", "wrong", undefined, 401],
    ["a call that is no watch", "?_attrs_=true", "token", undefined, 426],
    ["a client without a key", "?_watch_=true", "token", "", 426],
    ["a wrong parameter", "?_watch_=true&_window_=x", "token", undefined, 400],
  ] as const
) {
  test(`serve() answers ${what} with ${status}, though it wishes to speak WebSocket`, async () => {
    await served(async (queue) => {
      const client = new RawClient(queue + query, token, key);
      assert.match(await client.head(), new RegExp(`^HTTP/1\\.1 ${status} `));
      client.socket.destroy();
    });
  });
}

test("serve() hangs up on a WebSocket client when it closes", async () => {
  await served(async (queue, server) => {
    const client = new RawClient(`${queue}?_watch_=true`, "token");
    await client.head();
    const over = new Promise<void>((resolve) => {
      client.socket.once("close", () => resolve());
      client.socket.once("error", () => resolve());
    });
    await server.close();
    await over;
  });
});

test("serve() begins a plain HTTP watch at once, and sends each frame when it comes", async () => {
  await served(async (queue) => {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = await fetch(`${queue}?_watch_=true&_auto_commit_=true`, { headers, signal });
    assert.equal(answer.status, 200); // though there is no item yet
    await put(queue, "a");
    const { value } = await answer.body!.getReader().read(); // a watch has a body
    assert.equal(textOf(value!.slice(4)), "a");
    controller.abort();
  });
});
