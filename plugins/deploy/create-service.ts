import type { Client } from "../../core/client.ts";
import { describeService, type EasDescription, servicePath } from "../../core/eas-service.ts";
import { ApiError, CredentialsError, PaiError, ServiceError, TimeoutError } from "../../core/errors.ts";
import type { ProgressEvent } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import type { EasDeployOptions } from "./eas-options.ts";
import { type EndpointType, untilGatewayAnswers, watchOf } from "./eas-service.ts";
import type { JsonObject } from "./json-object.ts";
import { deleteObjects, upload, type UploadPlan } from "./upload.ts";
import { goals, isMissing, untilStatus } from "./wait.ts";

/** What a deployment will do, known before it does anything. */
export interface Plan {
  /** Name of the service. */
  name: string;
  /** Body of CreateService. */
  config: JsonObject;
  /** What is uploaded before. */
  files: UploadPlan["files"];
}

/** Where and how a plan is carried out. */
export interface Job {
  /** Asks, and has the clock. */
  client: Client;
  /** Where files go; there when the plan has files. */
  storage?: Storage;
  /** Which address of the service is probed. */
  endpointType?: EndpointType;
  /** The caller's options, checked. */
  options: EasDeployOptions;
  /** When the deployment began, by the client's clock. */
  began: number;
  /** Hears of each step. */
  report: (event: Omit<ProgressEvent, "elapsed">) => void;
}

/**
 * Uploads, creates the service and waits for it. When a step fails, what was done is undone.
 *
 * @throws {ServiceError} when the name is taken, or the service fails.
 */
export async function createService(job: Job, { name, config, files }: Plan): Promise<EasDescription> {
  const { client, storage, options, report } = job;
  await checkNameIsFree(job, name);
  if (storage && files.length > 0) await upload(files, { storage, signal: options.signal, report });
  const made: Made = { name, files, service: "none" };
  try {
    options.signal?.throwIfAborted();
    report({ stage: "create", name, message: `creating service "${name}"` });
    made.service = "unknown";
    made.name = await create(client, config, options) ?? name;
    made.service = "created";
    return await settle(job, made.name);
  } catch (error) {
    const note = await undo(job, made, error);
    throw note && !options.signal?.aborted ? amended(error, note) : error;
  }
}

// A conflict would show when the service is created, but only after its files were uploaded.
async function checkNameIsFree({ client, options }: Job, name: string): Promise<void> {
  const taken = await describeService(client, name, { signal: options.signal }).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!taken) return;
  throw new ServiceError(
    `Cannot deploy service "${name}": the name is taken, by a service that is ${taken.status}; delete it or choose another`,
    { serviceName: name, serviceStatus: taken.status, code: "AlreadyExists" },
  );
}

// Not cancelled by the caller's signal: whether the service was created would be unknown.
async function create(
  client: Client,
  body: JsonObject,
  { labels }: EasDeployOptions,
): Promise<string | undefined> {
  const hasLabels = labels !== undefined && Object.keys(labels).length > 0;
  const answer = await client.call<{ ServiceName?: string } | undefined>("CreateService", {
    method: "POST",
    path: "/api/v2/services",
    ...(hasLabels && { query: { Labels: JSON.stringify(labels) } }),
    body,
  });
  return answer?.ServiceName;
}

async function settle({ client, endpointType, options, began }: Job, name: string): Promise<EasDescription> {
  const watch = watchOf(client, name, "deploy", options, began);
  if (options.wait === false) return await untilStatus(watch, goals.visible);
  const description = await untilStatus(watch, goals.created);
  await untilGatewayAnswers(watch, description, endpointType);
  return description;
}

/** What a deployment has made so far. */
interface Made {
  name: string;
  files: UploadPlan["files"];
  /** `unknown` when the service was asked for without an answer: then it may exist. */
  service: "none" | "unknown" | "created";
}

/** Undoes a deployment, in the order that never leaves a service without its files; returns what to tell of it. */
async function undo(job: Job, { name, files, service }: Made, error: unknown): Promise<string | undefined> {
  const { client, storage, options: { cleanupOnFailure = true } } = job;
  if (service === "created" || (service === "unknown" && !isRefusal(error))) {
    if (!cleanupOnFailure) return `service "${name}" is kept; delete it when you have seen enough`;
    try {
      await deleteService(client, name); // the name was free before, so a service of this name is ours
    } catch (cause) {
      return `service "${name}" could not be deleted (${String(cause)}); delete it yourself`;
    }
  }
  const left = storage ? await deleteObjects(storage, files.map(({ key }) => key)) : 0;
  if (left > 0) return `${left} uploaded files could not be deleted, see "${files[0]!.key}"`;
  return service === "created"
    ? "the service was deleted; pass cleanupOnFailure: false to keep it"
    : undefined;
}

// Without such an answer, whether the service was created is unknown.
function isRefusal(error: unknown): boolean {
  return error instanceof CredentialsError ||
    (error instanceof ApiError && error.status !== undefined && error.status < 500);
}

async function deleteService(client: Client, name: string): Promise<void> {
  await client.call("DeleteService", { method: "DELETE", path: servicePath(client.region, name) }).catch(
    (error) => {
      if (!isMissing(error)) throw error;
    },
  );
}

/** The same error with a note at the end of its message. */
function amended(error: unknown, note: string): unknown {
  if (!(error instanceof PaiError)) return new PaiError(`${String(error)}; ${note}`, { cause: error });
  const message = `${error.message}; ${note}`;
  const init = { ...error, cause: error }; // code, status, requestId and what its class adds
  if (error instanceof ServiceError) return new ServiceError(message, init as typeof init & ServiceError);
  if (error instanceof ApiError) return new ApiError(message, init as typeof init & ApiError);
  if (error instanceof TimeoutError) return new TimeoutError(message, init);
  return new PaiError(message, init);
}
