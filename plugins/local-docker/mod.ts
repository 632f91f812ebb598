/**
 * The same model, on this machine, in a container: what EAS would run, run by Docker, Podman, or another engine that
 * speaks Docker's API. On Deno, Bun and Node.
 *
 * Services with processors run, too. XGBoost models (JSON, UBJ) and dense networks in JSON run in this process, on a port
 * of 127.0.0.1, and need no engine; so do handlers, `localDocker({ processors: { pmml: jsonProcessor(run) } })`, for what
 * nothing here can run. A SavedModel runs in `tensorflow/serving`, of the version that the processor's code names, whose
 * REST API this process translates into PAI's protocol, signature included. A TorchScript model runs in an image with
 * PyTorch, in which a server of this package speaks that protocol itself; that image is `pytorch/torchserve`, the
 * official one without CUDA, though TorchServe is not used. Other images: `localDocker({ images: { tensorflow, pytorch } })`.
 *
 * The engine is the one that the options name, else `DOCKER_HOST`, else Docker's context in use, else the first that answers
 * on the sockets of Docker, rootless Docker, Docker Desktop, Colima, OrbStack, Rancher Desktop, Lima and Podman. On Deno
 * its socket needs `--allow-net=unix:/var/run/docker.sock`, `--allow-read` and `--allow-write` of that path; the service
 * `--allow-net=127.0.0.1`; and `--allow-env` and `--allow-read` of `~/.docker` let the engine and accounts be found.
 *
 * @example
 * ```ts
 * import { containerServingSpec, Model } from "@pai-edge/sdk/deploy";
 * import { dockerRunText, localDocker } from "@pai-edge/sdk/local-docker";
 * import { fromDisk } from "@pai-edge/sdk/storage/files";
 *
 * const inferenceSpec = containerServingSpec({
 *   image: "python:3.12-slim",
 *   command: "python app.py",
 *   sourceDir: fromDisk("examples"),
 *   requirements: ["fastapi", "uvicorn"],
 * });
 * const model = new Model({ inferenceSpec, modelData: fromDisk("examples/breast-cancer") });
 *
 * const target = localDocker(); // finds the engine when something is deployed
 * console.log(dockerRunText(target.plan(await model.toDeployment())));
 *
 * export async function tryIt(): Promise<unknown> {
 *   await using service = await model.deploy(target, { temporary: true }); // removed at the end of the block
 *   return await service.predictor().predict([[1, 2, 3]]);
 * }
 * ```
 *
 * @module
 */
export type { EngineTls } from "./engine/endpoint.ts";
export { DockerError, type DockerErrorCode, type EngineAttempt } from "./engine/docker-error.ts";
export {
  ContainerError,
  type ContainerErrorCode,
  type ContainerErrorInit,
} from "./failure/container-error.ts";
export type { OperationOptions } from "./engine/engine.ts";
export type { FindServiceOptions } from "./find-services.ts";
export type { GcItem, GcOptions, GcResult } from "./gc.ts";
export type { Life } from "./owner.ts";
export { type LocalDocker, localDocker } from "./local-docker.ts";
export type { ContainerOptions, LocalDockerDeployOptions, LocalDockerOptions } from "./options.ts";
export type {
  ContainerPlan,
  FilesToCopy,
  Gpus,
  PlannedMount,
  PullPolicy,
  Requirements,
  ResourceLimits,
  Start,
} from "./plan/container-plan.ts";
export { dockerRun, dockerRunText } from "./plan/docker-run.ts";
export type { LocalFolders } from "./plan/mounts.ts";
export type { ProcessorImages } from "./processors/images.ts";
export type { Handler } from "../processors/handler.ts";
export { jsonProcessor, type RunRows } from "../processors/json-processor.ts";
export type { DTypeOfType, ModelSignature, ModelTensor, TensorsOf } from "../processors/model-signature.ts";
export { type ModelOutputs, pytorchProcessor, type RunModel } from "../processors/pytorch-processor.ts";
export { tensorflowProcessor, type TensorFlowProcessorOptions } from "../processors/tensorflow-processor.ts";
