import { count, isBit, isFloat32, isInt32, isObject, type Json, quote, refuse, section } from "./fields.ts";

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
  /** Number of the output that the leaves count for. */
  readonly output: number;
  /** What the leaves are multiplied by: 1 unless trees were dropped while training. */
  readonly weight: number;
}

/**
 * Reads one tree.
 *
 * @param where What it is called when something is wrong with it.
 * @throws {Error} when it is inconsistent, or has splits or leaves that can't be evaluated here.
 */
export function parseTree(tree: unknown, numFeatures: number, where: string): Tree {
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
    output: 0,
    weight: 1,
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
