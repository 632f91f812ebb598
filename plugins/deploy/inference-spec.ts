import type { FileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import type { Deployment } from "../../core/target.ts";
import { splitPath } from "./config-paths.ts";
import { containerConfig, type ContainerServingOptions } from "./container-config.ts";
import { type ConfigView, configView } from "./config-proxy.ts";
import { toDeployment } from "./deployment.ts";
import {
  checkKeys,
  checkNoList,
  copyJson,
  copyJsonObject,
  type JsonObject,
  type JsonValue,
  mergeJson,
  setAt,
  valueAt,
} from "./json-object.ts";
import { maskedText } from "./masked.ts";
import { type ModelDataOptions, mountModel, setModelPath } from "./model-data.ts";
import { addEntry, type MountOptions, type MountSource, storageEntry } from "./mounts.ts";
import { installRequirements, type ToDeploymentOptions } from "./source-folder.ts";

/**
 * How a model is served: the service configuration in the making. Keys are the vendor's own, so what the console
 * shows can be pasted: https://help.aliyun.com/document_detail/450525.html.
 */
export class InferenceSpec {
  readonly #config: JsonObject;
  readonly #view: ConfigView;

  /**
   * Starts from a configuration, which is copied; its keys are taken as they are, without splitting at dots.
   *
   * @throws {TypeError} when it holds what is not JSON.
   */
  constructor(config?: (ServiceConfig & Record<string, unknown>) | null) {
    this.#config = copyJsonObject(config ?? {});
    this.#view = configView(this.#config, maskedText);
  }

  /**
   * What `containerServingSpec()` does, by the name that it had first.
   *
   * @throws {TypeError} or {RangeError} as that does.
   */
  static fromServingScript(options: ContainerServingOptions): InferenceSpec {
    return new InferenceSpec(containerConfig(options));
  }

  /**
   * The configuration to read and write: `spec.config.metadata.rpc.keepalive = 1000`. Reading creates nothing, and
   * objects come into being with the first write inside them. Keys that the types don't know go through
   * {@linkcode InferenceSpec.set}, and so do whole objects, whose views can't be assigned without all of their
   * keys: `spec.set("metadata", { instance: 2 })`.
   */
  get config(): ConfigView {
    return this.#view;
  }

  /** Whether containers serve the model, as opposed to a processor. */
  get isContainerServing(): boolean {
    return Object.hasOwn(this.#config, "containers");
  }

  /**
   * Sets the value at a path, whatever was there; `undefined` deletes it. A text is split at its dots, except inside
   * `features.…`, `labels.…` and other documented keys that contain dots; a list of keys is taken as it is.
   *
   * @throws {TypeError} when the path has an empty or unsafe key, leads into a list, or the value is not JSON.
   */
  set(path: string | readonly string[], value: unknown): this {
    const keys = pathKeys(path);
    setAt(this.#config, keys, value === undefined ? undefined : copyJson(value, keys));
    return this;
  }

  /** A copy of the value at a path, split as {@linkcode InferenceSpec.set} does; `undefined` when there is none. */
  get(path: string | readonly string[]): unknown {
    const value = valueAt(this.#config, pathKeys(path));
    return value === undefined ? undefined : copyJson(value, [], "label");
  }

  /**
   * Merges options in order: `{ "metadata.rpc.batching": true }`. Only the keys of `options` itself are split at dots.
   * Objects are merged key by key; lists and scalars are replaced.
   *
   * @throws {TypeError} as {@linkcode InferenceSpec.set} does; then nothing has changed.
   */
  merge(options: Record<string, unknown>): this {
    const merged = copyJsonObject(this.#config);
    for (const [path, value] of Object.entries(copyJsonObject(options))) {
      const keys = pathKeys(path);
      checkNoList(merged, keys);
      const patch: JsonObject = {};
      setAt(patch, keys, value);
      mergeJson(merged, patch);
    }
    this.#replace(merged);
    return this;
  }

  /**
   * Mounts files, an OSS folder or other storage. An address mounts exactly the folder that it names. Whatever was
   * mounted at the path is replaced; files are uploaded when the model is deployed.
   *
   * @throws {TypeError} when there is nothing to mount, or the same source is mounted elsewhere already.
   */
  mount(source: OssUri | FileSource | MountSource, mountPath: string, options: MountOptions = {}): this {
    this.#config.storage = addEntry(this.#storage(), storageEntry(source, mountPath, options));
    return this;
  }

  /**
   * Sets the model: `model_path` for a processor, a mount for containers.
   *
   * @throws {TypeError} when it is neither files nor an OSS address, or other storage is where it should be mounted.
   */
  setModelData(data: OssUri | FileSource, options: ModelDataOptions = {}): this {
    if (this.isContainerServing) this.#config.storage = mountModel(this.#storage(), data, options);
    else setModelPath(this.#config, data);
    return this;
  }

  /** A copy that shares nothing with this one, files that wait for their upload excepted. */
  clone(): InferenceSpec {
    return new InferenceSpec(copyJsonObject(this.#config));
  }

  /**
   * A plain copy, which includes the secrets (`token`, `dockerAuth`, passwords of Git): printing the spec itself shows
   * none. Files that wait for their upload are shown as `"$upload": label`.
   */
  toJSON(): ServiceConfig & Record<string, unknown> {
    return copyJsonObject(this.#config, [], "label");
  }

  /**
   * What a target is asked to run: the configuration, its mounts and the model, apart. It includes the secrets
   * (`token`, `dockerAuth`, passwords of Git), so it is not for printing. It takes a promise because the files of a
   * container's `sourceDir` tell what is to be installed; nothing is uploaded.
   *
   * @throws {TypeError} when `sourceDir` is a file, or files are only known by their label, as in a spec read from JSON.
   * @throws {TimeoutError} when the files can't be looked at in time.
   */
  async toDeployment(options: ToDeploymentOptions = {}): Promise<Deployment> {
    const config = copyJsonObject(this.#config);
    await installRequirements(config, options);
    return toDeployment(config);
  }

  /** What consoles of Deno, Bun and Node print: the configuration without its secrets. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `InferenceSpec ${maskedText(this.#config)}`;
  }

  #storage(): JsonValue[] {
    const { storage = [] } = this.#config;
    if (Array.isArray(storage)) return storage;
    throw new TypeError('Cannot mount: "storage" of the configuration is not a list');
  }

  // Views hold on to the root, so its content is exchanged and not the object.
  #replace(content: JsonObject): void {
    for (const key of Object.keys(this.#config)) delete this.#config[key];
    mergeJson(this.#config, content);
  }
}

function pathKeys(path: string | readonly string[]): string[] {
  if (typeof path !== "string" && !Array.isArray(path)) {
    throw new TypeError("Cannot use a path: it must be a text or a list of keys");
  }
  const keys: string[] = typeof path === "string" ? splitPath(path) : [...path];
  checkKeys(keys);
  return keys;
}
