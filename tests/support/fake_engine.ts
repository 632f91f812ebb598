import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineAt } from "../../plugins/local-docker/engine/engine-at.ts";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { parseEndpoint } from "../../plugins/local-docker/engine/endpoint.ts";
import { transport } from "../../plugins/local-docker/engine/transport.ts";

/** A socket that answers as it is told, byte for byte. */
export interface FakeEngine {
  /** An engine that speaks to it. */
  engine: Engine;
  /** Its address. */
  address: string;
  /** Heads of the requests that came, in order. */
  requests: string[];
  /** How many connections are open. */
  open(): number;
}

/** What an engine does with a connection when the head of a request has come. */
export type Serve = (socket: Socket, head: string, body: Uint8Array) => void;

/** Runs with a socket, and removes it. */
export async function withFakeEngine<T>(serve: Serve, use: (fake: FakeEngine) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "fake-engine-"));
  const path = join(folder, "engine.sock");
  const sockets = new Set<Socket>(), requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client's end of what is broken on purpose
    socket.on("close", () => sockets.delete(socket));
    let seen = "";
    const listen = (chunk: Uint8Array): void => {
      seen += String.fromCharCode(...chunk);
      const end = seen.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", listen);
      const head = seen.slice(0, end);
      requests.push(head);
      serve(socket, head, Uint8Array.from(seen.slice(end + 4), (char) => char.charCodeAt(0)));
    };
    socket.on("data", listen);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const endpoint = parseEndpoint(`unix://${path}`);
  try {
    const engine = engineAt(endpoint, transport(endpoint), { apiVersion: "1.41", kind: "docker" });
    return await use({ engine, address: endpoint.address, requests, open: () => sockets.size });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
}

/** An answer of which all is known. */
export function whole(status: string, body: string, headers = ""): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${
    new TextEncoder().encode(body).length
  }\r\n${headers}\r\n${body}`;
}

/** Waits until something is so, for five seconds. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const began = performance.now(); !isSo();) {
    if (performance.now() - began > 5000) throw new Error(`it is not so within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
