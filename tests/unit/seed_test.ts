import assert from "node:assert/strict";
import { test } from "node:test";
import heldOut from "../../examples/breast-cancer/held-out.json" with { type: "json" };
import trained from "../../examples/breast-cancer/model.json" with { type: "json" };
import { type Client, createClient } from "../../core/client.ts";
import { ApiError, ServiceError } from "../../core/errors.ts";
import { eas, getService, InferenceSpec, Model, ResourceConfig } from "../../plugins/deploy/mod.ts";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { fakeClock } from "../support/fake_clock.ts";

// The customer's guide to processor services, step by step, as its user writes it here. The clock is a fake one, so
// that the seconds of a deployment pass at once.

interface World {
  cloud: Emulator;
  client: Client;
}

function world(): World {
  const cloud = emulator({
    buckets: ["my-bucket"],
    clock: fakeClock(),
    delays: { create: 4_000, start: 3_000, stop: 2_000, delete: 0, gateway: 3_000 },
  });
  return { cloud, client: createClient({ ...cloud }) };
}

const storageOf = (client: Client) => oss(client, { bucket: "my-bucket" });
const modelFiles = (content = JSON.stringify(trained)) =>
  fromMap({ "model.json": content }, { label: "./model" });

function xgboostSpec(): InferenceSpec {
  const spec = new InferenceSpec({ processor: "xgboost" });
  spec.config.metadata.rpc.keepalive = 1000;
  spec.config.model_config = "CustomModelConfig";
  return spec;
}

test("the customer's steps: deploy, predict, find by name, raw predict, stop, start, delete", async () => {
  const { client } = world();
  const target = eas(client, { storage: storageOf(client) });
  const model = new Model({ modelData: modelFiles(), inferenceSpec: xgboostSpec() });
  const stages = new Set<string>();
  const service = await model.deploy(target, {
    serviceName: "example_xgb_service",
    instanceType: "ecs.c6.xlarge",
    instanceCount: 2,
    options: {
      "metadata.rpc.batching": true,
      "metadata.rpc.keepalive": 50000,
      "metadata.rpc.max_batch_size": 16,
      warm_up_data_path: "oss://my-bucket/path-to-warmup-data",
    },
    onProgress: ({ stage }) => stages.add(stage),
  });
  assert.deepEqual([...stages], ["check", "upload", "create", "wait", "probe"]);

  const { config } = await service.describe();
  const { model_path, ...rest } = config;
  assert.match(model_path ?? "", /^oss:\/\/my-bucket\/pai\/model_data\/\d{8}_\d{6}_\d{6}\/$/);
  assert.deepEqual(rest, {
    processor: "xgboost",
    name: "example_xgb_service",
    metadata: { rpc: { keepalive: 50000, batching: true, max_batch_size: 16 }, instance: 2 },
    model_config: "CustomModelConfig",
    cloud: { computing: { instance_type: "ecs.c6.xlarge" } },
    warm_up_data_path: "oss://my-bucket/path-to-warmup-data",
  });

  const near = (scores: unknown): void => {
    assert.ok(Array.isArray(scores) && scores.length === heldOut.predictions.length);
    heldOut.predictions.forEach((expected, row) => assert.ok(Math.abs(scores[row] - expected) < 1e-6));
  };
  near(await service.predictor().predict(heldOut.rows));

  const predictor = await client.predictor("example_xgb_service");
  near(await predictor.predict(heldOut.rows));
  const response = await predictor.rawPredict(heldOut.rows, { headers: { "x-trace": "1" }, timeout: 30_000 });
  near(await response.json());

  await service.stop();
  assert.equal((await service.describe()).status, "Stopped");
  await service.start();
  near(await service.predictor().predict(heldOut.rows));
  await (await getService(client, "example_xgb_service")).delete();
  await assert.rejects(service.describe(), (error) => error instanceof ApiError && error.status === 404);
});

test("the customer's ResourceConfig arrives in the service", async () => {
  const { client } = world();
  const model = new Model({
    modelData: modelFiles(),
    inferenceSpec: new InferenceSpec({ processor: "xgboost" }),
  });
  const service = await model.deploy(eas(client, { storage: storageOf(client) }), {
    serviceName: "dedicated_rg_service",
    resourceConfig: new ResourceConfig({ cpu: 2, memory: 4000 }),
  });
  const { config } = await service.describe();
  assert.deepEqual(config.metadata, { instance: 1, cpu: 2, memory: 4000 });
  assert.equal(config.cloud, undefined);
});

test("an unreadable model fails with the service's own words, and neither service nor files stay", async () => {
  const { client } = world();
  const storage = storageOf(client);
  const model = new Model({
    modelData: modelFiles("{}"),
    inferenceSpec: new InferenceSpec({ processor: "xgboost" }),
  });
  await assert.rejects(
    model.deploy(eas(client, { storage }), { serviceName: "broken", instanceType: "ecs.c6.large" }),
    (error) =>
      error instanceof ServiceError &&
      /"broken": status is Failed \(MODEL_LOAD_FAILED: Cannot load/.test(error.message),
  );
  assert.deepEqual(await Array.fromAsync(storage.list()), []);
  await assert.rejects(
    getService(client, "broken"),
    (error) => error instanceof ApiError && error.status === 404,
  );
});
