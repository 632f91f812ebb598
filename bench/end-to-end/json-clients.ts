/**
 * Ways to send a small prediction as JSON, on any runtime.
 *
 * @module
 */
import OpenAI from "openai";
import { Predictor } from "../../core/predictor.ts";
import type { Client } from "./clients.ts";
import { undiciFetch } from "./undici-fetch.ts";
import { small } from "./texts.ts";

const token = "invented-token";

const makers: { readonly [name: string]: (url: string) => Promise<() => Promise<unknown>> } = {
  // deno-lint-ignore require-await -- others have to wait
  fetch: async (url) => () => bare(url, small.input),
  // deno-lint-ignore require-await -- the same
  predictor: async (url) => {
    const predictor = new Predictor({ endpoint: url, token });
    return () => predictor.predict(small.input);
  },
  undici: async (url) => {
    const predictor = new Predictor({ endpoint: url, token, fetch: await undiciFetch() });
    return () => predictor.predict(small.input);
  },
  // deno-lint-ignore require-await -- the same
  openai: async (url) => {
    const openai = new OpenAI({ apiKey: token, baseURL: url });
    // its public way to routes without a method of their own; the promise it returns is its own kind
    return async () => await openai.post("", { body: small.input });
  },
};

/** Makes a client of the service at an address. */
export async function jsonClient(name: string, url: string): Promise<Client> {
  const make = makers[name];
  if (!make) throw new RangeError(`Cannot send JSON with "${name}": no such client`);
  const right = JSON.stringify(small.output);
  return { call: await make(url), isRight: (output: unknown) => JSON.stringify(output) === right };
}

/** What a careful caller writes without any library. */
async function bare(url: string, input: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: token, "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`Cannot predict: status is ${response.status}`);
  return await response.json();
}
