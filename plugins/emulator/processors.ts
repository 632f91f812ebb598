import type { Cloud } from "./cloud.ts";
import { pytorchNetwork, tensorflowNetwork } from "./dense-processors.ts";
import { backOff } from "./eas/container-failures.ts";
import type { Failure, Handler, Runner } from "./eas/failure.ts";
import { looseConfig } from "./eas/loose-config.ts";
import { modelMissing } from "./eas/resource-failures.ts";
import { failIn } from "./eas/scenarios.ts";
import { MissingModel, readModel, textOf } from "./model-file.ts";
import { xgboostProcessor } from "./xgboost/processor.ts";

/** A built-in processor. */
interface Processor {
  /** The codes that it has. */
  readonly codes: RegExp;
  /** How names of its model files end. */
  readonly endings: readonly string[];
  /** Makes a handler of a model file. */
  load(file: Uint8Array): Handler;
  /** What else its models are that the emulator can't run, and the handler to give instead. */
  readonly foreign?: readonly [models: string, handler: string];
}

const processors: readonly Processor[] = [
  { codes: /^xgboost$/, endings: [".json", ".ubj"], load: xgboostProcessor },
  {
    codes: /^tensorflow/,
    endings: [".json"],
    load: (file) => tensorflowNetwork(textOf(file)),
    foreign: ["SavedModel", "tensorflowProcessor({ signature, run })"],
  },
  {
    codes: /^pytorch/,
    endings: [".json"],
    load: (file) => pytorchNetwork(textOf(file)),
    foreign: ["TorchScript", "pytorchProcessor(run)"],
  },
];

/** Processors that speak JSON and whose models the emulator can't read. */
const speakJson = /^(pmml|lightgbm)/;

/** Finds or makes what runs a service: a handler by its name, by its processor, or a built-in processor. */
export async function loadRunner(
  name: string,
  config: Readonly<Record<string, unknown>>,
  cloud: Pick<Cloud, "region" | "handlers" | "scenarios" | "store">,
): Promise<Runner | Failure> {
  const { processor: code, model_path: modelPath } = config;
  const choice = Object.hasOwn(cloud.scenarios, name) ? cloud.scenarios[name] : undefined;
  const failure = choice && failIn(choice, config, cloud.region);
  if (failure) return failure;
  for (const key of [name, code]) {
    const run = typeof key === "string" && Object.hasOwn(cloud.handlers, key)
      ? cloud.handlers[key]
      : undefined;
    if (run) return { run };
  }
  const hint = (handler: string): string => `emulator({ handlers: { ${JSON.stringify(name)}: ${handler} } })`;
  if (looseConfig(config).metadata.type === "Queue") return { run: noModel };
  const processor = processors.find(({ codes }) => typeof code === "string" && codes.test(code));
  if (!processor) {
    const known = typeof code === "string" && speakJson.test(code);
    const handler = hint(known ? "jsonProcessor((rows) => …)" : '(request) => new Response("…")');
    return unrunnable(
      "NO_HANDLER",
      `The emulator has nothing to run service "${name}" with; give it ${handler}`,
    );
  }
  try {
    return { run: processor.load(await readModel(modelPath, processor.endings, cloud)) };
  } catch (error) {
    const [models, handler] = processor.foreign ?? [];
    const message = `Cannot load model "${modelPath}": ${error instanceof Error ? error.message : error}` +
      (handler
        ? `. The emulator runs dense networks in JSON, no ${models}; for that give it ${hint(handler)}`
        : "");
    const reason = "MODEL_LOAD_FAILED";
    return error instanceof MissingModel
      ? modelMissing(config, { reason, message })
      : unrunnable(reason, message);
  }
}

/** What a queue that belongs to no model has behind it; nothing is sent there. */
function noModel(): Response {
  return new Response(null, { status: 404 });
}

/** How a service fails that can't run here, though it might in the real cloud: its container tells why and exits. */
function unrunnable(reason: string, message: string): Failure {
  return {
    reason,
    stage: "startup",
    message: () => message,
    instance: { status: "CrashLoopBackOff", reason: "Error", exitCode: 1 },
    incidents: ({ name }) => [backOff(name)],
    log: [`ERROR ${message}`],
    diagnosis: {
      error: "Container worker0 exited with code 1.",
      causes: [message],
      advices: ["Read the log of the instance."],
    },
  };
}
