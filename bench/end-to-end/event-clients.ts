/**
 * Ways to read a stream of events, on any runtime.
 *
 * @module
 */
import OpenAI from "openai";
import { Predictor } from "../../core/predictor.ts";
import { chatStream } from "../../plugins/predict/chat.ts";
import { stream } from "../../plugins/predict/stream.ts";
import type { Client } from "./clients.ts";
import { chatRequest, event, streamLength, streamOf } from "./texts.ts";

/** Reads a stream to its end, and tells how many events are there as they come; resolves to how many there were, or bytes. */
type Read = (seen: (events: number) => void) => Promise<number>;

/** A client, and when it hands out what. */
export interface EventClient extends Client {
  /** Milliseconds from the call to each event or, in raw bodies, its last byte. */
  times(): Promise<number[]>;
}

const token = "invented-token";

const makers: { readonly [name: string]: (url: string) => Read } = {
  raw: (url) => async (seen) => await lengthOf(await post(url), seen),
  stream: (url) => {
    const predictor = new Predictor({ endpoint: url, token });
    return async (seen) => await countItems(await stream(predictor, chatRequest), seen);
  },
  json: (url) => {
    const predictor = new Predictor({ endpoint: url, token });
    return async (seen) => await countItems(await stream(predictor, chatRequest, { as: "json" }), seen);
  },
  passed: (url) => {
    const predictor = new Predictor({ endpoint: url, token });
    return async (seen) => await lengthOf((await stream(predictor, chatRequest)).toResponse(), seen);
  },
  chat: (url) => {
    const predictor = new Predictor({ endpoint: url, token });
    return async (seen) => await countItems(await chatStream(predictor, chatRequest), seen);
  },
  openai: (url) => {
    const openai = new OpenAI({ apiKey: token, baseURL: url });
    return async (seen) => await countItems(await openai.chat.completions.create(chatRequest), seen);
  },
};

/** Makes a client of the service at an address, which has the id of a stream. */
export function eventClient(name: string, url: string, id: string): EventClient {
  const read = makers[name]?.(url), { count } = streamOf(id)!; // the caller has looked
  if (!read) throw new RangeError(`Cannot read events with "${name}": no such client`);
  const right = name === "raw" || name === "passed" ? streamLength(count) : count;
  return {
    call: () => read(() => {}),
    isRight: (read: number) => read === right,
    times: async () => {
      const start = performance.now(), found: number[] = [];
      await read((events) => {
        while (found.length < Math.min(events, count)) found.push(performance.now() - start); // what ends it is none
      });
      return found;
    },
  };
}

async function post(url: string): Promise<Response> {
  const headers = { authorization: token, "content-type": "application/json" };
  return await fetch(url, { method: "POST", headers, body: JSON.stringify(chatRequest) });
}

async function lengthOf({ body }: Response, seen: (events: number) => void): Promise<number> {
  const reader = body!.getReader(); // it has one
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.length;
    seen(Math.floor(length / event.length));
  }
}

async function countItems(items: AsyncIterable<unknown>, seen: (events: number) => void): Promise<number> {
  let count = 0;
  for await (const _ of items) {
    seen(++count);
  }
  return count;
}
