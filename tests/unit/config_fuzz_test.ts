import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { ApiError } from "../../core/errors.ts";
import { validateConfig } from "../../plugins/deploy/validate/mod.ts";
import { configFaults } from "../../plugins/emulator/config-check.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { type Json, nearConfigs, placedConfigs } from "../support/near_configs.ts";

const errorsOf = (config: Json): string[] =>
  validateConfig(config).filter(({ severity }) => severity === "error").map(({ path, message }) =>
    `${path}: ${message}`
  );
const faultsOf = (config: Json): string[] =>
  configFaults(config as Record<string, Json>).map(({ where, what }) => `${where}: ${what}`); // what is none is a fault

for (const [key, configs] of placedConfigs) {
  test(`the client and the emulator agree on every value at every place in ${key}`, () => {
    for (const config of configs()) {
      const [errors, faults] = [errorsOf(config), faultsOf(config)];
      assert.equal(errors.length > 0, faults.length > 0, JSON.stringify({ config, errors, faults }));
    }
  });
}

test("the client and the emulator agree on configurations that are nearly right", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(nearConfigs, (config) => {
      const [errors, faults] = [errorsOf(config), faultsOf(config)];
      assert.equal(errors.length > 0, faults.length > 0, JSON.stringify({ config, errors, faults }));
      seen[errors.length > 0 ? "refused" : "accepted"]++;
    }),
    { numRuns: 2_000 },
  );
  assert.ok(Math.min(seen.accepted, seen.refused) > 200, `one-sided: ${JSON.stringify(seen)}`);
});

test("the emulator's API creates just what the client would send", async () => {
  await fc.assert(
    fc.asyncProperty(nearConfigs, async (config) => {
      const client = createClient({ ...emulator({ clock: fakeClock() }) });
      const answer = await client.call("CreateService", {
        method: "POST",
        path: "/api/v2/services",
        body: config,
      })
        .then(() => "created", (error) => error);
      if (errorsOf(config).length === 0) assert.equal(answer, "created", JSON.stringify(config));
      else {assert.ok(
          answer instanceof ApiError && answer.code === "InvalidParameter",
          JSON.stringify({ config, answer }),
        );}
    }),
    { numRuns: 150 },
  );
});
