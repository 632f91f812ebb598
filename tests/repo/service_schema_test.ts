// service.schema.json is the truth; the types and the structure that code checks by are made from it.
import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import deno from "../../deno.json" with { type: "json" };
import { serviceSchema } from "../../core/service-schema.ts";
import { made, type Node, schema } from "../fixtures/service-schema/make.ts";
import { root } from "../support/tree.ts";

for (const [path, content] of Object.entries(made())) {
  test(`${path} is what make.ts makes of the schema`, () => {
    assert.equal(readFileSync(new URL(path, root), "utf8"), content);
  });
}

/** Every node of the schema with its path; references are not followed. */
function* nodes(node: Node, path = ""): Generator<[path: string, node: Node]> {
  yield [path, node];
  for (const map of ["properties", "$defs"] as const) {
    for (const [key, child] of Object.entries(node[map] ?? {})) yield* nodes(child, `${path}/${map}/${key}`);
  }
  if (node.items) yield* nodes(node.items, `${path}/items`);
  const { additionalProperties } = node;
  if (typeof additionalProperties === "object") {
    yield* nodes(additionalProperties, `${path}/additionalProperties`);
  }
}
const all = [...nodes(schema)];

test("the schema says for editors what it is, and is published", () => {
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.match(schema.$id ?? "", /^urn:/);
  assert.ok(deno.publish.include.includes("service.schema.json"));
  assert.ok(existsSync(new URL("service.schema.json", root)));
});

test("the schema has no keyword but those that every reader of it knows", () => {
  const known = new Set([
    ...[
      "$schema",
      "$id",
      "$ref",
      "$defs",
      "title",
      "description",
      "default",
      "type",
      "properties",
      "required",
    ],
    ...[
      "additionalProperties",
      "items",
      "minItems",
      "enum",
      "pattern",
      "patternErrorMessage",
      "minimum",
      "maximum",
    ],
    ...["exclusiveMinimum", "x-page", "x-secret"],
  ]);
  const unknown = all.flatMap(([path, node]) =>
    Object.keys(node).filter((key) => !known.has(key)).map((key) => `${path}: ${key}`)
  );
  assert.deepEqual(unknown, []);
});

test("every key is described, and every pattern says what it wants", () => {
  for (const [path, node] of all) {
    if (/\/properties\/[^/]+$/.test(path)) assert.match(node.description ?? "", /\S.*[.…]$/, path);
    assert.equal(typeof node.patternErrorMessage, typeof node.pattern, path);
    if (node.pattern) new RegExp(String(node.pattern), "u");
    if (node["x-page"]) {
      assert.match(
        String(node["x-page"]),
        /^https:\/\/(?:www\.alibabacloud\.com\/help\/en|help\.aliyun\.com)\//,
      );
    }
  }
});

test("every definition is used, has the name of a type, and comes before what refers to it", () => {
  const names = Object.keys(schema.$defs ?? {});
  for (const [index, name] of names.entries()) {
    const users = all.filter(([, node]) => node.$ref === `#/$defs/${name}`).map(([path]) => path);
    assert.ok(users.length > 0, name);
    assert.match(schema.$defs![name]!.title ?? "", /^[A-Z]\w+$/);
    const early = users.filter((path) =>
      names.slice(0, index + 1).some((other) => path.startsWith(`/$defs/${other}/`))
    );
    assert.deepEqual(early, []);
  }
});

test("secrets are marked: nothing else of a configuration is one", () => {
  const secrets = all.filter(([, node]) => node["x-secret"]).map(([path]) =>
    path.replace(/.*\/properties\//, "")
  );
  assert.deepEqual(secrets.sort(), ["decryption_key", "dockerAuth", "password", "token", "value"]);
  assert.equal(serviceSchema["x-secret"], undefined);
});
