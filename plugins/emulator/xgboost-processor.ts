import type { Handler } from "./processors.ts";
import { XgboostModel } from "./xgboost.ts";

/**
 * The XGBoost processor: a JSON list of rows in, a JSON list of predictions out; `null` is a missing value.
 *
 * @param text A model as `save_model("model.json")` writes it.
 * @throws {Error} when it can't be loaded.
 */
export function xgboostProcessor(text: string): Handler {
  const model = XgboostModel.parse(text);
  return async (request) => {
    if (request.method === "GET" || request.method === "HEAD") {
      return json({ processor: "xgboost", objective: model.objective, features: model.numFeatures });
    }
    if (request.method !== "POST") return new Response("method not allowed", { status: 405 });
    try {
      return json(model.predict(readRows(await request.text())));
    } catch (error) {
      return new Response(`bad request: ${error instanceof Error ? error.message : error}`, { status: 400 });
    }
  };
}

// Runtimes differ in the media type that Response.json writes.
function json(value: unknown): Response {
  return Response.json(value, { headers: { "content-type": "application/json" } });
}

function readRows(text: string): (number | null)[][] {
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows)) throw new TypeError("the body is not a JSON list of rows");
  return rows.map((row: unknown, i) => {
    if (!Array.isArray(row)) throw new TypeError(`row ${i} is not a list`);
    return row.map((value: unknown, j) => {
      if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
      throw new TypeError(`row ${i} column ${j} is neither a finite number nor null`);
    });
  });
}
