import assert from "node:assert/strict";
import { test } from "node:test";
import { protobuf } from "../../plugins/serializers/protobuf.ts";
import { messageTypes } from "../../plugins/serializers/protobuf-reflection.ts";

const proto = `syntax = "proto3";
package demo;
message Outer { Inner inner_one = 1; message Inner { repeated sint64 many = 1; } }
`;

/** Edge workers can't. */
function canMakeCode(): boolean {
  try {
    return new Function("return true")();
  } catch {
    return false;
  }
}

test("messageTypes() makes types, or says at once how they are made where no code can be", () => {
  if (!canMakeCode()) {
    return assert.throws(() => messageTypes(proto), {
      name: "EvalError",
      message: /"deno run -A npm:protobufjs-cli.*pbjs /,
    });
  }
  const types = messageTypes(proto);
  assert.deepEqual(types.names, ["demo.Outer", "demo.Outer.Inner"]);
  const { serialize, deserialize } = protobuf(types.get("demo.Outer"), types.get("demo.Outer"));
  const message = { inner_one: { many: [-1n, 2n ** 62n] } };
  assert.deepEqual(deserialize(serialize(message)!), message);
});

const files = { "a.proto": 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }' };
const broken: [what: string, proto: string | Record<string, string>, message: RegExp][] = [
  ["no .proto file", "<html>", /^Cannot read the text: illegal token '<' \(line 1\)$/],
  [
    "a mistake",
    { "x.proto": 'syntax = "proto3";\nmessage A {\n  int32 a = x;\n}' },
    /^Cannot read x\.proto: .*line 3/,
  ],
  [
    "a type that is nowhere",
    'syntax = "proto3"; message A { B b = 1; }',
    /^Cannot read the files together: no such Type or Enum .B./,
  ],
  ["an import that is not there", files, /^Cannot read a\.proto: it imports "b\.proto", which is not there$/],
];
for (const [what, proto, message] of broken) {
  test(`messageTypes() refuses ${what}`, () => {
    assert.throws(() => messageTypes(proto), { name: "SyntaxError", message });
  });
}
