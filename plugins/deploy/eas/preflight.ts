import { describeService, type EasDescription } from "../../../core/eas-service.ts";
import { ApiError, ServiceError, StorageError } from "../../../core/errors.ts";
import { filesOf, type Upload } from "../uploads/plan.ts";
import { checkWritable } from "../uploads/stored.ts";
import { isMissing } from "../waiting/api-failures.ts";
import { requestTimeout, untilGone } from "../waiting/wait.ts";
import { timeLeft, watchOf } from "../waiting/watch.ts";
import type { Job } from "./job.ts";

/**
 * Finds out that a name is free, and waits for a service of that name that is being deleted. A conflict would show when
 * the service is created, but only after its files were uploaded.
 *
 * @throws {ServiceError} when it is taken.
 */
export async function checkNameIsFree(job: Job, name: string): Promise<void> {
  const found = await find(job, name);
  if (found && !isLeaving(found)) throw nameIsTaken(name, found);
  if (found) await untilGone(watchOf(job.client, name, job.action, job.options, job.began));
}

/** Whether a service will be gone soon, and its name be free. */
export function isLeaving({ status }: Pick<EasDescription, "status">): boolean {
  return status === "Deleting" || status === "Deleted";
}

/**
 * The service of this name, when there is one.
 *
 * @throws {ApiError} that tells what to grant when it may not be looked at.
 */
export async function find(job: Job, name: string): Promise<EasDescription | undefined> {
  const { client, options: { signal } } = job;
  try {
    return await describeService(client, name, { signal, timeout: timeLeft(job, requestTimeout) });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw isForbidden(error) ? notAllowed(job, name, error) : error;
  }
}

/**
 * Finds out that what is to come is allowed, before the first byte of large files is sent: that objects may be
 * written, and services be created. Neither leaves anything behind, and no answer but a refusal counts.
 *
 * CreateService is called without anything to create: permissions are checked before the body is, so that who lacks
 * them is told so, and everybody else that there is no name. UpdateService is not asked in this way: what it is
 * asked of runs already, and files that were uploaded are there when the permission is.
 *
 * @throws {ApiError} or {StorageError} that tells what to grant.
 */
export async function checkPermissions(
  job: Job,
  name: string,
  { uploads, creates }: { uploads: readonly Upload[]; creates: boolean },
): Promise<void> {
  const { client, storage, options: { signal } } = job;
  const [file] = filesOf(uploads);
  if (!file || !storage) return;
  job.report({ stage: "check", name, message: `looking whether service "${name}" may be deployed` });
  try {
    await checkWritable(storage, file.key, signal);
    if (!creates) return;
    const timeout = timeLeft(job, requestTimeout);
    await client.call("CreateService", {
      method: "POST",
      path: "/api/v2/services",
      body: {},
      signal,
      timeout,
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StorageError && error.status === 403) {
      const where = `oss://${storage.bucket}/${file.key}`;
      throw new StorageError(
        `Cannot ${job.action} service "${name}": its files may not be written to "${where}" (${error.code}); ` +
          "grant oss:PutObject on it",
        { ...error, cause: error },
      );
    }
    if (error instanceof StorageError) throw error; // there is no such bucket
    if (isForbidden(error)) throw notAllowed(job, name, error);
  }
}

/** The error of a name that somebody has. */
export function nameIsTaken(name: string, by?: EasDescription, cause?: ApiError): ServiceError {
  const what = by ? `the name is taken, by a service that is ${by.status}` : "the name is taken";
  return new ServiceError(
    `Cannot deploy service "${name}": ${what}; delete it, choose another, or change it with apply`,
    {
      serviceName: name,
      serviceStatus: by?.status ?? "unknown",
      code: "AlreadyExists",
      status: cause?.status,
      requestId: cause?.requestId,
      cause,
    },
  );
}

function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}

// What products call it differs: Forbidden.RAM, NoPermission, Unauthorized. There are other refusals, such as debts.
const permissionCode = /forbid|permission|authori[sz]ed|denied/i;

function notAllowed({ action }: Job, name: string, error: ApiError): ApiError {
  const said = error.message.slice(error.message.indexOf(": ") + 2);
  const mend = permissionCode.test(`${error.code}`) ? `; grant eas:${error.action} on it` : "";
  return new ApiError(`Cannot ${action} service "${name}": ${error.action} is refused (${said})${mend}`, {
    ...error,
    cause: error,
  });
}
