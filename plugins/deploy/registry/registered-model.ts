import { parseOssUri } from "../../../core/oss-uri.ts";
import type { Serializer } from "../../../core/serializer.ts";
import type { Service } from "../../../core/service.ts";
import type { DeployOptions, Target } from "../../../core/target.ts";
import { InferenceSpec } from "../inference-spec.ts";
import { copyJsonObject, isJsonObject, type JsonObject } from "../json-object.ts";
import { Model } from "../model.ts";
import { generateServiceName } from "../service-name.ts";
import { labelsFrom, type ModelAnswer, type VersionAnswer } from "./answers.ts";
import { chooseMethod, hasMethods } from "./inference-methods.ts";

/** Options of {@linkcode RegisteredModel.deploy} besides the target's own. */
export interface RegisteredDeployOptions<Input = unknown, Output = unknown> {
  /** Format of the service's predictor. */
  serializer?: Serializer<Input, Output>;
  /** Which of the model's specifications to use, when it has one for each of several methods. @default {the first} */
  method?: string;
  /** Tags of the service; they win over those that PAI's own models bring. */
  labels?: Record<string, string>;
}

/** A version of a model in PAI's registry; what the registry doesn't know is missing. */
export class RegisteredModel {
  /** Id of the model. */
  readonly id: string;
  /** Name of the model. */
  readonly name: string;
  /** Who provides it: `pai` for PAI's own; missing for the caller's. */
  readonly provider?: string;
  /** What it does, such as `text-classification`. */
  readonly task?: string;
  /** What it is about, such as `nlp`. */
  readonly domain?: string;
  /** Tags of the model. */
  readonly labels: Readonly<Record<string, string>>;
  /** The version; missing when the model has none. */
  readonly version?: string;
  /** Where the version's files are. */
  readonly uri?: string;
  /** Framework, such as `XGBoost`. */
  readonly frameworkType?: string;
  /** Format of the files, such as `SavedModel`. */
  readonly formatType?: string;
  /** `Pending`, `Approved` or `Rejected`. */
  readonly approvalStatus?: string;
  /** Tags of the version. */
  readonly versionLabels: Readonly<Record<string, string>>;
  /** Ways to use the version that have a specification each; none when it has a single one. */
  readonly methods: readonly string[];
  /** The registry's whole answers, but for the specification, which may hold secrets: {@linkcode inferenceSpec} has it. */
  readonly raw: Readonly<{ model: Record<string, unknown>; version?: Record<string, unknown> }>;
  readonly #spec: JsonObject;

  /** Made by the functions of this entry, from what the registry answered. */
  constructor({ LatestVersion: _, ...model }: ModelAnswer, version?: VersionAnswer) {
    this.id = model.ModelId;
    this.name = model.ModelName;
    this.provider = model.Provider || undefined;
    this.task = model.Task;
    this.domain = model.Domain;
    this.labels = labelsFrom(model.Labels);
    this.version = version?.VersionName;
    this.uri = version?.Uri;
    this.frameworkType = version?.FrameworkType;
    this.formatType = version?.FormatType;
    this.approvalStatus = version?.ApprovalStatus;
    this.versionLabels = labelsFrom(version?.Labels);
    const { InferenceSpec: spec, ...rest } = version ?? {};
    this.#spec = copyJsonObject(spec ?? {});
    this.methods = hasMethods(this.#spec) ? Object.keys(this.#spec) : [];
    this.raw = { model: { ...model }, ...(version && { version: rest }) };
  }

  /**
   * A copy of the specification that the model was registered with, its files included: where the specification
   * names none, the version's own are its model.
   *
   * @throws {TypeError} when the version has no specification, or not this method.
   */
  inferenceSpec(method?: string): InferenceSpec {
    const what = `Cannot deploy the registered model "${this.name}"`;
    if (Object.keys(this.#spec).length === 0) {
      throw new TypeError(`${what}: version ${this.version ?? "(none)"} has no inference specification`);
    }
    const chosen = chooseMethod(what, this.#spec, method);
    const spec = new InferenceSpec(copyJsonObject(chosen));
    if (this.uri && !namesModel(chosen)) setFiles(spec, this.uri);
    return spec;
  }

  /**
   * The version as a model, for `plan()` and `apply()`.
   *
   * @throws {TypeError} as {@linkcode RegisteredModel.inferenceSpec} does.
   */
  toModel(method?: string): Model {
    return new Model({ inferenceSpec: this.inferenceSpec(method) });
  }

  /**
   * Deploys the version as its specification says. The options are the target's own; without a name, the service is
   * named after the model.
   *
   * @throws {TypeError} or {RangeError} when an argument is wrong; nothing has been sent then.
   */
  async deploy<Options extends DeployOptions, Input = unknown, Output = unknown>(
    target: Target<Options>,
    options?: NoInfer<Options> & RegisteredDeployOptions<Input, Output>,
  ): Promise<Service<Input, Output>> {
    const { method, labels, ...rest } = options ?? {};
    const model = this.toModel(method);
    const tags = { ...this.#origin(), ...labels };
    const given = {
      ...rest,
      ...(Object.keys(tags).length > 0 && { labels: tags }), // targets without tags need not know the option
      serviceName: options?.serviceName ?? generateServiceName(this.name),
    };
    // What was taken out of the target's options is back, but for `method`, which is none of them.
    return await model.deploy<Options, Input, Output>(target, given as unknown as typeof options);
  }

  /** What people read. */
  toString(): string {
    return `RegisteredModel "${this.name}" ${this.version ?? "without a version"}`;
  }

  /** Tags by which the console finds what was made of PAI's own models. */
  #origin(): Record<string, string> {
    if (this.provider !== "pai") return {};
    const tags = {
      Task: this.task,
      RootModelName: this.name,
      RootModelVersion: this.version,
      RootModelID: this.id,
      Domain: this.domain,
      CreatedBy: "QuickStart",
      BaseModelUri: this.uri,
    };
    return Object.fromEntries(Object.entries(tags).flatMap(([key, value]) => value ? [[key, value]] : []));
  }
}

/** Whether a specification already says where its model is. */
function namesModel({ model_path, containers, storage }: JsonObject): boolean {
  if (!containers) return model_path !== undefined;
  return Array.isArray(storage) &&
    storage.some((entry) =>
      isJsonObject(entry) && isJsonObject(entry.properties) && entry.properties.resource_type === "model"
    );
}

function setFiles(spec: InferenceSpec, uri: string): void {
  if (uri.startsWith("oss://")) {
    parseOssUri(uri);
    spec.setModelData(uri as `oss://${string}`); // just checked
  } else if (!spec.isContainerServing) spec.set("model_path", uri); // processors load archives from the web as well
}
