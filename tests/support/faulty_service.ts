import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";

/** A service on a port, whose path says what it does, and what is open of it. */
export interface FaultyService extends AsyncDisposable {
  /** An address of its own each time, of a service that does one thing, such as `silent`. */
  at(act: keyof typeof acts): string;
  /** Address where connections are accepted, and then never begin to speak TLS. */
  readonly unreachable: string;
  /** Requests so far at the address that was given last; those of others may come late. */
  readonly requests: number;
  /** Requests that are open. */
  readonly openRequests: number;
  /** Connections that are being made. */
  readonly handshakes: number;
}

/** What a stream of events or of frames, whichever was asked for, begins with. */
function begin({ url = "" }: IncomingMessage, response: ServerResponse): ServerResponse {
  const isWatch = url.includes("_watch_");
  response.writeHead(200, { "content-type": isWatch ? "application/octet-stream" : "text/event-stream" });
  // A frame without content, or an event; half of an answer in JSON it is as well.
  response.write(isWatch ? new Uint8Array(4) : 'data: {"choices":[]}\n\n');
  return response;
}

const acts = {
  /** Says nothing. */
  silent: () => {},
  /** Begins, and says nothing more. */
  stalled: (request: IncomingMessage, response: ServerResponse) => void begin(request, response),
  /** Begins, and then the connection breaks. */
  dropped: (request: IncomingMessage, response: ServerResponse) => {
    begin(request, response);
    setTimeout(() => response.destroy(), 100); // when what was written has arrived
  },
  /** Has no instance. */
  storm: (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(503).end("no healthy upstream"),
  /** Wants to be asked again in a quarter of a minute. */
  later: (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(429, { "retry-after": "15" }).end(),
};

/** Starts it. */
export async function faultyService(): Promise<FaultyService> {
  const responses = new Set<ServerResponse>(), shaking = new Set<Socket>();
  let given = 0, requests = 0;
  const server = createServer((request, response) => {
    const [act, number] = request.url!.split(/[/?]/)[3]!.split("-"); // "", "api", "predict" and the name of the service
    if (Number(number) === given) requests++;
    responses.add(response);
    response.on("close", () => responses.delete(response));
    request.resume().on("end", () => acts[act as keyof typeof acts](request, response));
  });
  const mute = createTcpServer((socket) => {
    shaking.add(socket);
    socket.on("close", () => shaking.delete(socket)).on("error", () => {}).resume();
  });
  const [port, mutePort] = await Promise.all([server, mute].map(async (one) => {
    one.listen(0, "127.0.0.1");
    await once(one, "listening");
    return (one.address() as AddressInfo).port; // it listens on a port
  }));
  return {
    at(act) {
      requests = 0;
      return `http://127.0.0.1:${port}/api/predict/${act}-${++given}`;
    },
    unreachable: `https://127.0.0.1:${mutePort}/api/predict/silent`,
    get requests() {
      return requests;
    },
    get openRequests() {
      return responses.size;
    },
    get handshakes() {
      return shaking.size;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      for (const socket of shaking) socket.destroy();
      server.close();
      mute.close();
      await Promise.all([once(server, "close"), once(mute, "close")]);
    },
  };
}
