import type { Handler } from "./handler.ts";

/** Gives one prediction for each row of a request: a number, a list or an object. */
export type RunRows<Row> = (rows: readonly Row[]) => readonly unknown[] | Promise<readonly unknown[]>;

/**
 * Makes a handler of a model that speaks JSON, as the processors of XGBoost, LightGBM and PMML do: a JSON list of rows in,
 * a JSON list of predictions out. Rows are lists of numbers, or with PMML objects with a value for each field:
 *
 * ```ts
 * import { emulator, jsonProcessor } from "@pai-edge/sdk/emulator";
 *
 * emulator({
 *   handlers: {
 *     lightgbm: jsonProcessor<number[]>((rows) => rows.map(([width = 0]) => width < 0.8 ? 0.1 : 0.9)),
 *     pmml: jsonProcessor<{ width: number }>((rows) => rows.map(({ width }) => ({ "p_1": width < 0.8 ? 0 : 1 }))),
 *   },
 * });
 * ```
 *
 * A request that is no list is answered with 400, as is one for which the model throws.
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/prediction-with-eas-sdk.
 *
 * @param run Runs the model.
 * @param description What GET answers.
 */
export function jsonProcessor<Row = unknown>(
  run: RunRows<Row>,
  description: Readonly<Record<string, unknown>> = {},
): Handler {
  return async (request) => {
    const { method } = request;
    if (method === "GET" || method === "HEAD") return json(description);
    if (method !== "POST") return new Response("method not allowed", { status: 405 });
    try {
      const rows: unknown = JSON.parse(await request.text());
      if (!Array.isArray(rows)) throw new TypeError("the body is not a JSON list of rows");
      return json(await run(rows));
    } catch (error) {
      return new Response(`bad request: ${error instanceof Error ? error.message : error}`, { status: 400 });
    }
  };
}

// Runtimes differ in the media type that Response.json writes.
function json(value: unknown): Response {
  return Response.json(value, { headers: { "content-type": "application/json" } });
}
