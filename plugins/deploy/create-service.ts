import type { Client } from "../../core/client.ts";
import { describeService, type EasDescription } from "../../core/eas-service.ts";
import { ApiError, ServiceError } from "../../core/errors.ts";
import type { ProgressEvent } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import type { EasDeployOptions } from "./eas-options.ts";
import { type EndpointType, untilGatewayAnswers } from "./eas-service.ts";
import type { JsonObject } from "./json-object.ts";
import type { UploadPlan } from "./plan-uploads.ts";
import { amended, type Made, undo } from "./undo.ts";
import { upload } from "./upload.ts";
import { goals, isMissing, requestTimeout, untilStatus } from "./wait.ts";
import { timeLeft, watchOf } from "./watch.ts";

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
  /** When the deployment gives up, by the client's clock. */
  deadline: number;
  /** Hears of each step. */
  report: (event: Omit<ProgressEvent, "elapsed">) => void;
}

/**
 * Uploads, creates the service and waits for it. When a step fails, what was done is undone.
 *
 * @throws {ServiceError} when the name is taken, or the service fails.
 * @throws {TimeoutError} when the time is up.
 */
export async function createService(job: Job, plan: Plan): Promise<EasDescription> {
  const { client, storage, options, report } = job;
  const { signal, cleanupOnFailure: cleanup = true } = options;
  const { name, config } = plan;
  await checkNameIsFree(job, name);
  const made: Made = { name, config, keys: new Set(), service: "none" };
  try {
    await uploadFiles(job, plan, made.keys);
    signal?.throwIfAborted();
    report({ stage: "create", name, message: `creating service "${name}"` });
    made.service = "unknown";
    made.name = await create(job, plan);
    made.service = "ours";
    return await settle(job, made.name);
  } catch (error) {
    const note = await undo(made, error, { client, storage, cleanup });
    if (!note) throw error;
    if (!signal?.aborted) throw amended(name, error, note);
    report({ stage: "create", name, message: note }); // the caller is owed the signal's own reason
    throw error;
  }
}

// A conflict would show when the service is created, but only after its files were uploaded.
async function checkNameIsFree(job: Job, name: string): Promise<void> {
  const found = await describe(job, name).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (found) throw nameIsTaken(name, found);
}

function describe(job: Job, name: string): Promise<EasDescription> {
  const { client, options: { signal } } = job;
  return describeService(client, name, { signal, timeout: timeLeft(job, requestTimeout) });
}

function nameIsTaken(name: string, by?: EasDescription, cause?: ApiError): ServiceError {
  const what = by ? `the name is taken, by a service that is ${by.status}` : "the name is taken";
  return new ServiceError(`Cannot deploy service "${name}": ${what}; delete it or choose another`, {
    serviceName: name,
    serviceStatus: by?.status ?? "unknown",
    code: "AlreadyExists",
    status: cause?.status,
    requestId: cause?.requestId,
    cause,
  });
}

async function uploadFiles(job: Job, { name, files }: Plan, written: Set<string>): Promise<void> {
  const { storage, options: { signal }, report } = job;
  if (!storage || files.length === 0) return;
  const what = `Cannot deploy service "${name}", uploading its files`;
  await upload(files, { what, storage, signal, timeout: timeLeft(job), report, written });
}

// Not cancelled by the caller's signal: whether the service was created would be unknown.
async function create(job: Job, { name, config }: Plan): Promise<string> {
  const { client, options: { labels = {} } } = job;
  try {
    const answer = await client.call<{ ServiceName?: string } | undefined>("CreateService", {
      method: "POST",
      path: "/api/v2/services",
      ...(Object.keys(labels).length > 0 && { query: { Labels: JSON.stringify(labels) } }),
      body: config,
      timeout: timeLeft(job, requestTimeout),
    });
    return answer?.ServiceName ?? name;
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw nameIsTaken(name, await describe(job, name).catch(() => undefined), error);
  }
}

// Somebody has taken the name since it was free.
function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 409 || /AlreadyExist/i.test(error.code ?? ""));
}

async function settle(job: Job, name: string): Promise<EasDescription> {
  const { client, endpointType, options, began } = job;
  const watch = watchOf(client, name, "deploy", options, began);
  if (options.wait === false) return await untilStatus(watch, goals.visible);
  const description = await untilStatus(watch, goals.created);
  await untilGatewayAnswers(watch, description, endpointType);
  return description;
}
