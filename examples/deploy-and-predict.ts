/**
 * Uploads a real XGBoost model, deploys it, calls it, stops, starts and deletes it, and holds every prediction
 * against XGBoost's own; then does the like with networks of TensorFlow and PyTorch, see tensors.ts. Without an account,
 * against the emulator:
 *
 *   deno task demo
 *
 * Against the real service, where it is XGBoost alone, with credentials in ALIBABA_CLOUD_ACCESS_KEY_ID and
 * ALIBABA_CLOUD_ACCESS_KEY_SECRET:
 *
 *   deno task demo --live --region cn-hangzhou --bucket my-bucket --instance-type ecs.c6.large
 *
 * It exits with 0 only if all predictions agree to 1e-6.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { type Client, createClient, parseOssUri, type Storage } from "../mod.ts";
import { eas, InferenceSpec, Model, type ProgressEvent, type Service } from "../plugins/deploy/mod.ts";
import { emulator } from "../plugins/emulator/mod.ts";
import { fromDisk } from "../plugins/storage/files.ts";
import { oss } from "../plugins/storage/oss.ts";
import heldOut from "./breast-cancer/held-out.json" with { type: "json" };
import { figure, seconds } from "./figures.ts";

const tolerance = 1e-6;
const { values: options } = parseArgs({
  options: {
    live: { type: "boolean", default: false },
    region: { type: "string", default: "cn-hangzhou" },
    bucket: { type: "string" },
    "instance-type": { type: "string" },
  },
});
const { bucket = "emulator-bucket", "instance-type": instanceType = "ecs.c6.large" } = options;
if (options.live && !(options.bucket && options["instance-type"])) {
  console.error("--live costs money and needs --bucket and --instance-type");
  process.exit(2);
}

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
const { signal } = interrupted;

const client: Client = createClient(options.live ? { region: options.region } : { ...emulator() });
const storage: Storage = oss(client, { bucket });
console.log(
  options.live ? `EAS in ${options.region}` : "the emulator, in this process; signatures are checked",
);

const times: [step: string, ms: number][] = [];
async function timed<T>(step: string, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await run();
  times.push([step, performance.now() - began]);
  return result;
}

const model = new Model({
  modelData: fromDisk(new URL("./breast-cancer/model.json", import.meta.url)),
  inferenceSpec: new InferenceSpec({ processor: "xgboost" }),
});
const service = await timed("upload, deploy and wait", () =>
  model.deploy(eas(client, { storage }), {
    serviceName: `demo_${Date.now().toString(36)}`,
    instanceType,
    onProgress: ({ elapsed, message }: ProgressEvent) => console.log(`  ${seconds(elapsed)}  ${message}`),
    signal,
  }));

try {
  const first = await timed("predict every held-out row", () => predictAll(service));
  await timed("stop", () => service.stop({ signal }));
  await timed("start", () => service.start({ signal }));
  const second = await timed("predict them again", () => predictAll(service));
  await timed("delete", () => cleanUp());
  report(first, second);
} catch (error) {
  await cleanUp().catch(() => {}); // the first failure says more
  throw error;
}
if (!options.live) await import("./tensors.ts");

async function cleanUp(): Promise<void> {
  const { config: { model_path = "" } } = await service.describe();
  await service.delete();
  await storage.delete(parseOssUri(model_path).key);
}

async function predictAll(service: Service): Promise<number[]> {
  const scores = await service.predictor().predict(heldOut.rows, { signal });
  if (Array.isArray(scores) && scores.length === heldOut.rows.length) return scores;
  throw new Error(`Cannot read the predictions: ${JSON.stringify(scores).slice(0, 200)}`);
}

function report(...runs: number[][]): void {
  const difference = Math.max(
    ...runs.flatMap((scores) => scores.map((score, row) => Math.abs(score - heldOut.predictions[row]!))),
  );
  const right = runs[0]!.filter((score, row) => Number(score > 0.5) === heldOut.labels[row]).length;
  for (const [step, ms] of times) figure(step, seconds(ms));
  const { length } = heldOut.labels;
  figure("accuracy", `${(100 * right / length).toFixed(1)} % of ${length} rows`);
  figure("largest difference", `${difference} from XGBoost's own predictions`);
  if (!(difference <= tolerance)) {
    throw new Error(`Predictions differ from XGBoost's by more than ${tolerance}`);
  }
}
