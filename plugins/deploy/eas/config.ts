import { type FileSource, isFileSource } from "../../../core/files.ts";
import { type OssUri, parseOssUri } from "../../../core/oss-uri.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type { Deployment, Mount } from "../../../core/target.ts";
import type { EasDeployOptions } from "./options.ts";
import { InferenceSpec } from "../inference-spec.ts";
import { copyJsonObject, isJsonObject, type JsonObject } from "../json-object.ts";
import type { ResourceConfig } from "../resource-config.ts";

/** What a service configuration is made of, checked and planned. */
export interface ServiceParts {
  /** What to run. */
  deployment: Deployment;
  /** The caller's options. */
  options: EasDeployOptions;
  /** The caller's resources, checked. */
  resources?: ResourceConfig;
  /** Workspace of the client. */
  workspaceId?: string;
  /** How the service runs that is there already: what nobody has said stays as it is. */
  running?: ServiceConfig;
  /** Where files will be: an address that ends in `/` for a folder, or names one file. */
  addressOf(files: FileSource): OssUri;
}

/**
 * Makes the body of CreateService; `options` are merged into it last.
 *
 * @throws {TypeError} when the options would leave files unused that are to be uploaded.
 */
export function serviceConfig(parts: ServiceParts): JsonObject & { name?: unknown } {
  const { deployment, options } = parts;
  const { modelData, mounts } = deployment;
  const body = copyJsonObject(deployment.config);
  if (modelData !== undefined) {
    if (isFileSource(modelData)) body.model_path = parts.addressOf(modelData);
    else Object.assign(body, ossModel(modelData));
  }
  if (mounts.length > 0) body.storage = mounts.map((mount) => storageEntry(mount, parts));
  body.name = options.serviceName ?? deployment.config.name;
  if (options.serviceName && isJsonObject(body.metadata)) delete body.metadata.name; // the other place of the name
  delete body.$schema; // which is for editors

  const spec = new InferenceSpec(body).merge(resourceOptions(parts)).merge(
    copyJsonObject(options.options ?? {}, [], "refuse"),
  );
  checkFilesAreUsed(parts, body, spec);
  if (spec.config.metadata.type === "Async" && spec.isContainerServing) {
    spec.config.metadata.rpc.proxy_path ??= "/"; // where the queue's proxy sends requests to
  }
  return copyJsonObject(spec.toJSON());
}

function checkFilesAreUsed({ deployment }: ServiceParts, body: JsonObject, spec: InferenceSpec): void {
  const files = {
    model_path: [deployment.modelData].find(isFileSource),
    storage: deployment.mounts.map(({ source }) => source).find(isFileSource),
  };
  for (const [key, source] of Object.entries(files)) {
    if (!source || JSON.stringify(spec.get(key)) === JSON.stringify(body[key])) continue;
    throw new TypeError(
      `Cannot deploy "${source.label}": options set "${key}", so nothing would use its files; give one of the two`,
    );
  }
}

function resourceOptions({ deployment, options, resources, running, ...parts }: ServiceParts): JsonObject {
  const { instanceType, instanceCount, resourceId, serviceType } = options;
  const given = deployment.config.metadata;
  const workspaceId = running?.metadata?.workspace_id ?? parts.workspaceId;
  const metadata = {
    instance: scaledCount(deployment, running) ?? instanceCount ?? given?.instance ??
      running?.metadata?.instance ?? 1,
    ...resources?.toMetadata(),
    ...(serviceType && { type: serviceType }),
    ...(resourceId && { resource: resourceId }),
    ...(workspaceId && given?.workspace_id === undefined && { workspace_id: workspaceId }),
  };
  return { metadata, ...(instanceType && { cloud: { computing: { instance_type: instanceType } } }) };
}

/** How many instances an autoscaler has chosen, within the limits that are wanted. */
function scaledCount({ config: { autoscaler } }: Deployment, running?: ServiceConfig): number | undefined {
  const count = running?.metadata?.instance;
  const { min = 0, max = 0 } = autoscaler ?? {};
  return count !== undefined && count >= min && count <= max ? count : undefined;
}

function ossModel(address: string): JsonObject {
  const { bucket, key, endpoint } = parseOssUri(address);
  return { model_path: `oss://${bucket}/${key}`, ...(endpoint && { oss_endpoint: endpoint }) };
}

function storageEntry(mount: Mount, { addressOf }: ServiceParts): JsonObject {
  const { mountPath, source, endpoint, properties } = mount;
  if (typeof source !== "string" && !isFileSource(source)) {
    return copyJsonObject(source, ["storage"], "refuse");
  }
  const path = isFileSource(source) ? folderOf(addressOf(source)) : source;
  return {
    ...(mountPath && { mount_path: mountPath }),
    oss: { path, ...(endpoint && { endpoint }) },
    ...(isJsonObject(properties) && { properties }),
  };
}

function folderOf(address: string): string {
  return address.slice(0, address.lastIndexOf("/") + 1);
}
