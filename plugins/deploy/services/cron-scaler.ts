import { isMissing } from "../waiting/api-failures.ts";
import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/** When a service gets more or fewer instances by the clock. */
export interface CronScaler {
  /** The times, at least one. */
  jobs: CronJob[];
  /** Times that are left out, as cron expressions, such as `* * * * * 0,6` for weekends. */
  excludeDates?: string[];
}

/** A time, and the number of instances from then on. */
export interface CronJob {
  /** Cron expression of six fields, seconds first, such as `0 0 8 * * *`. */
  schedule: string;
  /** Number of instances. */
  targetSize: number;
  /** Name of the job. */
  name?: string;
}

/** A cron scaler with what its jobs have done. */
export interface CronScalerDescription extends CronScaler {
  /** The jobs with their last result. */
  jobs: (CronJob & { state?: string; message?: string })[];
}

const below = ["cronscaler"];

/**
 * Sets the cron scaler of a service: makes it, or changes the one that there is.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-createservicecronscaler.
 *
 * @throws {TypeError} when there is no job, or an expression has not six fields.
 * @throws {RangeError} when a number of instances is no whole number from 0.
 * @throws {ApiError} when the API refuses.
 */
export async function setCronScaler(
  service: EasRef,
  { jobs, excludeDates }: CronScaler,
  options: RequestOptions = {},
): Promise<void> {
  const what = `Cannot scale service "${service?.name}" by the clock`;
  if (!Array.isArray(jobs) || jobs.length === 0) throw new TypeError(`${what}: jobs is empty`);
  for (const expression of [...jobs.map(({ schedule }) => schedule), ...excludeDates ?? []]) {
    if (String(expression).trim().split(/\s+/).length === 6) continue;
    throw new TypeError(
      `${what}: "${expression}" has not the six fields second, minute, hour, day, month, weekday`,
    );
  }
  const wrong = jobs.find(({ targetSize }) => !(Number.isInteger(targetSize) && targetSize >= 0));
  if (wrong) {
    throw new RangeError(`${what}: targetSize is ${wrong.targetSize}; give a whole number from 0`);
  }
  const exists = await describeCronScaler(service, options) !== undefined;
  await callService(service, exists ? "UpdateServiceCronScaler" : "CreateServiceCronScaler", below, {
    ...requestOptions(options),
    method: exists ? "PUT" : "POST",
    body: {
      ScaleJobs: jobs.map(({ schedule, targetSize, name }) => ({
        Schedule: schedule,
        TargetSize: targetSize,
        Name: name,
      })),
      ExcludeDates: excludeDates,
    },
  });
}

/**
 * The cron scaler of a service, or `undefined` when it has none.
 *
 * @throws {ApiError} when the API refuses.
 */
export async function describeCronScaler(
  service: EasRef,
  options: RequestOptions = {},
): Promise<CronScalerDescription | undefined> {
  const { ScaleJobs, ExcludeDates } = await callService<CronScalerAnswer>(
    service,
    "DescribeServiceCronScaler",
    below,
    requestOptions(options),
  ).catch((error): CronScalerAnswer => {
    if (isMissing(error) && error.code !== "ServiceNotFound") return {};
    throw error;
  });
  if (!ScaleJobs?.length) return undefined;
  return {
    jobs: ScaleJobs.map(({ Schedule = "", TargetSize = 0, Name, State, Message }) => ({
      schedule: Schedule,
      targetSize: TargetSize,
      ...(Name && { name: Name }),
      ...(State && { state: State }),
      ...(Message && { message: Message }),
    })),
    ...(ExcludeDates?.length && { excludeDates: ExcludeDates }),
  };
}

interface CronScalerAnswer {
  ScaleJobs?: { Schedule?: string; TargetSize?: number; Name?: string; State?: string; Message?: string }[];
  ExcludeDates?: string[];
}

/**
 * Takes the cron scaler off a service, which keeps the instances that it has.
 *
 * @throws {ApiError} when there is none, or the API refuses.
 */
export async function deleteCronScaler(service: EasRef, options: RequestOptions = {}): Promise<void> {
  await callService(service, "DeleteServiceCronScaler", below, {
    ...requestOptions(options),
    method: "DELETE",
  });
}
