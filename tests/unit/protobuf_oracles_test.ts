// The static modules that judge our own codec, against the vectors: an oracle that is wrong proves nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../core/encoding.ts";
import type { MessageType } from "../../plugins/serializers/protobuf.ts";
import * as queue from "../fixtures/protos/queue.js";
import * as tf from "../fixtures/protos/tf.js";
import * as torch from "../fixtures/protos/torch.js";
import * as torchrec from "../fixtures/protos/torchrec.js";
import { fromHex } from "../support/hex.ts";
import {
  fromVector,
  hasSortedKeys,
  messageSchema,
  protobufjsForm,
  toVector,
  type VectorMessage,
} from "../support/proto_values.ts";
import { vectors } from "../support/vectors.ts";

interface Case {
  id: string;
  message: string;
  kind: "roundtrip" | "decode" | "error" | "either";
  hex: string;
  value: VectorMessage;
  canonicalHex?: string;
}

/** The classes by the names that the vectors use, and what stands before these in the file. */
const oracles = {
  queue: [queue, ""],
  tf: [tf, ""],
  torch: [torch.pytorch.eas, "pytorch.eas."],
  torchrec: [torchrec.com.alibaba.pairec.processor, "com.alibaba.pairec.processor."],
} as const;

for (const [file, [module, prefix]] of Object.entries(oracles)) {
  const { cases } = vectors<{ cases: Case[] }>(`eas/pb-${file}`);
  for (const { id, message, kind, hex: given, value, canonicalHex = given } of cases) {
    if (kind === "either") continue;
    test(`static code: ${kind} ${id}`, () => {
      const type = (module as unknown as Record<string, MessageType>)[message]!; // the vectors know its messages
      const schema = messageSchema(file as keyof typeof oracles, prefix + message); // a key of the same table
      if (kind === "error") return assert.throws(() => type.decode(fromHex(given)));
      const decoded = type.decode(fromHex(given));
      assert.deepEqual(toVector(schema, decoded), value);
      if (hasSortedKeys(value)) return;
      for (const again of [decoded, fromVector(schema, value, protobufjsForm)]) {
        assert.equal(hex(type.encode(again).finish()), canonicalHex);
      }
    });
  }
}
