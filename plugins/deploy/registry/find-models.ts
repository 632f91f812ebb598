import type { Client } from "../../../core/client.ts";
import { PaiError } from "../../../core/errors.ts";
import { pct } from "../../../core/percent.ts";
import { type AssetCallOptions, pages } from "../workspace/pages.ts";
import type { ModelAnswer, VersionAnswer } from "./answers.ts";
import { RegisteredModel } from "./registered-model.ts";

/** Which models; without a filter, all of the workspace. */
export interface ModelFilter extends AssetCallOptions {
  /** Who provides them: `pai` for PAI's own, `huggingface`; the caller's own when absent. */
  provider?: string;
  /** Workspace. @default {the client's, else all that the caller may see} */
  workspaceId?: string;
}

/** Options of {@linkcode listModels}. */
export interface ListModelsOptions extends ModelFilter {
  /** A part of the name. */
  name?: string;
  /** What they do, such as `text-classification`. */
  task?: string;
  /** What they are about, such as `nlp`. */
  domain?: string;
}

/** Options of {@linkcode getModel}. */
export interface GetModelOptions extends ModelFilter {
  /** The version. @default {the latest} */
  version?: string;
}

/**
 * Lists registered models, each with its latest version.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listmodels
 *
 * @throws {ApiError} while it is read, when the API refuses.
 */
export async function* listModels(
  client: Client,
  options: ListModelsOptions = {},
): AsyncGenerator<RegisteredModel, void, undefined> {
  for await (const model of models(client, options, options.name)) {
    yield new RegisteredModel(model, model.LatestVersion ?? undefined);
  }
}

/**
 * Finds a registered model by its exact name.
 *
 * @throws {TypeError} when no name is given.
 * @throws {PaiError} with the code `ModelNotFound`, when there is none of this name, or it has no version yet.
 * @throws {ApiError} when the API refuses, as it does for a version that isn't there.
 */
export async function getModel(
  client: Client,
  name: string,
  options: GetModelOptions = {},
): Promise<RegisteredModel> {
  const model = await findModel(client, name, options);
  const what = `Cannot get the registered model "${name}"`;
  if (!model) {
    const where = options.provider ? ` of provider "${options.provider}"` : "";
    throw new PaiError(`${what}: there is none${where}; look at listModels()`, { code: "ModelNotFound" });
  }
  const { version, signal, timeout } = options;
  if (version !== undefined) {
    const path = `${modelPath(model.ModelId)}/versions/${pct(version)}`;
    const call = { product: "aiworkspace", path, signal, timeout };
    return new RegisteredModel(model, await client.call<VersionAnswer>("GetModelVersion", call));
  }
  if (model.LatestVersion) return new RegisteredModel(model, model.LatestVersion);
  throw new PaiError(`${what}: it has no version; register one`, { code: "ModelNotFound" });
}

/**
 * Lists the versions of a model.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listmodelversions
 *
 * @throws {ApiError} while it is read, when the API refuses.
 */
export async function* listModelVersions(
  client: Client,
  model: RegisteredModel,
  { signal, timeout }: AssetCallOptions = {},
): AsyncGenerator<RegisteredModel, void, undefined> {
  const listing = { path: `${modelPath(model.id)}/versions`, query: {}, items: "Versions", signal, timeout };
  for await (const version of pages<VersionAnswer>(client, "ListModelVersions", listing)) {
    yield new RegisteredModel(model.raw.model as ModelAnswer, version); // it came from such an answer
  }
}

/** Path of a model. */
export function modelPath(id: string): string {
  return `/api/v1/models/${pct(id)}`;
}

/** Looks a model up by its exact name. */
export async function findModel(
  client: Client,
  name: string,
  options: ModelFilter,
): Promise<ModelAnswer | undefined> {
  if (typeof name !== "string" || name === "") {
    throw new TypeError("Cannot look for a registered model without a name");
  }
  // A name in quotes is looked for as it is; the comparison is for servers that find more.
  for await (const model of models(client, options, `"${name}"`)) {
    if (model.ModelName === name) return model;
  }
}

function models(
  client: Client,
  { provider, task, domain, workspaceId = client.workspaceId, signal, timeout }: ListModelsOptions,
  name: string | undefined,
): AsyncGenerator<ModelAnswer, void, undefined> {
  const query = {
    ModelName: name,
    Provider: provider,
    Task: task,
    Domain: domain,
    WorkspaceId: workspaceId,
  };
  const listing = { path: "/api/v1/models", query, items: "Models", signal, timeout };
  return pages<ModelAnswer>(client, "ListModels", listing);
}
