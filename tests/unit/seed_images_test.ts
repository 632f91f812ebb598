import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { type ImageInfo, ImageScope, listImages, retrieveImage } from "../../plugins/deploy/images.ts";
import { containerServingSpec, eas, Model } from "../../plugins/deploy/mod.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";

// The customer's guide, where it is about PAI's own images, as its user writes it here.

const client = createClient({
  ...emulator({ clock: fakeClock(), handlers: { example_torch_service: () => Response.json("served") } }),
});

test("the guide's images: all of PyTorch for inference", async () => {
  const found: ImageInfo[] = [];
  for await (const image of listImages(client, { framework: "PyTorch", scope: ImageScope.INFERENCE })) {
    found.push(image);
  }
  assert.ok(found.length > 3);
  for (const { framework, scope, uri } of found) {
    assert.deepEqual([framework, scope], ["PyTorch", "inference"]);
    assert.match(uri, /^eas-registry\.cn-hangzhou\.cr\.aliyuncs\.com\/pai-eas\/pytorch-inference:/);
  }
});

const scope = ImageScope.INFERENCE;
const retrievals: [options: Parameters<typeof retrieveImage>[2], tag: string][] = [
  [{ version: "1.12", scope }, "1.12-py39-ubuntu20.04"],
  [{ version: "1.12", accelerator: "GPU", scope }, "1.12-py39-gpu-cu113-ubuntu20.04"],
  [{ version: "latest", accelerator: "GPU", scope }, "2.1-py310-gpu-cu121-ubuntu22.04"],
  [{ version: "latest", scope }, "2.1-py310-cpu-ubuntu22.04"],
];
for (const [options, tag] of retrievals) {
  test(`the guide's images: PyTorch ${options?.version} for inference on ${options?.accelerator ?? "CPU"}`, async () => {
    assert.equal((await retrieveImage(client, "PyTorch", options)).name, `pytorch-inference:${tag}`);
  });
}

test("the guide's overview: an image of PAI's serves a model", async () => {
  // 1. Take the PyTorch image that PAI provides for inference
  const torchImage = await retrieveImage(client, "PyTorch", { version: "latest", scope });
  // 2. Describe how the model is served
  const inferenceSpec = containerServingSpec({ command: "python app.py", image: torchImage });
  // 3. and 4. Make a Model and deploy it
  const model = new Model({ modelData: "oss://my-bucket/path-to-model-data", inferenceSpec });
  const service = await model.deploy(eas(client), {
    serviceName: "example_torch_service",
    instanceType: "ecs.c6.xlarge",
  });
  // 5. Call it
  assert.equal(await service.predictor().predict([1]), "served");
  // EAS pulls inside the VPC, wherever the image was looked up.
  const { config } = await service.describe();
  assert.equal(config.containers?.[0]?.image, torchImage.vpcUri);
  assert.match(torchImage.vpcUri, /^eas-registry-vpc\./);
});
