import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, DecodeError, encode, encodeChunks, encodeInto } from "../../protos/tf-predict.ts";
import { arrayShape } from "../../protos/array-proto.ts";
import * as tf from "../../protos/tf-predict.ts";
import * as torch from "../../protos/pytorch-predict.ts";
import * as torchrec from "../../protos/torchrec-predict.ts";
import * as queue from "../../protos/queue.ts";
import type { MessageType } from "../../protos/message.ts";
import { refuseBigEndian } from "../../protos/wire.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { fromVector, toVector, type VectorValue } from "../support/message_values.ts";
import { vectors } from "../support/vectors.ts";

interface Case {
  id: string;
  message: string;
  kind: "roundtrip" | "decode" | "error" | "either";
  hex: string;
  value: VectorValue;
  canonicalHex?: string;
  note?: string;
}

/** Our tables by the names that the vectors use. */
const tables: Record<string, Record<string, unknown>> = {
  tf: {
    ArrayProto: tf.arrayProto,
    ArrayShape: arrayShape,
    PredictRequest: tf.predictRequest,
    PredictResponse: tf.predictResponse,
  },
  torch: {
    ArrayProto: torch.arrayProto,
    ArrayShape: arrayShape,
    PredictRequest: torch.predictRequest,
    PredictResponse: torch.predictResponse,
  },
  torchrec: {
    ContextFeatures: torchrec.contextFeatures,
    PBFeature: torchrec.pbFeature,
    PBLogData: torchrec.pbLogData,
    PBRequest: torchrec.pbRequest,
    PBResponse: torchrec.pbResponse,
  },
  queue: {
    AttributesProto: queue.attributes,
    DataFrameListProto: queue.dataFrameList,
    DataFrameProto: queue.dataFrame,
  },
};

/** How messages are read; what they say must not depend on it. */
const ways = [{}, { copy: true }, { own: true }];

/** The same bytes at every distance from an aligned address. */
function* placements(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let offset = 0; offset < 8; offset++) {
    const place = new Uint8Array(bytes.length + 16).fill(0xaa).subarray(offset, offset + bytes.length);
    place.set(bytes);
    yield place;
  }
}

for (const [schema, types] of Object.entries(tables)) {
  const { cases } = vectors<{ cases: Case[] }>(`eas/pb-${schema}`);
  for (const { id, message, kind, hex, value, canonicalHex = hex, note } of cases) {
    test(`${message}: ${kind} ${id}${note ? `, ${note}` : ""}`, () => {
      const type = types[message] as MessageType<VectorValue>; // the file says which
      assert.ok(type, `a table for ${message}`);
      for (const bytes of placements(fromHex(hex))) {
        for (const way of ways) {
          const given = bytes.slice();
          const place = new Uint8Array(bytes.buffer.slice(0), bytes.byteOffset, bytes.length);
          if (kind === "error" || kind === "either") {
            try {
              decode(type, place, way);
              assert.equal(kind, "either");
            } catch (error) {
              assert.ok(error instanceof DecodeError, String(error));
              assert.ok(error.offset <= place.length);
            }
            assert.deepEqual(place, given, "what can't be read stays as it is");
          } else {
            assert.deepEqual(toVector(type, decode(type, place, way)), value);
            if (!way.own) assert.deepEqual(place, given);
          }
        }
      }
      if (kind === "error" || kind === "either") return;
      const made = fromVector(type, value);
      assert.equal(toHex(encode(type, made)), canonicalHex);
      assert.equal(encodeChunks(type, made).map(toHex).join(""), canonicalHex);
      const buffer = new Uint8Array(canonicalHex.length).fill(0xaa);
      assert.equal(toHex(encodeInto(type, made, buffer)), canonicalHex);
      assert.equal(encodeInto(type, made, buffer).buffer, buffer.buffer);
    });
  }
}

test("a machine of the other byte order is refused, rather than sent or shown nonsense", () => {
  assert.throws(() => refuseBigEndian(false), { name: "Error", message: /big-endian/ });
  assert.doesNotThrow(() => refuseBigEndian(true));
});
