// Processors whose models need a framework, in containers of a real engine: stand-ins for images that no test can pull.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { FileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import { type Tensor, tensor } from "../../../core/tensors.ts";
import { InferenceSpec, Model } from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { listContainers } from "../../../plugins/local-docker/engine/list-containers.ts";
import { ContainerError, localDocker } from "../../../plugins/local-docker/mod.ts";
import { inspectSignatureDef, tensorflow } from "../../../plugins/serializers/tensorflow.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { tarGz } from "../../../plugins/storage/tar.ts";
import { pythonImage, servingImage } from "../images.ts";
import { counted } from "../left.ts";

let engine: Engine;
let folder: string;
before(async () => {
  engine = await connectEngine();
  folder = mkdtempSync(join(tmpdir(), "processors-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const inferenceSpec = new InferenceSpec({ processor: "tensorflow_cpu_2.7" });
const saved = { "mnist/saved_model.pb": '{"factor": 3}', "mnist/variables/variables.index": "" };

test("a SavedModel runs in TensorFlow Serving, and tensorflow() speaks with it as with PAI's processor", async () => {
  mkdirSync(join(folder, "mnist"), { recursive: true });
  writeFileSync(join(folder, "mnist/saved_model.pb"), '{"factor": 3}');
  const bucket = memory({ bucket: "models" });
  await bucket.put("mnist/saved_model.pb", '{"factor": 3}');
  const archive = new Uint8Array(await new Response(tarGz(fromMap(saved))).arrayBuffer());
  const models: [where: string, modelData: FileSource | OssUri][] = [
    ["a folder on disk, which is mounted", fromDisk(join(folder, "mnist"))],
    ["a folder in a folder", fromMap(saved)],
    ["an archive", fromMap({ "mnist.tar.gz": archive })],
    ["a folder on OSS", "oss://models/mnist/"],
  ];
  const images = { tensorflow: await servingImage(engine) };
  const target = localDocker({ images, storage: bucket, serializers: [tensorflow()] });
  for (const [where, modelData] of models) {
    const before = await counted(engine);
    {
      await using service = await new Model({ inferenceSpec, modelData }).deploy(target, {
        serviceName: "mnist",
        temporary: true,
      });
      const predictor = service.predictor({ serializer: tensorflow<{ y: Tensor<"float32"> }>() });
      const { y } = await predictor.predict({ x: tensor([[1, 2], [3, 4]]) });
      assert.deepEqual([y.dtype, y.toNested()], ["float32", [[3, 6], [9, 12]]], where);
    }
    assert.deepEqual(await counted(engine), before, where);
  }
});

test("what translates follows its container: signature, state, log, stop and start", async () => {
  const images = { tensorflow: await servingImage(engine) };
  const target = localDocker({ images, serializers: [tensorflow()] });
  const before = await counted(engine);
  const service = await new Model({ inferenceSpec, modelData: fromMap(saved) }).deploy(target, {
    serviceName: "mnist",
  });
  try {
    const predictor = service.predictor({ serializer: tensorflow() });
    assert.deepEqual(await inspectSignatureDef(predictor), {
      signatureName: "serving_default",
      inputs: [{ name: "x", shape: [-1, 2], type: "DT_FLOAT" }],
      outputs: [{ name: "y", shape: [-1, 2], type: "DT_FLOAT" }],
    });
    const { status, config, internetEndpoint } = await service.describe();
    assert.deepEqual([status, config.processor, config.containers], [
      "Running",
      "tensorflow_cpu_2.7",
      undefined,
    ]);
    assert.match(internetEndpoint!, /^http:\/\/127\.0\.0\.1:/);
    const lines: string[] = [];
    for await (const { text } of service.logs()) lines.push(text);
    assert.ok(lines.some((text) => text.startsWith("Exporting HTTP/REST API")), lines.join("\n"));

    await service.stop();
    assert.equal((await service.describe()).status, "Stopped");
    await assert.rejects(predictor.predict([[1, 2]], { retry: false }), { code: "NetworkError" });
    await service.start();
    assert.deepEqual((await predictor.predict([[1, 2]])).y!.toNested(), [[3, 6]]);

    const containers = await listContainers(engine, {
      labels: { "com.pai-edge.sdk.service": "mnist" },
      all: true,
    });
    assert.deepEqual(
      containers.map(({ labels }) => labels["com.pai-edge.sdk.temporary"]),
      ["true"],
      "without its process it is of no use, so gc() may have it",
    );
  } finally {
    await service.delete();
  }
  assert.deepEqual(await counted(engine), before);
});

test("a model that its framework can't load is told as an exited container, with its reason", async () => {
  const images = { tensorflow: await servingImage(engine), pytorch: await pythonImage(engine) };
  const target = localDocker({ images });
  const models: [code: string, files: FileSource, says: RegExp][] = [
    ["tensorflow_cpu_2.7", fromMap({ "mnist.tar": new Uint8Array(1024) }), /there is no saved_model\.pb/],
    ["pytorch_cpu_1.10", fromMap({ "mnist.pt": "" }), /No module named 'torch'/], // in a plain Python
  ];
  for (const [processor, modelData, says] of models) {
    const before = await counted(engine);
    const model = new Model({ modelData, inferenceSpec: new InferenceSpec({ processor }) });
    await assert.rejects(model.deploy(target, { serviceName: "mnist" }), (error: Error) => {
      assert.ok(error instanceof ContainerError, String(error));
      assert.match(error.logs.join("\n"), says);
      return true;
    });
    assert.deepEqual(await counted(engine), before);
  }
});

test("a processor's deployment that is cancelled while its container starts leaves nothing", async () => {
  const images = { tensorflow: await servingImage(engine) };
  const before = await counted(engine);
  const cancelled = new AbortController(), reason = new Error("enough");
  const model = new Model({ inferenceSpec, modelData: fromMap(saved) });
  const deploying = model.deploy(localDocker({ images }), {
    serviceName: "mnist",
    signal: cancelled.signal,
    onProgress: ({ stage }) => stage === "start" && cancelled.abort(reason),
  });
  await assert.rejects(deploying, reason);
  assert.deepEqual(await counted(engine), before);
});
