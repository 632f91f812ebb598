/**
 * ts-proto 2, which writes with protobuf-es' writer.
 *
 * @module
 */
import { fromLists, fromTexts, type Peer } from "./codec.ts";
import { generated } from "./generated.ts";
import { plainCodec } from "./plain.ts";

interface Type {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

/** Code that its own generator writes, with `bigint` for 64 bits. */
export const tsProto: Peer = {
  name: "ts-proto 2",
  async make(payload) {
    const types = await generated<{ PredictRequest: Type; PredictResponse: Type }>(
      "ts-proto",
      payload.family,
    );
    return plainCodec(payload, {
      request: { encode: (message) => types.PredictRequest.encode(message).finish() },
      response: types.PredictResponse,
      write: fromTexts,
      read: fromLists,
      isComplete: true,
    });
  },
};
