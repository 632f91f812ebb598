import type { EasDescription } from "../../../core/eas-service.ts";
import { ApiError } from "../../../core/errors.ts";
import { explainedRefusal } from "../failure/refusal.ts";
import { filesOf } from "../uploads/plan.ts";
import { upload } from "../uploads/upload.ts";
import { untilGatewayAnswers } from "../waiting/probe.ts";
import { goals, requestTimeout, untilStatus } from "../waiting/wait.ts";
import { timeLeft, watchOf } from "../waiting/watch.ts";
import type { Job } from "./job.ts";
import { find, nameIsTaken } from "./preflight.ts";
import type { Prepared } from "./prepare.ts";
import { amended, type Made, undo } from "./undo.ts";

/**
 * Uploads, creates the service and waits for it. When a step fails, what was done is undone.
 *
 * @throws {ServiceError} when the name is taken.
 * @throws {DeployError} when the control plane refuses for a known cause, or the service fails.
 * @throws {TimeoutError} when the time is up without a cause to tell.
 */
export async function createService(job: Job, prepared: Prepared): Promise<EasDescription> {
  const { client, storage, options, report } = job;
  const { signal, cleanupOnFailure: cleanup = true } = options;
  const { name } = prepared;
  const config = prepared.config();
  const made: Made = { name, config, keys: new Set(), service: "none" };
  try {
    await uploadFiles(job, prepared, made.keys);
    signal?.throwIfAborted();
    report({ stage: "create", name, message: `creating service "${name}"` });
    made.service = "unknown";
    made.name = await create(job, made);
    made.service = "ours";
    return await settle(job, made.name);
  } catch (error) {
    const note = await undo(made, error, { client, storage, cleanup });
    if (!note) throw error;
    if (!signal?.aborted) throw amended(job.action, name, error, note);
    report({ stage: "create", name, level: "note", message: note }); // the caller is owed the signal's own reason
    throw error;
  }
}

/** Uploads what a deployment needs; `written` gets the keys of what is or may be there afterwards. */
export async function uploadFiles(
  job: Job,
  { name, uploads }: Pick<Prepared, "name" | "uploads">,
  written: Set<string>,
): Promise<void> {
  const { storage, options: { signal }, report } = job;
  const files = filesOf(uploads);
  if (!storage || files.length === 0) return;
  const what = `Cannot ${job.action} service "${name}", uploading its files`;
  await upload(files, { what, storage, signal, timeout: timeLeft(job), report, written });
}

// Not cancelled by the caller's signal: whether the service was created would be unknown.
async function create(job: Job, { name, config }: Made): Promise<string> {
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
    if (!isConflict(error)) throw explainedRefusal(error, job.action, name, config);
    throw nameIsTaken(name, await find(job, name).catch(() => undefined), error);
  }
}

// Somebody has taken the name since it was free.
function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 409 || /AlreadyExist/i.test(error.code ?? ""));
}

async function settle(job: Job, name: string): Promise<EasDescription> {
  const { client, endpointType, options, began } = job;
  const watch = watchOf(client, name, job.action, options, began);
  if (options.wait === false) return await untilStatus(watch, goals.visible);
  const description = await untilStatus(watch, goals.created);
  await untilGatewayAnswers(watch, description, endpointType);
  return description;
}
