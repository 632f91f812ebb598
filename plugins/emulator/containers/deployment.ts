import type { FileSource } from "../../../core/files.ts";
import type { ServiceConfig, StorageEntry } from "../../../core/service-config.ts";
import type { Deployment, Mount } from "../../../core/target.ts";
import { isObject, looseConfig } from "../eas/loose-config.ts";
import type { JsonObject } from "../service-config.ts";
import type { Store } from "../store.ts";
import { storedFiles } from "./stored-files.ts";

/**
 * What a target is asked to run for one instance of a service: its configuration, with the files that it names on OSS
 * taken out of the emulated buckets, so that nothing leaves this machine. Containers get copies, as they are now.
 *
 * @throws {StorageError} or {TypeError} when an address names no bucket, or is none.
 */
export function toDeployment(config: JsonObject, store: Store): Deployment {
  const { storage, model_path: modelPath, ...rest } = config;
  const modelData = typeof modelPath === "string" && modelPath.startsWith("oss://")
    ? storedFiles(store, modelPath)
    : undefined;
  const { metadata } = looseConfig(config);
  const entries = Array.isArray(storage) ? storage.filter(isObject) : [];
  const left = modelData || modelPath === undefined ? rest : { ...rest, model_path: modelPath };
  return {
    config: { ...left, metadata: { ...metadata, instance: 1 } } as ServiceConfig, // was checked when it came
    mounts: entries.map((entry) => toMount(entry, store)),
    ...(modelData && { modelData }),
  };
}

function toMount(entry: JsonObject, store: Store): Mount {
  const { mount_path: path, oss, properties } = entry;
  const mountPath = typeof path === "string" ? path : undefined;
  const address = isObject(oss) ? oss.path : undefined;
  const source = typeof address === "string" && mountPath
    ? storedFiles(store, address) ?? emptyFolder(mountPath)
    : entry as StorageEntry; // passed on as it is
  return {
    ...(mountPath && { mountPath }),
    source,
    ...(isObject(properties) && { properties: properties as StorageEntry["properties"] }),
  };
}

/** What a folder of OSS without objects is to a container. */
function emptyFolder(mountPath: string): FileSource | StorageEntry {
  return { mount_path: mountPath, empty_dir: {} };
}
