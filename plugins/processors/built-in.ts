import { pytorchNetwork, tensorflowNetwork } from "./dense-processors.ts";
import type { Handler } from "./handler.ts";
import { textOf } from "./model-file.ts";
import { xgboostProcessor } from "./xgboost/processor.ts";

/** A processor whose models, or some of them, run in this process. */
export interface BuiltInProcessor {
  /** The codes that it has. */
  readonly codes: RegExp;
  /** How names of its model files end. */
  readonly endings: readonly string[];
  /** Makes a handler of a model file. */
  load(file: Uint8Array): Handler;
  /** What else its models are that can't run here, and the handler to give instead. */
  readonly foreign?: readonly [models: string, handler: string];
}

const processors: readonly BuiltInProcessor[] = [
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

/** The built-in processor that has a code. */
export function builtInProcessor(code: unknown): BuiltInProcessor | undefined {
  return processors.find(({ codes }) => typeof code === "string" && codes.test(code));
}

/** Whether a processor speaks JSON though none of its models can be read here. */
export function speaksJson(code: unknown): boolean {
  return typeof code === "string" && /^(pmml|lightgbm)/.test(code);
}
