import { type ClientRequest, type IncomingMessage, request as plain, type RequestOptions } from "node:http";
import { request as secure } from "node:https";
import type { Endpoint } from "./endpoint.ts";

/** A request on its way to an engine. */
export interface Exchange {
  /** `GET`, `POST` … */
  method: string;
  /** Path and query. */
  path: string;
  /** Headers. */
  headers: Record<string, string>;
  /** What is sent. */
  body?: Uint8Array | ReadableStream<Uint8Array>;
  /** Ends it until the answer begins. */
  headSignal?: AbortSignal;
  /** Ends it at any time. */
  signal?: AbortSignal;
  /** Makes the error of a connection that can't be made or breaks off. */
  broken(cause: unknown): unknown;
}

/** Sends a request and returns the answer, whose body is read from the socket as fast as it is asked for. */
export type Transport = (exchange: Exchange) => Promise<Response>;

// Of an answer that nobody reads yet.
const readAhead = 65_536;

/**
 * Speaks HTTP over a unix socket, a Windows pipe, TCP or TLS with what Deno, Bun and Node share. Each exchange has a
 * connection of its own, which is closed at its end, so that none keeps a process alive.
 */
export function transport(endpoint: Endpoint): Transport {
  const send = endpoint.tls ? secure : plain;
  const place: RequestOptions & { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean } = {
    ...endpoint.socketPath ? { socketPath: endpoint.socketPath } : {
      hostname: endpoint.hostname,
      port: endpoint.port,
    },
    ...endpoint.tls && {
      ca: endpoint.tls.ca,
      cert: endpoint.tls.cert,
      key: endpoint.tls.key,
      rejectUnauthorized: !endpoint.tls.skipVerify,
    },
    agent: false,
  };
  return (exchange) =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body, signal, headSignal = signal } = exchange;
      headSignal?.throwIfAborted();
      const outgoing = send({
        ...place,
        method,
        path: (endpoint.basePath ?? "") + path,
        headers: { host: endpoint.hostname ?? "docker", ...headers, connection: "close" },
      });
      const upload = body instanceof ReadableStream ? uploading(outgoing, body) : undefined;
      const settle = (): void => headSignal?.removeEventListener("abort", abort);
      const fail = (error: unknown): void => {
        settle();
        upload?.stop(error);
        reject(error);
        outgoing.destroy();
      };
      const abort = (): void => fail(headSignal!.reason);
      headSignal?.addEventListener("abort", abort);
      outgoing.on("error", (cause) => fail(exchange.broken(cause))); // stays, since an error that nobody hears ends the process
      outgoing.on("response", (incoming) => {
        settle();
        const status = incoming.statusCode ?? 500;
        if (status >= 400) upload?.stop(undefined); // it has read enough
        resolve(answer(incoming, status, outgoing, exchange));
      });
      if (upload) upload.start().catch(fail);
      else outgoing.end(body);
    });
}

function answer(
  incoming: IncomingMessage,
  status: number,
  outgoing: ClientRequest,
  { method, signal, broken }: Exchange,
): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  if (method === "HEAD" || status === 204 || status === 205 || status === 304) {
    incoming.on("error", () => {}); // of a body that there isn't
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(reading(incoming, () => outgoing.destroy(), signal, broken), { status, headers });
}

/** An answer's body. It takes from the socket what is asked for, and lets go of the socket and the signal at its end. */
function reading(
  incoming: IncomingMessage,
  hangUp: () => void,
  signal: AbortSignal | undefined,
  broken: (cause: unknown) => unknown,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOver = false;
  let abort = (): void => {};
  const over = (): boolean => {
    signal?.removeEventListener("abort", abort);
    return isOver || !(isOver = true);
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const breakOff = (cause: unknown): void => {
        if (!over()) controller.error(broken(cause));
      };
      abort = () => {
        if (!over()) controller.error(signal!.reason);
        hangUp();
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      incoming.on("data", (chunk: Uint8Array) => {
        if (isOver) return;
        controller.enqueue(new Uint8Array(chunk)); // a copy, since runtimes reuse the buffer behind it
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.on("end", () => {
        if (incoming.complete === false) return breakOff(new Error("the answer is not complete"));
        if (!over()) controller.close();
      });
      incoming.on("error", breakOff);
      incoming.on("aborted", () => breakOff(new Error("the connection was closed")));
      incoming.on("close", () => breakOff(new Error("the connection was closed")));
      incoming.pause();
    },
    pull() {
      incoming.resume();
    },
    cancel() {
      over();
      hangUp();
    },
  }, { highWaterMark: readAhead, size: (chunk) => chunk.byteLength });
}

/** A stream that is sent as fast as the engine takes it. */
function uploading(outgoing: ClientRequest, body: ReadableStream<Uint8Array>): {
  start(): Promise<void>;
  stop(reason: unknown): void;
} {
  const reader = body.getReader();
  let isStopped = false;
  let proceed = (): void => {};
  for (const event of ["drain", "close", "error"]) outgoing.on(event, () => proceed());
  return {
    async start() {
      while (!isStopped) {
        const { done, value } = await reader.read();
        if (isStopped) return;
        if (done) return void outgoing.end();
        if (!outgoing.write(value)) await new Promise<void>((resolve) => proceed = resolve);
      }
    },
    stop(reason) {
      if (isStopped) return;
      isStopped = true;
      proceed();
      reader.cancel(reason).catch(() => {}); // its source failed, which is what is told
    },
  };
}
