/**
 * One decision tree as parallel arrays indexed by node; node 0 is the root. Every index in a node that the
 * root leads to is in range, and no walk meets a node twice, so that walking needs no checks.
 */
export interface Tree {
  /** Child taken when the value is below the threshold; -1 marks a leaf. */
  readonly left: Int32Array;
  /** Child taken otherwise. */
  readonly right: Int32Array;
  /** Column that a split looks at. */
  readonly feature: Int32Array;
  /** Threshold of a split, or output of a leaf: XGBoost keeps both in one field. */
  readonly value: Float32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
}

/** What predicting needs of a model file. */
export interface ModelFile {
  /** Version of XGBoost that wrote the file: major and minor. */
  readonly version: readonly [number, number];
  /** Name of the objective, such as `binary:logistic`. */
  readonly objective: string;
  /** Global bias as stored: in the space of predictions, not of margins. */
  readonly baseScore: number;
  /** Number of columns of a row. */
  readonly numFeatures: number;
  /** The trees, in the order in which XGBoost sums them. */
  readonly trees: readonly Tree[];
}

type Json = { readonly [key: string]: unknown };

/**
 * Reads XGBoost's JSON model format (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html) as
 * versions 1.7 to 3.2 write it.
 *
 * @param text Content of the file that `save_model("model.json")` writes.
 * @param objectives The objectives that the caller can evaluate.
 * @throws {Error} when the text is no such file, is inconsistent, or holds what can't be evaluated here: a
 * booster other than gbtree, another objective, several outputs, categorical splits.
 */
export function parseModelFile(text: string, objectives: readonly string[]): ModelFile {
  const file = parseJson(text);
  if (!isObject(file) || !isObject(file.learner)) {
    refuse(
      'the JSON has no "learner" object, so it is not a saved model (a dump of the trees can not be loaded)',
    );
  }
  const { learner } = file;
  const booster = section(learner, "gradient_booster");
  if (booster.name !== "gbtree") refuse(`booster ${quote(booster.name)} is not supported, only "gbtree" is`);
  const objective = section(learner, "objective").name;
  if (typeof objective !== "string" || !objectives.includes(objective)) {
    refuse(`objective ${quote(objective)} is not supported, only ${objectives.join(", ")} are`);
  }
  const params = section(learner, "learner_model_param");
  const outputs = Math.max(count(params, "num_class", 0), count(params, "num_target", 1));
  if (outputs > 1) refuse(`models with ${outputs} outputs are not supported, only those with one are`);
  const numFeatures = count(params, "num_feature");
  return {
    version: parseVersion(file.version),
    objective,
    baseScore: parseBaseScore(params.base_score),
    numFeatures,
    trees: parseTrees(section(booster, "model"), numFeatures),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return refuse('the text is not JSON (save the model with save_model("model.json"))', cause);
  }
}

function parseVersion(version: unknown): [number, number] {
  const [major, minor]: unknown[] = Array.isArray(version) ? version : [];
  if (!isCount(major) || !isCount(minor)) refuse(`"version" is ${quote(version)}, expected three integers`);
  return [major, minor];
}

/** Up to 3.0 the text is a number, `5E-1`; from 3.1 on it is a list with one number per output, `[5E-1]`. */
function parseBaseScore(text: unknown): number {
  const stored = typeof text === "string" ? parseJson(text) : undefined;
  const score: unknown = Array.isArray(stored) && stored.length === 1 ? stored[0] : stored;
  if (!isFloat32(score)) {
    refuse(`"base_score" is ${quote(text)}, expected a number such as "5E-1" or "[5E-1]"`);
  }
  return Math.fround(score);
}

function parseTrees(model: Json, numFeatures: number): Tree[] {
  const { trees, tree_info: groups } = model;
  const length = count(section(model, "gbtree_model_param"), "num_trees");
  if (!Array.isArray(trees) || trees.length !== length) refuse(`"trees" is not a list of ${length} trees`);
  if (!Array.isArray(groups) || groups.length !== length || groups.some((group) => group !== 0)) {
    refuse(`"tree_info" is not a list of ${length} zeros: trees for several outputs are not supported`);
  }
  return trees.map((tree: unknown, index) => parseTree(tree, numFeatures, `tree ${index}`));
}

function parseTree(tree: unknown, numFeatures: number, where: string): Tree {
  if (!isObject(tree)) refuse(`${where} is not an object`);
  const param = section(tree, "tree_param");
  if (count(param, "size_leaf_vector", 1) > 1) refuse(`${where}: leaves that are vectors are not supported`);
  const nodes = count(param, "num_nodes");
  if (nodes < 1) refuse(`${where} has no root`);
  const column = (name: string, accepts: (value: number) => boolean) =>
    numbers(tree, name, nodes, accepts, where);
  // Files of versions that knew no categories have no such field.
  if ("split_type" in tree && column("split_type", isBit).includes(1)) {
    refuse(`${where}: categorical splits are not supported, only numerical ones are`);
  }
  const parsed: Tree = {
    left: Int32Array.from(column("left_children", isInt32)),
    right: Int32Array.from(column("right_children", isInt32)),
    feature: Int32Array.from(column("split_indices", isInt32)),
    value: Float32Array.from(column("split_conditions", isFloat32)),
    missingLeft: Uint8Array.from(column("default_left", isBit)),
  };
  checkLinks(parsed, numFeatures, where);
  return parsed;
}

/**
 * Visits every node that the root leads to. Others are left alone: pruning leaves deleted nodes in the file,
 * with a feature that is out of range.
 */
function checkLinks({ left, right, feature }: Tree, numFeatures: number, where: string): void {
  const seen = new Uint8Array(left.length);
  const pending = [0];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen[node] !== 0) {
      refuse(
        `${where}: ${
          node < left.length && node >= 0 ? "two links lead to node" : "there is no node"
        } ${node}`,
      );
    }
    seen[node] = 1;
    if (left[node] === -1 && right[node] === -1) continue;
    // The index is a node's: the array read outside its range gave undefined, which was refused above.
    pending.push(right[node]!, left[node]!);
    if (feature[node]! < 0 || feature[node]! >= numFeatures) {
      refuse(`${where}: node ${node} splits on feature ${feature[node]} of ${numFeatures}`);
    }
  }
}

/** A list of exactly `length` numbers; old versions write flags as booleans. */
function numbers(
  tree: Json,
  name: string,
  length: number,
  accepts: (value: number) => boolean,
  where: string,
): number[] {
  const list = tree[name];
  if (!Array.isArray(list) || list.length !== length) {
    refuse(`${where}: "${name}" is not a list of ${length} values`);
  }
  return list.map((item: unknown, node) => {
    const value = typeof item === "boolean" ? Number(item) : item;
    if (typeof value !== "number" || !accepts(value)) {
      refuse(`${where}: "${name}" of node ${node} is ${quote(item)}`);
    }
    return value;
  });
}

/** XGBoost writes counts as texts, `"30"`. Without a fallback the count has to be there. */
function count(parent: Json, name: string, fallback?: number): number {
  const text = parent[name];
  if (text === undefined && fallback !== undefined) return fallback;
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) {
    refuse(`"${name}" is ${quote(text)}, expected a count`);
  }
  return Number(text);
}

function section(parent: Json, name: string): Json {
  const value = parent[name];
  if (!isObject(value)) refuse(`"${name}" is missing or not an object`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isInt32(value: number): boolean {
  return value === (value | 0);
}

function isBit(value: number): boolean {
  return value === 0 || value === 1;
}

/** Whether it is a number that float32 can hold, rounded. */
function isFloat32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

/** A value from the file for a message: short, whatever it is. */
function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 60);
}

/** Refuses a model for one reason. */
export function refuse(state: string, cause?: unknown): never {
  throw new Error(`Cannot load XGBoost model: ${state}`, cause === undefined ? undefined : { cause });
}
