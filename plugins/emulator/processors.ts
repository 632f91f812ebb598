import { toBytes } from "@std/streams/to-bytes";
import { parseOssUri } from "../../core/oss-uri.ts";
import type { Cloud } from "./cloud.ts";
import type { StoredObject } from "./store.ts";
import { pytorchNetwork, tensorflowNetwork } from "./dense-processors.ts";
import { xgboostProcessor } from "./xgboost-processor.ts";

/** Answers the requests of a service; the address it sees begins behind the service's name. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A service that can run. */
export interface Runner {
  /** Answers one request. */
  run: Handler;
}

/** Why a service can't run. */
export interface Failure {
  /** Short reason. */
  reason: string;
  /** What to do about it. */
  message: string;
}

/** Tells a {@linkcode Failure} from a {@linkcode Runner}. */
export function isFailure(value: Runner | Failure): value is Failure {
  return "reason" in value;
}

/** A built-in processor. */
interface Processor {
  /** The codes that it has. */
  readonly codes: RegExp;
  /** Makes a handler of a model file. */
  load(text: string): Handler;
  /** What else its models are that the emulator can't run, and the handler to give instead. */
  readonly foreign?: readonly [models: string, handler: string];
}

const processors: readonly Processor[] = [
  { codes: /^xgboost$/, load: xgboostProcessor },
  {
    codes: /^tensorflow/,
    load: tensorflowNetwork,
    foreign: ["SavedModel", "tensorflowProcessor({ signature, run })"],
  },
  { codes: /^pytorch/, load: pytorchNetwork, foreign: ["TorchScript", "pytorchProcessor(run)"] },
];

/** Finds or makes what runs a service: a handler by its name, by its processor, or a built-in processor. */
export async function loadRunner(
  name: string,
  config: Readonly<Record<string, unknown>>,
  cloud: Pick<Cloud, "handlers" | "store">,
): Promise<Runner | Failure> {
  const { processor: code, model_path: modelPath } = config;
  for (const key of [name, code]) {
    const run = typeof key === "string" && Object.hasOwn(cloud.handlers, key)
      ? cloud.handlers[key]
      : undefined;
    if (run) return { run };
  }
  const hint = (handler: string): string => `emulator({ handlers: { ${JSON.stringify(name)}: ${handler} } })`;
  const processor = processors.find(({ codes }) => typeof code === "string" && codes.test(code));
  if (!processor) {
    return {
      reason: "NO_HANDLER",
      message: `The emulator has nothing to run service "${name}" with; give it ` +
        hint('(request) => new Response("…")'),
    };
  }
  try {
    if (typeof modelPath !== "string") throw new TypeError("the service has no model_path");
    return { run: processor.load(await textOf(findModel(modelPath, cloud), cloud)) };
  } catch (error) {
    const [models, handler] = processor.foreign ?? [];
    return {
      reason: "MODEL_LOAD_FAILED",
      message: `Cannot load model "${modelPath}": ${error instanceof Error ? error.message : error}` +
        (handler
          ? `. The emulator runs dense networks in JSON, no ${models}; for that give it ${hint(handler)}`
          : ""),
    };
  }
}

/** The object that `model_path` names, or the only `.json` object of the folder it names. */
function findModel(modelPath: string, { store }: Pick<Cloud, "store">): StoredObject {
  const { bucket, key } = parseOssUri(modelPath);
  const objects = store.buckets.get(bucket)?.objects;
  if (!objects) throw new TypeError(`there is no bucket "${bucket}"`);
  const object = objects.get(key);
  if (object && !key.endsWith("/")) return object;
  if (key && !key.endsWith("/")) {
    throw new TypeError("there is no such object; the path of a folder ends in a slash");
  }
  const models = [...objects.keys()].filter((name) => name.startsWith(key) && name.endsWith(".json"));
  const model = objects.get(models[0] ?? "");
  if (!model || models.length > 1) {
    throw new TypeError(`the folder holds ${models.length} .json objects where one is needed`);
  }
  return model;
}

async function textOf(object: StoredObject, { store }: Pick<Cloud, "store">): Promise<string> {
  const bytes = await toBytes(store.read(object, [0, object.size]));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch { // whose message each runtime words in its own way
    throw new TypeError("the object is not text in UTF-8");
  }
}
