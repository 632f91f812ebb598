import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import {
  eas,
  InferenceSpec,
  Model,
  type ModelFormat,
  type Processor,
  processorFor,
  type ProcessorForOptions,
  processors,
} from "../../plugins/deploy/mod.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";

const documented: [code: string, processor: Processor][] = Object.entries(processors);

test("every documented processor serves a model", async () => {
  const handlers = Object.fromEntries(documented.map(([code]) => [code, () => Response.json({ code })]));
  const cloud = emulator({ clock: fakeClock(), handlers });
  const target = eas(createClient({ ...cloud }));
  for (const [index, [processor]] of documented.entries()) {
    const model = new Model({
      modelData: "oss://my-bucket/model/",
      inferenceSpec: new InferenceSpec({ processor }),
    });
    const service = await model.deploy(target, {
      serviceName: `service_${index}`,
      instanceType: "ecs.c6.large",
    });
    const { config } = await service.describe();
    assert.deepEqual([config.processor, config.model_path], [processor, "oss://my-bucket/model/"]);
    assert.deepEqual(await (await service.predictor().rawPredict(new Uint8Array(1))).json(), {
      code: processor,
    });
  }
});

test("documented processors have a name, a page of the vendor's, and a device that their code tells", () => {
  for (const [code, { name, page, device }] of documented) {
    assert.notEqual(name, "");
    assert.match(page, /^https:\/\/(help\.aliyun|www\.alibabacloud)\.com\//);
    const told = /cpu|gpu|cuda/.exec(code)?.[0].replace("cuda", "gpu");
    if (told) assert.equal(device, told, code);
  }
});

const rows: [ModelFormat, ProcessorForOptions | undefined, string][] = [
  ["SavedModel", undefined, "tensorflow_cpu_2.7"],
  ["SavedModel", { device: "gpu" }, "tensorflow_gpu_2.7"],
  ["TorchScript", {}, "pytorch_cpu_1.10"],
  ["TorchScript", { device: "gpu" }, "pytorch_gpu_1.10"],
  ["XGBoost", undefined, "xgboost"],
  ["LightGBM", undefined, "lightgbm"],
  ["PMML", undefined, "pmml"],
  ["Caffe Prototxt", undefined, "caffe_cpu"],
  ["Caffe Prototxt", { device: "gpu" }, "caffe_gpu"],
  ["AlinkModel", undefined, "alink_pai_processor"],
  ["EasyRec", { device: "gpu" }, "easyrec-2.4"],
  ["TorchEasyRec", undefined, "easyrec-torch-1.0"],
  ["ONNX", { device: "gpu" }, "triton"],
];

for (const [format, options, code] of rows) {
  test(`processorFor() chooses ${code} for ${format}`, () =>
    assert.equal(processorFor(format, options), code));
}

const refused: [format: string, device: "cpu" | "gpu", says: RegExp][] = [
  ["ONNX", "cpu", /none loads "ONNX" on a cpu; "triton" does; pass \{ device: "gpu" \}/],
  ["PMML", "gpu", /"pmml" does; pass \{ device: "cpu" \}/],
  ["Frozen Pb", "cpu", /export the model as a SavedModel/],
  ["OfflineModel", "cpu", /export the model as PMML/],
  ["savedmodel", "cpu", /the formats are SavedModel, TorchScript, XGBoost/],
  ["constructor", "cpu", /the formats are/],
];

for (const [format, device, says] of refused) {
  test(`processorFor() refuses ${format} on a ${device} and tells what to do`, () => {
    assert.throws(() => processorFor(format as ModelFormat, { device }), says); // as JavaScript callers might
  });
}
