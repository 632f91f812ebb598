// Our codec against protobufjs, both ways, on messages that nobody thought of.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MessageType } from "../../protos/message.ts";
import { decode, encode } from "../../protos/tf-predict.ts";
import * as tf from "../../protos/tf-predict.ts";
import * as torch from "../../protos/pytorch-predict.ts";
import * as torchrec from "../../protos/torchrec-predict.ts";
import * as queue from "../../protos/queue.ts";
import * as queueOracle from "../fixtures/protos/queue.js";
import * as tfOracle from "../fixtures/protos/tf.js";
import * as torchOracle from "../fixtures/protos/torch.js";
import * as torchrecOracle from "../fixtures/protos/torchrec.js";
import * as ours from "../support/message_values.ts";
import { anyMessage } from "../support/proto_arbitrary.ts";
import * as theirs from "../support/proto_values.ts";

/** What the static modules have for each message. */
interface Oracle {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

const recPrefix = "com.alibaba.pairec.processor.";
const rec = torchrecOracle.com.alibaba.pairec.processor;
const pairs: [file: "tf" | "torch" | "torchrec" | "queue", name: string, unknown, unknown][] = [
  ["tf", "PredictRequest", tf.predictRequest, tfOracle.PredictRequest],
  ["tf", "PredictResponse", tf.predictResponse, tfOracle.PredictResponse],
  ["torch", "pytorch.eas.PredictRequest", torch.predictRequest, torchOracle.pytorch.eas.PredictRequest],
  ["torch", "pytorch.eas.PredictResponse", torch.predictResponse, torchOracle.pytorch.eas.PredictResponse],
  ["torchrec", `${recPrefix}PBRequest`, torchrec.pbRequest, rec.PBRequest],
  ["torchrec", `${recPrefix}PBResponse`, torchrec.pbResponse, rec.PBResponse],
  ["queue", "DataFrameProto", queue.dataFrame, queueOracle.DataFrameProto],
  ["queue", "DataFrameListProto", queue.dataFrameList, queueOracle.DataFrameListProto],
  ["queue", "AttributesProto", queue.attributes, queueOracle.AttributesProto],
];

/** Maps by ascending keys, wherever they are. */
const sorted = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value),
    (_, item) =>
      Array.isArray(item) && item.every((pair) => Array.isArray(pair) && pair.length === 2)
        ? item.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
        : item,
  );

for (const [file, name, table, oracle] of pairs) {
  const type = table as MessageType<ours.VectorValue>, { encode: write, decode: read } = oracle as Oracle; // as the row says
  const schema = theirs.messageSchema(file, name);

  test(`${name}: what we write, protobufjs reads as we do`, () => {
    fc.assert(
      fc.property(anyMessage(schema, 3), (value) => {
        const bytes = encode(type, ours.fromVector(type, value));
        const seen = theirs.toVector(schema, read.call(oracle, bytes));
        assert.deepEqual(sorted(ours.toVector(type, decode(type, bytes))), sorted(seen));
      }),
      { numRuns: 200 },
    );
  });

  test(`${name}: what protobufjs writes, we read as it does`, () => {
    fc.assert(
      fc.property(anyMessage(schema, 3), (value) => {
        const bytes = Uint8Array.from(
          write.call(oracle, theirs.fromVector(schema, value, theirs.protobufjsForm)).finish(),
        );
        const seen = theirs.toVector(schema, read.call(oracle, bytes));
        for (const way of [{}, { own: true }, { copy: true }]) {
          assert.deepEqual(sorted(ours.toVector(type, decode(type, bytes.slice(), way))), sorted(seen));
        }
      }),
      { numRuns: 200 },
    );
  });
}
