import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import {
  type CauseKind,
  containerServingSpec,
  DeployError,
  eas,
  InferenceSpec,
  Model,
} from "../../plugins/deploy/mod.ts";
import { emulator, type Scenario } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";

const image = "registry-vpc.cn-hangzhou.aliyuncs.com/shop/ranker:1.4";

const services = {
  container: () =>
    new Model({
      modelData: "oss://emulator-bucket/ranker/",
      inferenceSpec: containerServingSpec({ command: "python app.py", image, port: 8000 }),
    }),
  processor: () =>
    new Model({
      modelData: "oss://emulator-bucket/ranker/model.pmml",
      inferenceSpec: new InferenceSpec({ processor: "pmml" }),
    }),
};

/** How each scenario ends, for a container and for a processor. */
const endings: { scenario: Scenario; kind: CauseKind; says: RegExp; only?: keyof typeof services }[] = [
  {
    scenario: "ImagePullBackOff",
    kind: "image-pull",
    says: /; the image "registry-vpc\S+ranker:1\.4" cannot be pulled: .*; .*dockerAuth/,
    only: "container",
  },
  { scenario: "ImagePullBackOff", kind: "image-pull", says: /cannot be pulled/, only: "processor" },
  {
    scenario: "OOMKilled",
    kind: "out-of-memory",
    says: /; the container needs more memory than it has .*; .*metadata\.memory/,
  },
  {
    scenario: "WrongPort",
    kind: "port",
    says:
      /; the container listens on port 7000, not on the port 8000 that the configuration names; set containers\[0\]\.port to 7000/,
    only: "container",
  },
  {
    scenario: "QuotaExceeded",
    kind: "quota",
    says: /; the account has used up its quota; .*apply for a higher quota/,
  },
  {
    scenario: "ModelMissing",
    kind: "model-missing",
    says: /; the model is not there \(oss:\/\/emulator-bucket\/ranker\/\S*\); upload it/,
  },
  {
    scenario: "PermissionDenied",
    kind: "permission",
    says: /; EAS or the service's role may not read what it needs; authorize EAS's/,
  },
];

for (const { scenario, kind, says, only } of endings) {
  for (const [what, model] of Object.entries(services)) {
    if (only && only !== what) continue;
    test(`Model.deploy of a ${what} in the scenario ${scenario} ends in a DeployError that names the cause`, async () => {
      const clock = fakeClock();
      const cloud = emulator({ clock, scenarios: { ranker: scenario }, delays: { create: 60_000 } });
      const client = createClient({ ...cloud });
      const began = clock.now();
      const done = model().deploy(eas(client), { serviceName: "ranker", instanceType: "ecs.c6.large" });
      await assert.rejects(done, (error) => {
        assert.ok(error instanceof DeployError, String(error));
        assert.match(error.message, says);
        assert.match(error.message, /; the service was deleted; pass cleanupOnFailure: false to keep it$/);
        assert.equal(error.causes[0]?.kind, kind);
        assert.ok(error.causes[0].evidence.length > 0);
        assert.ok(error.events.length > 0);
        return true;
      });
      assert.ok(clock.now() - began < 600_000, "it need not wait for half an hour");
    });
  }
}

test("Model.deploy keeps a service that fails when told to, and explainFailure tells the same of it", async () => {
  const clock = fakeClock();
  const cloud = emulator({ clock, scenarios: { ranker: "OOMKilled" } });
  const client = createClient({ ...cloud });
  const options = { serviceName: "ranker", instanceType: "ecs.c6.large", cleanupOnFailure: false };
  await assert.rejects(services.container().deploy(eas(client), options), /service "ranker" is kept/);
});
