import type { Client } from "../../core/client.ts";
import { type FileSource, isFileSource } from "../../core/files.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import type { Deployment, Target } from "../../core/target.ts";
import { createService, type Job, type Plan } from "./create-service.ts";
import { serviceConfig } from "./eas-config.ts";
import { checkOptions, type EasDeployOptions } from "./eas-options.ts";
import { EasService, type EndpointType } from "./eas-service.ts";
import { checkServiceName } from "./service-name.ts";
import { planUploads, timestamps, type UploadPlan } from "./upload.ts";

/** Options of {@linkcode eas}. */
export interface EasOptions {
  /** Where files are uploaded to; needed when a model or a mount comes from files. */
  storage?: Storage;
  /** What the keys of uploaded files start with. @default {"pai/"} */
  uploadPrefix?: string;
  /** Which address of a service is called; the client's network decides when absent. */
  endpointType?: EndpointType;
}

/**
 * Deploys to EAS. What can be checked without the service is checked before the first request, and a deployment that
 * fails leaves nothing behind.
 *
 * @throws {TypeError} when an option is wrong.
 */
export function eas(client: Client, setup: EasOptions = {}): Target<EasDeployOptions> {
  if (typeof client?.call !== "function") {
    throw new TypeError("Cannot deploy to EAS: no client is given; make one with createClient({ region })");
  }
  const { uploadPrefix = "pai/" } = setup;
  if (uploadPrefix.startsWith("/") || /[^/]$/.test(uploadPrefix)) {
    throw new TypeError(
      `Cannot deploy to EAS: uploadPrefix must end in "/" and not start with it, not "${uploadPrefix}"`,
    );
  }
  const stamp = timestamps(client.clock);
  return {
    async deploy<Input, Output>(
      deployment: Deployment,
      options: EasDeployOptions & { serializer?: Serializer<Input, Output> },
    ): Promise<Service<Input, Output>> {
      const { clock } = client;
      const { storage, endpointType } = setup;
      const { serializer, wait = true } = options;
      const began = clock.now();
      const report: Job["report"] = (event) =>
        options.onProgress?.({ ...event, elapsed: clock.now() - began });
      const job: Job = { client, storage, endpointType, options, began, report };
      const plan = await prepare(
        job,
        deployment,
        (sources) => planFiles(sources, storage, uploadPrefix, stamp),
      );
      const description = await createService(job, plan);
      return new EasService<Input, Output>(client, description, { serializer, endpointType, answered: wait });
    },
  };
}

async function prepare(
  { client, options, report }: Job,
  deployment: Deployment,
  plan: (sources: FileSource[]) => Promise<UploadPlan>,
): Promise<Plan> {
  const resources = checkOptions(options);
  options.signal?.throwIfAborted();
  const sources = [deployment.modelData, ...deployment.mounts.map(({ source }) => source)].filter(
    isFileSource,
  );
  const { files, addressOf } = await plan(sources);
  const { workspaceId } = client;
  const config = serviceConfig({ deployment, options, resources, workspaceId, addressOf });
  checkServiceName(config.name);
  if (resources?.gpu && resources.gpuMemory) {
    const message = "gpu and gpuMemory are both given: an instance with whole GPUs does not share one";
    report({ stage: "create", name: config.name, message });
  }
  return { name: config.name, config, files };
}

async function planFiles(
  sources: FileSource[],
  storage: Storage | undefined,
  prefix: string,
  stamp: () => string,
): Promise<UploadPlan> {
  if (storage) return await planUploads(sources, storage, prefix, stamp);
  if (sources.length > 0) {
    throw new TypeError(
      `Cannot deploy "${
        sources[0]!.label
      }": no storage to upload it to; use eas(client, { storage: oss(client, { bucket }) })`,
    );
  }
  return { files: [], addressOf: () => "" };
}
