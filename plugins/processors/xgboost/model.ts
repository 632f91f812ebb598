import { refuse } from "./fields.ts";
import { type ModelFile, parseModelFile } from "./file.ts";
import { type Link, links } from "./links.ts";
import type { Tree } from "./tree.ts";

const f32 = Math.fround;

/**
 * A gradient-boosted model that XGBoost saved, evaluated as XGBoost does: float32 values, compared and
 * summed in its order. Margins come out bit for bit, save that a base score behind a logarithm, and
 * predictions behind an exponential, may differ by the last bit of a float32.
 *
 * Like XGBoost's `Booster.predict`, it uses all trees. Its scikit-learn wrapper leaves out those after
 * `best_iteration` when training stopped early; save the sliced booster to have the same here.
 */
export class XgboostModel {
  /** Name of the objective that the model was trained for, such as `binary:logistic`. */
  readonly objective: string;
  /** Number of values in a row. */
  readonly numFeatures: number;
  readonly #link: Link;
  readonly #biases: readonly number[];
  readonly #trees: readonly Tree[];

  private constructor(file: ModelFile, link: Link) {
    this.objective = file.objective;
    this.numFeatures = file.numFeatures;
    this.#link = link;
    this.#biases = file.baseScores.map((baseScore) => link.margin(baseScore, file));
    this.#trees = file.trees;
  }

  /**
   * Loads a model from a file that `save_model("model.json")` or `save_model("model.ubj")` wrote, or from its text.
   *
   * @throws {Error} when it can't be read, is inconsistent, or needs what is not supported; the message names it and
   * what is supported.
   */
  static parse(content: string | Uint8Array): XgboostModel {
    const file = parseModelFile(content, [...links.keys()]);
    const link = links.get(file.objective);
    if (link === undefined) refuse("its objective is not supported");
    if (link.classes !== (file.baseScores.length > 1 || undefined)) {
      refuse(`objective "${file.objective}" does not go with ${file.baseScores.length} outputs`);
    }
    return new XgboostModel(file, link);
  }

  /**
   * Predicts one figure per row: a probability for the logistic objectives, a margin for `binary:logitraw`, the number
   * of a class for `multi:softmax`; or one list per row, of probabilities, for `multi:softprob`.
   *
   * @param rows Values in the order of training; `null` and NaN are missing values.
   * @throws {RangeError} when a row has another number of values, a value is too large for float32, or the
   * prediction is.
   * @throws {TypeError} when a row is no list, or a value neither a number nor `null`.
   */
  predict(rows: readonly (readonly (number | null)[])[]): (number | number[])[] {
    return rows.map((row, index) => {
      const values = toFloats(row, this.numFeatures, index);
      const output = this.#link.output(this.#margins(values));
      const wrong = [output].flat().find((figure) => !Number.isFinite(figure));
      if (wrong === undefined) return output;
      throw new RangeError(
        `Cannot predict row ${index}: the result ${wrong} is outside the range of float32`,
      );
    });
  }

  /** The sum of the leaves that a row falls into, for each output. */
  #margins(values: Float32Array): number[] {
    const margins = [...this.#biases];
    for (const tree of this.#trees) {
      const { output, weight } = tree;
      margins[output] = f32(margins[output]! + f32(leafOf(tree, values) * weight));
    }
    return margins;
  }
}

/** A row as float32, NaN for the missing. Its types are checked, as rows come from requests. */
function toFloats(row: readonly (number | null)[], length: number, index: number): Float32Array {
  if (!Array.isArray(row)) throw new TypeError(`Cannot predict row ${index}: it is not a list of values`);
  if (row.length !== length) {
    throw new RangeError(`Cannot predict row ${index}: expected ${length} values, got ${row.length}`);
  }
  return Float32Array.from(row, (item: unknown, column) => {
    const value = item ?? NaN;
    if (typeof value !== "number") {
      throw new TypeError(
        `Cannot predict row ${index}: value ${column} is a ${typeof value}, not a number or null`,
      );
    }
    // XGBoost refuses infinity too.
    if (Math.abs(f32(value)) === Infinity) {
      throw new RangeError(`Cannot predict row ${index}: value ${column} is too large for float32`);
    }
    return value;
  });
}

/** Output of the leaf that a row falls into. The loader has checked all indices. */
function leafOf({ left, right, feature, value, missingLeft }: Tree, row: Float32Array): number {
  let node = 0;
  while (left[node] !== -1) {
    const given = row[feature[node]!]!;
    const goesLeft = Number.isNaN(given) ? missingLeft[node] === 1 : given < value[node]!;
    node = (goesLeft ? left : right)[node]!;
  }
  return value[node]!;
}
