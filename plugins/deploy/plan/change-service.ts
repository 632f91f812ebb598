import type { EasDescription } from "../../../core/eas-service.ts";
import { PaiError, ServiceError, TimeoutError } from "../../../core/errors.ts";
import type { StateChangeOptions } from "../../../core/service.ts";
import type { EasService } from "../eas-service.ts";
import type { Job } from "../eas/job.ts";
import { amended, isRefusal } from "../eas/undo.ts";
import { change } from "../services/change.ts";
import { deleteLabels, setLabels } from "../services/labels.ts";
import { staysAsItIs } from "../waiting/wait.ts";
import { timeLeft } from "../waiting/watch.ts";
import type { Comparison } from "./compare.ts";
import type { Update } from "./update.ts";

/** A service that is there. */
interface There {
  /** To call. */
  service: EasService;
  /** How it was when it was compared. */
  running: EasDescription;
}

/**
 * Changes a service that is there, as far as it is to be changed, and waits until it runs. One that is stopped stays so.
 *
 * @throws {ServiceError} with the code `Conflict` when it is no more what it was compared with.
 */
export async function changeService(job: Job, comparison: Comparison, there: There): Promise<void> {
  const { options: { signal, wait = true }, report } = job;
  const { update, labels, plan: { name, action } } = comparison;
  const { service, running } = there;
  if (action === "update") report({ stage: "update", name, message: `updating service "${name}"` });
  const request = { signal, timeout: timeLeft(job) };
  if (labels.set) await setLabels(service, labels.set, request);
  if (labels.remove) await deleteLabels(service, labels.remove, request);
  if (update) return await changeConfig(job, update, there);
  if (labels.set || labels.remove) await service.describe({ signal });
  if (wait && running.status !== "Running" && !staysAsItIs(running.status)) await service.wait(waiting(job));
}

async function changeConfig(job: Job, { type, body }: Update, { service, running }: There): Promise<void> {
  const { signal } = job.options;
  try {
    const { raw, status } = await change(service, {
      verb: job.action,
      action: "UpdateService",
      below: [],
      query: { UpdateType: type },
      body,
      check: (now) => {
        if (versionOf(now) !== versionOf(running)) throw overtaken(service.name, now.status);
      },
    }, waiting(job));
    // Two who have looked at the same time have both changed it, and it has become what neither wanted.
    const steps = Number(raw.LatestVersion) - Number(running.raw.LatestVersion);
    if (steps > 1) throw overtaken(service.name, status);
  } catch (error) {
    throw signal?.aborted || isOvertaken(error) ? error : explained(error, service.name, running);
  }
}

/** Options of what is waited for, whose progress is told as that of the whole. */
function waiting(job: Job): StateChangeOptions {
  const { options: { signal, wait, giveUpAfter }, report } = job;
  return { signal, wait, giveUpAfter, timeout: timeLeft(job), onProgress: report };
}

/** Whether somebody else has come first, so that it pays to look again. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof ServiceError && (error.code === "AlreadyExists" || error.code === "Conflict");
}

function overtaken(name: string, serviceStatus: string): ServiceError {
  const state = "somebody else is changing it; run it again when they are done";
  return new ServiceError(`Cannot apply service "${name}": ${state}`, {
    serviceName: name,
    serviceStatus,
    code: "Conflict",
  });
}

function versionOf({ config, raw }: EasDescription): string {
  return JSON.stringify([raw.ServiceUid, raw.LatestVersion, raw.CurrentVersion, config]);
}

/** An update that has failed, with what is left of the service, and the way back. */
function explained(
  error: unknown,
  name: string,
  { raw: { CurrentVersion: version } }: EasDescription,
): unknown {
  if (!(error instanceof PaiError)) return error;
  if (error instanceof ServiceError || error instanceof TimeoutError) {
    const left = "instances of the version before go on as far as they are left; the service is not deleted";
    const back = typeof version === "number" ? `; go back with switchVersion(service, ${version})` : "";
    return amended("apply", name, error, left + back);
  }
  if (isRefusal(error)) return amended("apply", name, error, "its configuration was not changed");
  const note = "whether it was changed is to be seen; run it again, which goes on from what there is";
  return amended("apply", name, error, note);
}
