import { isFileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { ServiceConfig, StorageEntry } from "../../core/service-config.ts";
import type { Deployment, Mount } from "../../core/target.ts";
import { codeKey, isJsonObject, type JsonObject, type JsonValue, uploadKey } from "./json-object.ts";

/**
 * Takes a configuration apart into what every target understands: the model and the mounts that it has to provide,
 * and the rest. The configuration is a copy that the caller gives away.
 *
 * @throws {TypeError} when files that should wait for their upload are only a label, as in a spec read from JSON.
 */
export function toDeployment(config: JsonObject): Deployment {
  const { storage = [], model_path, ...rest } = config;
  if (!Array.isArray(storage)) {
    throw new TypeError('Cannot deploy: "storage" of the configuration is not a list');
  }
  const mounts = storage.map(toMount);
  const modelData = toModelData(model_path);
  const left = modelData === undefined && model_path !== undefined ? { ...rest, model_path } : rest;
  return {
    config: left as ServiceConfig, // what users wrote; the service itself judges their values
    mounts,
    ...(modelData && { modelData }),
  };
}

function toModelData(path: JsonValue | undefined): Deployment["modelData"] {
  if (isJsonObject(path) && uploadKey in path) return pendingFiles(path, "the model");
  return typeof path === "string" && path.startsWith("oss://") ? path as OssUri : undefined; // just checked
}

function toMount(entry: JsonValue): Mount {
  if (!isJsonObject(entry)) {
    throw new TypeError('Cannot deploy: "storage" of the configuration must hold objects');
  }
  const { mount_path, oss, properties, ...rest } = entry;
  const known = {
    ...(typeof mount_path === "string" && { mountPath: mount_path }),
    ...(isJsonObject(properties) && { properties }),
  };
  if (uploadKey in entry) {
    const source = pendingFiles(entry, `the mount "${mount_path}"`);
    return { ...known, source, ...(entry[codeKey] === true && { purpose: "code" }) };
  }
  if (isJsonObject(oss) && Object.keys(rest).length === 0 && known.mountPath) {
    const { path, endpoint, ...others } = oss;
    const isFolder = typeof path === "string" && path.startsWith("oss://") && path.endsWith("/");
    if (isFolder && Object.keys(others).length === 0) {
      return { ...known, source: path as OssUri, ...(typeof endpoint === "string" && { endpoint }) };
    }
  }
  return { ...(known.mountPath && { mountPath: known.mountPath }), source: entry as StorageEntry }; // passed on as it is
}

function pendingFiles(holder: JsonObject, what: string): NonNullable<Deployment["modelData"]> {
  const files = holder[uploadKey];
  if (isFileSource(files)) return files;
  throw new TypeError(
    `Cannot deploy: ${what} ("${
      String(files)
    }") is only the label of files to upload; set it again from the files`,
  );
}
