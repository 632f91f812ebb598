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
 * @example A service that is brought to what is wanted, and is left alone when it is so
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { apply, eas, InferenceSpec, Model, plan } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { fromMap } from "@pai-edge/sdk/storage/map";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 *
 * const client = createClient({ ...emulator({ handlers: { iris: () => Response.json([1, 2]) } }) });
 * const target = eas(client, { storage: oss(client, { bucket: "emulator-bucket" }) });
 * const model = new Model({
 *   modelData: fromMap({ "iris.pmml": "<PMML/>" }),
 *   inferenceSpec: new InferenceSpec({ name: "iris", processor: "pmml" }),
 * });
 *
 * await apply(target, model, { instanceType: "ecs.c6.large" }); // uploads the model and creates the service
 * const options = { instanceType: "ecs.c6.large", instanceCount: 3 };
 * console.log(`${await plan(target, model, options)}`); // ~ metadata.instance: 1 → 3, and the model is there already
 * const { service } = await apply(target, model, options);
 * console.log(service.name, (await plan(target, model, options)).action); // iris none
 * ```
 *
 * All of it runs in edge workers too, Cloudflare's with no compatibility flag: a deployment may be triggered there, with
 * a model that comes from `fromMap()`, and go on without the worker with `wait: false`.
 *
 * @example A service that fails tells why, and one that runs is looked after by functions
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { containerServingSpec, DeployError, eas, Model, scale, update } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 *
 * const handlers = { app: () => Response.json("hello") };
 * const client = createClient({ ...emulator({ handlers, scenarios: { hungry: "OOMKilled" } }) });
 * const inferenceSpec = containerServingSpec({ command: "python app.py", image: "registry.example.com/app:1" });
 * const model = new Model({ inferenceSpec });
 *
 * await model.deploy(eas(client), { serviceName: "hungry", instanceType: "ecs.c6.large" }).catch((error) => {
 *   if (!(error instanceof DeployError)) throw error;
 *   const [cause] = error.causes;
 *   console.log(`${cause?.kind}: ${cause?.message}; ${cause?.mend}`); // out-of-memory: the container needs more …
 * });
 *
 * const service = await model.deploy(eas(client), { serviceName: "app", instanceType: "ecs.c6.large" });
 * await scale(service, 2);
 * await update(service, { metadata: { rpc: { keepalive: 5000 } } });
 * for await (const { text } of service.logs({ tail: 3 })) console.log(text);
 * ```
 *
 * @example What is wrong with a configuration, before anything is sent
 * ```ts
 * import { validateConfig } from "@pai-edge/sdk/deploy";
 *
 * const config = { name: "iris", containers: [{ image: "registry.example.com/iris:1", port: 8080 }] };
 * for (const { severity, path, message } of validateConfig(config)) console.log(`${severity} ${path}: ${message}`);
 * ```
 *
 * @module
 */
export { eas, type EasOptions, type EasTarget } from "./eas/target.ts";
export type { EasPlace } from "./eas/job.ts";
export { type Applied, apply } from "./plan/apply.ts";
export type { PlanChange } from "./plan/changes.ts";
export { type Deployable, Plan, plan, type PlannedUpload } from "./plan/plan.ts";
export type { EasCommonOptions, EasDeployOptions } from "./eas/options.ts";
export { type EasService, type EasServiceOptions, type EndpointType, getService } from "./eas-service.ts";
export { type Cause, type CauseKind, DeployError, type Evidence } from "./failure/deploy-error.ts";
export { explainFailure, type ExplainOptions } from "./failure/explain.ts";
export * from "./services/mod.ts";
export type { ObjectKeys } from "./config-paths.ts";
export { InferenceSpec } from "./inference-spec.ts";
export { containerServingSpec } from "./container-serving-spec.ts";
export type { ContainerServingOptions, StorageMap } from "./container-config.ts";
export type { GitOptions } from "./git-source.ts";
export {
  dataset,
  type DatasetOptions,
  emptyDir,
  gitRepo,
  imageFiles,
  nfs,
  type NfsOptions,
  ossFolder,
  type OssFolderOptions,
  raw,
  sharedMemory,
} from "./storage-sources.ts";
export type { ToDeploymentOptions } from "./source-folder.ts";
export type { ConfigView } from "./config-proxy.ts";
export type { ModelDataOptions } from "./model-data.ts";
export { Model, type ModelOptions } from "./model.ts";
export type { MountOptions, MountSource } from "./mounts.ts";
export {
  type ModelFormat,
  type Processor,
  type ProcessorCode,
  processorFor,
  type ProcessorForOptions,
  processors,
} from "./processors.ts";
export { ResourceConfig, type ResourceOptions } from "./resource-config.ts";
export { checkConfig, type ConfigProblem, InvalidConfigError, validateConfig } from "./validate/mod.ts";
export type { Deployment, DeployOptions, Mount, Target } from "../../core/target.ts";
export type {
  DeleteOptions,
  LogLine,
  LogOptions,
  ProgressEvent,
  Service,
  ServiceDescription,
  ServiceStatus,
  StateChangeOptions,
  WaitOptions,
} from "../../core/service.ts";
