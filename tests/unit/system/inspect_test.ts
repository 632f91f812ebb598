import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createClient } from "../../../core/client.ts";
import { ossUri } from "../../../core/oss-uri.ts";
import { InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import { secretHolders, secrets } from "../../support/secret_holders.ts";

type Inspect = (value: unknown, options?: object) => string;

// What the runtime's own console shows, beside Node's inspect, which all of them have.
const { Deno, Bun } = globalThis as { Deno?: { inspect: Inspect }; Bun?: { inspect: Inspect } };

const inspectors: Record<string, (value: unknown) => string> = {
  inspect: (value) => inspect(value, { depth: 10, showHidden: true, maxStringLength: null }),
  "inspect with getters": (value) => inspect(value, { depth: 10, getters: true }),
  ...Deno &&
    {
      "Deno.inspect": (value) =>
        Deno.inspect(value, { depth: 10, showHidden: true, strAbbreviateSize: Infinity }),
    },
  ...Bun && { "Bun.inspect": (value) => Bun.inspect(value, { depth: 10 }) },
};

for (const [title, holder] of await secretHolders()) {
  test(`no secret is seen by who inspects ${title}`, () => {
    for (const [name, show] of Object.entries(inspectors)) {
      const text = show(holder);
      assert.ok(text.length > 2, name);
      for (const secret of secrets) assert.ok(!text.includes(secret), `${name}: ${text}`);
    }
  });
}

test("inspect shows the field that a secret would stand in", () => {
  assert.match(inspectors.inspect!({ token: secrets[0] }), new RegExp(secrets[0]!)); // or the tests above prove nothing
});

const client = createClient({ region: "cn-hangzhou" });
const refused: [what: string, make: () => unknown][] = [
  ["ossUri()", () => ossUri("oss://id:hunter2@b/x")],
  ["fromDisk() of an address", () => fromDisk("https://id:hunter2@h/x")],
  ["fromDisk() of an address on OSS", () => fromDisk("oss://id:hunter2@b/x")],
  ["new Model()", () => new Model({ modelData: "https://id:hunter2@h/x" as "oss://b/x" })],
  ["mount()", () => new InferenceSpec().mount("https://id:hunter2@h/x" as "oss://b/x", "/ml/x")],
  ["oss() with a user", () => oss(client, { bucket: "b", endpoint: "http://hunter2@h" })],
  ["oss() with a query", () => oss(client, { bucket: "b", endpoint: "http://h?token=hunter2" })],
];
for (const [what, make] of refused) {
  test(`${what} doesn't repeat the secret of what it refuses`, () => {
    assert.throws(make, (error) => error instanceof TypeError && !error.message.includes("hunter2"));
  });
}
