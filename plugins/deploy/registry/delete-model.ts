import type { Client } from "../../../core/client.ts";
import { pct } from "../../../core/percent.ts";
import type { AssetCallOptions } from "../workspace/pages.ts";
import { modelPath } from "./find-models.ts";
import type { RegisteredModel } from "./registered-model.ts";

/** Options of {@linkcode deleteModel}. */
export interface DeleteModelOptions extends AssetCallOptions {
  /** Whether to delete the model with all of its versions. @default {false} */
  allVersions?: boolean;
}

/**
 * Deletes a version from the registry, or the whole model. Its files stay where they are.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-deletemodelversion
 *
 * @throws {TypeError} when the model has no version to delete.
 * @throws {ApiError} when the API refuses.
 */
export async function deleteModel(
  client: Client,
  model: RegisteredModel,
  { allVersions = false, signal, timeout }: DeleteModelOptions = {},
): Promise<void> {
  const call = { product: "aiworkspace", method: "DELETE", signal, timeout };
  if (allVersions) {
    await client.call("DeleteModel", { ...call, path: modelPath(model.id) });
    return;
  }
  if (!model.version) {
    throw new TypeError(
      `Cannot delete a version of "${model.name}": it has none; pass { allVersions: true }`,
    );
  }
  const path = `${modelPath(model.id)}/versions/${pct(model.version)}`;
  await client.call("DeleteModelVersion", { ...call, path });
}
