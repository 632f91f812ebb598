import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { protobuf } from "./queue/frames.ts";
import { acceptKey, FrameReader, opcodes, unframed, writeFrame } from "./websocket.ts";

/**
 * Answers a request to speak WebSocket. The emulator's one service that does is a queue that is watched: what it sends on a
 * plain HTTP watch as frames goes out as messages. All else is answered as it would be without the wish.
 */
export async function answerUpgrade(
  ask: (signal: AbortSignal) => Promise<Response>,
  { headers }: IncomingMessage,
  socket: Duplex,
): Promise<void> {
  const gone = new AbortController();
  for (const event of ["close", "end", "error"]) socket.once(event, () => gone.abort());
  socket.on("error", () => {}); // the next ones do no harm either
  const response = await ask(gone.signal);
  const key = headers["sec-websocket-key"];
  const isWatch = response.status === 200 && response.headers.get("content-type") === protobuf;
  if (!isWatch || !response.body || !key) return await refuse(response, socket);
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
  );
  listen(socket, gone);
  for await (const message of unframed(response.body)) {
    const isRoom = socket.write(writeFrame(opcodes.binary, message));
    if (!isRoom && !gone.signal.aborted) await drained(socket, gone.signal);
  }
  if (!socket.writableEnded) socket.end(writeFrame(opcodes.close, Uint8Array.of(0x03, 0xe9))); // 1001: going away
}

/** Heeds what the client says: pings, which it sends to keep the connection alive, and its farewell. */
function listen(socket: Duplex, gone: AbortController): void {
  const reader = new FrameReader();
  socket.on("data", (bytes: Uint8Array) => {
    try {
      for (const { opcode, payload } of reader.read(bytes)) {
        if (opcode === opcodes.ping) socket.write(writeFrame(opcodes.pong, payload));
        if (opcode !== opcodes.close) continue;
        socket.end(writeFrame(opcodes.close, payload));
        gone.abort();
      }
    } catch {
      socket.destroy(); // it speaks something else
    }
  });
}

async function drained(socket: Duplex, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const goOn = (): void => resolve();
    socket.once("drain", goOn);
    signal.addEventListener("abort", goOn, { once: true });
  });
}

/** Answers in plain HTTP, and hangs up. */
async function refuse(response: Response, socket: Duplex): Promise<void> {
  const isStream = response.headers.get("content-type") === protobuf; // it would not end
  const body = isStream ? "" : await response.text();
  if (isStream) await response.body?.cancel();
  const status = isStream || response.ok ? 426 : response.status;
  const text = body || "the service does not speak WebSocket";
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n` +
      `Content-Length: ${new TextEncoder().encode(text).length}\r\n\r\n${text}`,
  );
}
