import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../core/service.ts";
import type { Target } from "../../core/target.ts";
import { apply, eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { contentsOf, watchedCloud } from "../support/watched_cloud.ts";

const handlers = { iris: () => new Response("ok") };
const containers = [{ image: "registry.example.com/iris:1", port: 8000, script: "serve" }];
const options = { serviceName: "iris", instanceType: "ecs.c6.large" };
const model = new Model({
  modelData: fromMap({ "a.bin": "a", "b.bin": "b" }),
  inferenceSpec: new InferenceSpec({ containers }),
});

test("a temporary service goes at the end of its block, with its files and nobody else's", async () => {
  const watched = watchedCloud({ handlers });
  await watched.bucket.put("pai/model_data/of-others/a.bin", "a");
  const target = eas(watched.client, { storage: watched.bucket });
  const service = await model.deploy(target, { ...options, temporary: true });
  assert.equal((await contentsOf(watched)).length, 4);
  await service[Symbol.asyncDispose]();
  assert.deepEqual(await contentsOf(watched), ["object pai/model_data/of-others/a.bin"]);
});

test("a temporary service that is gone already is no error", async () => {
  const watched = watchedCloud({ handlers });
  const target = eas(watched.client, { storage: watched.bucket });
  const service = await model.deploy(target, { ...options, temporary: true });
  await service.delete({ wait: true });
  await service[Symbol.asyncDispose]();
  assert.deepEqual(await contentsOf(watched), []);
});

test("files of a temporary service that can't be deleted are told of", async () => {
  const watched = watchedCloud({ handlers });
  const target = eas(watched.client, { storage: watched.bucket });
  const service = await model.deploy(target, { ...options, temporary: true });
  watched.meddle((url, init) => {
    if (init.method !== "DELETE" || !url.includes("b.bin")) return watched.cloud.fetch(url, init);
    return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
  });
  await assert.rejects(
    async () => await service[Symbol.asyncDispose](),
    /"pai\/model_data\/.*\/b\.bin" is left; delete it yourself/,
  );
});

test("no other service is disposable, and what is applied is not temporary", async () => {
  const watched = watchedCloud({ handlers });
  const target = eas(watched.client, { storage: watched.bucket });
  const kept = await model.deploy(target, options);
  assert.ok(!(Symbol.asyncDispose in kept));
  await assert.rejects(
    apply(target, model, { ...options, temporary: true }),
    /TypeError.*not temporary; use deploy/,
  );
});

test("a target that does not know of temporary services has them, too", async () => {
  const deleted: string[] = [];
  const made = {
    name: "iris",
    delete: () => Promise.resolve(void deleted.push("iris")),
  } as unknown as Service; // all that is used
  const target: Target = { deploy: () => Promise.resolve(made as Service<never, never>) };
  const service = await model.deploy(target, { temporary: true });
  await service[Symbol.asyncDispose]();
  assert.deepEqual(deleted, ["iris"]);
});
