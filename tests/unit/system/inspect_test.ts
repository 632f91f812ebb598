import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
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
