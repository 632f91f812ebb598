import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { json } from "../../core/json.ts";
import { eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { type Emulator, emulator, type Handler, jsonProcessor } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import boosters from "../fixtures/xgboost/boosters-3.2.json" with { type: "json" };
import { fakeClock } from "../support/fake_clock.ts";

function cloudWith(handlers: Record<string, Handler> = {}): Emulator {
  return emulator({ clock: fakeClock(), handlers });
}

/** Deploys a model and asks it. */
async function predict(
  cloud: Emulator,
  processor: string,
  files: Record<string, string | Uint8Array<ArrayBuffer>>,
  rows: unknown,
): Promise<unknown> {
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "emulator-bucket" });
  const model = new Model({ modelData: fromMap(files), inferenceSpec: new InferenceSpec({ processor }) });
  const options = { serviceName: "rows", instanceType: "ecs.c6.large", serializer: json() };
  const service = await model.deploy(eas(client, { storage }), options);
  return await service.predictor().predict(rows);
}

test("a LightGBM model is a handler on lists of numbers", async () => {
  /** What LightGBM's `predict` does, with one tree of two leaves. */
  const lightgbm = jsonProcessor<(number | null)[]>((rows) =>
    rows.map(([width]) => (width ?? 0) <= 0.8 ? 0.1 : 0.9)
  );
  const answer = await predict(cloudWith({ lightgbm }), "lightgbm", { "model.txt": "tree\nversion=v4\n" }, [[
    0.2,
  ], [2.1]]);
  assert.deepEqual(answer, [0.1, 0.9]);
});

test("a PMML model is a handler on objects of fields", async () => {
  /** What a PMML tree of two leaves gives: its label, and the probability of each. */
  const pmml = jsonProcessor<{ width: number }>((rows) =>
    rows.map(({ width }) => width <= 0.8 ? { "p_good": 0.9, "p_bad": 0.1 } : { "p_good": 0.2, "p_bad": 0.8 })
  );
  const files = { "model.pmml": "<PMML/>" };
  const answer = await predict(cloudWith({ pmml }), "pmml", files, [{ width: 0.2 }, { width: 2 }]);
  assert.deepEqual(answer, [{ p_good: 0.9, p_bad: 0.1 }, { p_good: 0.2, p_bad: 0.8 }]);
});

test("the XGBoost processor runs a model of several classes in Universal Binary JSON", async () => {
  const { ubj = "", rows, predictions } = boosters.find(({ name }) =>
    name === "a probability for each class"
  )!;
  const file = Uint8Array.from(atob(ubj), (character) => character.charCodeAt(0));
  const answer = await predict(cloudWith(), "xgboost", { "model.ubj": file, "notes.txt": "of 2024" }, rows);
  assert.ok(Array.isArray(answer));
  const [given, wanted] = [answer.flat(), predictions.flat()];
  assert.equal(given.length, wanted.length);
  for (const [i, value] of given.entries()) assert.ok(Math.abs(value - wanted[i]!) < 1e-6);
});

test("jsonProcessor() refuses other methods and bodies, and says what the model says against rows", async () => {
  const handler = jsonProcessor((rows) => {
    if (rows.length > 1) throw new RangeError("one row at a time");
    return rows;
  }, { processor: "echo" });
  const ask = async (method: string, body?: string): Promise<[number, string]> => {
    const answer = await handler(new Request("http://rows/", { method, body }));
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask("GET"), [200, '{"processor":"echo"}']);
  assert.deepEqual(await ask("POST", "[null]"), [200, "[null]"]);
  assert.deepEqual(await ask("POST", "[1,2]"), [400, "bad request: one row at a time"]);
  assert.deepEqual(await ask("POST", "{}"), [400, "bad request: the body is not a JSON list of rows"]);
  assert.equal((await ask("POST", "["))[0], 400);
  assert.equal((await ask("DELETE"))[0], 405);
});
