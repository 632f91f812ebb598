import type { Handler } from "../handler.ts";
import { jsonProcessor } from "../json-processor.ts";
import { XgboostModel } from "./model.ts";

/**
 * The XGBoost processor: a JSON list of rows in, a JSON list of predictions out; `null` is a missing value.
 *
 * @param content A model as `save_model("model.json")` or `save_model("model.ubj")` writes it.
 * @throws {Error} when it can't be loaded.
 */
export function xgboostProcessor(content: string | Uint8Array): Handler {
  const model = XgboostModel.parse(content);
  const description = { processor: "xgboost", objective: model.objective, features: model.numFeatures };
  return jsonProcessor((rows) => model.predict(rows.map(readRow)), description);
}

function readRow(row: unknown, i: number): (number | null)[] {
  if (!Array.isArray(row)) throw new TypeError(`row ${i} is not a list`);
  return row.map((value: unknown, j) => {
    if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
    throw new TypeError(`row ${i} column ${j} is neither a finite number nor null`);
  });
}
