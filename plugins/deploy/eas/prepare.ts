import { type FileSource, isFileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type { Deployment } from "../../../core/target.ts";
import { bounded } from "../../../core/timeout.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";
import type { ResourceConfig } from "../resource-config.ts";
import type { Naming } from "../uploads/naming.ts";
import { planUploads, type Upload, uploadFolder, type UploadPlan } from "../uploads/plan.ts";
import { checkConfig } from "../validate/mod.ts";
import type { ConfigProblem } from "../validate/problem.ts";
import { timeLeft } from "../waiting/watch.ts";
import { serviceConfig } from "./config.ts";
import type { Job } from "./job.ts";

/** What a deployment will do, known before it does anything. */
export interface Prepared {
  /** Name of the service. */
  name: string;
  /** Body of CreateService; beside a service that runs, what nobody has said is as it has it. */
  config(running?: ServiceConfig): JsonObject;
  /** What is uploaded before. */
  uploads: Upload[];
  /** What is doubtful about the configuration. */
  warnings: ConfigProblem[];
}

/**
 * Makes the configuration and looks at every file. The configuration is judged first, as files may be large.
 *
 * @throws {InvalidConfigError} when the service would be refused or broken.
 * @throws {TypeError} when there are files and no storage for them, or a file can't be an object.
 * @throws {StorageError} when a file can't be read.
 */
export async function prepare(
  job: Job,
  deployment: Deployment,
  resources: ResourceConfig | undefined,
  naming: Naming,
): Promise<Prepared> {
  const { client: { workspaceId }, options, storage, uploadPrefix, report } = job;
  options.signal?.throwIfAborted();
  const sources = [deployment.modelData, ...deployment.mounts.map(({ source }) => source)].filter(
    isFileSource,
  );
  if (sources[0] && !storage) throw noStorage(sources[0]);
  const configWith = (addressOf: (files: FileSource) => OssUri, running?: ServiceConfig) =>
    serviceConfig({ deployment, options, resources, workspaceId, running, addressOf });

  const somewhere: OssUri = `oss://${storage?.bucket}/${uploadFolder(uploadPrefix)}`;
  const draft = configWith(() => somewhere);
  const name = nameIn(draft);
  const warnings: ConfigProblem[] = [];
  const warn = (warning: ConfigProblem): void => {
    const { path, message } = warning;
    warnings.push(warning);
    report({ stage: "check", name, level: "warning", message: path ? `${path}: ${message}` : message });
  };
  sharedGpuWarnings(resources).forEach(warn);
  checkConfig(draft, warn);

  const isCode = (files: FileSource): boolean =>
    deployment.mounts.some(({ source, purpose }) => source === files && purpose === "code");
  const { uploads, addressOf } = await planFiles(job, sources, naming, isCode);
  return { name, config: (running) => configWith(addressOf, running), uploads, warnings };
}

/** The name of a service, wherever it stands; what is none is refused with the rest of the configuration. */
function nameIn({ name, metadata }: JsonObject): string {
  return String(name ?? (isJsonObject(metadata) ? metadata.name : undefined));
}

async function planFiles(
  job: Job,
  sources: FileSource[],
  naming: Naming,
  isCode: (source: FileSource) => boolean,
): Promise<UploadPlan> {
  const { action, storage, uploadPrefix: prefix, options: { serviceName, signal } } = job;
  if (!storage || sources.length === 0) return { uploads: [], addressOf: () => "oss://" };
  const what = `Cannot ${action} service "${serviceName}", reading its files`;
  const { bucket } = storage;
  return await bounded(
    what,
    timeLeft(job),
    signal,
    () => planUploads(sources, { bucket, prefix, naming, isCode }),
  );
}

function noStorage({ label }: FileSource): TypeError {
  return new TypeError(
    `Cannot deploy "${label}": no storage to upload it to; use eas(client, { storage: oss(client, { bucket }) })`,
  );
}

function sharedGpuWarnings(resources: ResourceConfig | undefined): ConfigProblem[] {
  if (!resources?.gpu || !resources.gpuMemory) return [];
  const message = "gpu and gpuMemory are both given: an instance with whole GPUs does not share one";
  return [{ path: "metadata.gpu_memory", message, severity: "warning" }];
}
