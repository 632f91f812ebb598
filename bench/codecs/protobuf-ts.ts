/**
 * protobuf-ts 2.
 *
 * @module
 */
import type { MessageType } from "@protobuf-ts/runtime";
import { fromLists, fromTexts, type Peer } from "./codec.ts";
import { generated } from "./generated.ts";
import { plainCodec } from "./plain.ts";

type Module = { PredictRequest: MessageType<object>; PredictResponse: MessageType<object> };

/** Code that its own generator writes, for speed, with `bigint` for 64 bits. */
export const protobufTs: Peer = {
  name: "protobuf-ts 2",
  async make(payload) {
    const { PredictRequest, PredictResponse } = await generated<Module>("protobuf-ts", payload.family);
    return plainCodec(payload, {
      request: { encode: (message) => PredictRequest.toBinary(message) },
      response: { decode: (bytes) => PredictResponse.fromBinary(bytes) },
      write: fromTexts,
      read: fromLists,
      isComplete: true,
    });
  },
};
