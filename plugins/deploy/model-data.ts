import { type FileSource, isFileSource } from "../../core/files.ts";
import { type OssUri, parseOssUri } from "../../core/oss-uri.ts";
import { isJsonObject, type JsonObject, type JsonValue, uploadKey } from "./json-object.ts";
import {
  addEntry,
  checkAddress,
  type MountOptions,
  sameMountPath,
  sameSource,
  storageEntry,
} from "./mounts.ts";

/** Options of {@linkcode InferenceSpec.setModelData}. */
export interface ModelDataOptions {
  /** Where a container finds the model; processors have no such path. @default {"/eas/workspace/model/"} */
  mountPath?: string;
  /** What an OSS address names, as for {@linkcode InferenceSpec.mount}; for containers only. */
  kind?: MountOptions["kind"];
  /** Hears of what is left as it was; nothing is printed. */
  onWarning?: (message: string) => void;
}

// Where EAS itself puts a model: https://help.aliyun.com/document_detail/450525.html.
const defaultMountPath = "/eas/workspace/model/";

// How the console tells a model from other folders.
const modelProperties = { resource_type: "model", resource_use: "base" };

/** Writes the model of a processor: `model_path`, and `oss_endpoint` when the address carries one. */
export function setModelPath(config: JsonObject, data: FileSource | OssUri): void {
  if (isFileSource(data)) {
    config.model_path = { [uploadKey]: data };
    return;
  }
  checkAddress(data, "Cannot set the model");
  const { bucket, key, endpoint } = parseOssUri(data);
  config.model_path = `oss://${bucket}/${key}`;
  if (endpoint) config.oss_endpoint = endpoint;
}

/**
 * Mounts the model of a container and returns the new list of storage entries. A model that is there already is
 * replaced in its place; one that is mounted as some other folder stays there.
 *
 * @throws {TypeError} when other storage is mounted where the model should be.
 */
export function mountModel(
  entries: JsonValue[],
  data: FileSource | OssUri,
  { mountPath, kind, onWarning }: ModelDataOptions,
): JsonValue[] {
  if (!isFileSource(data)) checkAddress(data, "Cannot set the model");
  const models = entries.filter((entry): entry is JsonObject => isJsonObject(entry) && isModel(entry));
  const old = models[0];
  if (models.length > 1) onWarning?.(`storage has ${models.length} models; the first one is replaced`);
  const where = mountPath ?? (typeof old?.mount_path === "string" ? old.mount_path : defaultMountPath);
  const entry = storageEntry(data, where, { kind, properties: modelProperties });
  if (old) entry.properties = old.properties;
  const others = entries.filter((other) => other !== old);
  const twin = others.find((other) => isJsonObject(other) && sameSource(other, entry));
  if (!old && !mountPath && isJsonObject(twin)) {
    onWarning?.(`the model is mounted at "${twin.mount_path}" already and stays there`);
    return entries;
  }

  const occupied = others.some((other) => isJsonObject(other) && sameMountPath(other.mount_path, where));
  if (occupied) {
    throw new TypeError(
      `Cannot mount the model at "${where}": other storage is mounted there; pass another mountPath to setModelData`,
    );
  }
  const added = addEntry(others, entry).at(-1)!;
  return old ? entries.map((other) => other === old ? added : other) : [...others, added];
}

function isModel({ properties }: JsonObject): boolean {
  return isJsonObject(properties) && properties.resource_type === "model";
}
