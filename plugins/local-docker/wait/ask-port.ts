import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** What a port says. */
export type PortAnswer =
  /** Nothing listens, or can be reached. */
  | { kind: "refused"; reason: string }
  /** It opened and closed without a byte, as an engine's proxy does while nothing listens behind it. */
  | { kind: "closed" }
  /** It is open and says nothing. */
  | { kind: "silent" }
  /** It said something; with the status when that was HTTP. */
  | { kind: "answered"; status?: number };

/** Where and how to ask. */
export interface PortQuestion {
  /** Host of the port. */
  host: string;
  /** The port. */
  port: number;
  /** Path of a GET request; absent to only listen. */
  path?: string;
  /** Whether to speak TLS, whatever the certificate, as Kubernetes' checks do. */
  tls?: boolean;
  /** Milliseconds to wait for an answer, or, without a path, for the port to close again. */
  patience: number;
  /** Ends it. */
  signal?: AbortSignal;
}

const most = 4_096; // what a status line is looked for in

/**
 * Asks a port for the first line of an answer, and closes the connection. A socket of its own, as a pool would keep
 * connections that a container's stop then breaks.
 *
 * @throws the signal's reason when it is aborted.
 */
export function askPort({ host, port, path, tls, patience, signal }: PortQuestion): Promise<PortAnswer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let said = "";
    const socket: Socket = tls
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connect({ host, port });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.removeAllListeners();
      socket.on("error", () => {}); // what comes after the end concerns nobody
      socket.destroy();
      settle();
    };
    const answer = (value: PortAnswer): void => end(() => resolve(value));
    const abort = (): void => end(() => reject(signal!.reason));
    const isOpen = (): boolean => !socket.connecting;
    const timer = setTimeout(
      () => answer(isOpen() ? { kind: "silent" } : { kind: "refused", reason: "no connection" }),
      patience,
    );
    signal?.addEventListener("abort", abort);
    socket.setNoDelay(true);
    socket.on(tls ? "secureConnect" : "connect", () => {
      if (path !== undefined) socket.write(request(host, port, path));
    });
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1");
      if (path === undefined) answer({ kind: "answered" });
      else if (said.includes("\n") || said.length > most) answer(firstLine(said));
    });
    socket.on("end", () => answer(said ? firstLine(said) : { kind: "closed" }));
    socket.on("close", () => answer(said ? firstLine(said) : { kind: "closed" }));
    socket.on("error", (error: Error & { code?: string }) => {
      const wasOpen = ["ECONNRESET", "EPIPE"].includes(error.code ?? "");
      answer(wasOpen ? { kind: "closed" } : { kind: "refused", reason: error.code ?? error.message });
    });
  });
}

function request(host: string, port: number, path: string): string {
  const address = host.includes(":") ? `[${host}]` : host;
  return [
    `GET ${path.startsWith("/") ? path : `/${path}`} HTTP/1.1`,
    `host: ${address}:${port}`,
    "user-agent: pai-edge-sdk health check",
    "accept: */*",
    "connection: close",
    "\r\n",
  ].join("\r\n");
}

function firstLine(said: string): PortAnswer {
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(said)?.[1];
  return { kind: "answered", ...(status && { status: Number(status) }) };
}
