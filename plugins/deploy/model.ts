import { type FileSource, isFileSource } from "../../core/files.ts";
import { type OssUri, parseOssUri } from "../../core/oss-uri.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment, DeployOptions, Target } from "../../core/target.ts";
import { InferenceSpec } from "./inference-spec.ts";
import { checkAddress } from "./mounts.ts";
import { generateServiceName } from "./service-name.ts";
import type { ToDeploymentOptions } from "./source-folder.ts";
import { temporary } from "./temporary.ts";

/** What a {@linkcode Model} is made of; one of the two at least. */
export interface ModelOptions {
  /** Where the model is: on OSS, or files to upload, such as `fromDisk("./model")`. */
  modelData?: OssUri | FileSource;
  /** How the model is served; without one, the configuration only tells where the model is. */
  inferenceSpec?: InferenceSpec;
}

/** A model and how to serve it. It can be deployed any number of times, to any target. */
export class Model {
  readonly #modelData: OssUri | FileSource | undefined;
  readonly #spec: InferenceSpec;

  /**
   * Makes a model. Nothing is read or sent; later changes of the spec are seen by later deployments.
   *
   * @throws {TypeError} when there is neither, or the data is neither files nor an OSS address.
   */
  constructor(options: ModelOptions) {
    const { modelData, inferenceSpec } = options ?? {}; // JavaScript callers may give none
    if (modelData === undefined && inferenceSpec === undefined) {
      throw new TypeError("Cannot make a model: give modelData, inferenceSpec or both");
    }
    if (modelData !== undefined && !isFileSource(modelData)) checkAddress(modelData, "Cannot make a model");
    if (inferenceSpec !== undefined && !(inferenceSpec instanceof InferenceSpec)) {
      throw new TypeError(
        "Cannot make a model: inferenceSpec must be an InferenceSpec; wrap a literal in new InferenceSpec(…)",
      );
    }
    this.#modelData = modelData;
    this.#spec = inferenceSpec ?? new InferenceSpec();
  }

  /**
   * Deploys the model and resolves when it answers. The options are the target's own, and the service's predictor
   * takes and gives what `serializer` does. The model and its spec are not changed.
   *
   * @throws {TypeError} or {RangeError} when an argument is wrong; nothing has been sent then.
   * @throws {ServiceError} when the name is taken or the service fails; a `DeployError` when the cause was found.
   * @throws {TimeoutError} when the time is up.
   * @throws {ApiError} or {StorageError} when the target or the storage refuses.
   */
  deploy<Options extends DeployOptions, Input = unknown, Output = unknown>(
    target: Target<Options>,
    options: NoInfer<Options> & { serializer?: Serializer<Input, Output>; temporary: true },
  ): Promise<Service<Input, Output> & AsyncDisposable>;
  /** Deploys the model for longer than a block. */
  deploy<Options extends DeployOptions, Input = unknown, Output = unknown>(
    target: Target<Options>,
    options?: NoInfer<Options> & { serializer?: Serializer<Input, Output> },
  ): Promise<Service<Input, Output>>;
  async deploy<Options extends DeployOptions, Input = unknown, Output = unknown>(
    target: Target<Options>,
    options?: NoInfer<Options> & { serializer?: Serializer<Input, Output> },
  ): Promise<Service<Input, Output>> {
    const warnings: string[] = [];
    const deployment = await this.toDeployment({
      signal: options?.signal,
      timeout: options?.timeout,
      onWarning: (message) => warnings.push(message),
    });
    const { name = deployment.config.metadata?.name } = deployment.config;
    const serviceName = options?.serviceName ?? name ?? generateServiceName(this.#basename());
    for (const message of warnings) {
      options?.onProgress?.({ stage: "check", name: serviceName, level: "warning", message, elapsed: 0 });
    }
    const service = await target.deploy<Input, Output>(
      deployment,
      { ...options, serviceName } as typeof options & { serviceName: string }, // a spread keeps the members' types
    );
    return !options?.temporary || Symbol.asyncDispose in service ? service : temporary(service);
  }

  /**
   * What {@linkcode Model.deploy} asks a target to run: the spec with the model in it. Nothing is uploaded. Like the
   * spec's, it includes secrets.
   *
   * @throws {TypeError} as {@linkcode InferenceSpec.setModelData} and {@linkcode InferenceSpec.toDeployment} do.
   */
  async toDeployment(options: ToDeploymentOptions = {}): Promise<Deployment> {
    const spec = this.#spec.clone();
    if (this.#modelData !== undefined) spec.setModelData(this.#modelData, { onWarning: options.onWarning });
    return await spec.toDeployment(options);
  }

  #basename(): string | undefined {
    if (typeof this.#modelData !== "string") return this.#modelData?.label;
    const { bucket, key } = parseOssUri(this.#modelData);
    return key || bucket;
  }
}
