import type { FileSource } from "./files.ts";
import type { OssUri } from "./oss-uri.ts";
import type { Serializer } from "./serializer.ts";
import type { ServiceConfig, StorageEntry } from "./service-config.ts";
import type { Service, WaitOptions } from "./service.ts";

/** A folder to mount: files still to be uploaded, a folder on OSS, or an entry that the target passes on as it is. */
export interface Mount {
  /** Where the folder appears in the container; an entry without a path is passed on unchanged. */
  mountPath?: string;
  /** What appears there. An address always names exactly one folder and ends in `/`. */
  source: FileSource | OssUri | StorageEntry;
  /** Endpoint of an OSS folder, when it is in another region. */
  endpoint?: string;
  /** Hints for the console. */
  properties?: StorageEntry["properties"];
  /** What files are that are to be uploaded, when they are no data: the code that a container runs. */
  purpose?: "code";
}

/** What a target is asked to run. Everything is resolved and checked; nothing has been uploaded. */
export interface Deployment {
  /** The configuration without its `storage` and, when {@linkcode Deployment.modelData} is set, without `model_path`. */
  config: ServiceConfig;
  /** The entries of `storage`, in order. */
  mounts: Mount[];
  /** What a processor loads as its model; container services have it among the mounts. */
  modelData?: FileSource | OssUri;
}

/** Options that every target takes, so that a target chosen at run time type-checks. */
export interface DeployOptions<Input = unknown, Output = unknown> extends WaitOptions {
  /** Name of the service. Default: the one in the configuration, else one made from the model's name. */
  serviceName?: string;
  /**
   * Whether the service is deleted when the block ends that holds it, and what was uploaded for it as well:
   * `await using service = await model.deploy(…)`. Without it, a service is not disposable, so that none is deleted by
   * a slip. @default {false}
   */
  temporary?: boolean;
  /** Whether to wait until it answers; `false` returns once it is started. @default {true} */
  wait?: boolean;
  /** Format of the service's predictor; chosen from the configuration when absent. */
  serializer?: Serializer<Input, Output>;
}

/** Where models are deployed: EAS, a local container engine, or anything of this shape. */
export interface Target<Options extends DeployOptions = DeployOptions> {
  /** Runs a deployment and resolves when it answers. */
  deploy<Input = unknown, Output = unknown>(
    deployment: Deployment,
    options: Options & { serializer?: Serializer<Input, Output> },
  ): Promise<Service<Input, Output>>;
}
