/**
 * PAI's model registry: register versions of a model, find them again, and deploy one as it was registered.
 *
 * @example Against the emulator, so it runs without an account
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { eas, InferenceSpec } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { deleteModel, getModel, registerModel } from "@pai-edge/sdk/models";
 *
 * const client = createClient({ ...emulator({ handlers: { pmml: () => Response.json([1]) } }) });
 * await registerModel(client, {
 *   name: "iris",
 *   modelData: "oss://my-bucket/iris.pmml",
 *   inferenceSpec: new InferenceSpec({ processor: "pmml" }),
 *   frameworkType: "Xflow",
 * });
 *
 * const model = await getModel(client, "iris"); // its latest version
 * const service = await model.deploy(eas(client), { instanceType: "ecs.c6.large" });
 * console.log(model.version, await service.predictor().predict([[5.1, 3.5, 1.4, 0.2]]));
 *
 * await service.delete();
 * await deleteModel(client, model, { allVersions: true });
 * ```
 *
 * @module
 */
export { deleteModel, type DeleteModelOptions } from "./registry/delete-model.ts";
export {
  getModel,
  type GetModelOptions,
  listModels,
  type ListModelsOptions,
  listModelVersions,
  type ModelFilter,
} from "./registry/find-models.ts";
export { type RegisteredDeployOptions, RegisteredModel } from "./registry/registered-model.ts";
export { registerModel, type RegisterModelOptions } from "./registry/register-model.ts";
export type { ModelAnswer, Tag, VersionAnswer } from "./registry/answers.ts";
export type { AssetCallOptions } from "./workspace/pages.ts";
