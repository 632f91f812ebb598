/**
 * Deploys two networks that read handwritten digits, one that TensorFlow trained and one that PyTorch did, sends each all
 * held-out images as one tensor, and holds every output against the framework's own. The emulator runs them, so no
 * account is needed; `deno task demo` does it after its first model:
 *
 *   deno run -A examples/tensors.ts
 *
 * It exits with 0 only if all outputs agree to 1e-6.
 */
import { createClient, parseOssUri, type Serializer } from "../mod.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { eas, InferenceSpec, Model } from "../plugins/deploy/mod.ts";
import { emulator } from "../plugins/emulator/mod.ts";
import { pytorch } from "../plugins/serializers/pytorch.ts";
import { tensorflow } from "../plugins/serializers/tensorflow.ts";
import { fromDisk } from "../plugins/storage/files.ts";
import { oss } from "../plugins/storage/oss.ts";
import heldOut from "./digits/held-out.json" with { type: "json" };
import { figure, timed } from "./figures.ts";

const tolerance = 1e-6;
type Floats = Tensor<"float32">;

const client = createClient({ ...emulator({ delays: { create: 0, gateway: 0, delete: 0 } }) });
const storage = oss(client, { bucket: "emulator-bucket" });
const target = eas(client, { storage });
const pixels = Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16);
const images = tensor(pixels, [-1, 8, 8]); // the batch follows from the rest

await demo({
  framework: "TensorFlow",
  processor: "tensorflow_cpu_2.7",
  serializer: tensorflow<{ dense_1: Floats }>(),
  input: { flatten_input: images },
  read: ({ dense_1 }) => [dense_1],
  expected: [heldOut.tensorflow.dense_1],
});
await demo({
  framework: "PyTorch",
  processor: "pytorch_cpu_1.10",
  serializer: pytorch<Floats[]>(),
  input: images,
  read: (outputs) => outputs,
  expected: [heldOut.pytorch[0], heldOut.pytorch[1]],
});

interface Demo<Input, Output> {
  framework: string;
  processor: string;
  serializer: Serializer<Input, Output>;
  input: Input;
  /** Outputs, the scores of the ten digits first. */
  read(output: Output): Floats[];
  /** What the framework itself gives. */
  expected: number[][][];
}

async function demo<Input, Output>(
  { framework, processor, serializer, input, read, expected }: Demo<Input, Output>,
): Promise<void> {
  const name = framework.toLowerCase();
  const model = new Model({
    modelData: fromDisk(new URL(`./digits/${name}.json`, import.meta.url)),
    inferenceSpec: new InferenceSpec({ processor }),
  });
  console.log(`\na network of ${framework}, behind processor ${processor}`);
  const service = await timed(
    "upload, deploy and wait",
    () => model.deploy(target, { serviceName: `demo_${name}`, instanceType: "ecs.c6.large", serializer }),
  );
  const outputs = read(await timed("predict all images at once", () => service.predictor().predict(input)));
  const { config: { model_path = "" } } = await service.describe();
  await timed("delete", async () => {
    await service.delete();
    await storage.delete(parseOssUri(model_path).key);
  });
  report(framework, outputs, expected.map((rows) => rows.flat()));
}

function report(framework: string, outputs: Floats[], expected: number[][]): void {
  const scores = outputs[0]!;
  const right = heldOut.labels.filter((label, row) => {
    const ten = scores.data.subarray(10 * row, 10 * row + 10);
    return ten.indexOf(Math.max(...ten)) === label;
  });
  // float32 has 7 digits: what is above 1 differs by more
  const differences = expected.map((values, i) =>
    values.map((value, j) => Math.abs(outputs[i]!.data[j]! - value) / Math.max(1, Math.abs(value)))
  );
  const difference = Math.max(...differences.flat());
  const { length } = heldOut.labels;
  figure("accuracy", `${(100 * right.length / length).toFixed(1)} % of ${length} images`);
  figure(
    "largest difference",
    `${difference.toExponential(1)} from ${framework}'s own outputs, relative above 1`,
  );
  if (!(outputs.length === expected.length && difference <= tolerance)) {
    throw new Error(`Outputs differ from ${framework}'s by more than ${tolerance}`);
  }
}
