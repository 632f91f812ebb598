/**
 * What `Predictor.predict` costs over a bare call of `fetch`, beside other clients that take a `fetch`. The service
 * is a function in this process, so nothing but the clients' own work is measured. Each client is used with its
 * default options.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { arrayBuffer } from "node:stream/consumers";
import ky from "ky";
import { createFetch } from "ofetch";
import OpenAI from "openai";
import { Predictor } from "../core/predictor.ts";
import type { Candidate, Contest } from "./measure.ts";

const url = "http://gateway.example/api/predict/iris";
const token = "invented-token";
const headers = { authorization: token };
const encoder = new TextEncoder();

/** A request as the service got it. */
interface Received<Body> {
  method: string | undefined;
  type: string | null | undefined;
  body: Body;
}

/** The service: a `fetch` that answers by itself, and the same on a port. */
interface Service extends AsyncDisposable {
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Address of the port. */
  url: string;
  /** The last request. */
  received: () => Received<string>;
}

/** The contests, one payload each; a contest ends when the next one is asked for. */
export async function* predictContests(): AsyncGenerator<Contest> {
  for (const [rows, columns] of [[1, 4], [1000, 30]] as const) {
    const input = matrix(rows, columns);
    const answer = matrix(rows, 1).flat();
    await using service = await startService(JSON.stringify(answer));
    const candidates = clients(service, input);
    for (const { name, call } of candidates) {
      assert.deepEqual(await call(), answer, `${name} reads another answer`);
      const sent = { method: "POST", type: "application/json", body: JSON.stringify(input) };
      assert.deepEqual(service.received(), sent, `${name} sends another request`);
    }
    yield { name: `predict: ${rows} × ${columns} floats as JSON`, candidates };
  }
}

function clients(service: Service, input: number[][]): [Candidate, ...Candidate[]] {
  const { fetch } = service;
  const predictor = new Predictor({ endpoint: url, token, fetch });
  const kyClient = ky.create({ fetch, headers });
  const ofetch = createFetch({ fetch, defaults: { headers } });
  const openai = new OpenAI({ apiKey: token, baseURL: url, fetch });
  return [
    { name: "bare `fetch`: no time-out, no retry", call: () => bare(fetch, url, input) },
    { name: "**`Predictor`**: time-out, retries", call: () => predictor.predict(input) },
    {
      name: "`ofetch`: no time-out, no retry of POST",
      call: () => ofetch(url, { method: "POST", body: input }),
    },
    { name: "`ky`: time-out, no retry of POST", call: () => kyClient.post(url, { json: input }).json() },
    // `post` is its public way to routes without a method of their own; the promise it returns is its own kind
    { name: "`openai`: time-out, retries", call: async () => await openai.post("", { body: input }) },
    {
      name: "bare `fetch` to a port of this machine",
      call: () => bare(globalThis.fetch, service.url, input),
    },
  ];
}

/** What a careful caller writes without any library. */
async function bare(fetch: Service["fetch"], url: string, input: number[][]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: token, "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`Cannot predict: status is ${response.status}`);
  return await response.json();
}

async function startService(answer: string): Promise<Service> {
  const bytes = encoder.encode(answer);
  let last: Received<Uint8Array>;

  // Some clients write bytes, others leave that to fetch; so it must be done here, or they would get it for nothing.
  const fetch: Service["fetch"] = async (input, init = {}) => {
    const { method, headers, body } = input instanceof Request ? input : init;
    const type = new Headers(headers).get("content-type");
    if (input instanceof Request) last = { method, type, body: new Uint8Array(await input.arrayBuffer()) };
    else if (typeof body === "string") last = { method, type, body: encoder.encode(body) };
    else last = { method, type, body: body as Uint8Array }; // the check before the contest would tell
    return new Response(bytes, { headers: { "content-type": "application/json" } });
  };

  const server = createServer(async (request, response) => {
    const { method, headers } = request;
    last = { method, type: headers["content-type"], body: new Uint8Array(await arrayBuffer(request)) };
    response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length }).end(
      bytes,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a path

  return {
    fetch,
    url: `http://127.0.0.1:${port}/`,
    received: () => ({ ...last, body: new TextDecoder().decode(last.body) }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Numbers as data sets have them, with four digits after the point; the same in each run. */
function matrix(rows: number, columns: number): number[][] {
  let state = 1;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) % 1_000_000 / 10_000;
  return Array.from({ length: rows }, () => Array.from({ length: columns }, next));
}
