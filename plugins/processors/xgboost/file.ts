import {
  count,
  isCount,
  isFloat32,
  isFloats,
  isObject,
  type Json,
  quote,
  refuse,
  section,
} from "./fields.ts";
import { parseTree, type Tree } from "./tree.ts";
import { readUbj } from "./ubj.ts";

/** What predicting needs of a model file. */
export interface ModelFile {
  /** Version of XGBoost that wrote the file: major and minor. */
  readonly version: readonly [number, number];
  /** Name of the objective, such as `binary:logistic`. */
  readonly objective: string;
  /** Bias of each output as stored: in the space of predictions, not of margins. */
  readonly baseScores: readonly number[];
  /** Number of columns of a row. */
  readonly numFeatures: number;
  /** The trees, in the order in which XGBoost sums them. */
  readonly trees: readonly Tree[];
}

/**
 * Reads XGBoost's model formats (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html), JSON and
 * Universal Binary JSON, as versions 1.7 to 3.2 write them.
 *
 * @param content What `save_model("model.json")` or `save_model("model.ubj")` writes.
 * @param objectives The objectives that the caller can evaluate.
 * @throws {Error} when it is no such file, is inconsistent, or holds what can't be evaluated here: linear boosters,
 * another objective, several targets, categorical splits.
 */
export function parseModelFile(content: string | Uint8Array, objectives: readonly string[]): ModelFile {
  const file = typeof content === "string" ? parseJson(content) : parseBytes(content);
  if (!isObject(file) || !isObject(file.learner)) {
    refuse(
      'the JSON has no "learner" object, so it is not a saved model (a dump of the trees can not be loaded)',
    );
  }
  const { learner } = file;
  const objective = section(learner, "objective").name;
  if (typeof objective !== "string" || !objectives.includes(objective)) {
    refuse(`objective ${quote(objective)} is not supported, only ${objectives.join(", ")} are`);
  }
  const params = section(learner, "learner_model_param");
  const targets = count(params, "num_target", 1);
  if (targets > 1) refuse(`models with ${targets} outputs are not supported, only those with one are`);
  const outputs = Math.max(count(params, "num_class", 0), 1);
  const numFeatures = count(params, "num_feature");
  return {
    version: parseVersion(file.version),
    objective,
    baseScores: parseBaseScores(params.base_score, outputs),
    numFeatures,
    trees: parseBooster(section(learner, "gradient_booster"), numFeatures, outputs),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return refuse('the text is not JSON (save the model with save_model("model.json"))', cause);
  }
}

/** Both formats begin with a brace; in the binary one the kind of a length follows, in JSON space or a quote. */
function parseBytes(bytes: Uint8Array): unknown {
  if (bytes[0] === 0x7b && "iUIlL".includes(String.fromCharCode(bytes[1] ?? 0))) {
    try {
      return readUbj(bytes);
    } catch (cause) {
      return refuse(
        `the bytes are not Universal Binary JSON: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      );
    }
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) { // whose message each runtime words in its own way
    return refuse(
      'it is neither JSON nor Universal Binary JSON (save the model with save_model("model.ubj"))',
      cause,
    );
  }
  return parseJson(text);
}

/** Trees, with the weights of a booster that drops some of them while it trains. */
function parseBooster(booster: Json, numFeatures: number, outputs: number): Tree[] {
  const { name } = booster;
  if (name === "gbtree") return parseTrees(section(booster, "model"), numFeatures, outputs);
  if (name !== "dart") refuse(`booster ${quote(name)} is not supported, only "gbtree" and "dart" are`);
  const { weight_drop: weights } = booster;
  const trees = parseTrees(section(section(booster, "gbtree"), "model"), numFeatures, outputs);
  if (!Array.isArray(weights) || weights.length !== trees.length || !isFloats(weights)) {
    refuse(`"weight_drop" is not a list of ${trees.length} numbers`);
  }
  return trees.map((tree, i) => ({ ...tree, weight: Math.fround(weights[i]!) }));
}

function parseVersion(version: unknown): [number, number] {
  const [major, minor]: unknown[] = Array.isArray(version) ? version : [];
  if (!isCount(major) || !isCount(minor)) refuse(`"version" is ${quote(version)}, expected three integers`);
  return [major, minor];
}

/** Up to 3.0 the text is a number for all outputs, `5E-1`; from 3.1 on it is a list with one for each, `[5E-1]`. */
function parseBaseScores(text: unknown, outputs: number): number[] {
  const stored = typeof text === "string" ? parseJson(text) : undefined;
  const scores: unknown[] = Array.isArray(stored) ? stored : [stored];
  const isFull = scores.length === outputs || scores.length === 1;
  if (!isFull || !scores.every(isFloat32)) {
    refuse(
      `"base_score" is ${quote(text)}, expected a number such as "5E-1"${
        outputs > 1 ? `, or ${outputs} of them` : ""
      } or "[5E-1]"`,
    );
  }
  return Array.from({ length: outputs }, (_, i) => Math.fround(scores[i] ?? scores[0]!));
}

function parseTrees(model: Json, numFeatures: number, outputs: number): Tree[] {
  const { trees, tree_info: groups } = model;
  const length = count(section(model, "gbtree_model_param"), "num_trees");
  if (!Array.isArray(trees) || trees.length !== length) refuse(`"trees" is not a list of ${length} trees`);
  if (
    !Array.isArray(groups) || groups.length !== length ||
    !groups.every((group) => isCount(group) && group < outputs)
  ) {
    refuse(
      `"tree_info" is not a list of ${length} numbers below ${outputs}: one for the output of each tree`,
    );
  }
  return trees.map((tree: unknown, index) => ({
    ...parseTree(tree, numFeatures, `tree ${index}`),
    output: groups[index],
  }));
}
