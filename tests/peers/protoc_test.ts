// Google's own protobuf library and compiler judge the messages that our codec writes and reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MessageType } from "../../protos/message.ts";
import * as torch from "../../protos/pytorch-predict.ts";
import * as queue from "../../protos/queue.ts";
import * as tf from "../../protos/tf-predict.ts";
import * as torchrec from "../../protos/torchrec-predict.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { fromVector, toVector, type VectorValue } from "../support/message_values.ts";
import { anyMessage } from "../support/proto_arbitrary.ts";
import { messageSchema } from "../support/proto_values.ts";
import { protoc } from "./protoc.ts";
import { skipPython, startPython } from "./python.ts";

const rows: [file: string, schema: Parameters<typeof messageSchema>, table: unknown][] = [
  ["tf_predict.proto", ["tf", "PredictRequest"], tf.predictRequest],
  ["tf_predict.proto", ["tf", "PredictResponse"], tf.predictResponse],
  ["pytorch_predict.proto", ["torch", "pytorch.eas.PredictRequest"], torch.predictRequest],
  ["pytorch_predict.proto", ["torch", "pytorch.eas.PredictResponse"], torch.predictResponse],
  ["torchrec_predict.proto", ["torchrec", "com.alibaba.pairec.processor.PBRequest"], torchrec.pbRequest],
  ["torchrec_predict.proto", ["torchrec", "com.alibaba.pairec.processor.PBResponse"], torchrec.pbResponse],
  ["queue.proto", ["queue", "DataFrameListProto"], queue.dataFrameList],
];

/** Values that two readers may show in another order: entries of maps. */
const sorted = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value),
    (_, item) =>
      Array.isArray(item) && item.every((pair) => Array.isArray(pair) && pair.length === 2)
        ? item.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
        : item,
  );

test("upb", { skip: skipPython }, async (t) => {
  await using server = await startPython("messages.py");
  const ask = async (
    path: string,
    cases: object[],
  ): Promise<{ value?: unknown; hex?: string; error?: string }[]> => {
    const answer = await fetch(`${server.url}/${path}`, { method: "POST", body: JSON.stringify({ cases }) });
    return (await answer.json()).results;
  };

  for (const [file, [schema, name], table] of rows) {
    const type = table as MessageType<VectorValue>; // as its row says
    const messages = fc.sample(anyMessage(messageSchema(schema, name), 3), 300);
    const message = name.split(".").at(-1);

    await t.test(`reads ${message} as we wrote it`, async () => {
      const hexes = messages.map((value) => toHex(tf.encode(type, fromVector(type, value))));
      const read = await ask("decode", hexes.map((hex) => ({ file, message, hex })));
      read.forEach(({ value, error }, i) => {
        assert.equal(error, undefined);
        assert.deepEqual(sorted(value), sorted(toVector(type, tf.decode(type, fromHex(hexes[i]!)))));
      });
    });

    await t.test(`writes ${message} as we read it`, async () => {
      const values = messages.map((value) => toVector(type, fromVector(type, value)));
      const written = await ask("encode", values.map((value) => ({ file, message, value })));
      written.forEach(({ hex, error }, i) => {
        assert.equal(error, undefined);
        assert.deepEqual(sorted(toVector(type, tf.decode(type, fromHex(hex!)))), sorted(values[i]));
      });
    });
  }
});

test(
  "protoc prints our request, and makes the same bytes of what it printed",
  { skip: skipPython },
  async () => {
    const bytes = tf.encode(tf.predictRequest, {
      signature_name: "serving_default",
      inputs: new Map([["x", {
        dtype: 1,
        array_shape: { dim: BigInt64Array.of(1n, 2n) },
        float_val: Float32Array.of(0.1, -1e30),
        int_val: Int32Array.of(-1, 300),
        int64_val: BigInt64Array.of(-(2n ** 63n)),
      }]]),
      output_filter: ["中"],
    });
    const text = await protoc(["--decode=PredictRequest", "tf_predict.proto"], bytes);
    assert.match(new TextDecoder().decode(text), /signature_name: "serving_default"/);
    assert.equal(toHex(await protoc(["--encode=PredictRequest", "tf_predict.proto"], text)), toHex(bytes));
  },
);
