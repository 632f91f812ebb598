/**
 * Deploys models to PAI-EAS: describe how a model is served, deploy it to a target, and get a service to call,
 * stop, start and delete.
 *
 * @example Against the emulator, so it runs without an account
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { eas, InferenceSpec, Model } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 *
 * const cloud = emulator({ handlers: { iris: () => Response.json([1, 2]) } });
 * const client = createClient({ ...cloud });
 *
 * const spec = new InferenceSpec({ processor: "pmml" });
 * spec.config.metadata.rpc.keepalive = 1000;
 * const model = new Model({ modelData: "oss://my-bucket/iris.pmml", inferenceSpec: spec });
 *
 * const service = await model.deploy(eas(client), { serviceName: "iris", instanceType: "ecs.c6.large" });
 * console.log(await service.predictor().predict([[5.1, 3.5, 1.4, 0.2]]));
 * await service.delete(); // what was uploaded for it would stay in the bucket
 * ```
 *
 * @module
 */
export { eas, type EasOptions } from "./eas.ts";
export type { EasCommonOptions, EasDeployOptions } from "./eas-options.ts";
export { type EasServiceOptions, type EndpointType, getService } from "./eas-service.ts";
export type { ObjectKeys } from "./config-paths.ts";
export { InferenceSpec } from "./inference-spec.ts";
export type { ConfigView } from "./config-proxy.ts";
export type { ModelDataOptions } from "./model-data.ts";
export { Model, type ModelOptions } from "./model.ts";
export type { MountOptions, MountSource } from "./mounts.ts";
export { ResourceConfig, type ResourceOptions } from "./resource-config.ts";
export type { Deployment, DeployOptions, Mount, Target } from "../../core/target.ts";
export type {
  ProgressEvent,
  Service,
  ServiceDescription,
  ServiceStatus,
  StateChangeOptions,
  WaitOptions,
} from "../../core/service.ts";
