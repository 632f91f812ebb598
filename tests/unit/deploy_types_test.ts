import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileSource } from "../../core/files.ts";
import { ossUri } from "../../core/oss-uri.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { DeployOptions, Target } from "../../core/target.ts";
import { type EasDeployOptions, InferenceSpec, Model, ResourceConfig } from "../../plugins/deploy/mod.ts";

// What does not compile is checked by the compiler, through @ts-expect-error: a line that compiles fails the check.
// The functions are never called; the tests call what compiles, to see that it also works.

declare const cloud: Target<EasDeployOptions>;
declare const files: FileSource;
declare const numbers: Serializer<number[], Float32Array>;

const ok = new Model({ modelData: "oss://bucket/model" });

export async function deployOptions(): Promise<void> {
  await ok.deploy(cloud, { instanceType: "ecs.c6.large", instanceCount: 2 });
  await ok.deploy(cloud, { resourceConfig: { cpu: 1, memory: 2 } });
  await ok.deploy(cloud, { resourceConfig: new ResourceConfig({ cpu: 1, memory: 2 }), timeout: 5 });
  // @ts-expect-error: they exclude each other
  await ok.deploy(cloud, { instanceType: "ecs.c6.large", resourceConfig: { cpu: 1, memory: 2 } });
  // @ts-expect-error: cpu belongs in resourceConfig
  await ok.deploy(cloud, { instanceType: "ecs.c6.large", cpu: 2 });
  // @ts-expect-error: misspelt
  await ok.deploy(cloud, { instanceTyp: "ecs.c6.large" });
  // @ts-expect-error: memory is missing
  await ok.deploy(cloud, { resourceConfig: { cpu: 1 } });
}

export async function otherTargets(local: Target<DeployOptions & { port?: number }>): Promise<void> {
  await ok.deploy(local, { port: 8000 });
  // @ts-expect-error: not an option of this target
  await ok.deploy(local, { instanceType: "ecs.c6.large" });
  const target: Target = Math.random() < 0.5 ? local : cloud;
  await ok.deploy(target, { serviceName: "iris" });
}

export async function outputs(): Promise<Float32Array> {
  const service = await ok.deploy(cloud, { instanceType: "ecs.c6.large", serializer: numbers });
  // @ts-expect-error: the input is what the serializer takes
  await service.predictor().predict("text");
  const plain: Service = await ok.deploy(cloud);
  await plain.predictor().predict([[1, 2]]);
  return await service.predictor().predict([1, 2]);
}

export async function temporary(): Promise<void> {
  const service = await ok.deploy(cloud, { instanceType: "ecs.c6.large", temporary: true });
  await service[Symbol.asyncDispose]();
  const kept = await ok.deploy(cloud, { instanceType: "ecs.c6.large" });
  // @ts-expect-error: nobody has asked for it to be temporary
  await kept[Symbol.asyncDispose]();
}

export function sources(path: string): void {
  new Model({ modelData: files });
  new Model({ modelData: ossUri(path) });
  // @ts-expect-error: a path is no address
  new Model({ modelData: "./model" });
  // @ts-expect-error: nobody has checked this text
  new Model({ modelData: path });
  // @ts-expect-error: a path is no address
  new InferenceSpec().mount("./tokens", "/ml/tokens");
}

test("InferenceSpec config compiles for the keys of the service configuration, and only for those", () => {
  const { config } = new InferenceSpec({ processor: "pmml", of_tomorrow: true });
  const processor: string | undefined = config.processor;
  config.cloud.computing.instances = [{ type: "ecs.c6.large" }];
  config.metadata["eas.termination_grace_period"] = 30;
  config.networking.gateway_policy.rate_limit.limit = 5;
  config.features["any.key/at-all"] = "1";
  config.autoscaler.strategies.qps = 10;
  assert.equal(processor, "pmml");
  // @ts-expect-error: misspelt
  assert.equal(config.metadata.instanse, undefined);
  // @ts-expect-error: unknown keys go through set
  assert.equal(config.of_tomorrow, true);
  // @ts-expect-error: a number is wanted
  config.metadata.rpc.keepalive = "1000";
  // @ts-expect-error: a leaf may be missing
  const instances: number = config.metadata.instance;
  assert.equal(instances, undefined);
  // @ts-expect-error: the view itself can't be replaced
  assert.throws(() => new InferenceSpec().config = config, TypeError);
});
