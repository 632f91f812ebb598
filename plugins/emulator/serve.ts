/**
 * Puts an emulator on a port of this machine, so that other processes and other people's clients can call it. Its queues can
 * be watched by WebSocket as well.
 *
 * @example
 * ```ts
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { serve } from "@pai-edge/sdk/emulator/serve";
 *
 * await using server = await serve(emulator()); // { port: 8080 } for a port of your own
 * const answer = await fetch(`${server.url}/api/v2/services`);
 * console.log(answer.status, await answer.text()); // 400, as the request is not signed
 * ```
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { answerUpgrade } from "./serve-websocket.ts";

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /** Port; 0 takes a free one. @default {0} */
  port?: number;
  /** Address to listen on. @default {"127.0.0.1"} */
  hostname?: string;
}

/** A listening server. */
export interface EmulatorServer extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

/**
 * Listens, and hands each request to the emulator under the host that the client named.
 *
 * @throws {Error} when the port can't be had.
 */
export async function serve(
  { handle }: { handle(request: Request): Promise<Response> },
  { port = 0, hostname = "127.0.0.1" }: ServeOptions = {},
): Promise<EmulatorServer> {
  const server = createServer((incoming, outgoing) => {
    answer(handle, incoming, outgoing).catch(() => {
      // The answer broke off half-way: all that can still be said is that it is not complete.
      incoming.socket.destroy();
    });
  });
  server.requestTimeout = 0; // gigabytes take their time
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (incoming, socket) => {
    upgraded.add(socket.once("close", () => upgraded.delete(socket)));
    const ask = (signal: AbortSignal): Promise<Response> => handle(readRequest(incoming, signal));
    answerUpgrade(ask, incoming, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const close = (): Promise<void> => {
    for (const socket of upgraded) socket.destroy(); // the server no longer counts them among its own
    return stop(server);
  };
  return { url: `http://${host}:${address.port}`, close, [Symbol.asyncDispose]: close };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    // Closing what is closed is an error to Node, but not to us.
    server.close((error) => error && server.listening ? reject(error) : resolve());
    server.closeAllConnections();
  });
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  let response: Response;
  try {
    response = await handle(readRequest(incoming, gone.signal));
  } catch (error) {
    if (isDropped(error)) return void incoming.socket.destroy(); // the answer alone would be an empty one on Bun
    response = new Response(`the emulator failed: ${error instanceof Error ? error.message : error}`, {
      status: 500,
    });
  }
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.writeHead(response.status);
  outgoing.flushHeaders(); // the first byte of the body may take long to come
  if (response.body && incoming.method !== "HEAD") {
    const sent = await send(response.body, outgoing, gone.signal);
    const length = Number(response.headers.get("content-length") ?? 0);
    if (sent < length) incoming.socket.destroy(); // its client would wait for the rest
  }
  outgoing.end();
  discard(incoming);
}

/** Whether an error is the broken connection of `withFaults()`, which breaks the client's as well. */
function isDropped(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ECONNRESET";
}

/** The request as web standards have it, its address built from the `Host` header since that is what was signed. */
function readRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", rawHeaders } = incoming;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  const init: RequestInit & { duplex?: "half" } = { method, headers, signal };
  if (method !== "GET" && method !== "HEAD") {
    init.body = readBody(incoming);
    init.duplex = "half"; // asked for wherever a stream is sent, but missing in some runtimes' types
  }
  return new Request(
    url.startsWith("/") ? `http://${incoming.headers.host ?? "localhost"}${url}` : url,
    init,
  );
}

/** Bytes of a request's body that may wait for their reader. */
const waiting = 1024 * 1024;

/** The body as it arrives, no faster than it is read. */
function readBody(incoming: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller): void {
      let over = false;
      const end = (error?: Error): void => {
        if (over) return;
        over = true;
        if (error) controller.error(error);
        else controller.close();
      };
      incoming.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        if (over) return;
        // The bytes as they are, but no Buffer, whose methods differ.
        controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.pause();
      incoming.once("end", () => end());
      incoming.once("error", end);
      incoming.once("close", () => end(new Error("the client went away in the middle of the body")));
    },
    pull: () => void incoming.resume(),
    cancel: () => discard(incoming),
  }, { highWaterMark: waiting, size: (chunk) => chunk?.byteLength ?? 0 });
}

/** Lets the rest of a request pass unread, so that the connection can carry the next one. */
function discard(incoming: IncomingMessage): void {
  for (const event of ["data", "end", "error"]) incoming.removeAllListeners(event);
  incoming.on("error", () => {});
  incoming.resume();
}

/** Writes a body as fast as the client takes it, and stops it when the client is gone. Returns how many bytes it had. */
async function send(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<number> {
  const reader = body.getReader();
  let sent = 0;
  let goOn = (): void => {};
  outgoing.on("drain", () => goOn());
  gone.addEventListener("abort", () => {
    reader.cancel().catch(() => {});
    goOn();
  }, { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return sent;
    const drained = new Promise<void>((resolve) => goOn = resolve);
    if (!outgoing.write(value) && !gone.aborted) await drained;
    sent += value.length;
  }
}
