import type { Client } from "../../../core/client.ts";
import { type FileSource, isFileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import { pct } from "../../../core/percent.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import { InferenceSpec } from "../inference-spec.ts";
import { copyJsonObject, isJsonObject, type JsonValue, uploadKey } from "../json-object.ts";
import { checkAddress } from "../mounts.ts";
import type { AssetCallOptions } from "../workspace/pages.ts";
import { type ModelAnswer, tagsFrom, type VersionAnswer } from "./answers.ts";
import { findModel, modelPath } from "./find-models.ts";
import { RegisteredModel } from "./registered-model.ts";
import { storeFiles } from "./store-files.ts";

/** What {@linkcode registerModel} registers. */
export interface RegisterModelOptions extends AssetCallOptions {
  /** Name of the model; a version is added to a model that is there. */
  name: string;
  /** Where the version's files are, or files to upload, such as `fromDisk("./model")`. */
  modelData: OssUri | FileSource;
  /** Where files are uploaded to; needed when `modelData` is files. */
  storage?: Storage;
  /** What the keys of uploaded files start with. @default {"pai/"} */
  uploadPrefix?: string;
  /** Hears of each step of an upload, which `timeout` doesn't bound. */
  onProgress?: (event: ProgressEvent) => void;
  /** How it is served, or a specification for each of several methods. */
  inferenceSpec?: InferenceSpec | Readonly<Record<string, InferenceSpec>>;
  /** Version, such as `1.0.0` or `1.0.0_beta`. @default {the next: 0.1.0, then 0.2.0, …} */
  version?: string;
  /** Workspace of the model. @default {the client's, else the default one} */
  workspaceId?: string;
  /** What a new model is like; not looked at when the model is there. */
  model?: {
    /** Description. */
    description?: string;
    /** Address of its documentation. */
    doc?: string;
    /** What it is about, such as `nlp`. */
    domain?: string;
    /** What it does, such as `text-classification`. */
    task?: string;
    /** Where it comes from, such as `huggingface`. */
    origin?: string;
    /** Who may see it. @default {"PRIVATE"} */
    accessibility?: "PUBLIC" | "PRIVATE";
    /** Tags. */
    labels?: Readonly<Record<string, string>>;
  };
  /** Description of the version. */
  versionDescription?: string;
  /** Tags of the version, 20 at most. */
  versionLabels?: Readonly<Record<string, string>>;
  /** `OfflineModel`, `SavedModel`, `Keras H5`, `Frozen Pb`, `TorchScript`, `XGBoost`, `PMML`, `ONNX`, … */
  formatType?: string;
  /** `PyTorch`, `TensorFlow`, `Keras`, `Caffe`, `Alink`, `Xflow`, `XGBoost`, … */
  frameworkType?: string;
  /** Whether it may be used. */
  approvalStatus?: "Pending" | "Approved" | "Rejected";
  /** Figures of its quality. */
  metrics?: Readonly<Record<string, unknown>>;
}

// https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-struct-modelversion
const versionName = /^\d+\.\d+\.\d+(_\w+)?$/;

/**
 * Registers a version of a model. Files are uploaded before, as `apply()` does: named after their content, so that
 * they are sent once, and kept when something fails.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-createmodelversion
 *
 * @throws {TypeError} when the name, the files, the version or the specification can't be registered; nothing has
 * been sent then.
 * @throws {StorageError} when files can't be read or stored.
 * @throws {ApiError} when the API refuses, as it does for a version that is there.
 */
export async function registerModel(client: Client, options: RegisterModelOptions): Promise<RegisteredModel> {
  const { name, version, signal, timeout } = options;
  const what = `Cannot register the model "${name}"`;
  if (version !== undefined && !versionName.test(version)) {
    throw new TypeError(`${what}: the version "${version}" must be like 1.0.0 or 1.0.0_beta`);
  }
  const created = {
    VersionName: version,
    VersionDescription: options.versionDescription,
    FormatType: options.formatType,
    FrameworkType: options.frameworkType,
    ApprovalStatus: options.approvalStatus,
    Metrics: options.metrics,
    Labels: tagsFrom(options.versionLabels),
    InferenceSpec: specJson(what, options.inferenceSpec),
  };
  const locate = locator(what, client, options);
  const call = { product: "aiworkspace", signal, timeout };
  const found = await findModel(client, name, options);
  const Uri = await locate();
  const id = found?.ModelId ?? await createModel(client, options);
  const path = `${modelPath(id)}/versions`;
  const { VersionName } = await client.call<{ VersionName: string }>(
    "CreateModelVersion",
    { ...call, method: "POST", path, body: { ...created, Uri } },
  );
  const answer = await client.call<VersionAnswer>(
    "GetModelVersion",
    { ...call, path: `${path}/${pct(VersionName)}` },
  );
  const model = found ?? await client.call<ModelAnswer>("GetModel", { ...call, path: modelPath(id) });
  return new RegisteredModel(model, answer);
}

/** Checks where the files are, and returns what brings them to OSS if they aren't there. */
function locator(
  what: string,
  client: Client,
  { modelData, storage, uploadPrefix: prefix = "pai/", signal, onProgress }: RegisterModelOptions,
): () => Promise<OssUri> | OssUri {
  if (!isFileSource(modelData)) {
    checkAddress(modelData, what);
    return () => modelData;
  }
  if (storage) return () => storeFiles(what, client, modelData, { storage, prefix, signal, onProgress });
  throw new TypeError(
    `${what}: no storage to upload "${modelData.label}" to; pass storage: oss(client, { bucket })`,
  );
}

async function createModel(
  client: Client,
  { name, model = {}, workspaceId = client.workspaceId, signal, timeout }: RegisterModelOptions,
): Promise<string> {
  const body = {
    ModelName: name,
    ModelDescription: model.description,
    ModelDoc: model.doc,
    Domain: model.domain,
    Task: model.task,
    Origin: model.origin,
    Accessibility: model.accessibility,
    Labels: tagsFrom(model.labels),
    WorkspaceId: workspaceId,
  };
  const { ModelId } = await client.call<{ ModelId: string }>("CreateModel", {
    product: "aiworkspace",
    method: "POST",
    path: "/api/v1/models",
    body,
    signal,
    timeout,
  });
  return ModelId;
}

function specJson(
  what: string,
  spec: RegisterModelOptions["inferenceSpec"],
): Record<string, unknown> | undefined {
  if (spec === undefined) return undefined;
  const json = spec instanceof InferenceSpec ? spec.toJSON() : Object.fromEntries(
    Object.entries(spec).map(([method, one]) => [method, one.toJSON()]),
  );
  if (!hasUploads(copyJsonObject(json))) return json;
  throw new TypeError(`${what}: its specification has files that wait for an upload; put them on OSS before`);
}

function hasUploads(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasUploads);
  return isJsonObject(value) && (Object.hasOwn(value, uploadKey) || Object.values(value).some(hasUploads));
}
