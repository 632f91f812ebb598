/**
 * protobufjs 8: its static code, which this package's tests have as their oracle, and the code that it makes of a
 * `.proto` file at run time, where that is allowed.
 *
 * It writes a `bigint` as 0, so integers of 64 bits are handed over as numbers. Its generated code gives them as `Long`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import protobufjs from "protobufjs";
import * as tf from "../../tests/fixtures/protos/tf.js";
import * as torch from "../../tests/fixtures/protos/torch.js";
import { protoFile } from "./generated.ts";
import type { Payload } from "../payloads.ts";
import { asNumbers, byLoop, type Codec, type Conversions, fromLists, fromTexts, type Peer } from "./codec.ts";
import { plainCodec } from "./plain.ts";

/** The two halves of an integer, as `Long` has them. */
interface Halves {
  low: number;
  high: number;
}

const write: Conversions = { ...fromTexts, ...asNumbers };
const fromLongs: Conversions = {
  ...fromLists,
  int64_val: (list: Halves[]): BigInt64Array => {
    const values = new BigInt64Array(list.length), words = new Int32Array(values.buffer);
    for (let i = 0; i < list.length; i++) {
      const { low, high } = list[i]!; // it is as long
      words[2 * i] = low;
      words[2 * i + 1] = high;
    }
    return values;
  },
};

/** What both kinds of code have. */
interface Type {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

function codec(payload: Payload, request: Type, response: Type, read: Conversions = fromLongs): Codec {
  return plainCodec(payload, {
    request: { encode: (message) => request.encode(message).finish() },
    response: { decode: (bytes) => response.decode(bytes) },
    write,
    read,
  });
}

function staticCodec({ payload, read }: { payload: Payload; read?: Conversions }): Promise<Codec> {
  // the generator writes no types
  const { PredictRequest, PredictResponse } =
    (payload.family === "tf" ? tf : torch.pytorch.eas) as unknown as Record<string, Type>;
  return Promise.resolve(codec(payload, PredictRequest!, PredictResponse!, read));
}

/** Code that was generated before. */
export const protobufjsStatic: Peer = {
  name: "protobufjs 8, static",
  make: (payload) => staticCodec({ payload }),
};

/** The same by somebody who knows that engines are slow to make typed arrays of lists that were longer than filled. */
export const protobufjsByLoop: Peer = {
  name: "protobufjs 8, static, lists copied in a loop",
  decodesOnly: true,
  make: (payload) => staticCodec({ payload, read: { ...fromLongs, ...byLoop } }),
};

/** And by somebody who is content with lists of numbers, of `Long`, and of bytes. */
export const protobufjsLists: Peer = {
  name: "protobufjs 8, static, lists left as they are",
  decodesOnly: true,
  make: (payload) => staticCodec({ payload, read: {} }),
};

/** Code that is made from the `.proto` file. */
export const protobufjsReflection: Peer = {
  name: "protobufjs 8, reflection",
  make(payload) {
    const root = new protobufjs.Root();
    protobufjs.parse(readFileSync(protoFile(payload.family), "utf8"), root, { keepCase: true });
    const types = ["PredictRequest", "PredictResponse"].map((name) => root.lookupType(name));
    return Promise.resolve(codec(payload, types[0]!, types[1]!));
  },
};
