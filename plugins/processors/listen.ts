import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Where a server listens. */
export interface ListenOptions {
  /** Port; 0 takes a free one. @default {0} */
  port?: number;
  /** Address to listen on. @default {"127.0.0.1"} */
  hostname?: string;
  /** Who failed when the answer could not be made. @default {"the service"} */
  who?: string;
}

/** A listening server. */
export interface Listening {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** The server itself. */
  readonly server: Server;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

/**
 * Listens, and hands each request to a handler under the host that the client named. Bodies are streamed both ways.
 *
 * @throws {Error} when the port can't be had.
 */
export async function listen(
  handle: (request: Request) => Response | Promise<Response>,
  { port = 0, hostname = "127.0.0.1", who = "the service" }: ListenOptions = {},
): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    answer(handle, who, incoming, outgoing).catch(() => {
      // The answer broke off half-way: all that can still be said is that it is not complete.
      incoming.socket.destroy();
    });
  });
  server.requestTimeout = 0; // gigabytes take their time
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `http://${host}:${address.port}`, server, close: () => stop(server) };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    // Closing what is closed is an error to Node, but not to us.
    server.close((error) => error && server.listening ? reject(error) : resolve());
    server.closeAllConnections();
  });
}

async function answer(
  handle: (request: Request) => Response | Promise<Response>,
  who: string,
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
    response = new Response(`${who} failed: ${error instanceof Error ? error.message : error}`, {
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

/** Whether an error is a broken connection, as `withFaults()` of the emulator has it, which breaks the client's as well. */
function isDropped(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ECONNRESET";
}

/** The request as web standards have it, its address built from the `Host` header since that is what was signed. */
export function readRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
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
