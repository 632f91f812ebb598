/**
 * pbf. Its integers are numbers, so it loses what is beyond 2 ** 53.
 *
 * @module
 */
import { PbfReader, PbfWriter } from "pbf";
import { asNumbers, fromNumbers, fromTexts, type Peer } from "./codec.ts";
import { generated } from "./generated.ts";
import { plainCodec } from "./plain.ts";

interface Module {
  writePredictRequest(message: object, pbf: PbfWriter): void;
  readPredictResponse(pbf: PbfReader): object;
}

/** Code that its own generator writes. */
export const pbf: Peer = {
  name: "pbf 5",
  async make(payload) {
    const { writePredictRequest, readPredictResponse } = await generated<Module>("pbf", payload.family);
    return plainCodec(payload, {
      request: {
        encode(message) {
          const writer = new PbfWriter();
          writePredictRequest(message, writer);
          return writer.finish();
        },
      },
      response: { decode: (bytes) => readPredictResponse(new PbfReader(bytes)) },
      write: { ...fromTexts, ...asNumbers },
      read: fromNumbers,
    });
  },
};
