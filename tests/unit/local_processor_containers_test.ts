import assert from "node:assert/strict";
import { test } from "node:test";
import { type ProcessorCode, processors } from "../../plugins/deploy/mod.ts";
import {
  pytorchContainer,
  tensorflowContainer,
} from "../../plugins/local-docker/processors/container-deployments.ts";
import { pytorchImage, tensorflowImage } from "../../plugins/local-docker/processors/images.ts";
import { fromMap } from "../../plugins/storage/map.ts";

test("every documented TensorFlow processor has TensorFlow Serving of its version, or the first after its faults", () => {
  const codes = (Object.keys(processors) as ProcessorCode[]).filter((code) => code.startsWith("tensorflow"));
  assert.equal(codes.length, 11);
  for (const code of codes) {
    const version = code.replace(/^.*_/, "").replace("1.12", "1.14");
    assert.equal(tensorflowImage(code, {}, false).image, `tensorflow/serving:${version}.0`);
  }
});

test("images are for GPUs only where containers get some, and for any machine where one was named", () => {
  assert.deepEqual(tensorflowImage("tensorflow_gpu_2.7", {}, true), {
    image: "tensorflow/serving:2.7.0-gpu",
    platform: "linux/amd64",
  });
  assert.equal(tensorflowImage("tensorflow_gpu_2.7", {}, false).image, "tensorflow/serving:2.7.0");
  assert.equal(tensorflowImage("tensorflow_of_mine", {}, false).image, "tensorflow/serving:2.14.1");
  assert.match(pytorchImage({}, true).image, /-gpu$/);
  assert.match(pytorchImage({}, false).image, /-cpu$/);
  const images = { tensorflow: "mirror/serving:1", pytorch: "mirror/torch:1" };
  assert.deepEqual(tensorflowImage("tensorflow_cpu_2.7", images, true), { image: images.tensorflow });
  assert.deepEqual(pytorchImage(images, true), { image: images.pytorch });
});

const source = fromMap({ model: "" });
const mounted = { mountPath: "/data", source: fromMap({ data: "" }) };
const deployment = {
  config: { processor: "tensorflow_cpu_2.7", metadata: { cpu: 2, memory: 4096 } },
  mounts: [mounted],
  modelData: source,
};

for (
  const [name, toContainer, port] of [
    ["TensorFlow", tensorflowContainer, 8501],
    ["PyTorch", pytorchContainer, 8000],
  ] as const
) {
  test(`a ${name} processor becomes one container with its mounts, its model and its machine`, () => {
    const { config, mounts, modelData } = toContainer(deployment, source, "image:1");
    assert.deepEqual([config.processor, modelData, config.metadata], [undefined, undefined, {
      cpu: 2,
      memory: 4096,
    }]);
    const [container, ...others] = config.containers!;
    assert.deepEqual([container!.image, container!.port, others], ["image:1", port, []]);
    assert.match(container!.script!, /^model=\/eas\/workspace\/model;/);
    assert.deepEqual(mounts, [mounted, { mountPath: "/eas/workspace/model", source }]);
    assert.equal(deployment.config.processor, "tensorflow_cpu_2.7", "which is not changed");
  });
}

test("TensorFlow Serving is ready when its model is", () => {
  const [container] = tensorflowContainer(deployment, source, "image:1").config.containers!;
  assert.deepEqual(container!.health_check, { http_get: { path: "/v1/models/model" } });
});
