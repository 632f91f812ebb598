// Images that a deployment pulls: with progress, by the account of its configuration, and not when it is cancelled.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { ProgressEvent } from "../../../core/service.ts";
import { containerServingSpec, type InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { inspectImage, removeImage } from "../../../plugins/local-docker/engine/images.ts";
import {
  DockerError,
  localDocker,
  type LocalDockerDeployOptions,
} from "../../../plugins/local-docker/mod.ts";
import { counted } from "../left.ts";
import { withRegistry } from "../registry.ts";

let engine: Engine;
before(async () => {
  engine = await connectEngine();
});

const specOf = (image: string): InferenceSpec => containerServingSpec({ image, command: "exec /bin/serve" });

function deploy(inferenceSpec: InferenceSpec, own: LocalDockerDeployOptions = {}) {
  const options = { ...own, serviceName: "pulled", temporary: true } as const;
  return new Model({ inferenceSpec }).deploy(localDocker(), options);
}

test("an image is pulled with progress when there is none, by the account of the configuration", async () => {
  const account = { username: "me", password: "hush-hush" };
  await withRegistry({ account, delay: 5 }, async ({ image, requests }) => {
    const spec = specOf(image);
    await assert.rejects(
      deploy(spec),
      (error) => error instanceof DockerError && error.code === "PULL_REFUSED" && !/hush/.test(error.message),
    );
    const events: ProgressEvent[] = [];
    spec.config.dockerAuth = btoa(`${account.username}:${account.password}`);
    {
      await using service = await deploy(spec, { onProgress: (event) => events.push(event) });
      assert.deepEqual((await service.predictor().predict({ x: 1 }) as { input: unknown }).input, { x: 1 });
      const container = await (await engine.call("GET", "/containers/pai-edge-pulled/json")).text();
      assert.ok(!container.includes(spec.config.dockerAuth) && !container.includes("hush-hush"));
    }
    const pulls = events.filter(({ stage, bytes }) => stage === "pull" && bytes);
    assert.ok(pulls.length > 0 && pulls.every(({ bytes }) => bytes!.done <= bytes!.total));
    assert.doesNotMatch(JSON.stringify(events), /hush/);

    const before = requests.length;
    {
      await using _ = await deploy(spec);
    }
    assert.equal(requests.length, before, "the engine has it");
    {
      await using _ = await deploy(spec, { pull: "always" });
    }
    assert.ok(requests.length > before, "it is asked for again");
    await removeImage(engine, image, { force: true });
  });
});

test("a deployment that is cancelled while its image is pulled ends the transfer and leaves nothing", async () => {
  const before = await counted(engine);
  await withRegistry({ delay: 200 }, async ({ image, open }) => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const onProgress = ({ stage, bytes }: ProgressEvent): void => {
      if (stage === "pull" && bytes) controller.abort(reason);
    };
    await assert.rejects(
      deploy(specOf(image), { onProgress, signal: controller.signal }),
      (error) => error === reason,
    );
    for (let waited = 0; open() > 0 && waited < 10_000; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50)); // the engine ends it when it notices
    }
    assert.equal(open(), 0);
    assert.equal(await inspectImage(engine, image), undefined);
  });
  assert.deepEqual(await counted(engine), before);
});
