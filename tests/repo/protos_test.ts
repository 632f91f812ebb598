// The .proto files against the vectors, through protobufjs alone; and what is made from them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import protobufjs from "protobufjs";
import { hex } from "../../core/encoding.ts";
import { header, schema, sources, texts } from "../fixtures/protos/make.ts";
import schemas from "../fixtures/protos/schemas.json" with { type: "json" };
import { fromHex } from "../support/hex.ts";
import {
  fromVector,
  hasSortedKeys,
  messageSchema,
  protobufjsForm,
  toVector,
  type VectorMessage,
} from "../support/proto_values.ts";
import { root } from "../support/tree.ts";
import { vectors } from "../support/vectors.ts";

interface Case {
  id: string;
  message: string;
  kind: string;
  hex: string;
  value: VectorMessage;
}

const files = readdirSync(new URL("protos/", root)).filter((name) => name.endsWith(".proto"));

test("every .proto file has its vectors and a module of its own", () => {
  const named = Object.values(sources).map(({ files }) => files.at(-1)!.pathname.split("/").at(-1)!);
  assert.deepEqual(files.filter((name) => !named.includes(name)), []);
});

for (const [name, source] of Object.entries(sources)) {
  const isOurs = source.files.every(({ pathname }) => files.includes(pathname.split("/").at(-1)!));
  const made = new URL(`../fixtures/protos/${name}.js`, import.meta.url);

  test(`${name}.js is what make.ts makes of the files as they are`, () => {
    assert.equal(readFileSync(made, "utf8").split("\n")[0], header(source));
    assert.deepEqual(schemas[name as keyof typeof schemas], schema(source)); // a key of the same names
  });
  if (!isOurs) continue;

  const { root } = texts(source).reduce(
    ({ root }, text) => protobufjs.parse(text, root, { keepCase: true }),
    { root: new protobufjs.Root() },
  );
  root.resolveAll();
  const { cases } = vectors<{ cases: Case[] }>(`eas/pb-${name}`);
  for (const { id, message, kind, hex: wire, value } of cases.filter(({ kind }) => kind === "roundtrip")) {
    test(`${name}: ${kind} ${id} through protobufjs`, () => {
      const type = root.lookupType(message);
      const schema = messageSchema(name as keyof typeof schemas, type.fullName.slice(1));
      const decoded = type.decode(fromHex(wire));
      assert.deepEqual(toVector(schema, decoded), value);
      for (const again of [decoded, fromVector(schema, value, protobufjsForm)]) {
        const written = hex(type.encode(again).finish());
        if (!hasSortedKeys(value)) assert.equal(written, wire);
        assert.deepEqual(toVector(schema, type.decode(fromHex(written))), value);
      }
    });
  }
}
