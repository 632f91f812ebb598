// What localDocker() says before it has an engine, and when there is none.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../../../core/target.ts";
import { containerServingSpec, type DeployOptions, Model } from "../../../plugins/deploy/mod.ts";
import {
  DockerError,
  localDocker,
  type LocalDockerDeployOptions,
  type LocalDockerOptions,
} from "../../../plugins/local-docker/mod.ts";
import { fromMap } from "../../../plugins/storage/map.ts";

const model = new Model({ inferenceSpec: containerServingSpec({ image: "img:1", command: "serve" }) });
const nowhere = { host: "unix:///nowhere/docker.sock" };

const wrongTargets: [what: string, options: Record<string, unknown>, says: RegExp][] = [
  ["an option that there is none of", { gpu: 1 }, /unknown option "gpu"; use host/],
  ["a policy that there is none of", { pull: "sometimes" }, /pull is "sometimes"/],
  ["folders in a way that there is none of", { folders: "rw" }, /folders is "rw"/],
  ["GPUs that can't be", { gpus: -1 }, /gpus is -1/],
  ["no GPU ids", { gpus: [] }, /gpus is \[\]/],
  ["a platform that is none", { platform: "linux amd64" }, /platform is "linux amd64"/],
  ["limits that are no switch", { limits: "yes" }, /limits must be true or false/],
];

for (const [what, options, says] of wrongTargets) {
  test(`localDocker() refuses ${what}`, () => {
    assert.throws(
      () => localDocker(options as LocalDockerOptions),
      (error) => (error instanceof TypeError || error instanceof RangeError) && says.test(error.message),
    );
  });
}

const wrongDeployments: [what: string, options: Record<string, unknown>, says: RegExp][] = [
  ["an option of EAS", { instanceType: "ecs.c6.large" }, /unknown option "instanceType"/],
  ["a serializer that is none", { serializer: {} }, /serializer must have the functions/],
  ["a time-out that is none", { timeout: 0 }, /timeout must be above 0/],
  ["a signal that is none", { signal: {} }, /signal must be an AbortSignal/],
  ["an image that is none", { image: "Python" }, /has capitals/],
  ["a name that is none", { serviceName: "a/b" }, /the name must have/],
];

for (const [what, options, says] of wrongDeployments) {
  test(`a deployment refuses ${what} before it looks for an engine`, async () => {
    await assert.rejects(
      model.deploy(localDocker(nowhere), { serviceName: "iris", ...options } as LocalDockerDeployOptions),
      (error) => (error instanceof TypeError || error instanceof RangeError) && says.test(error.message),
    );
  });
}

test("a deployment without an engine says where it was looked for and how to start one", async () => {
  await assert.rejects(
    model.deploy(localDocker(nowhere), { serviceName: "iris" }),
    (error) =>
      error instanceof DockerError && error.code === "NO_ENGINE" && error.tried.length === 1 &&
      /nowhere\/docker\.sock/.test(error.message),
  );
});

test("a deployment that is cancelled before it begins asks nothing", async () => {
  const reason = new Error("no longer wanted");
  const read: string[] = [];
  const files = new Proxy(fromMap({ a: "" }), {
    get(source, name) {
      read.push(String(name));
      return Reflect.get(source, name);
    },
  });
  const deployment = {
    config: { containers: [{ image: "a" }] },
    mounts: [{ mountPath: "/a", source: files }],
  };
  const signal = AbortSignal.abort(reason);
  await assert.rejects(
    localDocker(nowhere).deploy(deployment, { serviceName: "iris", signal }),
    (error) => error === reason,
  );
  assert.ok(!read.includes("Symbol(Symbol.asyncIterator)"), read.join());
});

test("a target that is chosen when a program runs takes the options that all targets take", async () => {
  const target: Target<DeployOptions> = localDocker(nowhere);
  await assert.rejects(model.deploy(target, { serviceName: "iris", timeout: 5_000 }), DockerError);
});

test("a plan is made without an engine, and its warnings say what is otherwise than in EAS", async () => {
  const spec = containerServingSpec({ image: "registry-vpc.cn-x.aliyuncs.com/a/b:1", command: "serve" });
  spec.config.metadata.gpu = 1;
  const deployment = await new Model({ inferenceSpec: spec }).toDeployment();
  const plan = localDocker(nowhere).plan(deployment, { serviceName: "iris" });
  assert.equal(plan.image, "registry.cn-x.aliyuncs.com/a/b:1");
  assert.deepEqual(plan.warnings.map((warning) => /VPC|GPUs/.exec(warning)?.[0]), ["VPC", "GPUs"]);
  assert.deepEqual(
    localDocker({ gpus: 2 }).plan(deployment, { serviceName: "iris", gpus: undefined }).resources,
    { gpus: 2 },
  );
});

test("in a worker, localDocker() says that there can be no engine", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: "Cloudflare-Workers" },
    configurable: true,
  });
  try {
    await assert.rejects(
      model.deploy(localDocker(), { serviceName: "iris" }),
      (error) => error instanceof DockerError && /a worker can't reach/.test(error.message),
    );
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete (globalThis as { navigator?: unknown }).navigator; // Node without one
  }
});
