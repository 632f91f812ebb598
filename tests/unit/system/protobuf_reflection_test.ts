// Types that protobufjs makes while it runs, from the .proto files themselves.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { protobuf } from "../../../plugins/serializers/protobuf.ts";
import { messageTypes } from "../../../plugins/serializers/protobuf-reflection.ts";
import { hex } from "../../../core/encoding.ts";
import * as everyKind from "../../fixtures/protos/every_kind.js";
import { sources } from "../../fixtures/protos/make.ts";
import { anyMessage } from "../../support/proto_arbitrary.ts";
import { fromHex } from "../../support/hex.ts";
import {
  fromVector,
  messageSchema,
  sdkForm,
  toVector,
  type VectorMessage,
} from "../../support/proto_values.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  id: string;
  message: string;
  kind: "roundtrip" | "decode" | "error" | "either";
  hex: string;
  value: VectorMessage;
  canonicalHex?: string;
}

/** Packages of the files, as the vectors have the names without them. */
const packages = {
  blade: "blade.",
  caffe: "caffe.eas.",
  easyrec: "",
  onnx: "hie.processor.",
  queue: "",
  tf: "",
  torch: "pytorch.eas.",
  torchrec: "com.alibaba.pairec.processor.",
};

/** The texts of a file and of those that it imports, by the names of the imports. */
function textsByName(name: string): Record<string, string> {
  return Object.fromEntries(
    sources[name]!.files.map((file) => [file.pathname.split("/").at(-1)!, readFileSync(file, "utf8")]),
  );
}

for (const name of Object.keys(packages) as (keyof typeof packages)[]) {
  const types = messageTypes(textsByName(name));
  const { cases } = vectors<{ cases: Case[] }>(`eas/pb-${name}`);
  for (const { id, message, kind, hex: given, value, canonicalHex = given } of cases) {
    test(`protobuf() and reflection: ${kind} ${id}`, () => {
      const fullName = packages[name] + message;
      const schema = messageSchema(name, fullName);
      const { serialize, deserialize } = protobuf(types.get(fullName), types.get(fullName));
      const read = (): unknown => toVector(schema, deserialize(fromHex(given)));
      if (kind === "error") return assert.throws(read, SyntaxError);
      if (kind === "either") {
        try {
          return assert.deepEqual(read(), value);
        } catch (error) {
          return assert.ok(error instanceof SyntaxError, String(error));
        }
      }
      assert.deepEqual(read(), value);
      assert.equal(hex(serialize(fromVector(schema, value, sdkForm))!), canonicalHex);
    });
  }
}

test("protobuf() writes and reads the same with reflection as with static code, whatever the message", () => {
  const name = "test.every.Every";
  const types = messageTypes(textsByName("every_kind"));
  const reflected = protobuf(types.get(name), types.get(name));
  const fixed = protobuf(everyKind.test.every.Every, everyKind.test.every.Every);
  const schema = messageSchema("every_kind", name);
  fc.assert(fc.property(anyMessage(schema), (value) => {
    const input = fromVector(schema, value, sdkForm);
    const written = reflected.serialize(input)!;
    assert.equal(hex(written), hex(fixed.serialize(input)!));
    assert.deepEqual(
      toVector(schema, reflected.deserialize(written)),
      toVector(schema, fixed.deserialize(written)),
    );
  }));
  for (const options of [{ defaults: true }, { longs: "number" as const }]) {
    const [a, b] = [types.get(name), everyKind.test.every.Every].map((type) => protobuf(type, type, options));
    assert.deepEqual(a!.deserialize(fromHex("2005")), b!.deserialize(fromHex("2005")));
  }
});

test("protobuf() refuses with reflection what it refuses with static code", () => {
  const { get } = messageTypes(textsByName("every_kind"));
  const { serialize } = protobuf(get("test.every.Every"), get("test.every.Every"));
  const rows: [message: Record<string, unknown>, says: RegExp][] = [
    [{ by_string: { x: { int64_on: 0 } } }, /"by_string\.x\.int64_on".* did you mean "int64_one"\?$/],
    [{ int32_many: [1, 2 ** 40] }, /"int32_many\[1\]".* would become 0$/],
    [{ string_choice: "a", bytes_choice: new Uint8Array() }, /another member of its oneof/],
    [{ message_choice: {}, bytes_choice: new Uint8Array() }, /another member of its oneof/],
    [{ int32_choice: 1, bytes_choice: new Uint8Array() }, /"int32_choice".* would become 0$/],
    [{ by_int32: { x: "" } }, /takes no such key$/],
  ];
  for (const [message, says] of rows) assert.throws(() => serialize(message), says);
  const legacy = messageTypes(textsByName("legacy")).get("test.legacy.Legacy");
  assert.throws(() => protobuf(legacy, legacy).serialize({ large: 1n }), /"number" .* required$/);
});

test("messageTypes() keeps names of fields, knows Google's own types and lists all in its errors", () => {
  const types = messageTypes({
    "a.proto": `syntax = "proto3"; package demo; import "google/protobuf/timestamp.proto"; import "b.proto";
      message Event { google.protobuf.Timestamp created_at = 1; Kind kind = 2; }`,
    "b.proto":
      `syntax = "proto3"; package demo; import "google/protobuf/timestamp.proto"; enum Kind { NONE = 0; }`,
  });
  assert.deepEqual([...types.names].sort(), ["demo.Event", "google.protobuf.Timestamp"]);
  const { serialize, deserialize } = protobuf(types.get("demo.Event"), types.get("demo.Event"));
  const event = { created_at: { seconds: 2n ** 40n, nanos: 5 } };
  assert.deepEqual(deserialize(serialize(event)!), event);
  assert.throws(() => types.get("Event"), {
    name: "RangeError",
    message: 'Cannot get message type "Event": there is demo.Event, google.protobuf.Timestamp',
  });
  assert.throws(() => messageTypes("").get("A"), { name: "RangeError", message: /there is none$/ });
});
