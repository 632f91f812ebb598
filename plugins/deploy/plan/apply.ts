import type { Serializer } from "../../../core/serializer.ts";
import { EasService } from "../eas-service.ts";
import { createService, uploadFiles } from "../eas/create.ts";
import { type Job, jobOf } from "../eas/job.ts";
import type { EasDeployOptions } from "../eas/options.ts";
import { checkNameIsFree, checkPermissions } from "../eas/preflight.ts";
import type { EasTarget } from "../eas/target.ts";
import { changeService, isOvertaken } from "./change-service.ts";
import { compare, type Comparison, prepareNamed } from "./compare.ts";
import type { Deployable, Plan } from "./plan.ts";

// What somebody else does at the same time is taken into account this often before it is an error.
const attempts = 3;

/** What {@linkcode apply} has done. */
export interface Applied<Input = unknown, Output = unknown> {
  /** The service, which runs and answers unless `wait` is false or it was stopped. */
  service: EasService<Input, Output>;
  /** What was done. */
  plan: Plan;
}

/**
 * Makes a service be as a model and its options say: creates it, changes it, or does nothing when it is so already.
 * A second call sends nothing but questions.
 *
 * Files are named after their content, `pai/model_data/<digest>/…`, and uploaded unless they are there; they stay when
 * something fails, so that the next call goes on from there, and since other services may use them. Keys that are
 * left out of the configuration go, those that the service added by itself stay; labels are left alone unless some
 * are given. A service that is stopped gets its new configuration and stays stopped.
 *
 * What fails while a service is created is undone as `deploy` does. A service that was there is never deleted: when its
 * update fails the error tells what runs and how to go back.
 *
 * @throws {TypeError} or {RangeError} when an argument is wrong, or no name is given; {@linkcode InvalidConfigError} is one.
 * @throws {ServiceError} when the service fails; its code is `Conflict` when somebody else goes on changing it.
 * @throws {TimeoutError} when the time is up.
 */
export async function apply<Input = unknown, Output = unknown>(
  target: EasTarget,
  model: Deployable,
  options: EasDeployOptions & { serializer?: Serializer<Input, Output> } = {},
): Promise<Applied<Input, Output>> {
  const job = jobOf(target, "apply", options);
  const prepared = await prepareNamed(job, model);
  for (let attempt = 1;; attempt++) {
    const comparison = await compare(job, prepared);
    try {
      return { service: await carryOut<Input, Output>(job, comparison), plan: comparison.plan };
    } catch (error) {
      if (attempt === attempts || !isOvertaken(error)) throw error; // else with what is there now
    }
  }
}

async function carryOut<Input, Output>(job: Job, comparison: Comparison): Promise<EasService<Input, Output>> {
  const { client, endpointType, options } = job;
  const { prepared, plan: { name }, running, missing } = comparison;
  const serializer = options.serializer as Serializer<Input, Output> | undefined; // whose types `apply` has told
  await checkPermissions(job, name, { uploads: missing, creates: !running });
  await uploadFiles(job, { name, uploads: missing }, new Set());
  options.signal?.throwIfAborted();
  if (running) {
    const answered = running.status === "Running";
    const service = new EasService<Input, Output>(client, running, { serializer, endpointType, answered });
    await changeService(job, comparison, { service, running });
    return service;
  }
  await checkNameIsFree(job, name);
  const description = await createService(job, { ...prepared, uploads: [] });
  const answered = options.wait ?? true;
  return new EasService<Input, Output>(client, description, { serializer, endpointType, answered });
}
