import { ApiError, CredentialsError } from "../../../core/errors.ts";

/** Whether an error says that there is no such thing. */
export function isMissing(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}

/** Whether what failed may work the next time: no answer, throttling, or a failure of the server. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return !(error instanceof CredentialsError);
  return error.status === undefined || error.status === 429 || error.status >= 500;
}

/** Failures in a row that a wait outlives, each of which the client has retried already. */
export const toleratedFailures = 5;
