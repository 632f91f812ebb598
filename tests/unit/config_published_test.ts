import { Validator } from "@cfworker/json-schema";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { validateConfig } from "../../plugins/deploy/validate/mod.ts";
import { configFaults } from "../../plugins/emulator/config-check.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import published from "../../service.schema.json" with { type: "json" };
import { publishedConfigs } from "../support/service_configs.ts";
import { fakeClock } from "../support/fake_clock.ts";

test("there are 50 published configurations at least, of services that differ", () => {
  assert.ok(publishedConfigs.length >= 50, `${publishedConfigs.length}`);
  assert.equal(
    new Set(publishedConfigs.map(({ config }) => JSON.stringify(config))).size,
    publishedConfigs.length,
  );
});

const schema = new Validator(
  structuredClone(published) as ConstructorParameters<typeof Validator>[0],
  "2020-12",
);
/** What editors do not know: that `null` is as good as absent. */
const withoutNulls = (config: unknown): unknown =>
  JSON.parse(JSON.stringify(config, (_, value) => value === null ? undefined : value));

for (const { title, source, config } of publishedConfigs) {
  test(`the client, the emulator and editors accept ${title} (${source})`, () => {
    assert.deepEqual(validateConfig(config).filter(({ severity }) => severity === "error"), []);
    assert.deepEqual(configFaults(config), []);
    assert.deepEqual(schema.validate(withoutNulls(config)).errors, []);
  });
}

test("the emulator creates every one of them", async () => {
  const cloud = emulator({ clock: fakeClock() });
  const client = createClient({ ...cloud });
  for (const { config } of publishedConfigs) {
    const answer = await client.call<{ ServiceName: string }>("CreateService", {
      method: "POST",
      path: "/api/v2/services",
      body: config,
    });
    const { name, metadata } = config as { name?: string; metadata?: { name?: string } }; // written as such
    assert.equal(answer.ServiceName, name ?? metadata?.name);
  }
});
