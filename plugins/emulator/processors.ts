import { parseOssUri } from "../../core/oss-uri.ts";
import type { Cloud } from "./cloud.ts";
import type { StoredObject } from "./store.ts";
import { XgboostModel } from "./xgboost.ts";

/** Answers the requests of a service; the address it sees begins behind the service's name. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A service that can run. */
export interface Runner {
  /** Answers one request. */
  run: Handler;
}

/** Why a service can't run. */
export interface Failure {
  /** Short reason. */
  reason: string;
  /** What to do about it. */
  message: string;
}

/** Tells a {@linkcode Failure} from a {@linkcode Runner}. */
export function isFailure(value: Runner | Failure): value is Failure {
  return "reason" in value;
}

/** Finds or makes what runs a service: a handler by its name, by its processor, or the XGBoost processor. */
export function loadRunner(
  name: string,
  config: Readonly<Record<string, unknown>>,
  cloud: Pick<Cloud, "handlers" | "store">,
): Runner | Failure {
  const { processor, model_path: modelPath } = config;
  for (const key of [name, processor]) {
    const run = typeof key === "string" && Object.hasOwn(cloud.handlers, key)
      ? cloud.handlers[key]
      : undefined;
    if (run) return { run };
  }
  if (processor !== "xgboost") {
    return {
      reason: "NO_HANDLER",
      message: `The emulator has nothing to run service "${name}" with; give it emulator({ handlers: { ` +
        `${JSON.stringify(name)}: (request) => new Response("…") } })`,
    };
  }
  try {
    if (typeof modelPath !== "string") throw new TypeError("the service has no model_path");
    const { body } = findModel(modelPath, cloud);
    return {
      run: xgboostHandler(XgboostModel.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))),
    };
  } catch (error) {
    return {
      reason: "MODEL_LOAD_FAILED",
      message: `Cannot load model "${modelPath}": ${error instanceof Error ? error.message : error}`,
    };
  }
}

/** The object that `model_path` names, or the only `.json` object of the folder it names. */
function findModel(modelPath: string, { store }: Pick<Cloud, "store">): StoredObject {
  const { bucket, key } = parseOssUri(modelPath);
  const objects = store.buckets.get(bucket);
  if (!objects) throw new TypeError(`there is no bucket "${bucket}"`);
  const object = objects.get(key);
  if (object && !key.endsWith("/")) return object;
  if (key && !key.endsWith("/")) {
    throw new TypeError("there is no such object; the path of a folder ends in a slash");
  }
  const models = [...objects.keys()].filter((name) => name.startsWith(key) && name.endsWith(".json"));
  const model = objects.get(models[0] ?? "");
  if (!model || models.length > 1) {
    throw new TypeError(`the folder holds ${models.length} .json objects where one is needed`);
  }
  return model;
}

/** The XGBoost processor: a JSON list of rows in, a JSON list of predictions out; `null` is a missing value. */
function xgboostHandler(model: XgboostModel): Handler {
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
