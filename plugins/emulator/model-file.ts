import { toBytes } from "@std/streams/to-bytes";
import { parseOssUri } from "../../core/oss-uri.ts";
import { MissingModel, onlyModel } from "../processors/model-file.ts";
import type { Cloud } from "./cloud.ts";
import type { StoredObject } from "./store.ts";

/**
 * Reads the object that `model_path` names, or the only one of the folder it names whose name ends so.
 *
 * @param endings Ends of names, such as `.json`.
 * @throws {MissingModel} when there is nothing.
 * @throws {TypeError} when it can't be told which object is meant.
 */
export async function readModel(
  modelPath: unknown,
  endings: readonly string[],
  { store }: Pick<Cloud, "store">,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof modelPath !== "string") throw new MissingModel("the service has no model_path");
  const object = findModel(modelPath, endings, store.buckets);
  return await toBytes(store.read(object, [0, object.size]));
}

function findModel(
  modelPath: string,
  endings: readonly string[],
  buckets: Cloud["store"]["buckets"],
): StoredObject {
  const { bucket, key } = parseOssUri(modelPath);
  const objects = buckets.get(bucket)?.objects;
  if (!objects) throw new MissingModel(`there is no bucket "${bucket}"`);
  const object = objects.get(key);
  if (object && !key.endsWith("/")) return object;
  if (key && !key.endsWith("/")) {
    throw new MissingModel("there is no such object; the path of a folder ends in a slash");
  }
  const files = [...objects.keys()].filter((name) => name.startsWith(key) && !name.endsWith("/"));
  return objects.get(onlyModel(files, endings))!; // it is one of them
}
