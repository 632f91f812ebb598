import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/** What a locked service refuses: nothing, being deleted or stopped, or any change. */
export type SafetyLock = "none" | "dangerous" | "all";

const locks: readonly string[] = ["none", "dangerous", "all"];

/**
 * Locks a service against changes, or unlocks it with `none`.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-updateservicesafetylock.
 *
 * @throws {TypeError} when there is no such lock.
 * @throws {ApiError} when the API refuses.
 */
export async function setSafetyLock(
  service: EasRef,
  lock: SafetyLock,
  options: RequestOptions = {},
): Promise<void> {
  if (!locks.includes(lock)) {
    throw new TypeError(
      `Cannot lock service "${service?.name}": lock is "${lock}"; give one of ${locks.join(", ")}`,
    );
  }
  await callService(service, "UpdateServiceSafetyLock", ["lock"], {
    ...requestOptions(options),
    method: "PUT",
    body: { Lock: lock },
  });
}
