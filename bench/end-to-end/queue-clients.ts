/**
 * Ways to predict through queues, on any runtime: put a request, wait for the answer, delete it.
 *
 * @module
 */
import { AsyncPredictor, QueueClient } from "../../plugins/queue/mod.ts";
import { readItems } from "../../plugins/queue/item.ts";
import type { Client } from "./clients.ts";
import { small } from "./texts.ts";

const token = "invented-token";
const wait = 5000;

const makers: { readonly [name: string]: (url: string) => () => Promise<unknown> } = {
  fetch: (url) => () => bare(url),
  async: (url) => {
    const predictor = new AsyncPredictor({ endpoint: url, token });
    return async () => await (await predictor.predict(small.input)).result();
  },
  queue: (url) => {
    const input = new QueueClient({ endpoint: url, token });
    const sink = new QueueClient({ endpoint: url, token }, { path: "sink" });
    return async () => {
      const { requestId } = await input.put(small.input);
      const [item] = await sink.get({ requestId, wait, autoDelete: true });
      return JSON.parse(new TextDecoder().decode(item!.data)); // it comes in time
    };
  },
};

/** Makes a client of the asynchronous service at an address. */
export function queueClient(name: string, url: string): Client {
  const call = makers[name]?.(url), right = JSON.stringify(small.input);
  if (!call) throw new RangeError(`Cannot predict through a queue with "${name}": no such client`);
  return { call, isRight: (output: unknown) => JSON.stringify(output) === right };
}

/** The calls that `AsyncPredictor` makes, of a caller without any library. */
async function bare(url: string): Promise<unknown> {
  const headers = { authorization: token };
  const put = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(small.input),
  });
  await put.text();
  const requestId = put.headers.get("x-eas-queueservice-request-id");
  const query =
    `requestId=${requestId}&_index_=0&_length_=1&_timeout_=${wait}ms&_raw_=false&_auto_delete_=false`;
  const got = await fetch(`${url}/sink?${query}`, {
    headers: { ...headers, accept: "application/vnd.google.protobuf" },
  });
  const [item] = readItems(new Uint8Array(await got.arrayBuffer()));
  const gone = await fetch(`${url}/sink?_indexes_=${item!.index}`, { method: "DELETE", headers }); // it came in time
  await gone.text();
  return JSON.parse(new TextDecoder().decode(item!.data)); // the same
}
