// What is left of a call when it has ended, in whatever way: no socket, no timer, and a process that ends by itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { Predictor } from "../../../core/predictor.ts";
import { withTimeouts } from "../../../plugins/predict/timeouts.ts";
import { childEnds } from "../../support/child_ends.ts";
import { sleep, watchedSignal } from "../../support/watched_signal.ts";

const open = new Set<ServerResponse>();
let requests = 0;

const acts: Record<string, (response: ServerResponse) => void> = {
  quick: (response) => response.end("1"),
  silent: () => {},
  stalled: (response) => response.writeHead(200).write("[1,"),
  dropped: (response) => response.writeHead(200).write("[1,", () => response.destroy()),
  storm: (response) => response.writeHead(503).end("no healthy upstream"),
  later: (response) => response.writeHead(429, { "retry-after": "15" }).end(),
  endless: (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x"), 5);
    response.on("close", () => clearInterval(timer));
  },
};

const server = createServer((request, response) => {
  requests++;
  open.add(response);
  response.on("close", () => open.delete(response));
  request.resume().on("end", () => acts[request.url!.split("/").at(-1)!]!(response));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo; // it listens on a port
const endpoint = `http://127.0.0.1:${port}/api/predict`;
after(() => {
  server.closeAllConnections();
  server.close();
});

const predictor = (act: string) => new Predictor({ endpoint: `${endpoint}/${act}` });

/** Waits until the server has no request open. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100 && open.size; turn++) await sleep(20);
  assert.equal(open.size, 0, "a request is left open");
}

const stages: [when: string, run: (signal: AbortSignal, abort: () => void) => Promise<unknown>][] = [
  ["before the headers", (signal) => predictor("silent").predict(1, { signal })],
  ["before the headers of a raw answer", (signal) => predictor("silent").rawPredict(1, { signal })],
  ["in the middle of the answer", (signal) => predictor("stalled").predict(1, { signal })],
  ["in a pause between two attempts", (signal) => predictor("later").predict(1, { signal })],
  [
    "while a raw answer is read",
    async (signal) => await (await predictor("stalled").rawPredict(1, { signal })).text(),
  ],
  ["before a raw answer is read", async (signal, abort) => {
    const response = await predictor("endless").rawPredict(1, { signal });
    abort();
    await settled();
    return await response.text();
  }],
  ["under more clocks", async (signal) => {
    const fetch = withTimeouts(globalThis.fetch, { headers: 30_000, idle: 30_000 });
    const timed = new Predictor({ endpoint: `${endpoint}/stalled`, fetch });
    return await (await timed.rawPredict(1, { signal })).text();
  }],
];
for (const [when, run] of stages) {
  test(`an abort ${when} closes the request, with the reason that was given`, async () => {
    const { controller, signal, listeners } = watchedSignal();
    const abort = () => controller.abort(new Error("enough"));
    const timer = setTimeout(abort, 100);
    const start = performance.now();
    await assert.rejects(run(signal, abort), /^Error: enough$/);
    clearTimeout(timer);
    assert.ok(performance.now() - start < 3_000);
    await settled();
    assert.ok(listeners() <= 1); // the one that has been called may stay
  });
}

test("a time-out closes the request, and says whom it waited for", async () => {
  for (
    const [act, message] of [["silent", /no answer within 100 ms/], ["stalled", /no whole answer/]] as const
  ) {
    await assert.rejects(
      async () => await (await predictor(act).rawPredict(1, { timeout: 100 })).text(),
      { name: "TimeoutError", message },
    );
    await assert.rejects(predictor(act).predict(1, { timeout: 100 }), { name: "TimeoutError" });
    await settled();
  }
});

test("a reader that is too slow is told so, and its request is closed", async () => {
  const response = await predictor("endless").rawPredict(1, { timeout: 150 });
  const reader = response.body!.getReader();
  await reader.read();
  await sleep(200);
  await assert.rejects(reader.read(), { name: "TimeoutError", message: /no reader within 150 ms/ });
  await settled();
});

test("a connection that breaks in the middle of an answer is an error in bounded time", async () => {
  await assert.rejects(predictor("dropped").predict(1), { name: "PredictionError" });
  await assert.rejects(async () => await (await predictor("dropped").rawPredict(1)).text());
  await settled();
});

test("a storm of 503 costs a bounded number of requests, and a bounded time", async () => {
  const down = predictor("storm");
  const [before, start] = [requests, performance.now()];
  const results = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => down.predict(i)));
  const took = performance.now() - start;
  assert.ok(results.every((result) => result.status === "rejected" && result.reason.status === 503));
  assert.ok(took < 10_000, `${took} ms`);
  const sent = requests - before, most = 110 + Math.ceil(took / 1000); // a retry comes back each second
  assert.ok(sent >= 110 && sent <= most, `${sent} requests`);
});

test("a body that is cancelled or left closes its request", async () => {
  await (await predictor("endless").rawPredict(1)).body!.cancel();
  await settled();
  for await (const chunk of (await predictor("endless").rawPredict(1)).body!) if (chunk) break;
  await settled();
});

test("a process ends by itself when its calls have, though clocks of half a minute were set", async () => {
  await childEnds("predict_child.ts", endpoint, "done\n");
});
