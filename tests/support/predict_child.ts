/**
 * Calls a service in every way that has a clock, each with half a minute or more left on it, and says `done`: the
 * program of which tests see whether it then ends by itself. Argument: the service's address.
 *
 * @module
 */
import process from "node:process";
import { globalFetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { direct } from "../../plugins/predict/direct.ts";
import { withHedging } from "../../plugins/predict/hedging.ts";
import { withTimeouts } from "../../plugins/predict/timeouts.ts";

const [endpoint = ""] = process.argv.slice(2);
const signal = AbortSignal.timeout(30_000);
const timed = withTimeouts(withHedging(globalFetch, { after: 30_000 }), { headers: 30_000, idle: 30_000 });
for (const fetch of [globalFetch, timed]) {
  const predictor = new Predictor({ endpoint: `${endpoint}/quick`, fetch });
  await predictor.predict(1, { signal });
  await (await predictor.rawPredict(1, { signal })).text();
  await (await predictor.rawPredict(1, { signal })).body?.cancel();
}
// Answers that nobody reads. These have no socket, which would hold a process without any doing of ours, and no
// signal, which Deno waits for while somebody listens.
await new Predictor({ endpoint, fetch: answer }).rawPredict(1);
await new Predictor({ endpoint, fetch: withTimeouts(answer, { idle: 30_000 }) }).rawPredict(1);
const items = [{ ip: "127.0.0.1", port: Number(new URL(endpoint).port), weight: 1 }];
const vpc = direct((url, init) =>
  url.includes("/upstreams/") ? Response.json({ endpoints: { items } }) : globalFetch(url, init)
);
await new Predictor({ endpoint, serviceName: "quick", fetch: vpc }).predict(1, { signal });
console.log("done");

function answer(): Response {
  return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
}
