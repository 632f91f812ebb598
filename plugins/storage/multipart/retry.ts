import type { Clock } from "../../../core/clock.ts";
import { TimeoutError } from "../../../core/errors.ts";
import { codeOf } from "./calls.ts";

/** Whether the server, or the way to it, has too much to do. */
export function isOverload(error: unknown): boolean {
  return error instanceof TimeoutError || statusOf(error) === 429 || statusOf(error) >= 500;
}

/** Whether a request may have had its effect although it failed. */
export function isUnclear(error: unknown): boolean {
  const code = codeOf(error);
  return isOverload(error) || code === "NetworkError" || code === "InvalidResponse" ||
    !(error instanceof Error && "code" in error); // a connection that broke while the answer was read
}

// What a request of its own, signed anew, may not meet again: the clock was off and is known now, a
// connection was too slow, bytes changed on their way.
const passingCodes = new Set([
  "NetworkError",
  "InvalidResponse",
  "RequestTimeTooSkewed",
  "RequestTimeout",
  "CrcMismatch",
]);

/** Whether credentials have ended on their way; a provider may give others when it is asked again. */
export function isOver(error: unknown): boolean {
  return /^(SecurityTokenExpired|InvalidSecurityToken|InvalidAccessKeyId)$/.test(codeOf(error) ?? "");
}

/** Whether a request that may run twice should be sent again. */
export function mayRetry(error: unknown): boolean {
  return isOverload(error) || passingCodes.has(codeOf(error) ?? "");
}

// As the vendor's own clients do: https://help.aliyun.com/zh/oss/developer-reference/retry-policies
const firstPause = 200;
const longestPause = 20_000;

/** Waits before another attempt: at random, so that clients that failed together don't come back together. */
export function pause(attempt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return clock.sleep(Math.random() * Math.min(longestPause, firstPause * 2 ** attempt), signal);
}

function statusOf(error: unknown): number {
  return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : 0;
}
