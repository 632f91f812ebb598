import { type Fetch, globalFetch } from "../../core/fetch.ts";
import { frameHeader } from "./framing.ts";

/** Options of {@linkcode webSocketWatch}. */
export interface WebSocketWatchOptions {
  /** Sends all other requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Opens a connection that sends these headers. @default {the runtime's WebSocket, which can on Deno, Bun and Node} */
  connect?: (url: string, headers: Record<string, string>) => WebSocket;
}

/**
 * Lets watches go by WebSocket, where something between here and the queue holds back the answers of plain HTTP. Everything
 * else goes through `fetch` as before: `new QueueClient({ endpoint, token, fetch: webSocketWatch() })`.
 *
 * Messages are taken in as they come, so a window is what bounds them. Runtimes whose WebSocket sends no headers, such as
 * browsers and workerd, need a `connect` of their own.
 */
export function webSocketWatch(options: WebSocketWatchOptions = {}): Fetch {
  const { fetch = globalFetch, connect = connectWithHeaders } = options;
  return async (url, init) => {
    if (new URL(url).searchParams.get("_watch_") !== "true") return await fetch(url, init);
    const headers = Object.fromEntries(new Headers(init.headers));
    const answer = await messages(connect(url.replace(/^http/, "ws"), headers), init.signal);
    return answer ?? await reason(fetch, url, init);
  };
}

function connectWithHeaders(url: string, headers: Record<string, string>): WebSocket {
  const options = { headers } as unknown as string[]; // an extension of the runtimes that the web's types don't know
  return new WebSocket(url, options);
}

/** A socket's messages as the answer of a plain HTTP watch, or nothing when it doesn't open. */
function messages(socket: WebSocket, signal?: AbortSignal | null): Promise<Response | undefined> {
  socket.binaryType = "arraybuffer";
  let isOver = false;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.close();
      reject(signal!.reason);
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener("abort", abort);
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        const end = (say: () => void): void => {
          signal?.removeEventListener("abort", abort);
          if (!isOver) say();
          isOver = true;
          resolve(undefined); // which counts only when it has never opened
        };
        socket.onopen = () => resolve(new Response(body));
        socket.onmessage = ({ data }) => {
          if (isOver || !(data instanceof ArrayBuffer)) return; // text is no item
          controller.enqueue(frameHeader(data.byteLength));
          controller.enqueue(new Uint8Array(data));
        };
        socket.onclose = () => end(() => controller.close());
        socket.onerror = () => end(() => controller.error(new TypeError("the WebSocket broke off")));
      },
      cancel() {
        isOver = true;
        socket.close();
      },
    });
  });
}

/** What the queue says to a plain request: a WebSocket that is refused doesn't tell why. */
async function reason(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  const plain = new URL(url);
  plain.search = "_attrs_=true";
  const response = await fetch(plain.href, init);
  if (!response.ok) return response;
  await response.body?.cancel();
  throw new TypeError("the WebSocket was refused");
}
