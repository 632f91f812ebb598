import { refuse } from "./fields.ts";
import type { ModelFile } from "./file.ts";

/** How an objective relates the sums of the leaves, its margins, to a prediction. */
export interface Link {
  /** Turns a stored base score into the margin that a sum starts with. */
  margin(baseScore: number, file: ModelFile): number;
  /** Turns the sums, one for each class or the only one, into a prediction. */
  output(margins: readonly number[]): number | number[];
  /** Whether there is a sum for each class. */
  classes?: true;
}

// XGBoost computes in float32 throughout; a float64 result rounded at each step is the same for + - * /, and
// within one unit in the last place of C's expf and logf.
const f32 = Math.fround;
const exp = (x: number): number => f32(Math.exp(x));
const log = (x: number): number => f32(Math.log(x));

const single = (output: (margin: number) => number): Link["output"] => ([margin]) => output(margin!); // there is one
const identity: Link = { margin: (baseScore) => baseScore, output: single((margin) => margin) };
const logistic: Link = { margin: logit, output: single(sigmoid) };
const exponential: Link = { margin: logOfBase, output: single(exp) };

/**
 * What objectives make of margins; each was compared with XGBoost 1.7, 2.1 and 3.2. `binary:logitraw` alone of its
 * family stores its base score as a margin, as those of several classes do.
 */
export const links: ReadonlyMap<string, Link> = new Map([
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
  ["multi:softprob", { margin: identity.margin, output: softmax, classes: true }],
  ["multi:softmax", { margin: identity.margin, output: largest, classes: true }],
]);

/** A probability for each class; XGBoost sums them in float64 and divides in float32. */
function softmax(margins: readonly number[]): number[] {
  const most = Math.max(...margins);
  const powers = margins.map((margin) => exp(f32(margin - most)));
  const sum = f32(powers.reduce((total, power) => total + power, 0));
  return powers.map((power) => f32(power / sum));
}

/** Number of the class with the largest margin, the first of several. */
function largest(margins: readonly number[]): number {
  return margins.indexOf(Math.max(...margins));
}

/** XGBoost caps the exponent at 88.7, where expf would overflow. */
function sigmoid(margin: number): number {
  return f32(1 / f32(exp(Math.min(-margin, f32(88.7))) + 1));
}

/** From 3.2 on XGBoost moves the base score away from 0 and 1; earlier versions refuse these two. */
function logit(baseScore: number, { version: [major, minor] }: ModelFile): number {
  const moves = major > 3 || (major === 3 && minor >= 2);
  const valid = moves ? baseScore >= 0 && baseScore <= 1 : baseScore > 0 && baseScore < 1;
  if (!valid) refuse(`"base_score" is ${baseScore}, expected a probability between 0 and 1`);
  const least = f32(1e-6);
  const score = moves ? Math.min(Math.max(baseScore, least), f32(1 - least)) : baseScore;
  return -log(f32(f32(1 / score) - 1));
}

/** A base score of 0 is what training on zeros alone gives: every prediction is 0. */
function logOfBase(baseScore: number): number {
  if (baseScore < 0) refuse(`"base_score" is ${baseScore}, expected 0 or more`);
  return log(baseScore);
}
