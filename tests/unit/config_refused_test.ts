import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { ApiError } from "../../core/errors.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import { eas, InferenceSpec, InvalidConfigError, Model, validateConfig } from "../../plugins/deploy/mod.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { badConfigs } from "../support/bad_configs.ts";
import { fakeClock } from "../support/fake_clock.ts";

/** A client of an emulator that counts what it is asked. */
function world() {
  const cloud = emulator({ clock: fakeClock() });
  const asked: string[] = [];
  const fetch: typeof cloud.fetch = (url, init) => {
    asked.push(url);
    return cloud.fetch(url, init);
  };
  return { asked, client: createClient({ ...cloud, fetch }) };
}

test("there are 100 bad configurations at least", () =>
  assert.ok(badConfigs.length >= 100, `${badConfigs.length}`));

for (const { config, path, message, onlyWhole } of badConfigs) {
  test(`refused: ${path} of ${JSON.stringify(config)}`, async () => {
    const told = validateConfig(config).filter((problem) => problem.path === path);
    assert.deepEqual(told.map(({ severity }) => severity), ["error"]);
    assert.equal(told[0]!.message, message);
    assert.match(told[0]!.rule ?? "", /^https:\/\//);

    const { asked, client } = world();
    if (!onlyWhole) {
      const inferenceSpec = new InferenceSpec(config as ServiceConfig & Record<string, unknown>); // as JavaScript gives it
      await assert.rejects(new Model({ inferenceSpec }).deploy(eas(client)), (error) => {
        assert.ok(error instanceof InvalidConfigError && error instanceof TypeError, String(error));
        assert.deepEqual(error.problems.filter((problem) => problem.path === path), told);
        assert.match(error.message, /^Cannot deploy (service ".*"|the service): its configuration has /);
        assert.ok(error.message.includes(`\n  ${path}: ${message} (https://`), error.message);
        assert.ok(!error.message.includes("s3cr3t"), error.message);
        return true;
      });
      assert.deepEqual(asked, []);
    }

    // The emulator refuses it too when it is sent all the same, and keeps nothing of it.
    const call = { method: "POST", path: "/api/v2/services", body: config } as const;
    await assert.rejects(
      client.call("CreateService", call),
      (error) => error instanceof ApiError && error.status === 400 && error.code === "InvalidParameter",
    );
    assert.deepEqual(
      (await client.call<{ Services: [] }>("ListServices", { path: "/api/v2/services" })).Services,
      [],
    );
  });
}
