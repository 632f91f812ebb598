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
import type { Duplex } from "node:stream";
import { listen, readRequest } from "../processors/listen.ts";
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
  const { server, url, close: stop } = await listen(handle, { port, hostname, who: "the emulator" });
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (incoming, socket) => {
    upgraded.add(socket.once("close", () => upgraded.delete(socket)));
    const ask = (signal: AbortSignal): Promise<Response> => handle(readRequest(incoming, signal));
    answerUpgrade(ask, incoming, socket).catch(() => socket.destroy());
  });
  const close = (): Promise<void> => {
    for (const socket of upgraded) socket.destroy(); // the server no longer counts them among its own
    return stop();
  };
  return { url, close, [Symbol.asyncDispose]: close };
}
