import { type ModelFile, parseModelFile, refuse, type Tree } from "./xgboost-json.ts";

/** How an objective relates the sum of the leaves, its margin, to a prediction. */
interface Link {
  /** Turns the stored base score into the margin that the sum starts with. */
  margin(file: ModelFile): number;
  /** Turns the sum into a prediction. */
  output(margin: number): number;
}

// XGBoost computes in float32 throughout; a float64 result rounded at each step is the same for + - * /, and
// within one unit in the last place of C's expf and logf.
const f32 = Math.fround;
const exp = (x: number): number => f32(Math.exp(x));
const log = (x: number): number => f32(Math.log(x));

const identity: Link = { margin: (file) => file.baseScore, output: (margin) => margin };
const logistic: Link = { margin: logit, output: sigmoid };
const exponential: Link = { margin: logOfBase, output: exp };

// Each was compared with XGBoost 1.7, 2.1 and 3.2. `binary:logitraw` alone of its family stores its base score as
// a margin.
const LINKS: ReadonlyMap<string, Link> = new Map([
  ["binary:logistic", logistic],
  ["binary:logitraw", identity],
  ["reg:squarederror", identity],
  ["reg:squaredlogerror", identity],
  ["reg:absoluteerror", identity],
  ["reg:pseudohubererror", identity],
  ["reg:logistic", logistic],
  ["reg:gamma", exponential],
  ["reg:tweedie", exponential],
  ["count:poisson", exponential],
]);

/**
 * A gradient-boosted model in XGBoost's JSON format, evaluated as XGBoost does: float32 values, compared and
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
  readonly #bias: number;
  readonly #trees: readonly Tree[];

  private constructor(file: ModelFile, link: Link) {
    this.objective = file.objective;
    this.numFeatures = file.numFeatures;
    this.#link = link;
    this.#bias = link.margin(file);
    this.#trees = file.trees;
  }

  /**
   * Loads a model from the text of a file that `save_model("model.json")` wrote.
   *
   * @throws {Error} when the text can't be read, is inconsistent, or needs what is not supported; the message
   * names it and what is supported.
   */
  static parse(text: string): XgboostModel {
    const file = parseModelFile(text, [...LINKS.keys()]);
    const link = LINKS.get(file.objective);
    return link === undefined ? refuse("its objective is not supported") : new XgboostModel(file, link);
  }

  /**
   * Predicts one figure per row: a probability for the logistic objectives, a margin for `binary:logitraw`.
   *
   * @param rows Values in the order of training; `null` and NaN are missing values.
   * @throws {RangeError} when a row has another number of values, a value is too large for float32, or the
   * prediction is.
   * @throws {TypeError} when a row is no list, or a value neither a number nor `null`.
   */
  predict(rows: readonly (readonly (number | null)[])[]): number[] {
    return rows.map((row, index) => {
      const values = toFloats(row, this.numFeatures, index);
      let margin = this.#bias;
      for (const tree of this.#trees) margin = f32(margin + leafOf(tree, values));
      const output = this.#link.output(margin);
      if (Number.isFinite(output)) return output;
      throw new RangeError(
        `Cannot predict row ${index}: the result ${output} is outside the range of float32`,
      );
    });
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

/** XGBoost caps the exponent at 88.7, where expf would overflow. */
function sigmoid(margin: number): number {
  return f32(1 / f32(exp(Math.min(-margin, f32(88.7))) + 1));
}

/** From 3.2 on XGBoost moves the base score away from 0 and 1; earlier versions refuse these two. */
function logit({ baseScore, version: [major, minor] }: ModelFile): number {
  const moves = major > 3 || (major === 3 && minor >= 2);
  const valid = moves ? baseScore >= 0 && baseScore <= 1 : baseScore > 0 && baseScore < 1;
  if (!valid) refuse(`"base_score" is ${baseScore}, expected a probability between 0 and 1`);
  const least = f32(1e-6);
  const score = moves ? Math.min(Math.max(baseScore, least), f32(1 - least)) : baseScore;
  return -log(f32(f32(1 / score) - 1));
}

/** A base score of 0 is what training on zeros alone gives: every prediction is 0. */
function logOfBase({ baseScore }: ModelFile): number {
  if (baseScore < 0) refuse(`"base_score" is ${baseScore}, expected 0 or more`);
  return log(baseScore);
}
