import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/breast-cancer/held-out.json" with { type: "json" };
import trained from "../../examples/breast-cancer/model.json" with { type: "json" };
import { XgboostModel } from "../../plugins/processors/xgboost/model.ts";
import boostersOf17 from "../fixtures/xgboost/boosters-1.7.json" with { type: "json" };
import boostersOf21 from "../fixtures/xgboost/boosters-2.1.json" with { type: "json" };
import boostersOf32 from "../fixtures/xgboost/boosters-3.2.json" with { type: "json" };
import refused from "../fixtures/xgboost/refused.json" with { type: "json" };
import of17 from "../fixtures/xgboost/xgboost-1.7.json" with { type: "json" };
import of21 from "../fixtures/xgboost/xgboost-2.1.json" with { type: "json" };
import of32 from "../fixtures/xgboost/xgboost-3.2.json" with { type: "json" };

type Row = readonly (number | null)[];
type Json = { [key: string]: unknown };

/** A model, rows, and what the named version of XGBoost makes of them: see make.py beside the files. */
interface Case {
  name: string;
  version: string;
  objective: string;
  model: Json;
  rows: readonly Row[];
  bias: Figure;
  margins: readonly Figure[];
  predictions: readonly Figure[];
  /** The same model as Universal Binary JSON. */
  ubj?: string;
}

/** What a model says of a row: a number, or one for each class. */
type Figure = number | readonly number[];

const boosters: readonly Case[] = [...boostersOf17, ...boostersOf21, ...boostersOf32];
const cases: readonly Case[] = [...of17, ...of21, ...of32, ...boosters];
const sample = of32.find(({ name }) => name === "num_parallel_tree");
assert.ok(sample);
const IDENTITIES = /^(binary:logitraw|reg:(squared|squaredlog|absolute|pseudohuber)error)$/;

/** Asserts agreement to 1e-6, relative to the expected figure. */
function assertClose(given: readonly Figure[], wantedOnes: readonly Figure[]): void {
  const [actual, expected] = [given.flat(), wantedOnes.flat()];
  assert.deepEqual(
    given.map((figure) => [figure].flat().length),
    wantedOnes.map((figure) => [figure].flat().length),
  );
  for (const [index, figure] of actual.entries()) {
    const wanted = expected[index] ?? NaN;
    const difference = Math.abs(figure - wanted);
    assert.ok(difference <= 1e-6 * Math.abs(wanted), `row ${index}: ${figure} instead of ${wanted}`);
  }
}

/** A deep copy of a model in which the value at a path, such as `learner.objective.name`, is another one. */
function changed(model: Json, path: string, value: unknown): string {
  const copy = structuredClone(model);
  let parent = copy;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  for (const key of keys) parent = parent[key] as Json; // The paths below are there.
  assert.ok(value !== undefined || last in parent);
  parent[last] = value;
  return JSON.stringify(copy);
}

for (const { name, version, objective, model, rows, predictions } of cases) {
  test(`predict() agrees with XGBoost ${version} when the model has ${name} (${objective})`, () => {
    const loaded = XgboostModel.parse(JSON.stringify(model));
    assert.equal(loaded.objective, objective);
    assert.equal(loaded.numFeatures, 4);
    const actual = loaded.predict(rows);
    assertClose(actual, predictions);
    if (IDENTITIES.test(objective)) assert.deepEqual(actual, predictions);
  });
}

test("predict() sums margins bit for bit as XGBoost does when it starts from XGBoost's bias", () => {
  for (const { name, version, model, rows, bias, margins } of cases) {
    if (typeof bias !== "number") continue; // classes have no objective that leaves their margins as they are
    const raw = JSON.parse(changed(model, "learner.objective.name", "binary:logitraw"));
    const text = changed(raw, "learner.learner_model_param.base_score", String(bias));
    assert.deepEqual(XgboostModel.parse(text).predict(rows), margins, `${name}, XGBoost ${version}`);
  }
});

test("predict() agrees with XGBoost on the held-out rows of the example", () => {
  const model = XgboostModel.parse(JSON.stringify(trained));
  assert.equal(model.numFeatures, heldOut.features.length);
  const predictions = model.predict(heldOut.rows);
  assertClose(predictions, heldOut.predictions);
  const right = predictions.filter((probability, row) =>
    Number(Number(probability) > 0.5) === heldOut.labels[row]
  );
  assert.ok(right.length / predictions.length > 0.9, "the model has learnt something");
});

test("predict() treats NaN as it does null", () => {
  const model = XgboostModel.parse(JSON.stringify(sample.model));
  const rows = sample.rows.map((row) => row.map((value) => value ?? NaN));
  assert.deepEqual(model.predict(rows), model.predict(sample.rows));
});

test("predict() answers no rows with no predictions", () => {
  assert.deepEqual(XgboostModel.parse(JSON.stringify(sample.model)).predict([]), []);
});

test("predict() reads flags that are booleans", () => {
  const model = JSON.parse(JSON.stringify(sample.model));
  for (const tree of model.learner.gradient_booster.model.trees) {
    tree.default_left = tree.default_left.map(Boolean);
    delete tree.split_type;
  }
  assertClose(XgboostModel.parse(JSON.stringify(model)).predict(sample.rows), sample.predictions);
});

test("predict() compares as float32 when a value is a threshold only after rounding", () => {
  const tree = {
    tree_param: { num_nodes: "3", size_leaf_vector: "1" },
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    split_indices: [0, 0, 0],
    split_conditions: [0.1, 10, 20],
    default_left: [1, 0, 0],
  };
  const model = changed(
    JSON.parse(changed(sample.model, "learner.objective.name", "reg:squarederror")),
    "learner.gradient_booster.model",
    { gbtree_model_param: { num_trees: "1" }, tree_info: [0], trees: [tree] },
  );
  const loaded = XgboostModel.parse(
    changed(JSON.parse(model), "learner.learner_model_param.base_score", "0"),
  );
  const rows = [0.1, Math.fround(0.1), 0.0999999999, 0.09999999, null].map((value) => [value, 0, 0, 0]);
  assert.deepEqual(loaded.predict(rows), [20, 20, 20, 10, 10]);
});

test("predict() throws RangeError when a row has another number of values", () => {
  const model = XgboostModel.parse(JSON.stringify(sample.model));
  for (const length of [0, 3, 5]) {
    assert.throws(() => model.predict([[1, 2, 3, 4], new Array<number>(length).fill(0)]), {
      name: "RangeError",
      message: `Cannot predict row 1: expected 4 values, got ${length}`,
    });
  }
});

test("predict() throws when a value can't be one", () => {
  const model = XgboostModel.parse(JSON.stringify(sample.model));
  // Rows come from requests, so the types promise nothing.
  const predict = (rows: unknown) => () => model.predict(rows as Row[]);
  assert.throws(predict([[1, "2", 3, 4]]), { name: "TypeError", message: /row 0: value 1 is a string/ });
  assert.throws(predict([{ a: 1 }]), { name: "TypeError", message: /row 0: it is not a list/ });
  for (const value of [Infinity, -Infinity, 1e39]) {
    assert.throws(predict([[1, 2, 3, value]]), {
      name: "RangeError",
      message: /value 3 is too large for float32/,
    });
  }
});

test("predict() throws RangeError when the prediction overflows", () => {
  const model = XgboostModel.parse(
    changed(
      JSON.parse(changed(sample.model, "learner.objective.name", "count:poisson")),
      "learner.gradient_booster.model.trees.0.split_conditions",
      new Array(7).fill(100),
    ),
  );
  assert.throws(() => model.predict([[null, null, null, null]]), {
    name: "RangeError",
    message: /row 0: .*Infinity/,
  });
});

for (const { name, says, model } of refused) {
  test(`parse() refuses a model of XGBoost when it is ${name}`, () => {
    assert.throws(() => XgboostModel.parse(JSON.stringify(model)), ({ message }: Error) => {
      assert.ok(message.startsWith("Cannot load XGBoost model: "), message);
      assert.ok(message.includes(says), message);
      return true;
    });
  });
}

const tree = "learner.gradient_booster.model.trees.0";
const damaged: [string, string, unknown, RegExp][] = [
  [
    "another objective's name",
    "learner.objective.name",
    "constructor",
    /objective "constructor" is not supported/,
  ],
  ["no objective", "learner.objective", undefined, /"objective" is missing/],
  [
    "classes without an objective for them",
    "learner.learner_model_param.num_class",
    "3",
    /does not go with 3/,
  ],
  ["no booster", "learner.gradient_booster", undefined, /"gradient_booster" is missing/],
  ["no version", "version", undefined, /"version" is missing/],
  ["no base score", "learner.learner_model_param.base_score", undefined, /"base_score" is missing/],
  [
    "a base score for each of two outputs",
    "learner.learner_model_param.base_score",
    "[5E-1,5E-1]",
    /"base_score" is/,
  ],
  ["a base score outside [0, 1]", "learner.learner_model_param.base_score", "[2E0]", /"base_score" is 2/],
  ["two outputs", "learner.learner_model_param.num_target", "2", /2 outputs/],
  ["a negative feature", `${tree}.split_indices.0`, -1, /tree 0: node 0 splits on feature -1 of 4$/],
  ["a fraction of a feature", `${tree}.split_indices.0`, 1.5, /"split_indices" of node 0 is 1\.5/],
  ["fewer features", "learner.learner_model_param.num_feature", "1", /splits on feature \d of 1$/],
  [
    "more trees than announced",
    "learner.gradient_booster.model.gbtree_model_param.num_trees",
    "5",
    /list of 5 trees/,
  ],
  [
    "a tree for another output",
    "learner.gradient_booster.model.tree_info",
    [0, 0, 0, 0, 0, 1],
    /"tree_info"/,
  ],
  [
    "fewer nodes than announced",
    `${tree}.tree_param.num_nodes`,
    "9",
    /tree 0: "\w+" is not a list of 9 values/,
  ],
  ["no nodes", `${tree}.tree_param.num_nodes`, "0", /tree 0 has no root/],
  ["vectors in leaves", `${tree}.tree_param.size_leaf_vector`, "2", /tree 0: leaves that are vectors/],
  ["a categorical split", `${tree}.split_type.0`, 1, /tree 0: categorical splits are not supported/],
  ["a cycle", `${tree}.left_children.1`, 0, /tree 0: two links lead to node 0/],
  ["a shared node", `${tree}.left_children.0`, 2, /tree 0: two links lead to node 2/],
  ["a link to nowhere", `${tree}.left_children.0`, 700, /tree 0: there is no node 700/],
  ["one child", `${tree}.left_children.0`, -1, /tree 0: there is no node -1/],
  [
    "a leaf that float32 can't hold",
    `${tree}.split_conditions.3`,
    1e39,
    /"split_conditions" of node 3 is 1e\+39/,
  ],
  ["a threshold that is a text", `${tree}.split_conditions.0`, "1", /"split_conditions" of node 0 is "1"/],
];
for (const [name, path, value, message] of damaged) {
  test(`parse() refuses a damaged model when it has ${name}`, () => {
    assert.throws(() => XgboostModel.parse(changed(sample.model, path, value)), { name: "Error", message });
  });
}

test("parse() refuses a negative base score when the objective takes its logarithm", () => {
  const model = JSON.parse(changed(sample.model, "learner.objective.name", "count:poisson"));
  const text = changed(model, "learner.learner_model_param.base_score", "[-1E0]");
  assert.throws(() => XgboostModel.parse(text), {
    name: "Error",
    message: /"base_score" is -1, expected 0 or more/,
  });
});

test("parse() refuses text that is no saved model", () => {
  const dump = [{ nodeid: 0, leaf: 0.5 }];
  for (const text of ["", "{", "<PMML/>", "null", "[]", "7", "{}", '{"learner":[]}', JSON.stringify(dump)]) {
    assert.throws(() => XgboostModel.parse(text), {
      name: "Error",
      message: /^Cannot load XGBoost model: the (text|JSON)/,
    });
  }
});

/** What a damaged file may hold where something else belongs. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    "",
    "0",
    "1",
    "2",
    "[5E-1]",
    "99999999999",
    -1,
    0,
    1,
    2,
    3.5,
    1e39,
  ),
  fc.constantFrom<unknown>(3e38, -3e38, 2 ** 31, [], {}, [[]], [0, 0]),
  fc.jsonValue({ maxDepth: 1 }),
);

/** Replaces, or with `undefined` removes, the value that a walk along `steps` ends at. */
function damage(root: unknown, steps: readonly number[], value: unknown): void {
  let parent: unknown = root;
  for (const [depth, step] of steps.entries()) {
    if (typeof parent !== "object" || parent === null) return;
    const holder = parent as Json; // Lists too are indexed by key here.
    const keys = Object.keys(holder);
    const key = keys[step % keys.length];
    if (key === undefined) return;
    const next = holder[key];
    if (depth < steps.length - 1 && typeof next === "object" && next !== null) parent = next;
    else if (value !== undefined) return void (holder[key] = value);
    else if (Array.isArray(parent)) return void parent.splice(Number(key), 1);
    else return void (delete holder[key]);
  }
}

test("parse() refuses or predict() stays finite when any fields of a model are damaged", () => {
  const steps = fc.array(fc.nat(60), { minLength: 1, maxLength: 8 });
  const damages = fc.array(fc.tuple(steps, junk), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...cases), damages, ({ model, rows }, list) => {
      const copy: unknown = structuredClone(model);
      for (const [path, value] of list) damage(copy, path, structuredClone(value));
      try {
        for (const figure of XgboostModel.parse(JSON.stringify(copy)).predict(rows).flat()) {
          assert.ok(Number.isFinite(figure));
        }
      } catch (error) {
        assert.ok(
          error instanceof Error && /^Cannot (load XGBoost model|predict row \d+): /.test(error.message),
          `${error}`,
        );
      }
    }),
    { numRuns: 2000 },
  );
});

test("parse() refuses a file that was cut short", () => {
  const text = JSON.stringify(sample.model);
  fc.assert(
    fc.property(fc.nat(text.length - 1), (length) => {
      assert.throws(() => XgboostModel.parse(text.slice(0, length)), /the text is not JSON/);
    }),
  );
});

for (const { name, version, model, rows, ubj } of boosters) {
  if (ubj === undefined) continue;
  test(`parse() reads Universal Binary JSON of XGBoost ${version} as it reads JSON, of ${name}`, () => {
    const fromText = XgboostModel.parse(JSON.stringify(model));
    const fromBytes = XgboostModel.parse(bytesOf(ubj));
    assert.deepEqual(fromBytes.predict(rows), fromText.predict(rows));
    assert.deepEqual([fromBytes.objective, fromBytes.numFeatures], [fromText.objective, 4]);
  });
}

test("parse() reads the bytes of JSON as its text", () => {
  const text = JSON.stringify(sample.model, null, 2);
  const loaded = XgboostModel.parse(new TextEncoder().encode(text));
  assert.deepEqual(loaded.predict(sample.rows), XgboostModel.parse(text).predict(sample.rows));
});

test("parse() refuses bytes that are no model, that end early, or that are damaged", () => {
  const binary = bytesOf(boosters.find(({ ubj }) => ubj)?.ubj ?? "");
  for (
    const bytes of [[], [0x7b], [0x62, 0x69, 0x6e, 0x66, 0xff], [0x7b, 0x4c, 0xff, 0xff], [0x7b, 0x69, 0x85]]
  ) {
    assert.throws(() => XgboostModel.parse(Uint8Array.from(bytes)), /^Error: Cannot load XGBoost model: /);
  }
  fc.assert(
    fc.property(fc.nat(binary.length - 1), (length) => {
      assert.throws(() => XgboostModel.parse(binary.slice(0, length)), /^Error: Cannot load XGBoost model: /);
    }),
  );
  fc.assert(
    fc.property(fc.nat(binary.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const damaged = binary.with(at, byte);
      try {
        assert.ok(XgboostModel.parse(damaged).predict([[0, 0, 0, 0]]).flat().every(Number.isFinite));
      } catch (error) {
        assert.match(String(error), /Cannot (load XGBoost model|predict row 0): /);
      }
    }),
    { numRuns: 2000 },
  );
});

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
