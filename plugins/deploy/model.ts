import { type FileSource, isFileSource } from "../../core/files.ts";
import { type OssUri, parseOssUri } from "../../core/oss-uri.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { DeployOptions, Target } from "../../core/target.ts";
import { InferenceSpec } from "./inference-spec.ts";
import { checkAddress } from "./mounts.ts";
import { generateServiceName } from "./service-name.ts";

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
   */
  async deploy<Options extends DeployOptions, Input = unknown, Output = unknown>(
    target: Target<Options>,
    options?: NoInfer<Options> & { serializer?: Serializer<Input, Output> },
  ): Promise<Service<Input, Output>> {
    const spec = this.#spec.clone();
    if (this.#modelData !== undefined) spec.setModelData(this.#modelData);
    const deployment = spec.toDeployment();
    const { name = deployment.config.metadata?.name } = deployment.config;
    const serviceName = options?.serviceName ?? name ??
      generateServiceName(this.#basename());
    return await target.deploy<Input, Output>(
      deployment,
      { ...options, serviceName } as typeof options & { serviceName: string }, // a spread keeps the members' types
    );
  }

  #basename(): string | undefined {
    if (typeof this.#modelData !== "string") return this.#modelData?.label;
    const { bucket, key } = parseOssUri(this.#modelData);
    return key || bucket;
  }
}
