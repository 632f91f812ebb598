import type { Client } from "../../core/client.ts";
import { type FileSource, isFileSource } from "../../core/files.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { Service } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import type { Deployment, Target } from "../../core/target.ts";
import { bounded } from "../../core/timeout.ts";
import { createService, type Job, type Plan } from "./create-service.ts";
import { serviceConfig } from "./eas-config.ts";
import { checkOptions, type EasDeployOptions } from "./eas-options.ts";
import { EasService, type EndpointType } from "./eas-service.ts";
import { keyProblem, planUploads, type UploadPlan } from "./plan-uploads.ts";
import type { ResourceConfig } from "./resource-config.ts";
import { checkServiceName } from "./service-name.ts";
import { timeLeft, watchOf } from "./watch.ts";

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
  const { storage, uploadPrefix = "pai/", endpointType } = setup;
  checkPrefix(uploadPrefix);
  return {
    async deploy<Input, Output>(
      deployment: Deployment,
      options: EasDeployOptions & { serializer?: Serializer<Input, Output> },
    ): Promise<Service<Input, Output>> {
      const resources = checkOptions(options);
      const { serviceName = "", serializer, wait = true } = options;
      const { began, deadline } = watchOf(client, serviceName, "deploy", options);
      const report: Job["report"] = (event) =>
        options.onProgress?.({ ...event, elapsed: client.clock.now() - began });
      const job: Job = { client, storage, endpointType, options, began, deadline, report };
      const plan = await prepare(job, deployment, resources, uploadPrefix);
      const description = await createService(job, plan);
      return new EasService<Input, Output>(client, description, { serializer, endpointType, answered: wait });
    },
  };
}

function checkPrefix(prefix: unknown): void {
  if (prefix === "") return;
  const problem = typeof prefix !== "string" || !prefix.endsWith("/")
    ? 'must end in "/"'
    : keyProblem(prefix.slice(0, -1));
  if (!problem) return;
  throw new TypeError(`Cannot deploy to EAS: uploadPrefix "${String(prefix)}" ${problem}`);
}

async function prepare(
  job: Job,
  deployment: Deployment,
  resources: ResourceConfig | undefined,
  prefix: string,
): Promise<Plan> {
  const { client: { workspaceId }, options } = job;
  const { files, addressOf } = await planFiles(job, deployment, prefix);
  const config = serviceConfig({ deployment, options, resources, workspaceId, addressOf });
  const { name } = config;
  checkServiceName(name);
  if (resources?.gpu && resources.gpuMemory) {
    const message = "gpu and gpuMemory are both given: an instance with whole GPUs does not share one";
    job.report({ stage: "create", name, message });
  }
  return { name, config, files };
}

async function planFiles(job: Job, { modelData, mounts }: Deployment, prefix: string): Promise<UploadPlan> {
  const { client: { clock }, storage, options: { serviceName, signal } } = job;
  signal?.throwIfAborted();
  const sources: FileSource[] = [modelData, ...mounts.map(({ source }) => source)].filter(isFileSource);
  if (sources.length === 0) return { files: [], addressOf: () => "" };
  if (storage) {
    const what = `Cannot deploy service "${serviceName}", reading its files`;
    return await bounded(what, timeLeft(job), signal, () => planUploads(sources, storage, prefix, clock));
  }
  throw new TypeError(
    `Cannot deploy "${
      sources[0]!.label
    }": no storage to upload it to; use eas(client, { storage: oss(client, { bucket }) })`,
  );
}
